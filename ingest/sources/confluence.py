"""The pages of Confluence, of Cloud and of Data Center, with who may read them."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field

from ingest.errors import SourceError
from ingest.media_type import HTML
from ingest.sources.confluence_client import (
    ListedPage,
    RestClient,
    RestInterface,
    Restriction,
    RestV1,
    RestV2,
    WikiSpace,
)
from ingest.sources.confluence_page import storage_to_html
from ingest.sources.contract import Secret, SourceContext, SourceObject, parse_options
from ingest.sources.web import PageUrl
from ingest.sources.web_client import WebClient
from rag.errors import ConfigurationError
from rag.readers import check_token, intersection
from rag.settings.base import FromText, Section
from rag.settings.sources import Tokens

_CLOUD = ".atlassian.net"
_ANY_SPACE = "*"
_BETWEEN_TITLES = " › "


class ConfluenceOptions(Section):
    """The options of a source of kind confluence."""

    url: PageUrl = Field(
        description="Confluence's address: https://NAME.atlassian.net/wiki, or that of a Data Center."
    )
    api: Literal["auto", "v1", "v2"] = Field(
        "auto",
        description="The REST interface: v2 of Cloud, v1 of Data Center; auto: by the address.",
    )
    spaces: Annotated[tuple[str, ...], FromText] = Field(
        (), description="Keys of the spaces that are read; empty: all but personal ones."
    )
    space_readers: dict[str, Tokens] = Field(
        {},
        description="Who may read what nothing restricts, by the key of its space; * is any other.",
    )
    username: str = Field("", description="Who signs in; for Cloud an e-mail address.")
    password: Secret | None = Field(
        None, description="The password, or for Cloud the API token of that user."
    )
    token: Secret | None = Field(
        None, description="Instead of both: a personal access token (Data Center) or of OAuth 2."
    )
    delay_s: float = Field(0.0, ge=0, le=60, description="Seconds between two requests.")
    allow_private: bool = Field(
        False,
        description="Also connect to addresses of the company's own network and of this machine.",
    )


class ConfluenceSource:
    """Lists every page with its version and with whom it and all above it are restricted to."""

    Options: ClassVar[type[ConfluenceOptions]] = ConfluenceOptions

    def __init__(self, options: Mapping[str, Any], context: SourceContext) -> None:
        self._options, self._context = parse_options(ConfluenceOptions, options), context
        self._client: WebClient | None = None
        self._rest: RestInterface | None = None
        if self._options.token is not None and self._options.password is not None:
            raise ConfigurationError("token: give a token or a password, not both")

    def list(self) -> Iterable[SourceObject]:
        """Every current page of the spaces; `read` makes HTML of it."""
        self._rest = self._connect()
        spaces = {space.key: space for space in self._rest.list_spaces(self._options.spaces)}
        for key in self._options.spaces:
            if key not in spaces:
                raise SourceError(f"has no space {key}, or this account may not see it")
        if not spaces:
            raise SourceError("shows no space to this account")
        try:
            for space in spaces.values():
                pages = {page.number: page for page in self._rest.list_pages(space)}
                yield from self._objects(space, pages, self._rest)
        except (KeyError, TypeError, AttributeError) as exc:
            raise SourceError("gave a list that makes no sense") from exc

    def read(self, listed: SourceObject) -> bytes:
        """The page as HTML."""
        if self._rest is None:
            raise SourceError("was closed")
        storage = self._rest.read_page(listed.path.rpartition("/")[2])
        return storage_to_html(storage, str(listed.metadata["page"])).encode()

    def close(self) -> None:
        """End the connections."""
        if self._client is not None:
            self._client.close()

    def _connect(self) -> RestInterface:
        options = self._options
        parts = urlsplit(options.url)
        self._client = WebClient(
            self._context,
            frozenset({parts.netloc}),
            allow_private=options.allow_private,
            max_bytes=self._context.max_bytes,
            delay_s=options.delay_s,
            authorization=self._authorization(),
        )
        client = RestClient(self._client, options.url)
        is_cloud = (parts.hostname or "").endswith(_CLOUD)
        is_v2 = options.api == "v2" or (options.api == "auto" and is_cloud)
        return RestV2(client) if is_v2 else RestV1(client)

    def _authorization(self) -> str:
        options = self._options
        if token := self._context.read_secret(options.token):
            return f"Bearer {token}"
        if password := self._context.read_secret(options.password):
            pair = base64.b64encode(f"{options.username}:{password}".encode()).decode()
            self._context.hide(pair)
            return f"Basic {pair}"
        return ""

    def _objects(
        self, space: WikiSpace, pages: Mapping[str, ListedPage], rest: RestInterface
    ) -> Iterator[SourceObject]:
        restrictions: dict[str, Restriction] = {
            number: page.restriction for number, page in pages.items()
        }
        restrictions[""] = frozenset()  # what is above is not known
        for page in pages.values():
            for number in page.above:
                if number not in restrictions:
                    restrictions[number] = rest.find_restriction(number)
            above = [pages[n].title for n in page.above if n in pages and n != space.home]
            restricted_to = intersection(restrictions[n] for n in (*page.above, page.number))
            yield SourceObject(
                f"{space.key}/{page.number}",
                page.version,
                media_type=HTML,
                title=_BETWEEN_TITLES.join([*above, page.title]),
                readers=self._find_readers(space, restricted_to),
                modified_at=_moment(page.changed),
                metadata={"url": page.url, "space": space.key, "page": page.title},
            )

    def _find_readers(self, space: WikiSpace, restricted_to: Restriction) -> tuple[str, ...] | None:
        """The reader tokens. A name that cannot be one is left out, so that it opens nothing."""
        if restricted_to is None:
            named = self._options.space_readers
            return named.get(space.key, named.get(_ANY_SPACE))
        readers = list[str]()
        for token in sorted(restricted_to):
            with contextlib.suppress(ValueError):
                readers.append(check_token(token))
        return tuple(readers)


def _moment(text: str) -> float | None:
    """Seconds since the epoch of a time as Confluence writes it."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None
