"""From a request to the frame of the page that answers it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.profile import Profile
from ui.web.identity import person_of
from ui.web.language import words_for
from ui.web.layout import Frame
from ui.web.navigation import Room
from ui.web.profiles import Profiles

if TYPE_CHECKING:
    from starlette.requests import Request


def frame(request: Request, room: Room, profile: Profile | None = None) -> Frame:
    """The frame in the language of whoever asks, with the rooms that they may enter.

    `profile`: the one that the room is about, where that is not the one that the request or browser names.
    """
    query = request.url.query
    here = f"{request.url.path}?{query}" if query else request.url.path
    profiles: Profiles = request.app.state.house.profiles
    return Frame(
        words_for(request),
        person_of(request),
        room,
        here,
        profile or profiles.of(request),
        tuple(profiles),
    )
