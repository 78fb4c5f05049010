"""The room in which one searches without the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import HTMLResponse

from rag.errors import InhouseError, UsageError
from rag.index.views.files import Facets
from ui.messages.page import Words
from ui.view.search_page import SearchForm, search_page
from ui.web.app_state import AppState
from ui.web.identity import Role, find_person, requires
from ui.web.layout import frame
from ui.web.navigation import Room

if TYPE_CHECKING:
    from fastapi import APIRouter
import time
from datetime import date, datetime, timedelta

from rag.hit import Hit
from rag.hit import Why as Reasons
from rag.index import FileList, Filter
from rag.retrieval import highlight
from rag.retrieval.retriever import CANDIDATES
from ui.view.also_found_in import render_other_documents
from ui.view.links import make_source_link
from ui.view.search_page import HitReasons, SearchResults
from ui.web.assistant_service import Answering


def routes(app_state: AppState) -> APIRouter:
    """`/search?q=…&folder=…&type=…&tag=…&from=…&until=…&many=…`"""
    from fastapi import APIRouter

    router = APIRouter()

    @router.get("/search")
    @requires(Role.READER)
    def search(request: Request) -> HTMLResponse:
        parameter = request.query_params.get
        query = SearchForm(
            query=parameter("q", "").strip(),
            folder=parameter("folder", ""),
            media_type=parameter("type", ""),
            tag=parameter("tag", ""),
            changed_from=parameter("from", ""),
            changed_until=parameter("until", ""),
            many=_many(parameter("many", "")),
        )
        page_frame = frame(request, Room.SEARCH)
        if query.query:
            app_state.audit.asked(page_frame.person)
        status, main = _answer(app_state, request, query, page_frame.words)
        title = f"{query.query[:60]} · {page_frame.words.rooms.search}" if query.query else ""
        page = page_frame.page(main, title=title)
        return HTMLResponse(page, status, headers={"cache-control": "no-store"})

    return router


def _answer(
    app_state: AppState, request: Request, query: SearchForm, words: Words
) -> tuple[int, str]:
    """Status and content; a sentence instead of passages where there can be none."""
    choices, results, complaint, status = Facets(), None, "", 200
    try:
        profile = app_state.profiles.of(request)
        assistant = app_state.service.assistant_for(find_person(request), profile.name)
        choices = assistant.shelf().choices()
        results = find(query, assistant, words) if query.query else None
    except UsageError as exc:
        complaint, status = str(exc), 400
    except InhouseError as exc:
        complaint, status = str(exc), 503
    details = find_person(request).may(Role.EDITOR)
    return status, search_page(query, choices, results, complaint, words, details=details)


def _many(text: str) -> int:
    return (
        min(MOST, max(1, int(text)))
        if text.isascii() and text.isdecimal() and len(text) < 4
        else 10
    )


MOST = 50
"""So many passages are shown at most."""
_STEP = 10


def find(query: SearchForm, assistant: Answering, words: Words) -> SearchResults:
    """The passages for what was asked. Raises UsageError for what cannot be looked for."""
    shelf = assistant.shelf()
    filter = filter_of(query, shelf, words)
    if filter is None:
        return SearchResults((), 0)
    started = time.perf_counter()
    hits = assistant.search(query.query, k=query.many, filter=filter, explain=True, fold=True)
    took = (time.perf_counter() - started) * 1e3
    explained = [(hit, _why(hit, query, shelf, words)) for hit in hits]
    more = min(MOST, query.many + _STEP) if len(hits) == query.many < MOST else 0
    return SearchResults(explained, took, more)


def filter_of(query: SearchForm, shelf: FileList, words: Words) -> Filter | None:
    """What narrows the search; None if nothing can pass. Raises UsageError for a date that is none."""
    folders: tuple[str, ...] = ()
    if query.folder:
        folders = shelf.folders(query.folder)
        if not folders:
            return None
    until = _day(query.changed_until, words)
    since = _day(query.changed_from, words)
    return Filter(
        folders=folders,
        tags=(query.tag,) if query.tag else (),
        media_types=(query.media_type,) if query.media_type else (),
        modified_from=None if since is None else _moment(since),
        modified_until=None if until is None else _moment(until + timedelta(days=1)) - 1e-6,
    )


def _day(text: str, words: Words) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as exc:
        raise UsageError(words.rooms.bad_date) from exc
    return min(max(day, date(1970, 1, 2)), date(9999, 12, 30))


def _moment(day: date) -> float:
    return datetime(day.year, day.month, day.day).astimezone().timestamp()


def _why(hit: Hit, query: SearchForm, shelf: FileList, words: Words) -> HitReasons:
    reasons = hit.why or Reasons()
    return HitReasons(
        by_meaning=reasons.dense_rank,
        by_words=reasons.lexical_rank,
        of=CANDIDATES,
        matched=reasons.matched,
        marks=highlight.spans(query.query, hit.text, {"en", words.language}),
        link=make_source_link(shelf.name, hit.uri, hit.start, hit.end, hit.text),
        document=f"/documents/{shelf.name(hit.uri)}",
        elsewhere=render_other_documents(hit, shelf.name, words),
    )
