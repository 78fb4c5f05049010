"""For whoever watches over the server: is it alive, can it answer, and its numbers."""

from __future__ import annotations

import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

from ui.web.app_state import AppState
from ui.web.identity import LOCAL, Role, requires

if TYPE_CHECKING:
    from fastapi import APIRouter

_PATIENCE_S = 1.0


class _Readiness:
    """Whether index and model are there: as it is now, or if that takes long as it was last."""

    def __init__(self, app_state: AppState) -> None:
        self._app_state = app_state
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="inhouse-ready")
        self._looking: asyncio.Future[tuple[bool, bool]] | None = None
        self._last = (False, False)

    async def now(self) -> tuple[bool, bool]:
        if self._looking is None or self._looking.done():
            loop = asyncio.get_running_loop()
            self._looking = loop.run_in_executor(self._executor, self._look)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._looking), _PATIENCE_S)
        return self._last

    def _look(self) -> tuple[bool, bool]:
        now = self._app_state.service.state(LOCAL)
        self._last = now.index.ok, bool(now.model and now.model.ok)
        return self._last


def routes(app_state: AppState) -> APIRouter:
    """`/healthz`, `/readyz` and `/metrics`."""
    from fastapi import APIRouter

    router, readiness = APIRouter(), _Readiness(app_state)

    @router.get("/healthz")
    @requires(None)
    async def healthz() -> JSONResponse:
        """This process answers; it waits for no thread and no lock."""
        return JSONResponse({"status": "ok"})

    @router.get("/readyz")
    @requires(None)
    async def readyz() -> JSONResponse:
        """Questions can be answered, or with the model server down at least looked up."""
        index, model = await readiness.now()
        body = {
            "index": "ok" if index else "unavailable",
            "model": "ok" if model else "unavailable",
        }
        return JSONResponse(body, status_code=200 if index else 503)

    @router.get("/metrics")
    @requires(Role.ADMIN, is_click=False, by_token=True)
    def metrics() -> Response:
        """The server's numbers, for administrators and for Prometheus."""
        return Response(
            app_state.metrics.text(app_state.service),
            media_type="text/plain; version=0.0.4; charset=utf-8",
            headers={"cache-control": "no-store"},
        )

    return router
