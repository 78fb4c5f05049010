"""Choosing a language, which the browser then remembers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ui.messages.languages import LANGUAGES
from ui.web.app_state import House
from ui.web.identity import needs
from ui.web.language import COOKIE
from ui.web.preference import remember

if TYPE_CHECKING:
    from fastapi import APIRouter


def routes(_: House) -> APIRouter:
    """`/language/CODE?back=ADDRESS`: no more than a preference, so a link is enough for it."""
    from fastapi import APIRouter

    router = APIRouter()

    @router.get("/language/{code}")
    @needs(None)
    def choose(request: Request, code: str) -> Response:
        if code not in LANGUAGES:
            return PlainTextResponse("There is nothing here.\n", 404)
        return remember(request, COOKIE, code)

    return router
