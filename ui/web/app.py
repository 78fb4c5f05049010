"""The web application: our own routes and headers around the Gradio interface."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ui.view.text import ENGLISH, Words
from ui.web.desk import Answering, Desk
from ui.web.guard import Guard
from ui.web.page import build_page
from ui.web.shell import STATIC, shell

if TYPE_CHECKING:
    import fastapi
    import gradio

LOOPBACK = ("localhost", "127.0.0.1", "::1")
_SYSTEM_FONT = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif")
_MONO_FONT = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")


def create_app(
    open_assistant: Callable[[], Answering],
    *,
    starters: Sequence[str] = (),
    words: Words = ENGLISH,
    hosts: Sequence[str] = LOOPBACK,
) -> fastapi.FastAPI:
    """The application for any ASGI server.

    `open_assistant` is called at the first chance and again after it raised an InhouseError, so the
    index may appear later. `hosts` are the host names that are answered; without sign-in those are
    names of this machine only.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        pass
    else:
        return _create_app(open_assistant, starters, words, hosts)

    async def create() -> fastapi.FastAPI:
        return _create_app(open_assistant, starters, words, hosts)

    return asyncio.run(create())  # where no loop is running, Gradio opens one and never closes it


def _create_app(
    open_assistant: Callable[[], Answering],
    starters: Sequence[str],
    words: Words,
    hosts: Sequence[str],
) -> fastapi.FastAPI:
    import fastapi
    import gradio

    desk = Desk(open_assistant, words)

    @contextlib.asynccontextmanager
    async def lifespan(_: fastapi.FastAPI) -> AsyncIterator[None]:
        threading.Thread(target=desk.prepare, name="inhouse-open", daemon=True).start()
        yield

    app = fastapi.FastAPI(
        title=words.product, docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan
    )
    _add_routes(app, desk, words)
    gradio.mount_gradio_app(
        app,
        build_page(desk, starters),
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
    app.add_middleware(Guard, hosts=hosts)
    return app


def _add_routes(app: fastapi.FastAPI, desk: Desk, words: Words) -> None:
    from fastapi.responses import HTMLResponse, JSONResponse
    from fastapi.staticfiles import StaticFiles

    files = sorted(STATIC.iterdir())
    version = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
    document = shell(words, version)

    @app.get("/", response_class=HTMLResponse)
    def page() -> HTMLResponse:
        return HTMLResponse(document, headers={"cache-control": "no-cache"})

    @app.get("/state")
    def state() -> JSONResponse:
        """What the header shows; the page asks every few seconds."""
        return JSONResponse(asdict(desk.state()), headers={"cache-control": "no-store"})

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        """This process answers."""
        return {"status": "ok"}

    @app.get("/readyz")
    def readyz() -> JSONResponse:
        """Questions can be answered, or with the model server down at least looked up."""
        now = desk.state()
        body: dict[str, Any] = {
            "index": "ok" if now.index.ok else "unavailable",
            "model": "ok" if now.model and now.model.ok else "unavailable",
        }
        return JSONResponse(body, status_code=200 if now.index.ok else 503)

    app.mount("/page", StaticFiles(directory=STATIC), name="page")


def _theme(gr: Any) -> gradio.themes.Base:
    """Plain, and without fonts from anywhere: what the page looks like is in static/*.css."""
    theme: gradio.themes.Base = gr.themes.Base(font=_SYSTEM_FONT, font_mono=_MONO_FONT)
    return theme
