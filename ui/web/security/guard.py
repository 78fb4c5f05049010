"""What stands between the network and the page: hosts, allowed routes, people, sizes and security headers."""

from __future__ import annotations

import hmac
import logging
import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from starlette.requests import ClientDisconnect

from rag.errors import InhouseError
from rag.request_id import working_for
from rag.settings import WebSettings
from rag.tracing import request_span
from ui.errors import TooManyError
from ui.web.identity import Person, Requires, Role, find_person_in_scope, note_request, put_person
from ui.web.metrics import Metrics
from ui.web.security.allowed_routes import AllowedRoute
from ui.web.security.authentication import Authentication
from ui.web.security.client_address import ClientOrigin, Headers, Proxies, read_headers
from ui.web.security.rate_limit import Throttle
from ui.web.security.refusals import Refusal
from ui.web.server import LOOPBACK

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
        "manifest-src 'self'",
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
    # Not no-referrer: then a browser would not say either which page a form comes from.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_HTTPS_HEADERS = {"strict-transport-security": "max-age=31536000"}
MAX_HEAD = 32 * 1024  # bytes of all headers
_UNDER_WAY = 100
"""Requests and streams that one person may have open; a tab has three."""
_TOO_MANY = TooManyError(
    "Too many requests of yours are open.", hint="Close a tab.", retry_after_s=5
)
_log = logging.getLogger(__name__)
PROGRAM_PATHS = "/v1/"
"""Below this path everything is for programs."""
_SAFE_METHODS = frozenset({"GET", "HEAD"})
_PROBES = frozenset({"/healthz", "/readyz"})
_SCRAPER = Person("metrics", "metrics", Role.ADMIN, frozenset())


@dataclass(slots=True)
class Rules:
    """What the guard goes by. `hosts`: names under which a browser may reach the page, without port."""

    hosts: frozenset[str]
    routes: Sequence[AllowedRoute]
    admission: Authentication
    proxies: Proxies
    requests: Throttle
    metrics: Metrics
    metrics_token: str = ""

    def go_by(self, web: WebSettings) -> None:
        """Take over the names, the key and the limit of changed settings."""
        self.requests.set_per_minute(web.requests_per_minute)
        self.hosts, self.metrics_token = find_hosts(web), web.metrics_token


def find_hosts(web: WebSettings) -> frozenset[str]:
    """The names under which the page is reached."""
    return frozenset({*LOOPBACK, web.host.lower(), *web.names})


class Guard:
    """ASGI middleware; refuses with one plain sentence."""

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self.app = app
        self.rules = rules
        self._under_way: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = read_headers(scope)
        origin = self.rules.proxies.origin(scope, headers)
        route = self._route(scope)
        request_id = self.rules.proxies.request_id(scope, headers) or secrets.token_hex(8)
        seal = _HEADERS | {"x-request-id": request_id}
        if origin.is_https:
            seal |= _HTTPS_HEADERS
        trace = {name: values[0] for name, values in headers.items()} if origin.via_proxy else None
        with (
            working_for(request_id),
            request_span(
                route.method if route else "other", route.name if route else "none", trace
            ),
        ):
            note_request(scope)
            await self._answer(scope, receive, send, headers, origin, route, seal)

    async def _answer(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        headers: Headers,
        origin: ClientOrigin,
        route: AllowedRoute | None,
        seal: dict[str, str],
    ) -> None:
        method, name = (route.method, route.name) if route else ("other", "none")
        with self.rules.metrics.request(method, name) as heard:

            async def sealed(message: Message) -> None:
                if message["type"] == "http.response.start":
                    heard(message["status"])
                    message = {**message, "headers": _sealed(message["headers"], seal)}
                await send(message)

            try:
                refusal = self._refusal(scope, headers, origin, route)
            except InhouseError as exc:
                _log.error("Nobody can be let in: %s", exc)
                refusal = Refusal(503, "Accounts cannot be looked up just now.")
            for_program = _is_for_program(scope, route)
            if refusal:
                await refusal.send(scope, sealed, as_json=for_program)
                return
            whose = self._whose(scope, origin)
            is_bounded = route is not None and not route.is_static and route.needs.least is not None
            if is_bounded and self._under_way[whose] >= _UNDER_WAY:
                await Refusal.of(_TOO_MANY).send(scope, sealed, as_json=for_program)
                return
            self._under_way[whose] += 1
            try:
                await self.app(scope, receive, sealed)
            except ClientDisconnect:
                _log.debug("%s %s: the client left", method, name)  # nobody is there to be answered
            except Exception as exc:
                _log.error("%s %s failed: %s", method, name, type(exc).__name__)
                raise
            finally:
                self._under_way[whose] -= 1
                if not self._under_way[whose]:
                    del self._under_way[whose]

    def _whose(self, scope: Scope, origin: ClientOrigin) -> str:
        try:
            return find_person_in_scope(scope).key
        except LookupError:
            return origin.group

    def _route(self, scope: Scope) -> AllowedRoute | None:
        method, path = scope["method"], scope["path"]
        if ".." in path:
            return None
        return next((route for route in self.rules.routes if route.fits(method, path)), None)

    def _refusal(
        self, scope: Scope, headers: Headers, origin: ClientOrigin, route: AllowedRoute | None
    ) -> Refusal | None:
        if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEAD:
            return Refusal(431, f"A request's headers may have {MAX_HEAD:,} bytes at most.")
        host = headers.get("host", ("",))
        # A name that somebody else's DNS points here would make their page ours (DNS rebinding).
        # Probes go by address; they learn nothing but that the process lives.
        is_probe = route is not None and route.name in _PROBES and scope["method"] in _SAFE_METHODS
        if not is_probe and (len(host) != 1 or _hostname(host[0]) not in self.rules.hosts):
            return Refusal(421, "This server does not answer to that host name.")
        # No browser adds an access token by itself, so a program need not say where it comes from.
        is_program = _is_for_program(scope, route) and "origin" not in headers
        if not is_program and not self._is_own_site(
            scope["method"], headers, host[0] if host else ""
        ):
            return Refusal(403, "Requests from other sites are refused.")
        if route is None:
            return Refusal(404, "There is nothing here.")
        return self._stranger(scope, headers, origin, route) or _size_refusal(
            scope["method"], headers, route.needs.max_body
        )

    def _is_own_site(self, method: str, headers: Headers, host: str) -> bool:
        """A browser says with every request that changes something which page it comes from."""
        origins = headers.get("origin", ())
        if not origins:
            return method in _SAFE_METHODS or self.rules.admission.way == "none"
        return all(urlsplit(origin).netloc == host for origin in origins)

    def _stranger(
        self, scope: Scope, headers: Headers, origin: ClientOrigin, route: AllowedRoute
    ) -> Refusal | None:
        """Refuse a caller who may not use this route, or uses it too often; note who it is."""
        needs, person = route.needs, None
        if needs.least is not None:
            person = self._person(headers, origin, needs)
            if person is None:
                return self._counted(origin) or self._unknown(scope, headers, needs)
            if not person.may(needs.least):
                return Refusal(403, f"This needs the role {needs.least}.")
            put_person(scope, person, lambda: self._person(headers, origin, needs.merely_open))
        try:
            if not route.is_static:
                self.rules.requests.take(person.key if person else origin.group)
        except TooManyError as exc:
            return Refusal.of(exc)
        return None

    def _counted(self, origin: ClientOrigin) -> Refusal | None:
        """Counts what a stranger is refused: that costs time as well."""
        try:
            self.rules.requests.take(origin.group)
        except TooManyError as exc:
            return Refusal.of(exc)
        return None

    def _person(self, headers: Headers, origin: ClientOrigin, needs: Requires) -> Person | None:
        if needs.by_token and self.rules.metrics_token:
            header = headers.get("authorization", ("",))[0].encode("latin-1")
            if hmac.compare_digest(header, f"Bearer {self.rules.metrics_token}".encode()):
                return _SCRAPER
        if needs.by_bearer:
            return self.rules.admission.by_token(headers)
        return self.rules.admission.person(headers, origin, is_click=needs.is_click)

    def _unknown(self, scope: Scope, headers: Headers, needs: Requires) -> Refusal:
        if needs.by_bearer:
            return Refusal(
                401,
                "This needs a valid access token, as the header Authorization: Bearer TOKEN. "
                "To make one: inhouse user token NAME --name LABEL",
                {"www-authenticate": "Bearer"},
            )
        if self.rules.admission.way == "proxy":
            return Refusal(
                401, "Nobody is signed in. Open this page through your company's address."
            )
        if scope["method"] == "GET" and "text/html" in headers.get("accept", ("",))[0]:
            return Refusal(303, "Sign in.", {"location": f"/sign-in?next={quote(scope['path'])}"})
        return Refusal(401, "Sign in first.")


def _is_for_program(scope: Scope, route: AllowedRoute | None) -> bool:
    """Whether a program asks, which reads errors as JSON."""
    path: str = scope["path"]
    return route.needs.by_bearer if route else path.startswith(PROGRAM_PATHS)


def _sealed(
    headers: Iterable[tuple[bytes, bytes]], seal: dict[str, str]
) -> list[tuple[bytes, bytes]]:
    kept = [(k, v) for k, v in headers if k.decode("latin-1").lower() not in seal]
    return kept + [(k.encode(), v.encode()) for k, v in seal.items()]


def _size_refusal(method: str, headers: Headers, limit: int) -> Refusal | None:
    """Refuses a body that is too long or does not say how long it is: browsers always say it."""
    has_no_body = method in _SAFE_METHODS or method == "DELETE"
    length = headers.get("content-length", ("0",) if has_no_body else ("",))[0]
    if "transfer-encoding" in headers or not (length.isascii() and length.isdecimal()):
        return Refusal(411, "A request has to say how long it is.")
    if int(length) > limit:
        return Refusal(413, f"A request may have {limit:,} bytes at most.")
    return None


def _hostname(host: str) -> str:
    """The host of a Host header, without port, in lower case; IPv6 keeps no brackets."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
