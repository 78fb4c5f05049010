"""Serving many clients over streamable HTTP, each with the rights of whoever their access token is of."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from rag.errors import InhouseError
from rag.extras import require_extra
from rag.profile import Profile
from rag.settings import Settings
from ui.mcp.references import Addresses
from ui.mcp.server import Caller, DocumentServer
from ui.messages.page import ENGLISH
from ui.web.app_state import AppState, build_app_state
from ui.web.assistant_service import Answering
from ui.web.identity import Role, find_person, find_person_in_scope, requires, watch
from ui.web.routes import monitoring
from ui.web.security.allowed_routes import list_allowed_routes
from ui.web.security.client_address import Proxies, read_headers
from ui.web.security.guard import Guard
from ui.web.security.rate_limit import Throttle
from ui.web.security.refusals import Refusal

if TYPE_CHECKING:
    import fastapi
    from mcp.server.context import ServerRequestContext
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATH = "/mcp"
METADATA_PATH = "/.well-known/oauth-protected-resource"
_MAX_BODY = 1024 * 1024  # bytes of a message; a question has 4,000 characters at most
_MAX_SESSIONS = 5_000  # of all people together; one is some 50 kB
_IDLE_S = 15 * 60.0  # without a request a session ends; its client begins another one


def create_mcp_app(
    open_assistant: Callable[[], Answering],
    *,
    settings: Settings | None = None,
    profiles: Sequence[Profile] = (),
) -> fastapi.FastAPI:
    """The application for any ASGI server; `open_assistant` and `settings` as for the page.

    It has `/mcp`, the metadata of that resource (RFC 9728), and `/healthz`, `/readyz` and `/metrics`.
    """
    require_extra("api", "MCP")
    import fastapi
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    app_state = build_app_state(open_assistant, settings, ENGLISH, profiles)
    web = app_state.settings.web
    server = DocumentServer(
        app_state.service,
        _caller_of,
        Addresses(web.public_url),
        app_state.places,
        app_state.questions,
        app_state.audit,
    )
    manager = StreamableHTTPSessionManager(
        server.build(),
        max_request_body_size=_MAX_BODY,
        session_idle_timeout=_IDLE_S,
        max_sessions=_MAX_SESSIONS,
    )

    @contextlib.asynccontextmanager
    async def lifespan(_: fastapi.FastAPI) -> AsyncIterator[None]:
        app_state.open_in_background()
        async with manager.run():
            yield

    app = fastapi.FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.state.app_state = app_state
    app.add_exception_handler(InhouseError, _refuse)
    own = [_routes(manager, app_state), monitoring.routes(app_state)]
    for router in own:
        app.include_router(router)
    rules = app_state.guard_rules(list_allowed_routes(own))
    app.state.rules = rules
    app.add_middleware(Guard, rules=rules)
    app.add_middleware(_AuthenticationHint, proxies=app_state.proxies)  # the outermost
    return app


def _routes(manager: StreamableHTTPSessionManager, app_state: AppState) -> fastapi.APIRouter:
    from fastapi import APIRouter
    from mcp_types.version import MODERN_PROTOCOL_VERSIONS

    router = APIRouter()
    openings = Throttle.per_minute(app_state.settings.web.questions_per_minute)

    @router.post(PATH)
    @requires(Role.READER, by_bearer=True, max_body=_MAX_BODY)
    async def message(request: Request) -> Response:
        """A message of a client, or several requests of one session."""
        is_modern = request.headers.get("mcp-protocol-version") in MODERN_PROTOCOL_VERSIONS
        if not is_modern and "mcp-session-id" not in request.headers:
            openings.take(find_person(request).key)  # each opens a session, which lasts
        return _ProtocolResponse(manager)

    @router.api_route(PATH, methods=["GET", "DELETE"])
    @requires(Role.READER, by_bearer=True)
    async def session(request: Request) -> Response:
        """The messages of the server to a session, or the end of that session."""
        del request
        return _ProtocolResponse(manager)

    @router.get(METADATA_PATH)
    @router.get(METADATA_PATH + PATH)
    @requires(None, by_bearer=True)
    async def metadata(request: Request) -> Response:
        """What a client has to know to be let in: RFC 9728."""
        return JSONResponse(
            {
                "resource": _base_url(request.scope, app_state.proxies) + PATH,
                "resource_name": "Inhouse",
                "bearer_methods_supported": ["header"],
            },
            headers={"access-control-allow-origin": "*"},
        )

    return router


class _ProtocolResponse(Response):
    """Hands the request on to the SDK, in the name of who sent it: a session is its opener's alone."""

    def __init__(self, manager: StreamableHTTPSessionManager) -> None:
        super().__init__()
        self._manager = manager

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
        from mcp.server.auth.provider import AccessToken

        key = find_person_in_scope(scope).key
        scope["user"] = AuthenticatedUser(
            AccessToken(token="", client_id=key, scopes=[], subject=key)
        )
        await self._manager.handle_request(scope, receive, send)


class _AuthenticationHint:
    """ASGI middleware: who is refused for want of a token learns where the resource says what it needs."""

    def __init__(self, app: ASGIApp, proxies: Proxies) -> None:
        self.app, self._proxies = app, proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def hinting(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 401:
                address = _base_url(scope, self._proxies) + METADATA_PATH + PATH
                value = f'Bearer resource_metadata="{address}"'.encode("latin-1")
                kept = [pair for pair in message["headers"] if pair[0] != b"www-authenticate"]
                message = {**message, "headers": [*kept, (b"www-authenticate", value)]}
            await send(message)

        await self.app(scope, receive, hinting)


def _base_url(scope: Scope, proxies: Proxies) -> str:
    """The address at which the client reaches this server; the guard has checked its host."""
    headers = read_headers(scope)
    scheme = "https" if proxies.origin(scope, headers).is_https else "http"
    return f"{scheme}://{headers['host'][0]}"


def _caller_of(context: ServerRequestContext[Any, Any]) -> Caller:
    """Who sent the HTTP request that brought a message."""
    return Caller(find_person(context.request), watch(context.request))


async def _refuse(_: Request, error: Exception) -> Response:
    assert isinstance(error, InhouseError)  # noqa: S101 - that is what it is registered for
    refusal = Refusal.of(error)
    headers = {**refusal.headers, "cache-control": "no-store"}
    return JSONResponse(refusal.to_json(), refusal.status, headers)
