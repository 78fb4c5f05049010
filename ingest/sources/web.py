"""Web sites: the pages of a sitemap, or those that links lead to, with what robots.txt allows."""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import io
import json
import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from ingest.errors import FileAccessError, SourceError, UnreadableFileError
from ingest.media_type import HTML, SUFFIXES, SUPPORTED
from ingest.parsers.xml_tree import parse_tree
from ingest.sources.contract import Secret, SourceContext, SourceObject, parse_options
from ingest.sources.robots import Robots
from ingest.sources.spool import Spool
from ingest.sources.web_client import WebAnswer, WebClient
from ingest.sources.web_page import normalize, read_charset, read_links
from rag.settings.base import FromText, Section

_CACHE = "pages.json"
_MOST_SITEMAPS = 1_000
_MOST_FAILURES = 5
"""So many pages in a row without an answer are a server that is down."""
_UTF8 = frozenset({"", "utf-8", "utf8", "us-ascii"})


def _check_url(url: str) -> str:
    normal = normalize(url)
    if not normal:
        raise ValueError("it is no address of a web page without a user and password")
    return normal


PageUrl = Annotated[str, AfterValidator(_check_url)]


class WebOptions(Section):
    """The options of a source of kind web."""

    url: PageUrl = Field(
        description="Where reading begins; only pages below its folder, on its host, are read."
    )
    sitemap: PageUrl | None = Field(
        None, description="Address of a sitemap: read the pages that it lists, and follow no links."
    )
    hosts: Annotated[tuple[str, ...], FromText] = Field(
        (), description="Other hosts that links and the sitemap may lead to."
    )
    queries: bool = Field(False, description="Also read addresses with a query, like ?page=2.")
    max_pages: int = Field(
        10_000, ge=1, le=1_000_000, description="More pages than this are a fault."
    )
    max_page_mb: float = Field(20.0, gt=0, le=1_000, description="Larger pages are not read.")
    delay_s: float = Field(0.0, ge=0, le=60, description="Seconds between two requests.")
    allow_private: bool = Field(
        False,
        description="Also connect to addresses of the company's own network and of this machine.",
    )
    username: str = Field("", description="For a site with basic authentication.")
    password: Secret | None = Field(None, description="Its password.")
    token: Secret | None = Field(None, description="For a site that takes a bearer token.")


@dataclass(slots=True)
class _KnownPage:
    """What an earlier run learnt of a page, so that it need not be sent again."""

    etag: str = ""
    modified: str = ""
    sha256: str = ""
    media_type: str = ""
    size: int = 0
    links: list[str] = field(default_factory=list)
    canonical: str = ""
    may_list: bool = True


class WebSource:
    """Every run asks for every page, by ETag or date of the earlier one; its content is the revision."""

    Options: ClassVar[type[WebOptions]] = WebOptions

    def __init__(self, options: Mapping[str, Any], context: SourceContext) -> None:
        self._options, self._context = parse_options(WebOptions, options), context
        self._client: WebClient | None = None
        self._spool = Spool()
        self._urls: dict[str, str] = {}
        self._robots: dict[str, Robots] = {}
        parts = urlsplit(self._options.url)
        self._hosts = frozenset({parts.netloc, *self._options.hosts})
        self._folder = parts.path.rpartition("/")[0] + "/"

    def list(self) -> Iterable[SourceObject]:
        """Every page that may be read, each under its last address."""
        self._client = WebClient(
            self._context,
            self._hosts,
            allow_private=self._options.allow_private,
            max_bytes=int(self._options.max_page_mb * 2**20),
            delay_s=self._options.delay_s,
            authorization=self._authorization(),
        )
        self._known = self._load_cache()
        self._new: dict[str, _KnownPage] = {}
        yield from self._crawl()
        self._save_cache()

    def read(self, listed: SourceObject) -> bytes:
        """The page as listing brought it, or asked for once more."""
        body = self._spool.get(listed.path)
        if body is not None:
            return body
        answer = self._ask(self._urls[listed.path])
        if answer.status != 200:
            raise FileAccessError(_reason(answer))
        return _in_utf8(answer)

    def close(self) -> None:
        """End the connections."""
        if self._client is not None:
            self._client.close()
        self._spool.close()

    def _ask(self, url: str, headers: Mapping[str, str] | None = None) -> WebAnswer:
        if self._client is None:
            raise SourceError("was closed")
        return self._client.get(url, headers)

    def _authorization(self) -> str:
        options = self._options
        if token := self._context.read_secret(options.token):
            return f"Bearer {token}"
        if password := self._context.read_secret(options.password):
            pair = base64.b64encode(f"{options.username}:{password}".encode()).decode()
            self._context.hide(pair)
            return f"Basic {pair}"
        return ""

    def _crawl(self) -> Iterator[SourceObject]:
        options = self._options
        follows = options.sitemap is None
        waiting = deque([options.url] if follows else self._sitemap_pages(str(options.sitemap)))
        seen, listed, failures = set(waiting), set[str](), 0
        while waiting:
            url = waiting.popleft()
            is_start = follows and url == options.url
            if not self._is_allowed(url):
                if is_start:
                    raise SourceError(f"has a robots.txt that does not allow {url}")
                continue
            answer = self._ask(url, self._validators(url))
            is_failure = answer.status == 0 or answer.status >= 500
            failures = failures + 1 if is_failure else 0
            if failures >= _MOST_FAILURES:
                raise SourceError(f"{_reason(answer)}, {failures} times in a row")
            if is_start:
                _check_start(answer)
            page = self._page_of(url, answer)
            links = [*page.links, *([page.canonical] if page.canonical else [])]
            for link in links if follows else ():
                if link not in seen and self._is_inside(link):
                    seen.add(link)
                    waiting.append(link)
            item = self._object(url, answer, page)
            if item is not None and item.path not in listed:
                listed.add(item.path)
                seen.add(answer.url)
                yield item
            if len(seen) > options.max_pages:
                raise SourceError(f"has more pages than max_pages = {options.max_pages:,}")

    def _object(self, url: str, answer: WebAnswer, page: _KnownPage) -> SourceObject | None:
        """What is listed for an address; None for nothing."""
        status = answer.status
        path = answer.url.partition("://")[2]
        if status in (404, 410) or answer.redirected_to:
            return None
        if answer.url != url and not (self._is_inside(answer.url) and self._is_allowed(answer.url)):
            return None
        if status in (401, 403):
            return SourceObject(path, "", left_out=f"answers {status}: it needs other permissions")
        if status not in (200, 304):
            if url in self._known:
                self._new[url] = page
            return SourceObject(path, "", unreadable=_reason(answer))
        self._new[answer.url] = page
        if answer.url != url:
            self._new[url] = page
        if not page.may_list or (
            page.canonical not in ("", answer.url) and self._is_inside(page.canonical)
        ):
            return None
        if not page.media_type:
            return SourceObject(path, "", left_out="has a format that is not read")
        self._urls[path] = answer.url
        if status == 200:
            self._spool.put(path, _in_utf8(answer))
        return SourceObject(
            path,
            page.sha256,
            media_type=page.media_type,
            size=page.size,
            modified_at=_moment(page.modified),
            metadata={"url": answer.url},
        )

    def _page_of(self, url: str, answer: WebAnswer) -> _KnownPage:
        """What there is to know of a page, new or as it was."""
        if answer.status != 200:
            is_as_it_was = answer.status in (0, 304) or answer.status >= 500
            return (self._known.get(url) if is_as_it_was else None) or _KnownPage()
        content_type = answer.headers.get("content-type", "")
        page = _KnownPage(
            etag=answer.headers.get("etag", ""),
            modified=answer.headers.get("last-modified", ""),
            sha256=hashlib.sha256(answer.body).hexdigest(),
            media_type=_media_type(content_type, answer.url),
            size=len(answer.body),
            may_list="noindex" not in answer.headers.get("x-robots-tag", "").lower(),
        )
        if page.media_type == HTML:
            links = read_links(answer.body, answer.url, content_type)
            page.links = list(dict.fromkeys(links.links)) if links.may_follow else []
            page.canonical, page.may_list = links.canonical, page.may_list and links.may_list
        return page

    def _validators(self, url: str) -> dict[str, str]:
        """The headers that ask for a page only if it has changed."""
        known = self._known.get(url)
        if known is None:
            return {}
        return {
            **({"If-None-Match": known.etag} if known.etag else {}),
            **({"If-Modified-Since": known.modified} if known.modified else {}),
        }

    def _is_inside(self, url: str) -> bool:
        parts = urlsplit(url)
        if parts.netloc not in self._hosts or (parts.query and not self._options.queries):
            return False
        is_own = parts.netloc == urlsplit(self._options.url).netloc
        return not is_own or parts.path.startswith(self._folder)

    def _is_allowed(self, url: str) -> bool:
        """Whether robots.txt of the page's host allows it. Raises SourceError if nobody can tell."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._robots:
            answer = self._ask(f"{origin}/robots.txt")
            if answer.status == 0:
                raise SourceError(_reason(answer))
            if answer.status >= 500:
                raise SourceError(f"has a robots.txt that cannot be read: it {_reason(answer)}")
            text = answer.body.decode("utf-8", "replace") if answer.status == 200 else ""
            self._robots[origin] = Robots(text)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        return self._robots[origin].allows(path)

    def _sitemap_pages(self, address: str) -> Iterable[str]:
        """The pages that a sitemap lists, or those that it names list. Raises SourceError."""
        waiting, seen, pages = deque([address]), {address}, dict[str, None]()
        most = int(self._options.max_page_mb * 2**20)
        while waiting:
            sitemap = waiting.popleft()
            answer = self._ask(sitemap)
            if answer.status in (401, 403):
                raise SourceError("does not accept the credentials, or they have expired")
            if answer.status != 200:
                raise SourceError(f"has a sitemap that cannot be read: {sitemap} {_reason(answer)}")
            inner, listed = _read_sitemap(answer.body, sitemap, most)
            for url in inner:
                if url not in seen and urlsplit(url).netloc in self._hosts:
                    seen.add(url)
                    waiting.append(url)
            if len(seen) > _MOST_SITEMAPS:
                raise SourceError(f"has more than {_MOST_SITEMAPS:,} sitemaps")
            pages |= dict.fromkeys(page for page in listed if self._is_inside(page))
            self._context.beat()
        return pages

    @property
    def _cache_file(self) -> Path:
        return self._context.folder / _CACHE

    def _load_cache(self) -> dict[str, _KnownPage]:
        """What the last complete list left; nothing if it makes no sense."""
        try:
            stored = json.loads(self._cache_file.read_text("utf-8"))
            return {url: _KnownPage(**page) for url, page in stored.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}

    def _save_cache(self) -> None:
        stored = {url: asdict(page) for url, page in self._new.items()}
        new = self._cache_file.with_suffix(".new")
        with contextlib.suppress(OSError):  # without it the next run only takes longer
            new.write_text(json.dumps(stored), "utf-8")
            os.replace(new, self._cache_file)  # noqa: PTH105


def _reason(answer: WebAnswer) -> str:
    return answer.reason or f"answers {answer.status}"


def _check_start(answer: WebAnswer) -> None:
    """Raise SourceError unless the page is there where reading begins: nothing can be said of the others."""
    if answer.status in (401, 403):
        raise SourceError("does not accept the credentials, or they have expired")
    if answer.redirected_to:
        raise SourceError(f"leads to {answer.redirected_to} instead; does it want a sign-in?")
    if answer.status not in (200, 304):
        raise SourceError(f"{_reason(answer)} at {answer.url}")


def _read_sitemap(body: bytes, address: str, most: int) -> tuple[list[str], list[str]]:
    """The sitemaps and the pages that a sitemap names."""
    try:
        if body.startswith(b"\x1f\x8b"):
            with gzip.open(io.BytesIO(body)) as file:
                body = file.read(most)
        root = parse_tree(body)
    except (OSError, EOFError, UnreadableFileError) as exc:
        raise SourceError(f"has a sitemap that makes no sense: {address}") from exc
    sitemaps, pages = list[str](), list[str]()
    for entry in root.iter("{*}sitemap", "{*}url"):
        location = entry.findtext("{*}loc") or ""
        if url := normalize(location, address):
            (sitemaps if entry.tag.endswith("sitemap") else pages).append(url)
    return sitemaps, pages


def _media_type(content_type: str, url: str) -> str:
    """The format that the server names, else that of the address; "" if it is not read."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind in ("text/html", "application/xhtml+xml"):
        return HTML
    if kind in SUFFIXES and kind != "text/plain":
        return kind
    by_name = SUPPORTED.get(PurePosixPath(urlsplit(url).path).suffix.lower(), "")
    return by_name or (kind if kind in SUFFIXES else "")


def _in_utf8(answer: WebAnswer) -> bytes:
    """The body; a page whose encoding only the server names is written anew, so that the parser knows it."""
    content_type = answer.headers.get("content-type", "")
    charset = read_charset(content_type)
    if _media_type(content_type, answer.url) == HTML and charset not in _UTF8:
        with contextlib.suppress(LookupError):
            return b"\xef\xbb\xbf" + answer.body.decode(charset, "replace").encode()
    return answer.body


def _moment(date: str) -> float | None:
    """Seconds since the epoch of a header's date, or None."""
    try:
        return parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
