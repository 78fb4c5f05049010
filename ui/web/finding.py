"""A search for somebody, with the reasons why each passage was found."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta

from rag.errors import UsageError
from rag.hit import Hit
from rag.hit import Why as Reasons
from rag.index import Filter
from rag.index.views.files import Shelf
from rag.retrieval import highlight
from rag.retrieval.retriever import CANDIDATES
from ui.messages.page import Words
from ui.view.also_found_in import elsewhere
from ui.view.links import source_link
from ui.view.search_page import Asked, Found, Why
from ui.web.assistant_service import Answering

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
