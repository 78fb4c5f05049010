"""What Confluence answers over its REST interface, that of Cloud and that of Data Center."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

from ingest.errors import FileAccessError, SourceError
from ingest.sources.web_client import WebAnswer, WebClient

_PAGES_AT_ONCE, _V2_PAGES_AT_ONCE = 100, 250  # the most that the two interfaces give
_REFUSED_LOGIN = ("AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED")
_SERVER_AWAY = frozenset({0, 502, 503, 504})
_CREDENTIALS = "does not accept the credentials, or they have expired"
_RESTRICTED = "restrictions.read.restrictions.user,restrictions.read.restrictions.group"
_CONTAINERS = frozenset({"database", "embed", "folder", "page", "whiteboard"})
_NO_SENSE = "gave an answer that makes no sense"

Restriction = frozenset[str] | None
"""Reader tokens of those who are named; None: there is no restriction."""


@dataclass(frozen=True, slots=True)
class WikiSpace:
    """A space; `number` is its id, `home` the id of its first page."""

    key: str
    number: str
    home: str = ""


@dataclass(frozen=True, slots=True)
class ListedPage:
    """A page as a list names it.

    `above` are the ids of what is above it, the highest first: pages, and in Cloud folders and others. An id
    that cannot be known is "".
    """

    number: str
    title: str
    version: str
    changed: str
    url: str
    above: tuple[str, ...] = ()
    restriction: Restriction = None


class RestInterface(Protocol):
    """One version of the interface."""

    def list_spaces(self, keys: tuple[str, ...]) -> Iterator[WikiSpace]:
        """The spaces with these keys; without any, all that are not personal."""

    def list_pages(self, space: WikiSpace) -> Iterator[ListedPage]:
        """Every current page of a space."""

    def find_restriction(self, number: str) -> Restriction:
        """Who may read what has this id: nobody, where that cannot be known."""

    def read_page(self, number: str) -> str:
        """A page in the storage format. Raises FileAccessError."""


class RestClient:
    """Asks for JSON below one address. Raises SourceError for what concerns all pages."""

    def __init__(self, client: WebClient, url: str) -> None:
        self._client, self._url = client, url.rstrip("/")
        self._host = urlsplit(url).netloc

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """The answer to one request. Raises FileAccessError if it concerns one page alone."""
        words = urlencode({k: v for k, v in query.items() if v not in ("", ())}, doseq=True)
        return self._get(f"{self._url}{path}" + (f"?{words}" if words else ""))

    def list(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Every result of a list, page by page. Raises SourceError where it breaks off."""
        seen = set[str]()
        try:
            answer = self.get(path, **query)
            while True:
                results = answer.get("results")
                if not isinstance(results, list):
                    raise SourceError(_NO_SENSE)
                yield from results
                following = (answer.get("_links") or {}).get("next") or ""
                if not following:
                    return
                if following in seen:
                    raise SourceError("gave a list that does not end")
                seen.add(following)
                answer = self._get(self.absolute(following))
        except FileAccessError as exc:
            raise SourceError(f"cannot be listed: {exc.reason}") from exc

    def absolute(self, link: str) -> str:
        """The address of a link, which some versions give below the host and some below the application."""
        if link.startswith(("http://", "https://")):
            return link
        context = urlsplit(self._url).path
        origin = self._url.removesuffix(context) if context else self._url
        is_below_host = bool(context) and link.startswith(f"{context}/")
        return f"{origin if is_below_host else self._url}{link}"

    def _get(self, url: str) -> dict[str, Any]:
        if urlsplit(url).netloc != self._host:
            raise SourceError(f"leads to another host, {urlsplit(url).netloc or 'none'}")
        answer = self._client.get(url, {"Accept": "application/json"})
        _check_status(answer)
        try:
            value = json.loads(answer.body)
        except ValueError as exc:
            raise SourceError(f"{_NO_SENSE}: it is no JSON, so url may be no Confluence") from exc
        if not isinstance(value, dict):
            raise SourceError(_NO_SENSE)
        return value


class RestV1:
    """The interface of Data Center: a list of pages brings what is above them and their restrictions."""

    def __init__(self, client: RestClient) -> None:
        self._client = client

    def list_spaces(self, keys: tuple[str, ...]) -> Iterator[WikiSpace]:
        """See RestInterface."""
        kind = "" if keys else "global"
        query = {"spaceKey": keys, "type": kind, "status": "current", "expand": "homepage"}
        for entry in self._client.list("/rest/api/space", limit=_PAGES_AT_ONCE, **query):
            home = (entry.get("homepage") or {}).get("id", "")
            yield WikiSpace(str(entry["key"]), str(entry.get("id", "")), str(home))

    def list_pages(self, space: WikiSpace) -> Iterator[ListedPage]:
        """See RestInterface."""
        known = set[str]()
        for entry in self._client.list(
            "/rest/api/content",
            spaceKey=space.key,
            type="page",
            status="current",
            expand=f"version,ancestors,{_RESTRICTED}",
            limit=_PAGES_AT_ONCE,
        ):
            number = str(entry["id"])
            if number in known:  # a page that was added meanwhile moved the others
                continue
            known.add(number)
            restrictions = entry["restrictions"]["read"]["restrictions"]
            yield ListedPage(
                number,
                str(entry["title"]),
                str(entry["version"]["number"]),
                str(entry["version"].get("when", "")),
                self._client.absolute(str(entry["_links"]["webui"])),
                tuple(str(above["id"]) for above in entry["ancestors"]),
                read_restriction(restrictions),
            )

    def find_restriction(self, number: str) -> Restriction:
        """See RestInterface."""
        return _ask_restriction(self._client, number)

    def read_page(self, number: str) -> str:
        """See RestInterface."""
        entry = self._client.get(f"/rest/api/content/{number}", expand="body.storage")
        return str(entry["body"]["storage"]["value"])


class RestV2:
    """The interface of Cloud. It names no restrictions: each page's are asked for by the first version."""

    def __init__(self, client: RestClient) -> None:
        self._client = client

    def list_spaces(self, keys: tuple[str, ...]) -> Iterator[WikiSpace]:
        """See RestInterface."""
        for entry in self._client.list(
            "/api/v2/spaces", keys=",".join(keys), status="current", limit=_V2_PAGES_AT_ONCE
        ):
            if keys or entry.get("type") != "personal":
                home = str(entry.get("homepageId") or "")
                yield WikiSpace(str(entry["key"]), str(entry["id"]), home)

    def list_pages(self, space: WikiSpace) -> Iterator[ListedPage]:
        """See RestInterface."""
        path = f"/api/v2/spaces/{space.number}/pages"
        query = {"depth": "all", "status": "current", "limit": _V2_PAGES_AT_ONCE}
        pages = {str(entry["id"]): entry for entry in self._client.list(path, **query)}
        entries = dict(pages)
        for number, entry in pages.items():
            yield ListedPage(
                number,
                str(entry["title"]),
                str(entry["version"]["number"]),
                str(entry["version"].get("createdAt", "")),
                self._client.absolute(str(entry["_links"]["webui"])),
                self._find_ancestors(entry, entries),
                self.find_restriction(number),
            )

    def find_restriction(self, number: str) -> Restriction:
        """See RestInterface."""
        return _ask_restriction(self._client, number)

    def read_page(self, number: str) -> str:
        """See RestInterface."""
        entry = self._client.get(f"/api/v2/pages/{number}", **{"body-format": "storage"})
        return str(entry["body"]["storage"]["value"])

    def _find_ancestors(
        self, entry: Mapping[str, Any], entries: dict[str, dict[str, Any]]
    ) -> tuple[str, ...]:
        """The ids of what is above a page, the highest first. What is no page is asked for, once."""
        above = list[str]()
        while parent := str(entry.get("parentId") or ""):
            if parent in above:
                return ("",)  # a circle
            above.append(parent)
            if parent not in entries:
                entries[parent] = self._find_container(parent, str(entry.get("parentType") or ""))
            entry = entries[parent]
            if not entry:
                above.append("")
                break
        return tuple(reversed(above))

    def _find_container(self, number: str, kind: str) -> dict[str, Any]:
        """A folder or another thing above pages; nothing, if it is not shown to this account."""
        if kind not in _CONTAINERS:
            return {}
        try:
            return self._client.get(f"/api/v2/{kind}s/{number}")
        except FileAccessError:
            return {}


def read_restriction(restrictions: Mapping[str, Any]) -> Restriction:
    """Whom a restriction names. Of more names than an answer holds, those that it does hold."""
    users = restrictions["user"]["results"]
    groups = restrictions["group"]["results"]
    sizes = sum(int(restrictions[kind].get("size") or 0) for kind in ("user", "group"))
    if not users and not groups and not sizes:
        return None
    names = [f"group:{group['name']}" for group in groups]
    for user in users:
        keys = ("email", "username", "accountId")
        names += [f"user:{user[key]}" for key in keys if user.get(key)]
    return frozenset(names)


def _ask_restriction(client: RestClient, number: str) -> Restriction:
    path = f"/rest/api/content/{number}/restriction/byOperation/read"
    try:
        answer = client.get(path, expand="restrictions.user,restrictions.group")
    except FileAccessError:
        return frozenset()
    return read_restriction(answer["restrictions"])


def _check_status(answer: WebAnswer) -> None:
    login = answer.headers.get("x-seraph-loginreason", "")
    if answer.status == 401 or any(reason in login for reason in _REFUSED_LOGIN):
        raise SourceError(_CREDENTIALS)
    if answer.redirected_to:  # to a page where one signs in
        raise SourceError(f"{_CREDENTIALS}: it leads to {answer.redirected_to}")
    if answer.status in _SERVER_AWAY:
        raise SourceError(answer.reason or f"does not answer (status {answer.status})")
    if answer.status != 200:
        reasons = {403: "this account may not read it", 404: "it is not there"}
        raise FileAccessError(
            f"was not given: {reasons.get(answer.status, f'status {answer.status}')}"
        )
