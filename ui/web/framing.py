"""From a request to the frame of the page that answers it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.web.language import words_for
from ui.web.people import person_of
from ui.web.rooms import Room
from ui.web.shell import Frame

if TYPE_CHECKING:
    from starlette.requests import Request


def frame(request: Request, room: Room) -> Frame:
    """The frame in the language of whoever asks, with the rooms that they may enter."""
    query = request.url.query
    here = f"{request.url.path}?{query}" if query else request.url.path
    return Frame(words_for(request), person_of(request), room, here)
