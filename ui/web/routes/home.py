"""The document around the Gradio interface, and what its header asks for."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse

from rag.errors import InhouseError
from rag.profile import Profile
from ui.web.app_state import AppState
from ui.web.identity import Role, person_of, requires
from ui.web.language import words_for
from ui.web.layout import frame
from ui.web.navigation import Room

if TYPE_CHECKING:
    from fastapi import APIRouter


def routes(house: AppState) -> APIRouter:
    """`/` and `/state`."""
    from fastapi import APIRouter

    router = APIRouter(default_response_class=JSONResponse)

    @router.get("/")
    @requires(Role.READER)
    def page(request: Request) -> HTMLResponse:
        page_frame = frame(request, Room.ASK, _profile_of(house, request))
        return HTMLResponse(page_frame.ask(), headers={"cache-control": "no-cache"})

    @router.get("/state")
    @requires(Role.READER, is_click=False)
    def state(request: Request) -> JSONResponse:
        """What the header shows; the page asks every few seconds."""
        now = house.desk.state(person_of(request), words_for(request))
        return JSONResponse(asdict(now), headers={"cache-control": "no-store"})

    return router


def _profile_of(house: AppState, request: Request) -> Profile | None:
    """That of the kept conversation which the address opens; it may be another than was chosen since."""
    kept = request.query_params.get("c")
    if not kept:
        return None
    try:
        return house.profiles.named(house.history.get(person_of(request), kept).profile)
    except InhouseError:  # said when it is opened
        return None
