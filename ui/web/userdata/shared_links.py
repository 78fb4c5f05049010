"""Links by which people show a conversation to colleagues, who see of it what they may read themselves."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from ui.errors import NotThereError
from ui.web.identity import Person
from ui.web.userdata.database import Store, make_id
from ui.web.userdata.history import KeptTurn, check_owner, read_turns

_NO_LINK = "This link leads nowhere: the conversation was deleted, or is not shared any more."


@dataclass(frozen=True, slots=True)
class SharedConversation:
    """A conversation as it was answered to its owner: whoever shows it redacts it first.

    `scope`: ids of what its last question asked; none: all documents.
    """

    title: str
    profile: str
    turns: tuple[KeptTurn, ...]
    scope: tuple[str, ...] = ()


class SharedLinks:
    """One link at most for each conversation; it ends with the conversation, or when it is revoked."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create(self, person: Person, conversation: str) -> str:
        """The token of its link, made if there is none yet. Raises NotThereError."""
        with self._store.writing() as connection:
            check_owner(connection, person, conversation)
            connection.execute(
                "INSERT INTO shared_links VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (make_id(), conversation, time.time()),
            )
            token: str = connection.execute(
                "SELECT token FROM shared_links WHERE conversation = ?", (conversation,)
            ).fetchone()[0]
        return token

    def revoke(self, person: Person, conversation: str) -> None:
        """End its link at once; nothing where there is none. Raises NotThereError."""
        with self._store.writing() as connection:
            check_owner(connection, person, conversation)
            connection.execute("DELETE FROM shared_links WHERE conversation = ?", (conversation,))

    def find(self, person: Person) -> dict[str, str]:
        """The tokens of this person's links, by conversation."""
        with self._store.reading() as connection:
            return dict(
                connection.execute(
                    "SELECT conversation, token FROM shared_links l JOIN conversations c "
                    "ON c.id = l.conversation WHERE c.person = ?",
                    (person.key,),
                )
            )

    def open(self, token: str) -> SharedConversation:
        """What the link leads to. Raises NotThereError."""
        with self._store.reading() as connection:
            row = connection.execute(
                "SELECT c.id, c.title, c.profile, c.scope FROM shared_links l JOIN conversations c "
                "ON c.id = l.conversation WHERE l.token = ?",
                (token,),
            ).fetchone()
            if row is None:
                raise NotThereError(_NO_LINK)
            conversation, title, profile, scope = row
            turns = tuple(read_turns(connection, conversation))
            return SharedConversation(title, profile, turns, tuple(json.loads(scope)))
