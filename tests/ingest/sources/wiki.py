"""A Confluence of a test's own: its REST interface as Cloud (v2) and Data Center (v1) answer it."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

TOKEN = "ATATT3xFfGF0-not-a-real-one"
_PAGES_AT_ONCE = 3
_RESTRICTION = re.compile(r"/rest/api/content/(\d+)/restriction/byOperation/read")


@dataclass
class WikiPage:
    """A page or, in Cloud, a folder; `readers` None: not restricted."""

    title: str
    storage: str
    parent: str = ""
    version: int = 1
    readers: tuple[tuple[str, str], ...] | None = None
    kind: str = "page"


class Wiki:
    """One space, HR. `statuses` are answers by path in place of the right one; `requests` counts paths."""

    def __init__(self) -> None:
        self.pages: dict[str, WikiPage] = {}
        self.statuses: dict[str, tuple[int, dict[str, str]]] = {}
        self.dies_after: int | None = None
        self.token = TOKEN
        self.at_once = _PAGES_AT_ONCE
        self.requests: Counter[str] = Counter()
        wiki = self

        class _WikiRequestHandler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def do_GET(self) -> None:
                wiki.answer(self)

            def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - its base's name
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _WikiRequestHandler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/wiki"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def put(self, number: str, title: str, storage: str = "", **about: Any) -> None:
        storage = storage or f"<p>The words of {title} are {number} times {title}.</p>"
        self.pages[number] = WikiPage(title, storage, **about)

    def reads(self) -> int:
        """How many pages were read since this was last asked."""
        count = sum(
            n for path, n in self.requests.items() if re.search(r"/(pages|content)/\d+$", path)
        )
        self.requests.clear()
        return count

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        self.requests[parts.path] += 1
        if self.dies_after is not None and self.requests.total() > self.dies_after:
            request.close_connection = True
            return
        status, headers, value = 200, {"Content-Type": "application/json"}, {}
        if request.headers.get("authorization", "") != f"Bearer {self.token}":
            status = 401
        elif parts.path in self.statuses:
            status, headers = self.statuses[parts.path]
        else:
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            value = self._find(parts.path.removeprefix("/wiki"), query) or {}
            status = 200 if value else 404
        body = json.dumps(value or {"statusCode": status}).encode()
        request.send_response(status)
        for name, text in {"Content-Length": str(len(body)), **headers}.items():
            request.send_header(name, text)
        request.end_headers()
        request.wfile.write(body)

    def _find(self, path: str, query: dict[str, str]) -> dict[str, Any] | None:
        number = path.rpartition("/")[2]
        entry = self.pages.get(number)
        if match := _RESTRICTION.fullmatch(path):
            return {"operation": "read", "restrictions": self._restrictions(match[1])}
        if path == "/api/v2/spaces":
            return {
                "results": [{"id": "900", "key": "HR", "type": "global", "homepageId": "1"}],
                "_links": {},
            }
        if path == "/api/v2/spaces/900/pages":
            return self._slice(path, query, "cursor", [self._v2(n) for n in self._numbers()])
        if path.startswith("/api/v2/") and entry:
            return self._v2(number)
        if path == "/rest/api/space":
            return {"results": [{"id": 900, "key": "HR", "homepage": {"id": "1"}}], "_links": {}}
        if path == "/rest/api/content":
            return self._slice(path, query, "start", [self._v1(n) for n in self._numbers()])
        return self._v1(number) if path.startswith("/rest/api/content/") and entry else None

    def _numbers(self) -> list[str]:
        return [number for number, entry in self.pages.items() if entry.kind == "page"]

    def _slice(
        self, path: str, query: dict[str, str], key: str, whole: list[Any]
    ) -> dict[str, Any]:
        """A part of a list with the link to the next: below the host in v2, below the application in v1."""
        start = int(query.get(key, "0"))
        end = start + self.at_once
        links = {}
        if end < len(whole):
            above = "/wiki" if key == "cursor" else ""
            links["next"] = f"{above}{path}?{urlencode(query | {key: end})}"
        return {"results": whole[start:end], "_links": links}

    def _v2(self, number: str) -> dict[str, Any]:
        entry = self.pages[number]
        parent = self.pages.get(entry.parent)
        return {
            "id": number,
            "title": entry.title,
            "parentId": entry.parent or None,
            "parentType": parent.kind if parent else "page" if entry.parent else None,
            "version": {"number": entry.version, "createdAt": "2025-03-01T10:00:00.000Z"},
            "_links": {"webui": f"/spaces/HR/pages/{number}"},
            "body": {"storage": {"value": entry.storage}},
        }

    def _v1(self, number: str) -> dict[str, Any]:
        entry = self.pages[number]
        above, parent = list[str](), entry.parent
        while parent:
            above.insert(0, parent)
            parent = self.pages[parent].parent if parent in self.pages else ""
        return {
            "id": number,
            "title": entry.title,
            "ancestors": [{"id": n} for n in above],
            "version": {"number": entry.version, "when": "2025-03-01T10:00:00.000+01:00"},
            "restrictions": {"read": {"restrictions": self._restrictions(number)}},
            "_links": {"webui": f"/display/HR/{number}"},
            "body": {"storage": {"value": entry.storage}},
        }

    def _restrictions(self, number: str) -> dict[str, Any]:
        named = (self.pages[number].readers if number in self.pages else None) or ()
        users = [{"accountId": name} for kind, name in named if kind == "user"]
        groups = [{"name": name} for kind, name in named if kind == "group"]
        return {
            "user": {"results": users, "size": len(users)},
            "group": {"results": groups, "size": len(groups)},
        }
