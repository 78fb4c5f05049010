"""Choosing a profile, which the browser then remembers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ui.web.app_state import House
from ui.web.identity import Role, needs
from ui.web.preference import remember
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
        return remember(request, COOKIE, cookie_value(house.profiles.named(name)))

    return router
