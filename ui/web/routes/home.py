"""The document around the Gradio interface, and what its header asks for."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse

from rag.errors import InhouseError
from rag.profile import Profile
from ui.web.app_state import AppState
from ui.web.identity import Person, Role, person_of, requires
from ui.web.language import words_for
from ui.web.layout import frame
from ui.web.navigation import Room
from ui.web.suggestions import starter_questions

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
        person, words, profile = page_frame.person, page_frame.words, page_frame.profile
        about = _asked_about(house, person, request.query_params.get("about", ""))
        starters = profile.starters or starter_questions(house.desk, person, profile.name, words)
        html = page_frame.ask(() if about else starters, about)
        return HTMLResponse(html, headers={"cache-control": "no-cache"})

    @router.get("/state")
    @requires(Role.READER, is_click=False)
    def state(request: Request) -> JSONResponse:
        """What the header shows; the page asks every few seconds."""
        now = house.desk.state(person_of(request), words_for(request))
        return JSONResponse(asdict(now), headers={"cache-control": "no-store"})

    return router


def _asked_about(house: AppState, person: Person, name: str) -> tuple[str, str] | None:
    """Short name and title of the one document that is asked; a title that is empty where it is not there."""
    if not name:
        return None
    try:
        document = house.desk.assistant_for(person).reading().named(name)
    except InhouseError:
        document = None
    return name, document.title or document.uri.rpartition("/")[2] if document else ""


def _profile_of(house: AppState, request: Request) -> Profile | None:
    """That of the kept conversation which the address opens; it may be another than was chosen since."""
    kept = request.query_params.get("c")
    if not kept:
        return None
    try:
        return house.profiles.named(house.history.get(person_of(request), kept).profile)
    except InhouseError:  # said when it is opened
        return None
