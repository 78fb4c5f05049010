"""For whoever watches over the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from ui.web.app_state import House
from ui.web.identity import LOCAL, needs

if TYPE_CHECKING:
    from fastapi import APIRouter


def routes(house: House) -> APIRouter:
    """`/healthz` and `/readyz`."""
    from fastapi import APIRouter

    router = APIRouter()

    @router.get("/healthz")
    @needs(None)
    def healthz() -> JSONResponse:
        """This process answers."""
        return JSONResponse({"status": "ok"})

    @router.get("/readyz")
    @needs(None)
    def readyz() -> JSONResponse:
        """Questions can be answered, or with the model server down at least looked up."""
        now = house.desk.state(LOCAL)
        body = {
            "index": "ok" if now.index.ok else "unavailable",
            "model": "ok" if now.model and now.model.ok else "unavailable",
        }
        return JSONResponse(body, status_code=200 if now.index.ok else 503)

    return router
