"""Conversations, kept for each person: nobody sees another's."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rag.answer import Answer, Verdict
from ui.errors import NotThereError
from ui.web.identity import Person
from ui.web.userdata.database import Connection, Store, make_id

TITLE_CHARACTERS = 120
_DAY_S = 86_400.0
_ALL = 2**62  # rows
_ANSWERED = (Verdict.BACKED, Verdict.PARTLY_BACKED, Verdict.QUOTED)
_RECENT_DAYS, _RECENT = 90, 200  # questions of others that are looked at
_INTERRUPTED = 2  # in the column `stopped`, where 1 means that the reader ended it


@dataclass(frozen=True, slots=True)
class KeptConversation:
    """A conversation in a list. Times are seconds since the epoch; `profile` is whose it was asked of.

    `scope`: ids of the documents, folders and tags that its last question asked; none: all.
    """

    id: str
    title: str
    created_at: float
    updated_at: float
    profile: str
    turns: int
    scope: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeptTurn:
    """A question and its answer, as it was then. `n` counts from 1.

    `stopped`: the answer is as far as it came, because the reader ended it; or, with `interrupted`, because
    the server or the connection did. `scope`: ids of the documents, folders and tags asked; none: all.
    """

    n: int
    asked_at: float
    answer: Answer
    stopped: bool = False
    interrupted: bool = False
    scope: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question that one document answered, and whose it was: for comparing, never for showing."""

    person: str
    answer: Answer


class History:
    """Every call names the person; a conversation of somebody else's is one that is not there.

    A conversation is kept for `days` after its last question; 0 keeps it until its person deletes it.
    """

    def __init__(
        self, store: Store, *, days: float = 0, now: Callable[[], float] = time.time
    ) -> None:
        self._store, self._kept_s, self._now = store, days * _DAY_S, now
        self.delete_expired()

    def create(self, person: Person, title: str = "", *, profile: str = "") -> str:
        """Begin a conversation; its id. Without a title it takes its first question's words."""
        self.delete_expired()
        conversation, now = make_id(), self._now()
        with self._store.writing() as connection:
            connection.execute(
                "INSERT INTO conversations (id, person, title, created_at, updated_at, profile) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (conversation, person.key, _title(title), now, now, profile),
            )
        return conversation

    def append(
        self,
        person: Person,
        conversation: str,
        answer: Answer,
        *,
        stopped: bool = False,
        interrupted: bool = False,
        scope: Sequence[str] = (),
        instead_of: int | None = None,
        is_own: bool = True,
    ) -> int:
        """Keep the next question and answer; the turn's number. Raises NotThereError.

        `instead_of`: the turn that it takes the place of, since the question was asked again, or answered to
        the end. Not `is_own`: somebody else asked it, in a conversation that was shared.
        """
        now = self._now()
        basis = find_basis(answer) if is_own and not stopped and not interrupted else None
        folded = f"{answer.question}\n{answer.text}".casefold()
        with self._store.writing() as connection:
            check_owner(connection, person, conversation)
            connection.execute(
                "DELETE FROM turns WHERE conversation = ? AND n = ?", (conversation, instead_of)
            )
            number: int = connection.execute(
                "INSERT INTO turns SELECT :id, coalesce(max(n), 0) + 1, :now, :answer, :folded, "
                ":stopped, :scope, :basis, :rights FROM turns WHERE conversation = :id RETURNING n",
                {
                    "id": conversation,
                    "now": now,
                    "answer": answer.model_dump_json(),
                    "folded": folded,
                    "stopped": _INTERRUPTED if interrupted else int(stopped),
                    "scope": json.dumps(list(scope)),
                    "basis": basis,
                    "rights": _rights(person) if basis else None,
                },
            ).fetchone()[0]
            connection.execute(
                "UPDATE conversations SET updated_at = ?, "
                "title = CASE title WHEN '' THEN ? ELSE title END WHERE id = ?",
                (now, _title(answer.question), conversation),
            )
        return number

    def delete_expired(self) -> int:
        """Delete the conversations that have been kept for long enough; how many there were."""
        if not self._kept_s:
            return 0
        oldest = self._now() - self._kept_s
        with self._store.reading() as connection:
            expired = connection.execute(
                "SELECT 1 FROM conversations WHERE updated_at < ? LIMIT 1", (oldest,)
            ).fetchone()
        if expired is None:
            return 0
        with self._store.writing() as connection:
            connection.execute("DELETE FROM conversations WHERE updated_at < ?", (oldest,))
            deleted: int = connection.changes()
        return deleted

    def keep_scope(self, person: Person, conversation: str, scope: Sequence[str]) -> None:
        """Note what the conversation asks from now on. Raises NotThereError."""
        with self._store.writing() as connection:
            check_owner(connection, person, conversation)
            connection.execute(
                "UPDATE conversations SET scope = ? WHERE id = ?",
                (json.dumps(list(scope)), conversation),
            )

    def find(
        self, person: Person, *, search: str = "", limit: int | None = 50, offset: int = 0
    ) -> list[KeptConversation]:
        """Their conversations, the latest first; with `search` those that hold it, in any case.

        It looks into answers as they were given. What may no longer be read in them is for the caller to
        leave out: see `redaction.search`.
        """
        self.delete_expired()
        with self._store.reading() as connection:
            rows = connection.execute(
                "SELECT c.id, c.title, c.created_at, c.updated_at, c.profile, "
                "(SELECT count(*) FROM turns t WHERE t.conversation = c.id) "
                "FROM conversations c WHERE c.person = :person AND (:wanted = '' "
                "OR instr(casefold(c.title), :wanted) OR EXISTS (SELECT 1 FROM turns t "
                "WHERE t.conversation = c.id AND instr(t.folded, :wanted))) "
                "ORDER BY c.updated_at DESC, c.id LIMIT :limit OFFSET :offset",
                {
                    "person": person.key,
                    "wanted": search.strip().casefold(),
                    "limit": _ALL if limit is None else limit,
                    "offset": offset,
                },
            )
            return [KeptConversation(*row) for row in rows]

    def count_all(self) -> int:
        """How many conversations are kept, of everybody."""
        with self._store.reading() as connection:
            total: int = connection.execute("SELECT count(*) FROM conversations").fetchone()[0]
        return total

    def get(self, person: Person, conversation: str) -> KeptConversation:
        """One conversation's heading. Raises NotThereError."""
        self.delete_expired()
        with self._store.reading() as connection:
            return check_owner(connection, person, conversation)

    def turns(self, person: Person, conversation: str) -> list[KeptTurn]:
        """The conversation from its beginning. Raises NotThereError."""
        self.delete_expired()
        with self._store.reading() as connection:
            check_owner(connection, person, conversation)
            return read_turns(connection, conversation)

    def asked_by_others(self, person: Person, uri: str) -> list[AskedQuestion]:
        """What others asked lately and this document answered, the latest first.

        Only those who might read no more than this person then: nothing in their words is from elsewhere.
        Which documents may still be read is for the caller to look at.
        """
        with self._store.reading() as connection:
            rows = connection.execute(
                "SELECT person, rights, answer FROM turns JOIN conversations ON id = conversation "
                "WHERE basis = ? AND asked_at > ? AND person <> ? ORDER BY asked_at DESC LIMIT ?",
                (uri, self._now() - _RECENT_DAYS * _DAY_S, person.key, _RECENT),
            ).fetchall()
        return [
            AskedQuestion(key, Answer.model_validate_json(answer))
            for key, rights, answer in rows
            if _covers(person.readers, json.loads(rights))
        ]

    def rename(self, person: Person, conversation: str, title: str) -> None:
        """Raises NotThereError."""
        with self._store.writing() as connection:
            check_owner(connection, person, conversation)
            connection.execute(
                "UPDATE conversations SET title = ? WHERE id = ?", (_title(title), conversation)
            )

    def delete(self, person: Person, conversation: str) -> None:
        """Forget a conversation for good. Raises NotThereError."""
        with self._store.writing() as connection:
            check_owner(connection, person, conversation)
            connection.execute("DELETE FROM conversations WHERE id = ?", (conversation,))

    def delete_all(self, person: Person) -> int:
        """Forget all of their conversations; how many there were."""
        with self._store.writing() as connection:
            connection.execute("DELETE FROM conversations WHERE person = ?", (person.key,))
            gone: int = connection.changes()
        return gone


def find_basis(answer: Answer) -> str | None:
    """The document that answered; None if none did."""
    if answer.verdict not in _ANSWERED:
        return None
    uris = [quote.uri for quote in answer.citations] + [quote.uri for quote in answer.extracts]
    return next(iter(uris), None)


def read_turns(connection: Connection, conversation: str) -> list[KeptTurn]:
    """The turns of a conversation, whoever asks: the caller has checked who may see them."""
    rows = connection.execute(
        "SELECT n, asked_at, answer, stopped, scope FROM turns WHERE conversation = ? ORDER BY n",
        (conversation,),
    )
    return [
        KeptTurn(
            n,
            at,
            Answer.model_validate_json(answer),
            bool(stopped),
            stopped == _INTERRUPTED,
            tuple(json.loads(scope)),
        )
        for n, at, answer, stopped, scope in rows
    ]


def check_owner(connection: Connection, person: Person, conversation: str) -> KeptConversation:
    """The heading of this person's conversation. Raises NotThereError."""
    row = connection.execute(
        "SELECT id, title, created_at, updated_at, profile, "
        "(SELECT count(*) FROM turns t WHERE t.conversation = c.id), scope FROM conversations c "
        "WHERE id = ? AND person = ?",
        (conversation, person.key),
    ).fetchone()
    if row is None:
        raise NotThereError("This conversation is not there; it may have been deleted.")
    return replace(KeptConversation(*row[:-1]), scope=tuple(json.loads(row[-1])))


def _rights(person: Person) -> str:
    return json.dumps(None if person.readers is None else sorted(person.readers))


def _covers(readers: frozenset[str] | None, others: list[str] | None) -> bool:
    """Whether somebody with these reader tokens may read whatever the others might."""
    return readers is None or (others is not None and readers.issuperset(others))


def _title(text: str) -> str:
    """The title as one printable line."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= TITLE_CHARACTERS else line[: TITLE_CHARACTERS - 1].rstrip() + "…"
