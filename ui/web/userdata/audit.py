"""What admins changed on the page: who did what to whom, and when."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ui.web.identity import Person
from ui.web.userdata.database import Store

_KEPT = 10_000  # lines; the oldest go first


@dataclass(frozen=True, slots=True)
class AuditLine:
    """`at`: seconds since the epoch. `person` did `action` to `target`."""

    at: float
    person: str
    action: str
    target: str


class AuditLog:
    """Only what was done is in it, not what was refused; passwords and questions never are."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def record(self, person: Person, action: str, target: str) -> None:
        """Write a line."""
        with self._store.writing() as connection:
            connection.execute(
                "INSERT INTO audit (at, person, action, target) VALUES (?, ?, ?, ?)",
                (time.time(), person.name or person.key, action, target),
            )
            connection.execute(
                "DELETE FROM audit WHERE id <= (SELECT max(id) FROM audit) - ?", (_KEPT,)
            )

    def latest(self, limit: int = 50) -> list[AuditLine]:
        """The last lines, the latest first."""
        with self._store.reading() as connection:
            rows = connection.execute(
                "SELECT at, person, action, target FROM audit ORDER BY id DESC LIMIT ?", (limit,)
            )
            return [AuditLine(*row) for row in rows]
