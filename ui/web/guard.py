"""What stands between the network and the page: hosts, routes, sizes and security headers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ui.web.doors import Door
from ui.web.people import LOCAL, put_person

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Svelte writes style attributes, so those are allowed; inline scripts and style sheets are not.
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "style-src-attr 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    ]
)
_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class Guard:
    """ASGI middleware; refuses with one plain sentence."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str], doors: Sequence[Door]) -> None:
        """`hosts` are the names under which a browser may reach the page, without port."""
        self.app = app
        self.hosts = frozenset(hosts)
        self.doors = doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [(k, v) for k, v in message["headers"] if k.decode().lower() not in _HEADERS]
                seal = [(k.encode(), v.encode()) for k, v in _HEADERS.items()]
                message = {**message, "headers": kept + seal}
            await send(message)

        refusal = self._refusal(scope)
        if refusal:
            await _refuse(sealed, *refusal)
        else:
            await self.app(scope, receive, sealed)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        host = headers.get("host", "")
        # A name that somebody else's DNS points here would make their page ours (DNS rebinding).
        if _hostname(host) not in self.hosts:
            return 421, "This server does not answer to that host name."
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return 403, "Requests from other sites are refused."
        method, path = scope["method"], scope["path"]
        door = next((door for door in self.doors if door.fits(method, path)), None)
        if door is None or ".." in path:
            return 404, "There is nothing here."
        put_person(scope, LOCAL)
        return _size_refusal(method, headers, door.needs.max_body)


def _size_refusal(method: str, headers: dict[str, str], limit: int) -> tuple[int, str] | None:
    """Refuses a body that is too long or does not say how long it is: browsers always say it."""
    length = headers.get("content-length", "" if method == "POST" else "0")
    if "transfer-encoding" in headers or not length.isdecimal():
        return 411, "A request has to say how long it is."
    if int(length) > limit:
        return 413, f"A request may have {limit:,} bytes at most."
    return None


def _hostname(host: str) -> str:
    """The host of a Host header, without port, in lower case; IPv6 keeps no brackets."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


async def _refuse(send: Send, status: int, sentence: str) -> None:
    body = f"{sentence}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
