"""What a browser is asked to remember for the one who sits before it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ui.web.security.client_address import own_address

REMEMBERED_S = 365 * 24 * 3600


def remember(request: Request, cookie: str, value: str) -> Response:
    """Keep a preference in the cookie, and go back to where `?back=` says, on this page."""
    answer = RedirectResponse(
        own_address(request.query_params.get("back", "/")),
        303,
        headers={"cache-control": "no-store"},
    )
    answer.set_cookie(
        cookie,
        value,
        max_age=REMEMBERED_S,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return answer
