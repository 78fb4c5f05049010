"""The server's numbers, for administrators and for Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from ui.web.app_state import House
from ui.web.identity import Role, needs

if TYPE_CHECKING:
    from fastapi import APIRouter


def routes(house: House) -> APIRouter:
    """`/metrics`."""
    from fastapi import APIRouter

    router = APIRouter()

    @router.get("/metrics")
    @needs(Role.ADMIN, is_click=False, by_token=True)
    def metrics() -> Response:
        return Response(
            house.metrics.text(house.desk),
            media_type="text/plain; version=0.0.4; charset=utf-8",
            headers={"cache-control": "no-store"},
        )

    return router
