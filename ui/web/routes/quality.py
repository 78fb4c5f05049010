"""How good the answers are: evaluations for who may read everything, feedback for admins."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from ui.view.markup import escape
from ui.view.quality_page import FeedbackItem, render_quality_page
from ui.web.app_state import AppState
from ui.web.identity import Role, find_person, requires
from ui.web.layout import frame
from ui.web.navigation import Room

if TYPE_CHECKING:
    from fastapi import APIRouter


def routes(app_state: AppState) -> APIRouter:
    """`/quality`"""
    from fastapi import APIRouter

    router = APIRouter()

    @router.get("/quality")
    @requires(Role.EDITOR)
    def quality(request: Request) -> Response:
        from rag.evaluation import store

        layout, person = frame(request, Room.QUALITY), find_person(request)
        words = layout.words
        if not Room.QUALITY.admits(person):
            heading, why = escape(words.rooms.quality), escape(words.rooms.not_there)
            page = layout.page(f'<h1>{heading}</h1><p class="none">{why}</p>')
            return HTMLResponse(page, 404, headers={"cache-control": "no-store"})
        reads_all = person.readers is None
        feedback = None
        if person.may(Role.ADMIN):
            readable = None if reads_all else functools.partial(app_state.service.readable, person)
            feedback = [
                FeedbackItem(
                    entry.name,
                    entry.given_at,
                    entry.helpful,
                    entry.reason,
                    entry.note,
                    entry.answer,
                )
                for entry in app_state.feedback.find(readable)
            ]
        evaluation = store.load_last_evaluation(app_state.settings.data) if reads_all else None
        main = render_quality_page(evaluation, feedback, words)
        page = layout.page(main, styles=["report"])
        return HTMLResponse(page, headers={"cache-control": "no-store"})

    return router
