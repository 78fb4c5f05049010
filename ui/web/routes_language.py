"""Choosing a language, which the browser then remembers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from ui.view.languages import LANGUAGES
from ui.web.address import own_address
from ui.web.house import House
from ui.web.language import COOKIE, REMEMBERED_S
from ui.web.people import needs

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
        answer = RedirectResponse(
            own_address(request.query_params.get("back", "/")),
            303,
            headers={"cache-control": "no-store"},
        )
        answer.set_cookie(
            COOKIE,
            code,
            max_age=REMEMBERED_S,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return answer

    return router
