"""For whoever watches over the server: is it alive, can it answer, and its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

from ui.web.app_state import AppState
from ui.web.identity import LOCAL, Role, requires

if TYPE_CHECKING:
    from fastapi import APIRouter


def routes(house: AppState) -> APIRouter:
    """`/healthz`, `/readyz` and `/metrics`."""
    from fastapi import APIRouter

    router = APIRouter()

    @router.get("/healthz")
    @requires(None)
    def healthz() -> JSONResponse:
        """This process answers."""
        return JSONResponse({"status": "ok"})

    @router.get("/readyz")
    @requires(None)
    def readyz() -> JSONResponse:
        """Questions can be answered, or with the model server down at least looked up."""
        now = house.desk.state(LOCAL)
        body = {
            "index": "ok" if now.index.ok else "unavailable",
            "model": "ok" if now.model and now.model.ok else "unavailable",
        }
        return JSONResponse(body, status_code=200 if now.index.ok else 503)

    @router.get("/metrics")
    @requires(Role.ADMIN, is_click=False, by_token=True)
    def metrics() -> Response:
        """The server's numbers, for administrators and for Prometheus."""
        return Response(
            house.metrics.text(house.desk),
            media_type="text/plain; version=0.0.4; charset=utf-8",
            headers={"cache-control": "no-store"},
        )

    return router
