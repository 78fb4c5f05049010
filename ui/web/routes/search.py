"""The room in which one searches without the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import HTMLResponse

from rag.errors import InhouseError, UsageError
from rag.index.views.files import Choices
from ui.messages.page import Words
from ui.view.search_page import Asked, search_page
from ui.web.app_state import House
from ui.web.identity import Role, needs, person_of
from ui.web.layout import frame
from ui.web.navigation import Room

if TYPE_CHECKING:
    from fastapi import APIRouter
import time
from datetime import date, datetime, timedelta

from rag.hit import Hit
from rag.hit import Why as Reasons
from rag.index import Filter
from rag.index.views.files import Shelf
from rag.retrieval import highlight
from rag.retrieval.retriever import CANDIDATES
from ui.view.also_found_in import elsewhere
from ui.view.links import source_link
from ui.view.search_page import Found, Why
from ui.web.assistant_service import Answering


def routes(house: House) -> APIRouter:
    """`/search?q=…&folder=…&type=…&tag=…&from=…&until=…&many=…`"""
    from fastapi import APIRouter

    router = APIRouter()

    @router.get("/search")
    @needs(Role.READER)
    def search(request: Request) -> HTMLResponse:
        said = request.query_params.get
        asked = Asked(
            query=said("q", "").strip(),
            folder=said("folder", ""),
            media_type=said("type", ""),
            tag=said("tag", ""),
            changed_from=said("from", ""),
            changed_until=said("until", ""),
            many=_many(said("many", "")),
        )
        around = frame(request, Room.SEARCH)
        status, main = _answer(house, request, asked, around.words)
        title = f"{asked.query[:60]} · {around.words.rooms.search}" if asked.query else ""
        page = around.page(main, title=title)
        return HTMLResponse(page, status, headers={"cache-control": "no-store"})

    return router


def _answer(house: House, request: Request, asked: Asked, words: Words) -> tuple[int, str]:
    """Status and content; a sentence instead of passages where there can be none."""
    choices, found, complaint, status = Choices(), None, "", 200
    try:
        profile = house.profiles.of(request)
        assistant = house.desk.assistant_for(person_of(request), profile.name)
        choices = assistant.shelf().choices()
        found = find(asked, assistant, words) if asked.query else None
    except UsageError as exc:
        complaint, status = str(exc), 400
    except InhouseError as exc:
        complaint, status = str(exc), 503
    return status, search_page(asked, choices, found, complaint, words)


def _many(text: str) -> int:
    return (
        min(MOST, max(1, int(text)))
        if text.isascii() and text.isdecimal() and len(text) < 4
        else 10
    )


MOST = 50
"""So many passages are shown at most."""
_STEP = 10


def find(asked: Asked, assistant: Answering, words: Words) -> Found:
    """The passages for what was asked. Raises UsageError for what cannot be looked for."""
    shelf = assistant.shelf()
    filter = filter_of(asked, shelf, words)
    if filter is None:
        return Found((), 0)
    started = time.perf_counter()
    hits = assistant.search(asked.query, k=asked.many, filter=filter, explain=True, fold=True)
    took = (time.perf_counter() - started) * 1e3
    found = [(hit, _why(hit, asked, shelf, words)) for hit in hits]
    more = min(MOST, asked.many + _STEP) if len(hits) == asked.many < MOST else 0
    return Found(found, took, more)


def filter_of(asked: Asked, shelf: Shelf, words: Words) -> Filter | None:
    """What narrows the search; None if nothing can pass. Raises UsageError for a date that is none."""
    folders: tuple[str, ...] = ()
    if asked.folder:
        folders = shelf.folders(asked.folder)
        if not folders:
            return None
    until = _day(asked.changed_until, words)
    since = _day(asked.changed_from, words)
    return Filter(
        folders=folders,
        tags=(asked.tag,) if asked.tag else (),
        media_types=(asked.media_type,) if asked.media_type else (),
        modified_from=None if since is None else _moment(since),
        modified_until=None if until is None else _moment(until + timedelta(days=1)) - 1e-6,
    )


def _day(text: str, words: Words) -> date | None:
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError as exc:
        raise UsageError(words.rooms.bad_date) from exc
    return min(max(found, date(1970, 1, 2)), date(9999, 12, 30))


def _moment(day: date) -> float:
    return datetime(day.year, day.month, day.day).astimezone().timestamp()


def _why(hit: Hit, asked: Asked, shelf: Shelf, words: Words) -> Why:
    said = hit.why or Reasons()
    return Why(
        by_meaning=said.dense_rank,
        by_words=said.lexical_rank,
        of=CANDIDATES,
        matched=said.matched,
        marks=highlight.spans(asked.query, hit.text, {"en", words.language}),
        link=source_link(shelf.name, hit.uri, hit.start, hit.end, hit.text),
        document=f"/documents/{shelf.name(hit.uri)}",
        elsewhere=elsewhere(hit, shelf.name, words),
    )
