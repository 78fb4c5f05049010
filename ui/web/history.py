"""Conversations, kept for each person: nobody sees another's."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import apsw

from rag.answer import Answer
from ui.errors import NotThereError
from ui.web.people import Person
from ui.web.store import Store, new_id

TITLE_CHARACTERS = 120


@dataclass(frozen=True, slots=True)
class KeptConversation:
    """A conversation in a list. Times are seconds since the epoch."""

    id: str
    title: str
    created_at: float
    updated_at: float
    turns: int


@dataclass(frozen=True, slots=True)
class KeptTurn:
    """A question and its answer, as it was then. `n` counts from 1."""

    n: int
    asked_at: float
    answer: Answer


class History:
    """Every call names the person; a conversation of somebody else's is one that is not there."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create(self, person: Person, title: str = "") -> str:
        """Begin a conversation; its id. Without a title it takes its first question's words."""
        made, now = new_id(), time.time()
        with self._store.writing() as connection:
            connection.execute(
                "INSERT INTO conversations VALUES (?, ?, ?, ?, ?)",
                (made, person.key, _title(title), now, now),
            )
        return made

    def append(self, person: Person, conversation: str, answer: Answer) -> int:
        """Keep the next question and answer; the turn's number. Raises NotThereError."""
        now = time.time()
        folded = f"{answer.question}\n{answer.text}".casefold()
        with self._store.writing() as connection:
            _check(connection, person, conversation)
            number: int = connection.execute(
                "INSERT INTO turns SELECT :id, coalesce(max(n), 0) + 1, :now, :answer, :folded "
                "FROM turns WHERE conversation = :id RETURNING n",
                {
                    "id": conversation,
                    "now": now,
                    "answer": answer.model_dump_json(),
                    "folded": folded,
                },
            ).fetchone()[0]
            connection.execute(
                "UPDATE conversations SET updated_at = ?, "
                "title = CASE title WHEN '' THEN ? ELSE title END WHERE id = ?",
                (now, _title(answer.question), conversation),
            )
        return number

    def find(
        self, person: Person, *, search: str = "", limit: int | None = 50, offset: int = 0
    ) -> list[KeptConversation]:
        """Their conversations, the latest first; with `search` those that hold it, in any case."""
        with self._store.reading() as connection:
            rows = connection.execute(
                "SELECT c.id, c.title, c.created_at, c.updated_at, "
                "(SELECT count(*) FROM turns t WHERE t.conversation = c.id), "
                "(SELECT group_concat(t.folded, char(10)) FROM turns t WHERE t.conversation = c.id "
                "AND :wanted != '') FROM conversations c WHERE c.person = :person "
                "ORDER BY c.updated_at DESC, c.id",
                {"person": person.key, "wanted": search},
            )
            wanted = search.strip().casefold()
            found = [
                KeptConversation(id_, title, created, updated, turns)
                for id_, title, created, updated, turns, folded in rows
                if wanted in f"{title.casefold()}\n{folded or ''}"
            ]
        return found[offset:] if limit is None else found[offset : offset + limit]

    def get(self, person: Person, conversation: str) -> KeptConversation:
        """One conversation's heading. Raises NotThereError."""
        with self._store.reading() as connection:
            return _check(connection, person, conversation)

    def turns(self, person: Person, conversation: str) -> list[KeptTurn]:
        """The conversation from its beginning. Raises NotThereError."""
        with self._store.reading() as connection:
            _check(connection, person, conversation)
            rows = connection.execute(
                "SELECT n, asked_at, answer FROM turns WHERE conversation = ? ORDER BY n",
                (conversation,),
            )
            return [KeptTurn(n, at, Answer.model_validate_json(answer)) for n, at, answer in rows]

    def rename(self, person: Person, conversation: str, title: str) -> None:
        """Raises NotThereError."""
        with self._store.writing() as connection:
            _check(connection, person, conversation)
            connection.execute(
                "UPDATE conversations SET title = ? WHERE id = ?", (_title(title), conversation)
            )

    def delete(self, person: Person, conversation: str) -> None:
        """Forget a conversation for good. Raises NotThereError."""
        with self._store.writing() as connection:
            _check(connection, person, conversation)
            connection.execute("DELETE FROM conversations WHERE id = ?", (conversation,))

    def delete_all(self, person: Person) -> int:
        """Forget all of their conversations; how many there were."""
        with self._store.writing() as connection:
            connection.execute("DELETE FROM conversations WHERE person = ?", (person.key,))
            gone: int = connection.changes()
        return gone

    def export(self, person: Person, conversations: Sequence[str] | None = None) -> dict[str, Any]:
        """What is kept of them, ready for JSON: these conversations, or all. Raises NotThereError."""
        if conversations is None:
            conversations = [each.id for each in self.find(person, limit=None)]
        return {"conversations": [self._exported(person, each) for each in conversations]}

    def _exported(self, person: Person, conversation: str) -> dict[str, Any]:
        heading = self.get(person, conversation)
        return {
            "id": heading.id,
            "title": heading.title,
            "created_at": heading.created_at,
            "updated_at": heading.updated_at,
            "turns": [
                {"n": turn.n, "asked_at": turn.asked_at, "answer": turn.answer.to_json()}
                for turn in self.turns(person, conversation)
            ],
        }


def _check(connection: apsw.Connection, person: Person, conversation: str) -> KeptConversation:
    row = connection.execute(
        "SELECT id, title, created_at, updated_at, "
        "(SELECT count(*) FROM turns t WHERE t.conversation = c.id) FROM conversations c "
        "WHERE id = ? AND person = ?",
        (conversation, person.key),
    ).fetchone()
    if row is None:
        raise NotThereError("This conversation is not there; it may have been deleted.")
    return KeptConversation(*row)


def _title(text: str) -> str:
    """One printable line."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= TITLE_CHARACTERS else line[: TITLE_CHARACTERS - 1].rstrip() + "…"
