"""Choosing a language or a profile, which the browser then remembers in a cookie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from ui.messages.languages import LANGUAGES
from ui.web.app_state import AppState
from ui.web.identity import Role, requires
from ui.web.language import COOKIE as LANGUAGE_COOKIE
from ui.web.profiles import COOKIE as PROFILE_COOKIE
from ui.web.profiles import encode_cookie_value
from ui.web.security.client_address import keep_own_address

if TYPE_CHECKING:
    from fastapi import APIRouter

COOKIE_MAX_AGE_S = 365 * 24 * 3600


def routes(app_state: AppState) -> APIRouter:
    """`/language/CODE?back=ADDRESS` and `/profile?name=…&back=ADDRESS`.

    They change no more than a preference, so a plain link may lead to them.
    """
    from fastapi import APIRouter

    router = APIRouter()

    @router.get("/language/{code}")
    @requires(None)
    def choose_language(request: Request, code: str) -> Response:
        if code not in LANGUAGES:
            return PlainTextResponse("There is nothing here.\n", 404)
        return remember(request, LANGUAGE_COOKIE, code)

    @router.get("/profile")
    @requires(Role.READER)
    def choose_profile(request: Request) -> Response:
        name = request.query_params.get("name", "")
        if name not in app_state.profiles:
            return PlainTextResponse("There is no such profile.\n", 404)
        return remember(
            request, PROFILE_COOKIE, encode_cookie_value(app_state.profiles.named(name))
        )

    return router


def remember(request: Request, cookie: str, value: str) -> Response:
    """Keep a preference in the cookie, and redirect to the address on this page that `?back=` names."""
    answer = RedirectResponse(
        keep_own_address(request.query_params.get("back", "/")),
        303,
        headers={"cache-control": "no-store"},
    )
    answer.set_cookie(
        cookie,
        value,
        max_age=COOKIE_MAX_AGE_S,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return answer
