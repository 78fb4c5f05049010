"""What is kept of a person, for export; and erasing a person, or what was said of a document, for good."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ui.errors import NotThereError
from ui.web.userdata.access_tokens import tokens_of
from ui.web.userdata.accounts import fold_name
from ui.web.userdata.audit import ASKED, OPENED, SIGN_IN
from ui.web.userdata.database import Connection, Store

_TELLING = 16
"""Characters from which on a question is somebody's own."""
_KEPT_OF_A_PERSON = ("conversations", "feedback", "uploads")


@dataclass(frozen=True, slots=True)
class Erased:
    """How many turns of conversations, pieces of feedback and records of uploads are gone."""

    turns: int = 0
    feedback: int = 0
    uploads: int = 0


def forget_documents(store: Store, uris: Sequence[str]) -> Erased:
    """Erase every answer that was given with one of these documents, and what followed it.

    A later turn of the same conversation may rest on the earlier answer. Feedback on such answers and the
    records of uploads go too.
    """
    with store.writing() as connection:
        first_turns: dict[str, int] = {}
        for uri in uris:
            rows = connection.execute(
                "SELECT conversation, min(n) FROM turns WHERE instr(answer, ?) GROUP BY conversation",
                (_in_json(uri),),
            )
            for conversation, n in rows:
                first_turns[conversation] = min(n, first_turns.get(conversation, n))
        turns = 0
        for conversation, n in first_turns.items():
            connection.execute(
                "DELETE FROM turns WHERE conversation = ? AND n >= ?", (conversation, n)
            )
            turns += connection.changes()
            connection.execute(
                "DELETE FROM conversations WHERE id = ? AND NOT EXISTS "
                "(SELECT 1 FROM turns t WHERE t.conversation = conversations.id)",
                (conversation,),
            )
        feedback = uploads = 0
        for uri in uris:
            feedback += _delete(
                connection, "DELETE FROM feedback WHERE instr(answer, ?)", _in_json(uri)
            )
            uploads += _delete(connection, "DELETE FROM uploads WHERE uri = ?", uri)
            connection.execute("DELETE FROM audit WHERE target = ?", (uri,))
    store.compact()
    return Erased(turns, feedback, uploads)


def export_person(store: Store, name: str) -> dict[str, Any]:
    """Everything that is kept of a person, with or without an account here. Raises NotThereError."""
    with store.reading() as connection:
        keys, account = _keys(connection, name)
        return {
            "name": name,
            "account": account,
            "access_tokens": [t.to_json() for t in tokens_of(connection, fold_name(name))],
            "conversations": [
                {
                    "title": title,
                    "created_at": created,
                    "turns": [
                        {"n": n, "asked_at": at, "scope": json.loads(scope),
                         "answer": json.loads(answer)}
                        for n, at, scope, answer in connection.execute(
                            "SELECT n, asked_at, scope, answer FROM turns WHERE conversation = ? ORDER BY n",
                            (conversation,),
                        ).fetchall()
                    ],
                }
                for conversation, title, created in connection.execute(
                    "SELECT id, title, created_at FROM conversations "
                    "WHERE person IN (SELECT value FROM json_each(?)) ORDER BY created_at",
                    (keys,),
                ).fetchall()
            ],
            "feedback": [
                {"given_at": at, "helpful": bool(helpful), "reason": reason, "note": note,
                 "answer": json.loads(answer)}
                for at, helpful, reason, note, answer in connection.execute(
                    "SELECT given_at, helpful, reason, note, answer FROM feedback "
                    "WHERE person IN (SELECT value FROM json_each(?)) ORDER BY given_at",
                    (keys,),
                )
            ],
            "audit": [
                {"at": at, "action": action, "target": target, "detail": detail}
                for at, action, target, detail in connection.execute(
                    "SELECT at, action, target, detail FROM audit WHERE person IN "
                    "(SELECT value FROM json_each(?1)) OR target IN (SELECT value FROM json_each(?1)) "
                    "ORDER BY id",
                    (json.dumps([name, fold_name(name), *json.loads(keys)]),),
                )
            ],
            "uploads": [
                {"uri": uri, "uploaded_at": at}
                for uri, at in connection.execute(
                    "SELECT uri, uploaded_at FROM uploads "
                    "WHERE person IN (SELECT value FROM json_each(?)) ORDER BY uploaded_at",
                    (keys,),
                )
            ],
        }  # fmt: skip


def forget_person(store: Store, name: str) -> tuple[Erased, tuple[bytes, ...]]:
    """Erase a person: account, sessions, access tokens, conversations, feedback, and who uploaded what.

    Also returns bytes that may be found nowhere any more: their keys, and what they asked. Raises
    NotThereError.
    """
    with store.writing() as connection:
        keys, _ = _keys(connection, name)
        questions = connection.execute(
            "SELECT answer ->> 'question' FROM turns WHERE conversation IN (SELECT id FROM "
            "conversations WHERE person IN (SELECT value FROM json_each(?)))",
            (keys,),
        ).fetchall()
        where = "WHERE person IN (SELECT value FROM json_each(?))"
        erased = Erased(
            turns=_delete(
                connection,
                f"DELETE FROM turns WHERE conversation IN (SELECT id FROM conversations {where})",  # noqa: S608
                keys,
            ),
            feedback=_delete(connection, f"DELETE FROM feedback {where}", keys),  # noqa: S608
            uploads=_delete(connection, f"DELETE FROM uploads {where}", keys),  # noqa: S608
        )
        connection.execute(f"DELETE FROM conversations {where}", (keys,))  # noqa: S608
        connection.execute("DELETE FROM accounts WHERE name = ?", (fold_name(name),))
        _forget_in_audit(connection, [name, fold_name(name), *json.loads(keys)])
        for (question,) in questions:
            if not _is_kept(connection, question):
                connection.execute(
                    "DELETE FROM answered_questions WHERE question = ?", (question.casefold(),)
                )
        left = {
            question
            for (question,) in questions
            if len(question) >= _TELLING
            and '"' not in question
            and not _is_kept(connection, question)
        }
    store.compact()
    folded = {question.casefold() for question in left}
    return erased, tuple(
        text.encode() for text in (*json.loads(keys), *sorted(left), *sorted(folded - left))
    )


def _forget_in_audit(connection: Connection, names: Sequence[str]) -> None:
    """That something was done stays, with whom and from where does not; what they only read goes."""
    stored = json.dumps(names)
    is_theirs = "person IN (SELECT value FROM json_each(?1))"
    connection.execute(
        f"DELETE FROM audit WHERE {is_theirs} AND action IN ('{ASKED}', '{OPENED}', '{SIGN_IN}')",  # noqa: S608
        (stored,),
    )
    connection.execute(
        f"UPDATE audit SET person = '', detail = '' WHERE {is_theirs}",  # noqa: S608
        (stored,),
    )
    # Before it had a column of its own, the label of a token stood in front of the name.
    connection.execute(
        "UPDATE audit SET target = '', detail = '' WHERE target IN (SELECT value FROM json_each(?1)) OR "
        "action = 'revoke' AND EXISTS (SELECT 1 FROM json_each(?1) WHERE target LIKE '%, ' || value)",
        (stored,),
    )


def _is_kept(connection: Connection, question: str) -> bool:
    """Whether somebody else has asked the same."""
    return any(
        connection.execute(
            f"SELECT 1 FROM {table} WHERE instr(answer, ?) LIMIT 1",  # noqa: S608
            (_in_json(question),),
        ).fetchone()
        for table in ("turns", "feedback")
    )


def _keys(connection: Connection, name: str) -> tuple[str, dict[str, Any] | None]:
    """The keys under which things of this person are kept, as a JSON list; and the account."""
    row = connection.execute(
        "SELECT key, name, role, readers, created_at FROM accounts WHERE name = ?",
        (fold_name(name),),
    ).fetchone()
    keys = [f"proxy:{name}", *([f"account:{row[0]}"] if row else [])]
    stored = json.dumps(keys)
    is_known = row is not None or any(
        connection.execute(
            f"SELECT 1 FROM {table} WHERE person IN (SELECT value FROM json_each(?)) LIMIT 1",  # noqa: S608
            (stored,),
        ).fetchone()
        for table in _KEPT_OF_A_PERSON
    )
    if not is_known:
        raise NotThereError(f"Nothing is kept of {name}.", hint="See: inhouse user list")
    account = row and {
        "name": row[1], "role": row[2], "readers": row[3] and json.loads(row[3]), "created_at": row[4],
    }  # fmt: skip
    return stored, account


def _in_json(text: str) -> str:
    """A text as it stands in JSON, without the quotation marks."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _delete(connection: Connection, statement: str, *bindings: str) -> int:
    connection.execute(statement, bindings)
    return int(connection.changes())
