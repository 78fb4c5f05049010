"""How good the answers are, for those who may read everything: it quotes documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from ui.view.markup import escape
from ui.view.quality_page import Said, quality_page
from ui.web.app_state import AppState
from ui.web.identity import Role, person_of, requires
from ui.web.layout import frame
from ui.web.navigation import Room

if TYPE_CHECKING:
    from fastapi import APIRouter


def routes(house: AppState) -> APIRouter:
    """`/quality`"""
    from fastapi import APIRouter

    router = APIRouter()

    @router.get("/quality")
    @requires(Role.EDITOR)
    def quality(request: Request) -> Response:
        from rag.evaluation import store

        around, person = frame(request, Room.QUALITY), person_of(request)
        words = around.words
        if not Room.QUALITY.admits(person):
            heading, why = escape(words.rooms.quality), escape(words.rooms.not_there)
            page = around.page(f'<h1>{heading}</h1><p class="none">{why}</p>')
            return HTMLResponse(page, 404, headers={"cache-control": "no-store"})
        feedback = [
            Said(each.name, each.given_at, each.helpful, each.reason, each.note, each.answer)
            for each in house.feedback.find(None)
        ]
        evaluation = store.last(house.settings.data)
        main = quality_page(evaluation, feedback, words)
        page = around.page(main, styles=["report"])
        return HTMLResponse(page, headers={"cache-control": "no-store"})

    return router
