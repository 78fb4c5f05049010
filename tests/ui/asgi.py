"""Requests to an ASGI application without a server, also to routes whose answer never ends."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

HOST = "inhouse.test"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back until the first piece of the body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


async def call(
    app: Any,
    method: str,
    address: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    client: str = "192.0.2.7",
    scheme: str = "https",
    whole: bool = False,
) -> Reply:
    """One request; then the reader goes away, as somebody who closes a tab does, unless `whole`."""
    path, _, query = address.partition("?")
    sent = {"host": HOST, "origin": f"{scheme}://{HOST}", "content-length": str(len(body))}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": scheme,
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [
            (k.lower().encode(), v.encode("latin-1"))
            for k, v in {**sent, **(headers or {})}.items()
        ],
        "client": (client, 50_000),
        "server": (HOST, 443),
        "state": {},
    }
    waiting = [{"type": "http.request", "body": body, "more_body": False}]
    seen, begun = list[dict[str, Any]](), asyncio.Event()

    async def receive() -> dict[str, Any]:
        if waiting:
            return waiting.pop()
        await asyncio.sleep(3600)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        seen.append(message)
        if not whole:
            begun.set()

    task = asyncio.ensure_future(app(scope, receive, send))
    first = asyncio.ensure_future(begun.wait())
    await asyncio.wait({task, first}, timeout=30, return_when="FIRST_COMPLETED")
    await asyncio.wait({task}, timeout=0.1)  # a stream may go on for ever
    for future in (task, first):
        if not future.done():
            future.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await future
    if task.done() and not task.cancelled() and (error := task.exception()):
        raise error
    start = next(m for m in seen if m["type"] == "http.response.start")
    parts = [m.get("body", b"") for m in seen if m["type"] == "http.response.body"]
    headers_sent = {k.decode().lower(): v.decode("latin-1") for k, v in start["headers"]}
    return Reply(start["status"], headers_sent, b"".join(parts))
