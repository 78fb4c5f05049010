"""Links from elsewhere to a place in a document: they survive signing in, which a `#` would not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from ui.errors import NotThereError
from ui.view.links import SOURCE_FRAGMENT
from ui.web.app_state import AppState
from ui.web.identity import Role, requires

if TYPE_CHECKING:
    from fastapi import APIRouter

_NAME, _PLACE = re.compile(r"[0-9a-f]{1,64}"), re.compile(r"\d{1,12}-\d{1,12}-[0-9a-f]{0,32}")


def routes(_: AppState) -> APIRouter:
    """`/open/NAME/START-END-CHECK`"""
    from fastapi import APIRouter

    router = APIRouter()

    @router.get("/open/{name}/{position}")
    @requires(Role.READER)
    async def open_source(name: str, position: str) -> RedirectResponse:
        """The page, with that place opened; whether it may be read is asked there."""
        if not (_NAME.fullmatch(name) and _PLACE.fullmatch(position)):
            raise NotThereError("There is no such place in a document.")
        address = f"/{SOURCE_FRAGMENT}{name}/{position}"
        return RedirectResponse(address, 303, headers={"cache-control": "no-store"})

    return router
