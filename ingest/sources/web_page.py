"""What a crawler wants of a web page: where it leads, and what it says of itself to crawlers."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

_LONGEST_URL = 1_000
_LONGEST_PAGE = 2_000_000  # characters that are searched for links
_MOST_LINKS = 5_000
_DEFAULT_PORTS = {"http": 80, "https": 443}
_SAFE = "/%:@!$&'()*+,;=~-._"
_CHARSET = re.compile(r"charset=[\"']?([\w.:-]+)", re.IGNORECASE)


@dataclass(slots=True)
class PageLinks:
    """Absolute addresses of a page's links, its canonical address or "", and what crawlers may do."""

    links: list[str] = field(default_factory=list)
    canonical: str = ""
    may_list: bool = True
    may_follow: bool = True


def normalize(url: str, base: str = "") -> str:
    """The address that is one for all its spellings, or "" if it is none of a web page."""
    try:
        parts = urlsplit(urljoin(base, url.strip()) if base else url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in _DEFAULT_PORTS or not host or parts.username or parts.password:
        return ""
    netloc = f"[{host}]" if ":" in host else host
    if port and port != _DEFAULT_PORTS[parts.scheme]:
        netloc += f":{port}"
    path = urlsplit(urljoin("http://host/", parts.path or "/")).path
    path, query = quote(path, safe=_SAFE), quote(parts.query, safe=_SAFE + "?")
    whole = urlunsplit((parts.scheme, netloc, path, query, ""))
    is_clean = {".", ".."}.isdisjoint(path.split("/")) and whole.isascii() and whole.isprintable()
    return whole if is_clean and len(whole) <= _LONGEST_URL else ""


def read_links(body: bytes, url: str, content_type: str = "") -> PageLinks:
    """The links of an HTML page that stands at `url`."""
    reader = _LinkReader(url)
    # Of a page that no browser would understand either, what was read until there counts.
    with contextlib.suppress(AssertionError, ValueError):
        reader.feed(decode_page(body, content_type)[:_LONGEST_PAGE])
    return reader.page


def decode_page(body: bytes, content_type: str) -> str:
    """The page as text, well enough for its links."""
    charset = read_charset(content_type) or "utf-8"
    try:
        return body.decode(charset, "replace")
    except LookupError:
        return body.decode("utf-8", "replace")


def read_charset(content_type: str) -> str:
    """The encoding that the server names, or ""."""
    match = _CHARSET.search(content_type)
    return match[1].lower() if match else ""


class _LinkReader(HTMLParser):
    """Python's own parser, because this is read outside of the sandbox: it runs nothing and loads nothing."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.page, self._base = PageLinks(), url

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "base" and values.get("href"):
            self._base = normalize(values["href"], self._base) or self._base
        elif tag in ("a", "area") and "href" in values:
            is_followed = "nofollow" not in values.get("rel", "").lower().split()
            link = normalize(values["href"], self._base)
            if link and is_followed and len(self.page.links) < _MOST_LINKS:
                self.page.links.append(link)
        elif tag == "link" and "canonical" in values.get("rel", "").lower().split():
            self.page.canonical = normalize(values.get("href", ""), self._base)
        elif tag == "meta" and values.get("name", "").lower() in ("robots", "inhouse"):
            words = re.split(r"[\s,]+", values.get("content", "").lower())
            self.page.may_list &= {"noindex", "none"}.isdisjoint(words)
            self.page.may_follow &= {"nofollow", "none"}.isdisjoint(words)
