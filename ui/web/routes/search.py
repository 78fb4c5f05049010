"""The room in which one searches without the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import HTMLResponse

from rag.errors import InhouseError, UsageError
from rag.index.views.files import Choices
from ui.messages.page import Words
from ui.view.search_page import Asked, search_page
from ui.web.app_state import House
from ui.web.finding import MOST, find
from ui.web.framing import frame
from ui.web.identity import Role, needs, person_of
from ui.web.navigation import Room

if TYPE_CHECKING:
    from fastapi import APIRouter


def routes(house: House) -> APIRouter:
    """`/search?q=…&folder=…&type=…&tag=…&from=…&until=…&many=…`"""
    from fastapi import APIRouter

    router = APIRouter()

    @router.get("/search")
    @needs(Role.READER)
    def search(request: Request) -> HTMLResponse:
        said = request.query_params.get
        asked = Asked(
            query=said("q", "").strip(),
            folder=said("folder", ""),
            media_type=said("type", ""),
            tag=said("tag", ""),
            changed_from=said("from", ""),
            changed_until=said("until", ""),
            many=_many(said("many", "")),
        )
        around = frame(request, Room.SEARCH)
        status, main = _answer(house, request, asked, around.words)
        title = f"{asked.query[:60]} · {around.words.rooms.search}" if asked.query else ""
        page = around.page(main, title=title)
        return HTMLResponse(page, status, headers={"cache-control": "no-store"})

    return router


def _answer(house: House, request: Request, asked: Asked, words: Words) -> tuple[int, str]:
    """Status and content; a sentence instead of passages where there can be none."""
    choices, found, complaint, status = Choices(), None, "", 200
    try:
        profile = house.profiles.of(request)
        assistant = house.desk.assistant_for(person_of(request), profile.name)
        choices = assistant.shelf().choices()
        found = find(asked, assistant, words) if asked.query else None
    except UsageError as exc:
        complaint, status = str(exc), 400
    except InhouseError as exc:
        complaint, status = str(exc), 503
    return status, search_page(asked, choices, found, complaint, words)


def _many(text: str) -> int:
    return (
        min(MOST, max(1, int(text)))
        if text.isascii() and text.isdecimal() and len(text) < 4
        else 10
    )
