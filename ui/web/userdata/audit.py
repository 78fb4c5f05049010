"""Who did what, and when: changes, uploads, sign-ins; where that is wanted also who asked and opened what."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rag.request_id import get_current_request
from ui.web.identity import Person
from ui.web.userdata.database import Store

DAYS = 365
COMMAND_LINE = "(command line)"
"""Who did it, where somebody used a command on the server."""
SIGN_IN, SIGN_IN_FAILED, ASKED, OPENED = "sign_in", "sign_in_failed", "asked", "opened"
_DAY_S = 86_400.0
_FAILURES_KEPT = 10_000  # lines; strangers can make as many as they like, so the oldest go first
_AGAIN_S = 600.0
"""Who turns the pages of a document has opened it once."""
_OPENINGS_REMEMBERED = 10_000
_COLUMNS = "at, person, action, target, detail, request"


@dataclass(frozen=True, slots=True)
class AuditLine:
    """`at`: seconds since the epoch. `person` did `action` to `target`; `request` is the id of the request.

    `detail`: what it was changed to, which token, or from which address.
    """

    at: float
    person: str
    action: str
    target: str
    detail: str = ""
    request: str = ""

    def to_json(self) -> dict[str, Any]:
        """As `inhouse audit --json` prints it."""
        return asdict(self)


class AuditLog:
    """Kept for `days`. Passwords and questions are never in it.

    With `reads` it also says who asked and who opened which document; in many places that needs the consent
    of those whom it concerns.
    """

    def __init__(
        self,
        store: Store,
        *,
        days: float = DAYS,
        reads: bool = False,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._kept_s, self._reads, self._now = store, days * _DAY_S, reads, now
        self._lock = threading.Lock()
        self._openings: OrderedDict[tuple[str, str], float] = OrderedDict()

    def record(
        self, person: Person | None, action: str, target: str = "", detail: str = ""
    ) -> None:
        """Write a line; None is whoever uses a command on the server."""
        name = COMMAND_LINE if person is None else person.name or person.key
        self._write(AuditLine(self._now(), name, action, target, detail, get_current_request()))

    def signed_in(self, name: str, address: str) -> None:
        """Somebody has come in, from this address."""
        self._write(AuditLine(self._now(), name, SIGN_IN, "", address, get_current_request()))

    def sign_in_failed(self, name: str, address: str) -> None:
        """Somebody gave a wrong password for this account; "" where there is none of the name.

        What was typed then is not kept: it may be a password.
        """
        self._write(
            AuditLine(self._now(), "", SIGN_IN_FAILED, name, address, get_current_request())
        )

    def asked(self, person: Person) -> None:
        """Somebody asked or searched; not what. Written down only with `reads`."""
        if self._reads:
            self.record(person, ASKED)

    def opened(self, person: Person, uri: str) -> None:
        """Somebody opened a document. Written down only with `reads`, and once for some time."""
        if self._reads and self._is_new(person.key, uri):
            self.record(person, OPENED, uri)

    def _is_new(self, key: str, uri: str) -> bool:
        now = self._now()
        with self._lock:
            last = self._openings.get((key, uri))
            if last is not None and now - last < _AGAIN_S:
                return False
            self._openings[key, uri] = now
            self._openings.move_to_end((key, uri))
            while len(self._openings) > _OPENINGS_REMEMBERED:
                self._openings.popitem(last=False)
        return True

    def _write(self, line: AuditLine) -> None:
        values = (line.at, line.person, line.action, line.target, line.detail, line.request)
        with self._store.writing() as connection:
            connection.execute(
                f"INSERT INTO audit ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608
                values,
            )
            connection.execute("DELETE FROM audit WHERE at < ?", (line.at - self._kept_s,))
            if line.action == SIGN_IN_FAILED:
                connection.execute(
                    "DELETE FROM audit WHERE action = ? AND id <= (SELECT id FROM audit "
                    "WHERE action = ? ORDER BY id DESC LIMIT 1 OFFSET ?)",
                    (SIGN_IN_FAILED, SIGN_IN_FAILED, _FAILURES_KEPT),
                )

    def latest(
        self,
        limit: int = 50,
        *,
        actions: Sequence[str] = (),
        person: str = "",
        since: float = 0.0,
    ) -> list[AuditLine]:
        """The last lines, the latest first: of these actions, by or about this person, since this moment."""
        with self._store.reading() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM audit WHERE at >= ?1 "  # noqa: S608
                "AND (?2 = '' OR person = ?2 OR target = ?2) "
                "AND (?3 = '' OR instr(?3, ',' || action || ',')) ORDER BY id DESC LIMIT ?4",
                (since, person, f",{','.join(actions)}," if actions else "", limit),
            )
            return [AuditLine(*row) for row in rows]
