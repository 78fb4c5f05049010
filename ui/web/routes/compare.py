"""The room that shows what the documents bring: the same model with them and without."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse

from rag.errors import InhouseError
from rag.question import MAX_QUESTION_CHARACTERS
from ui.errors import TooManyError
from ui.messages.numbers import number
from ui.messages.page import Words
from ui.messages.refusals import translate_refusal
from ui.view import compare as view
from ui.web.app_state import AppState
from ui.web.assistant_service import Answering
from ui.web.chat.comparison import compare
from ui.web.identity import Role, find_person, requires, watch
from ui.web.language import choose_words
from ui.web.layout import frame
from ui.web.navigation import Room
from ui.web.security.rate_limit import Throttle

if TYPE_CHECKING:
    from fastapi import APIRouter

_AT_ONCE = 8  # comparisons going on; each asks the model two things at the same time
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


def routes(app_state: AppState) -> APIRouter:
    """`/compare`, and the stream of what its two panes show."""
    from fastapi import APIRouter

    router = APIRouter()
    places = threading.BoundedSemaphore(_AT_ONCE)
    rate_limit = Throttle.per_minute(app_state.settings.web.questions_per_minute)

    @router.get("/compare")
    @requires(Role.READER)
    def room(request: Request) -> HTMLResponse:
        page_frame = frame(request, Room.COMPARE)
        question = request.query_params.get("q", "")[:MAX_QUESTION_CHARACTERS]
        offers = page_frame.profile.starters
        main = view.render_compare_page(question, offers, MAX_QUESTION_CHARACTERS, page_frame.words)
        page = page_frame.page(main, styles=("ask", "compare"), scripts=("compare",))
        return HTMLResponse(page, headers={"cache-control": "no-store"})

    @router.post("/compare")
    @requires(Role.READER)
    async def answers(request: Request) -> Response:
        """One JSON object a line: {"side", "html"}; then the end."""
        words, person = choose_words(request), find_person(request)
        question = (await request.body()).decode("utf-8", "replace").strip()
        if complaint := _complaint(question, words):
            return Response(complaint, 422, media_type="text/plain")
        try:
            rate_limit.take(person.key)
        except TooManyError as exc:
            return Response(translate_refusal(str(exc), words), exc.status, media_type="text/plain")
        resources = ExitStack()
        if not resources.enter_context(app_state.places.of(person)):
            too_many = words.too_many_answers.format(n=app_state.settings.web.answers_at_once)
            return Response(too_many, 429, media_type="text/plain")
        if not places.acquire(blocking=False):
            resources.close()
            return Response(words.compare_full, 429, media_type="text/plain")
        resources.callback(places.release)
        await run_in_threadpool(app_state.audit.asked, person)
        profile = app_state.profiles.of(request).name
        events = _shown(lambda: app_state.service.assistant_for(person, profile), question, words)
        lines = _while_welcome(events, watch(request), words)
        return StreamingResponse(
            _EventLines(lines, resources), media_type="application/x-ndjson", headers=_HEADERS
        )

    return router


class _EventLines:
    """An iterator that gives its places back at the end, also when the browser has gone."""

    def __init__(self, lines: Iterator[str], resources: ExitStack) -> None:
        self._lines, self._held = lines, resources

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            return next(self._lines)
        except BaseException:
            self._held.close()
            raise

    def __del__(self) -> None:
        self._held.close()
        with suppress(AttributeError, ValueError, RuntimeError):
            self._lines.close()  # type: ignore[attr-defined]


def _shown(open_: Callable[[], Answering], question: str, words: Words) -> Iterator[str]:
    try:
        for side, html in compare(question, open_(), words):
            yield _line(side, html)
    except InhouseError as exc:
        yield from _both(view.render_failure(str(exc), words))


def _while_welcome(
    lines: Iterator[str], is_welcome: Callable[[], bool], words: Words
) -> Iterator[str]:
    """The lines, for as long as whoever asked may see them."""
    for line in lines:
        if not is_welcome():
            yield from _both(view.render_failure(words.no_longer_welcome, words))
            return
        yield line


def _both(html: str) -> Iterator[str]:
    return (_line(side, html) for side in view.Pane)


def _line(side: view.Pane, html: str) -> str:
    return json.dumps({"side": side.value, "html": html}, ensure_ascii=False) + "\n"


def _complaint(question: str, words: Words) -> str:
    if not question:
        return words.question_empty
    if len(question) > MAX_QUESTION_CHARACTERS:
        length, limit = number(len(question), words), number(MAX_QUESTION_CHARACTERS, words)
        return words.question_too_long.format(n=length, limit=limit)
    return ""
