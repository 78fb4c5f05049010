"""The web application: our own routes and headers around the Gradio interface."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING, Any

from rag.extras import require_extra
from rag.profile import Profile
from rag.settings import Settings
from ui.messages.page import ENGLISH, Words
from ui.web.assistant_service import Answering
from ui.web.gradio_page import build_page
from ui.web.layout import STATIC

if TYPE_CHECKING:
    import fastapi
    import gradio

    from ui.web.app_state import AppState

_SYSTEM_FONT = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif")
_MONO_FONT = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")


def create_app(
    open_assistant: Callable[[], Answering],
    *,
    settings: Settings | None = None,
    profiles: Sequence[Profile] = (),
    words: Words = ENGLISH,
) -> fastapi.FastAPI:
    """The application for any ASGI server.

    `open_assistant` is called at the first chance and again after it raised an InhouseError, so the
    index may appear later. People choose among the `profiles`; the first is everybody's until then.
    Without `settings` nothing is kept of what people ask for longer than the application lives. What
    `settings.web` says of who may come in, and how often, holds here; where the application listens is its
    server's part.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        pass
    else:
        return _create_app(open_assistant, settings, profiles, words)

    async def create() -> fastapi.FastAPI:
        return _create_app(open_assistant, settings, profiles, words)

    return asyncio.run(create())  # where no loop is running, Gradio opens one and never closes it


def _create_app(
    open_assistant: Callable[[], Answering],
    settings: Settings | None,
    profiles: Sequence[Profile],
    words: Words,
) -> fastapi.FastAPI:
    require_extra("web", "The page")
    import fastapi
    import gradio
    from fastapi.middleware.gzip import GZipMiddleware
    from fastapi.staticfiles import StaticFiles

    from ui.api.errors import handle_errors
    from ui.api.routes import build_api_routes
    from ui.web.app_state import build_app_state
    from ui.web.routes import routers

    app_state = build_app_state(open_assistant, settings, words, profiles)

    @contextlib.asynccontextmanager
    async def lifespan(_: fastapi.FastAPI) -> AsyncIterator[None]:
        app_state.open_in_background()
        yield
        app_state.ingesting.stop()

    app = fastapi.FastAPI(
        title=words.product, docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan
    )
    app.state.app_state = app_state
    handle_errors(app)
    own, page = routers(app_state), build_page(app_state)
    if app_state.settings.web.api:
        own.append(build_api_routes(app_state))
    for router in own:
        app.include_router(router)
    files = GZipMiddleware(StaticFiles(directory=STATIC), minimum_size=500)
    app.mount("/page", files, name="page")
    gradio.mount_gradio_app(
        app,
        page,
        "/",
        theme=_theme(gradio),
        footer_links=[],
        run_history=False,  # it would keep every question in the browser's storage
        show_error=False,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        max_file_size=1,
        app_kwargs={"docs_url": None, "redoc_url": None, "openapi_url": None},
    )
    _guard(app, app_state, own, page)
    return app


def _guard(
    app: fastapi.FastAPI, app_state: AppState, own: Sequence[fastapi.APIRouter], page: gradio.Blocks
) -> None:
    from ui.web.security.allowed_routes import GRADIO_ROUTES, STATIC_ROUTES, list_allowed_routes
    from ui.web.security.gradio_queue import QueueGate, list_events
    from ui.web.security.guard import Guard

    rules = app_state.guard_rules((*list_allowed_routes(own), *STATIC_ROUTES, *GRADIO_ROUTES))
    app.state.rules = rules
    app.add_middleware(QueueGate, events=list_events(page), clicks=app_state.questions)
    app.add_middleware(Guard, rules=rules)  # the outermost


def _theme(gr: Any) -> gradio.themes.Base:
    """Plain, and without fonts from anywhere: what the page looks like is in static/*.css."""
    theme: gradio.themes.Base = gr.themes.Base(font=_SYSTEM_FONT, font_mono=_MONO_FONT)
    return theme
