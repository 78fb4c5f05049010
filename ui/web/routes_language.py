"""Choosing a language, which the browser then remembers."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from ui.view.languages import LANGUAGES
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
            _own(request.query_params.get("back", "/")), 303, headers={"cache-control": "no-store"}
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


def _own(back: str) -> str:
    """The address if it is one of this page; a link may not lead elsewhere through here."""
    parts = urlsplit(back)
    inside = back.startswith("/") and not back.startswith(("//", "/\\"))
    return back if inside and not parts.netloc and back.isprintable() else "/"
