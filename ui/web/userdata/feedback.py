"""Whether an answer helped: kept with the question, the answer, the generation and the model."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from rag.answer import Answer
from rag.errors import UsageError
from ui.errors import NotThereError
from ui.web.identity import Person
from ui.web.userdata.database import Store, make_id

REASONS = ("", "wrong", "incomplete", "wrong_source", "not_found", "unclear", "other")
"""Why an answer did not help; "" is no reason given."""
NOTE_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class Feedback:
    """What somebody said of an answer. `given_at`: seconds since the epoch.

    `conversation` and `turn` are where it was asked, for as long as that is kept. `is_done`: an admin has
    dealt with it.
    """

    id: str
    name: str
    given_at: float
    helpful: bool
    reason: str
    note: str
    answer: Answer
    conversation: str | None = None
    turn: int | None = None
    is_done: bool = False

    @property
    def uris(self) -> frozenset[str]:
        """The documents that the answer rests on or that were found for it."""
        context = self.answer.context
        hits = (*context.cited, *context.read, *context.retrieved)
        return frozenset(hit.uri for hit in hits) | {c.uri for c in self.answer.citations}


class FeedbackBook:
    """Everybody's feedback in one place."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def give(
        self,
        person: Person,
        answer: Answer,
        *,
        helpful: bool,
        reason: str = "",
        note: str = "",
        conversation: str | None = None,
        turn: int | None = None,
    ) -> str:
        """Keep it; its id. A second word on the same turn of a conversation replaces the first.

        Raises UsageError for a reason that is not one of REASONS, or a note that is too long.
        """
        if reason not in REASONS:
            raise UsageError(
                f"{reason!r} is no reason.", hint=f"Choose one of: {', '.join(REASONS[1:])}."
            )
        if len(note) > NOTE_CHARACTERS:
            raise UsageError(
                f"The note has {len(note):,} characters; the longest possible is {NOTE_CHARACTERS:,}."
            )
        feedback_id = make_id()
        with self._store.writing() as connection:
            connection.execute(
                "DELETE FROM feedback WHERE person = ? AND conversation = ? AND turn = ?",
                (person.key, conversation, turn),
            )
            connection.execute(
                "INSERT INTO feedback VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
                (
                    feedback_id, person.key, person.name, time.time(), conversation, turn, helpful, reason,
                    note.strip(), answer.model_dump_json(),
                ),
            )  # fmt: skip
        return feedback_id

    def withdraw(self, person: Person, conversation: str, turn: int) -> None:
        """Take back what was said of a turn; nothing where nothing was said."""
        with self._store.writing() as connection:
            connection.execute(
                "DELETE FROM feedback WHERE person = ? AND conversation = ? AND turn = ?",
                (person.key, conversation, turn),
            )

    def set_done(self, feedback_id: str, *, is_done: bool) -> None:
        """Note whether it is dealt with. Raises NotThereError."""
        with self._store.writing() as connection:
            connection.execute(
                "UPDATE feedback SET done_at = ? WHERE id = ?",
                (time.time() if is_done else None, feedback_id),
            )
            if not connection.changes():
                raise NotThereError("This feedback is not there; it may have been withdrawn.")

    def of(self, person: Person, conversation: str) -> dict[int, Feedback]:
        """What this person said of the turns of one conversation, by turn."""
        entries = self._read("person = ? AND conversation = ?", (person.key, conversation))
        return {entry.turn: entry for entry in entries if entry.turn is not None}

    def find(
        self,
        readable: Callable[[Iterable[str]], frozenset[str]] | None,
        *,
        helpful: bool | None = None,
    ) -> list[Feedback]:
        """Everybody's, the latest first, as far as the one who looks may read what the answers quote.

        `readable` says which of some documents they may read (`Desk.readable`); None: everything.
        """
        entries = [
            entry for entry in self._read("TRUE", ()) if helpful is None or entry.helpful is helpful
        ]
        if readable is None:
            return entries
        uris = frozenset[str]().union(*(entry.uris for entry in entries))
        allowed = readable(uris)
        return [entry for entry in entries if entry.uris <= allowed]

    def _read(self, condition: str, values: tuple[str, ...]) -> list[Feedback]:
        with self._store.reading() as connection:
            rows = connection.execute(
                "SELECT id, name, given_at, helpful, reason, note, answer, conversation, turn, "  # noqa: S608
                f"done_at IS NOT NULL FROM feedback WHERE {condition} ORDER BY given_at DESC, id",
                values,
            )
            return [
                Feedback(
                    id_, name, at, bool(helpful), reason, note,
                    Answer.model_validate_json(answer), conversation, turn, bool(is_done),
                )
                for id_, name, at, helpful, reason, note, answer, conversation, turn, is_done in rows
            ]  # fmt: skip


def as_questions(feedback: Iterable[Feedback]) -> Iterator[dict[str, Any]]:
    """Questions for `inhouse eval` from what was helpful: where the answer stands, or that it is nowhere.

    What was not helpful says what is wrong, not what is right: see `as_drafts`.
    """
    for entry in feedback:
        if not entry.helpful:
            continue
        facts = [
            {"filename": PurePosixPath(c.uri).name, "text": c.quote}
            | ({"page": c.page} if c.page else {})
            for c in entry.answer.citations
        ]
        right = {"facts": facts} if facts else {"unanswerable": True}
        yield {"id": entry.id, "question": entry.answer.question, "type": "feedback"} | right


def as_drafts(feedback: Iterable[Feedback]) -> Iterator[dict[str, Any]]:
    """Questions whose answers did not help: a person adds `facts`, `answers` or `unanswerable`."""
    for entry in feedback:
        if not entry.helpful:
            yield {
                "id": entry.id,
                "question": entry.answer.question,
                "type": "feedback",
                "reason": entry.reason,
                "note": entry.note,
                "answer": entry.answer.text,
                "status": entry.answer.status.value,
                "generation": entry.answer.generation,
                "model": entry.answer.model,
            }


def as_lines(questions: Iterable[dict[str, Any]]) -> str:
    """As a file: one JSON object a line."""
    return "".join(json.dumps(question, ensure_ascii=False) + "\n" for question in questions)
