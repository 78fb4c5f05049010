"""Choosing a profile, which the browser then remembers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from ui.web.address import own_address
from ui.web.house import House
from ui.web.language import REMEMBERED_S
from ui.web.people import Role, needs
from ui.web.profiles import COOKIE, cookie_value

if TYPE_CHECKING:
    from fastapi import APIRouter


def routes(house: House) -> APIRouter:
    """`/profile?name=…&back=ADDRESS`: no more than a preference, so a link is enough for it."""
    from fastapi import APIRouter

    router = APIRouter()

    @router.get("/profile")
    @needs(Role.READER)
    def choose(request: Request) -> Response:
        name = request.query_params.get("name", "")
        if name not in house.profiles:
            return PlainTextResponse("There is no such profile.\n", 404)
        answer = RedirectResponse(
            own_address(request.query_params.get("back", "/")),
            303,
            headers={"cache-control": "no-store"},
        )
        answer.set_cookie(
            COOKIE,
            cookie_value(house.profiles.named(name)),
            max_age=REMEMBERED_S,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return answer

    return router
