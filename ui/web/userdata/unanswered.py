"""Questions to which the documents had no answer, grouped and without names."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rag.answer import Verdict
from ui.web.userdata.database import Store

DAYS = 90
_NO_ANSWER = (Verdict.NO_CLEAR_ANSWER, Verdict.NOT_IN_DOCUMENTS, Verdict.NOTHING_READABLE)
_LOOKED_AT = 2_000  # turns, the latest first


@dataclass(frozen=True, slots=True)
class UnansweredQuestion:
    """`times`: how often it was asked; `asked_at`: when last, in seconds since the epoch."""

    question: str
    times: int
    asked_at: float


class UnansweredBook:
    """Made from the conversations that people keep: what somebody deletes is gone from here as well."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(
        self, readable: Callable[[Iterable[str]], frozenset[str]] | None
    ) -> list[UnansweredQuestion]:
        """Those that are not done, the most frequent first.

        `readable` says which of some documents whoever looks may read; a question for which others were found
        is left out, since it may name what is in them. None: everything.
        """
        marks = ", ".join("?" * len(_NO_ANSWER))
        with self._store.reading() as connection:
            rows = connection.execute(
                "SELECT answer ->> 'question', asked_at, answer -> 'context' FROM turns "  # noqa: S608
                f"WHERE asked_at > ? AND stopped = 0 AND answer ->> 'verdict' IN ({marks}) "
                "AND NOT EXISTS (SELECT 1 FROM answered_questions a WHERE a.question = "
                "casefold(answer ->> 'question') AND a.done_at >= asked_at) "
                "ORDER BY asked_at DESC LIMIT ?",
                (time.time() - DAYS * 86_400, *_NO_ANSWER, _LOOKED_AT),
            ).fetchall()
        asked = [(question, at, _uris(context)) for question, at, context in rows]
        if readable is not None:
            allowed = readable(frozenset().union(*(uris for *_, uris in asked)))
            asked = [row for row in asked if row[2] <= allowed]
        groups: dict[str, UnansweredQuestion] = {}
        for question, at, _ in asked:
            key = question.casefold()
            latest = groups.get(key, UnansweredQuestion(question, 0, at))
            groups[key] = UnansweredQuestion(latest.question, latest.times + 1, latest.asked_at)
        return sorted(groups.values(), key=lambda group: (-group.times, -group.asked_at))

    def mark_done(self, question: str) -> None:
        """Leave it out from now on; asked once more, it comes back."""
        with self._store.writing() as connection:
            connection.execute(
                "INSERT INTO answered_questions VALUES (?, ?) "
                "ON CONFLICT (question) DO UPDATE SET done_at = excluded.done_at",
                (question.casefold(), time.time()),
            )


def _uris(context: str) -> frozenset[str]:
    groups = json.loads(context or "{}")
    return frozenset(hit["uri"] for hits in groups.values() for hit in hits)
