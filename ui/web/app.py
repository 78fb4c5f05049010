"""The web application: our own routes and headers around the Gradio interface."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING, Any

from rag.settings import Settings
from ui.view.text import ENGLISH, Words
from ui.web.desk import Answering, Desk
from ui.web.page import build_page
from ui.web.shell import STATIC

if TYPE_CHECKING:
    import fastapi
    import gradio

    from ui.web.house import House

LOOPBACK = ("localhost", "127.0.0.1", "::1")
_SYSTEM_FONT = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif")
_MONO_FONT = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")


def create_app(
    open_assistant: Callable[[], Answering],
    *,
    settings: Settings | None = None,
    starters: Sequence[str] = (),
    words: Words = ENGLISH,
    hosts: Sequence[str] = LOOPBACK,
) -> fastapi.FastAPI:
    """The application for any ASGI server.

    `open_assistant` is called at the first chance and again after it raised an InhouseError, so the
    index may appear later. Without `settings` nothing is kept of what people ask for longer than the
    application lives. `hosts` are the host names that are answered; without sign-in those are names of this
    machine only.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        pass
    else:
        return _create_app(open_assistant, settings, starters, words, hosts)

    async def create() -> fastapi.FastAPI:
        return _create_app(open_assistant, settings, starters, words, hosts)

    return asyncio.run(create())  # where no loop is running, Gradio opens one and never closes it


def _create_app(
    open_assistant: Callable[[], Answering],
    settings: Settings | None,
    starters: Sequence[str],
    words: Words,
    hosts: Sequence[str],
) -> fastapi.FastAPI:
    import fastapi
    import gradio
    from fastapi.staticfiles import StaticFiles

    from ui.web.doors import GRADIO_DOORS, STATIC_DOORS, doors_of, routers
    from ui.web.guard import Guard

    house = _furnish(open_assistant, settings, words)

    @contextlib.asynccontextmanager
    async def lifespan(_: fastapi.FastAPI) -> AsyncIterator[None]:
        threading.Thread(target=house.desk.prepare, name="inhouse-open", daemon=True).start()
        yield

    app = fastapi.FastAPI(
        title=words.product, docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan
    )
    own = routers(house)
    for router in own:
        app.include_router(router)
    app.mount("/page", StaticFiles(directory=STATIC), name="page")
    gradio.mount_gradio_app(
        app,
        build_page(house.desk, starters),
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
    doors = (*doors_of(own), *STATIC_DOORS, *GRADIO_DOORS)
    app.add_middleware(Guard, hosts=hosts, doors=doors)
    return app


def _furnish(
    open_assistant: Callable[[], Answering], settings: Settings | None, words: Words
) -> House:
    from ui.web.feedback import FeedbackBook
    from ui.web.history import History
    from ui.web.house import House
    from ui.web.store import PEOPLE, Store

    store = Store(None if settings is None else settings.data / PEOPLE)
    return House(
        settings=settings or Settings(),
        words=words,
        desk=Desk(open_assistant, words),
        history=History(store),
        feedback=FeedbackBook(store),
    )


def _theme(gr: Any) -> gradio.themes.Base:
    """Plain, and without fonts from anywhere: what the page looks like is in static/*.css."""
    theme: gradio.themes.Base = gr.themes.Base(font=_SYSTEM_FONT, font_mono=_MONO_FONT)
    return theme
