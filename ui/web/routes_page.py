"""The document around the Gradio interface, and what its header asks for."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse

from ui.web.house import House
from ui.web.people import Role, needs, person_of
from ui.web.shell import shell, version

if TYPE_CHECKING:
    from fastapi import APIRouter


def routes(house: House) -> APIRouter:
    """`/` and `/state`."""
    from fastapi import APIRouter

    router = APIRouter(default_response_class=JSONResponse)
    document = shell(house.words, version())

    @router.get("/")
    @needs(Role.READER)
    def page() -> HTMLResponse:
        return HTMLResponse(document, headers={"cache-control": "no-cache"})

    @router.get("/state")
    @needs(Role.READER)
    def state(request: Request) -> JSONResponse:
        """What the header shows; the page asks every few seconds."""
        now = house.desk.state(person_of(request))
        return JSONResponse(asdict(now), headers={"cache-control": "no-store"})

    return router
