"""The interface for programs as an application of its own, without the page."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING

from rag.extras import require_extra
from rag.profile import Profile
from rag.settings import Settings
from ui.messages.page import ENGLISH, Words
from ui.web.assistant_service import Answering

if TYPE_CHECKING:
    import fastapi


def create_api_app(
    open_assistant: Callable[[], Answering],
    *,
    settings: Settings | None = None,
    profiles: Sequence[Profile] = (),
    words: Words = ENGLISH,
) -> fastapi.FastAPI:
    """The application for any ASGI server; `open_assistant` and `settings` as for the page.

    It has `/v1/…`, and `/healthz`, `/readyz` and `/metrics`.
    """
    require_extra("api", "The interface for programs")
    import fastapi

    from ui.api.errors import handle_errors
    from ui.api.routes import build_api_routes
    from ui.web.app_state import build_app_state
    from ui.web.routes import monitoring
    from ui.web.security.allowed_routes import list_allowed_routes
    from ui.web.security.guard import Guard

    app_state = build_app_state(open_assistant, settings, words, profiles)

    @contextlib.asynccontextmanager
    async def lifespan(_: fastapi.FastAPI) -> AsyncIterator[None]:
        app_state.open_in_background()
        yield

    app = fastapi.FastAPI(
        title=words.product, docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan
    )
    app.state.app_state = app_state
    handle_errors(app)
    own = [build_api_routes(app_state), monitoring.routes(app_state)]
    for router in own:
        app.include_router(router)
    rules = app_state.guard_rules(list_allowed_routes(own))
    app.state.rules = rules
    app.add_middleware(Guard, rules=rules)
    return app
