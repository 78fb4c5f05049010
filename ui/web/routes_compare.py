"""The room that shows what the documents bring: the same model with them and without."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse

from rag.assistant import MAX_QUESTION_CHARACTERS
from rag.errors import InhouseError
from ui.errors import TooManyError
from ui.view import compare as view
from ui.view.text import Words
from ui.web.comparing import compare
from ui.web.framing import frame
from ui.web.house import House
from ui.web.language import words_for
from ui.web.people import Person, Role, needs, person_of
from ui.web.rooms import Room
from ui.web.throttle import Throttle

if TYPE_CHECKING:
    from fastapi import APIRouter

_AT_ONCE = 8  # comparisons going on; each asks the model two things at the same time
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


def routes(house: House) -> APIRouter:
    """`/compare`, and the stream of what its two panes show."""
    from fastapi import APIRouter

    router = APIRouter()
    places = threading.BoundedSemaphore(_AT_ONCE)
    asked = Throttle.per_minute(house.settings.web.questions_per_minute)

    @router.get("/compare")
    @needs(Role.READER)
    def room(request: Request) -> HTMLResponse:
        around = frame(request, Room.COMPARE)
        question = request.query_params.get("q", "")[:MAX_QUESTION_CHARACTERS]
        offers = house.starters
        main = view.room(question, offers, MAX_QUESTION_CHARACTERS, around.words)
        page = around.page(main, styles=("ask", "compare"), scripts=("compare",))
        return HTMLResponse(page, headers={"cache-control": "no-store"})

    @router.post("/compare")
    @needs(Role.READER)
    async def answers(request: Request) -> Response:
        """One JSON object a line: {"side", "html"}; then the end."""
        words, person = words_for(request), person_of(request)
        question = (await request.body()).decode("utf-8", "replace").strip()
        if complaint := _complaint(question, words):
            return Response(complaint, 422, media_type="text/plain")
        try:
            asked.take(person.key)
        except TooManyError as exc:
            return Response(str(exc), exc.status, media_type="text/plain")
        if not places.acquire(blocking=False):
            return Response(words.compare_full, 429, media_type="text/plain")
        lines = _Lines(_shown(house, person, question, words), places)
        return StreamingResponse(lines, media_type="application/x-ndjson", headers=_HEADERS)

    return router


class _Lines:
    """An iterator that gives its place back at the end, also when the browser has gone."""

    def __init__(self, lines: Iterator[str], places: threading.BoundedSemaphore) -> None:
        self._lines, self._places = lines, places
        self._given_back = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            return next(self._lines)
        except BaseException:
            self._give_back()
            raise

    def __del__(self) -> None:
        self._give_back()
        with suppress(AttributeError, ValueError, RuntimeError):
            self._lines.close()  # type: ignore[attr-defined]

    def _give_back(self) -> None:
        if not self._given_back:
            self._given_back = True
            self._places.release()


def _shown(house: House, person: Person, question: str, words: Words) -> Iterator[str]:
    try:
        for side, html in compare(question, house.desk.assistant_for(person), words):
            yield _line({"side": side.value, "html": html})
    except InhouseError as exc:
        for side in view.Side:
            yield _line({"side": side.value, "html": view.failed(str(exc), words)})


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"


def _complaint(question: str, words: Words) -> str:
    if not question:
        return words.question_empty
    if len(question) > MAX_QUESTION_CHARACTERS:
        length, limit = f"{len(question):,}", f"{MAX_QUESTION_CHARACTERS:,}"
        return words.question_too_long.format(n=length, limit=limit)
    return ""
