"""A web site of a test's own: Python's server, with what goes wrong as the test wants it."""

from __future__ import annotations

import hashlib
import ssl
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class WebSite:
    """`pages` are bodies by path, `answers` statuses and headers that take their place.

    `requests` counts what was asked for by path, `sent` the bodies that went out.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.pages: dict[str, bytes] = {}
        self.types: dict[str, str] = {}
        self.answers: dict[str, tuple[int, dict[str, str]]] = {}
        self.dies_after: int | None = None
        self.authorization = ""
        self.requests: Counter[str] = Counter()
        self.sent: list[str] = []
        site = self

        class _SiteRequestHandler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # an answer in one piece: two would wait for each other

            def do_GET(self) -> None:
                site.answer(self)

            def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - its base's name
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _SiteRequestHandler)
        self._scheme = "http"
        if tls is not None:
            self._scheme = "https"
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}"

    def put(self, path: str, body: str, content_type: str = "text/html") -> None:
        self.pages[path] = body.encode()
        self.types[path] = content_type

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        path = request.path
        self.requests[path] += 1
        if self.dies_after is not None and sum(self.requests.values()) > self.dies_after:
            request.close_connection = True
            return
        status, headers, body = 404, {}, b""
        if self.authorization and request.headers.get("authorization") != self.authorization:
            status = 401
        elif path in self.answers:
            status, headers = self.answers[path]
        elif path in self.pages:
            etag = f'"{hashlib.sha256(self.pages[path]).hexdigest()[:16]}"'
            headers = {"ETag": etag, "Content-Type": self.types[path]}
            status = 304 if request.headers.get("if-none-match") == etag else 200
            body = self.pages[path] if status == 200 else b""
        if body:
            self.sent.append(path)
        request.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            if status != 304 or name != "Content-Length":
                request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)


def web_page(title: str, *links: str, head: str = "", body: str = "") -> str:
    """A page of HTML with links and a paragraph of its own."""
    anchors = "".join(f'<p><a href="{link}">{link}</a></p>' for link in links)
    text = body or f"The paragraph of {title} says what {title} is about, and nothing else."
    return (
        f"<!doctype html><html><head><title>{title}</title>{head}</head>"
        f"<body><h1>{title}</h1><p>{text}</p>{anchors}</body></html>"
    )
