"""Sessions: a random token in a cookie, its hash in the store."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable

from ui.web.identity import Person
from ui.web.userdata.accounts import Account, find_account
from ui.web.userdata.database import LaterWrites, Store

_CLICK = "UPDATE sessions SET seen_at = ? WHERE token = ?"
_NOTED_S = 30.0  # what somebody does is noted at most this often


class Sessions:
    """A session ends at sign-out, after a while without a click, and after a longest time.

    `idle_s` and `longest_s` are seconds; `now` gives seconds since the epoch.
    Where `writing` is another opening of the same file, who looks a session up in `store` waits for no write.
    """

    def __init__(
        self,
        store: Store,
        *,
        idle_s: float,
        longest_s: float,
        now: Callable[[], float] = time.time,
        writing: Store | None = None,
    ) -> None:
        self._writing, self._later = writing or store, LaterWrites(writing) if writing else None
        self._store, self._idle_s, self._longest_s, self._now = store, idle_s, longest_s, now

    def begin(self, account: Account) -> str:
        """A new session's token. Sessions that are over are forgotten on the way."""
        token, now = secrets.token_urlsafe(32), self._now()
        with self._writing.writing() as connection:
            connection.execute(
                "DELETE FROM sessions WHERE seen_at < ? OR created_at < ?",
                (now - self._idle_s, now - self._longest_s),
            )
            connection.execute(
                "INSERT INTO sessions VALUES (?, ?, ?, ?)", (_hash(token), account.key, now, now)
            )
        return token

    def person(self, token: str, *, is_click: bool) -> Person | None:
        """Whose session it is, as their account is now; None if it is over or was never there.

        `is_click`: somebody does something, and is not idle. A page that is merely open is no click.
        """
        now, hashed = self._now(), _hash(token)
        with self._store.reading() as connection:
            row = connection.execute(
                "SELECT account, seen_at FROM sessions WHERE token = ? AND seen_at >= ? "
                "AND created_at >= ?",
                (hashed, now - self._idle_s, now - self._longest_s),
            ).fetchone()
            account = None if row is None else find_account(connection, row[0])
        if account is None or account.disabled_at is not None:
            return None
        if is_click and now - row[1] > min(_NOTED_S, self._idle_s / 10):
            self._note_click(now, hashed)
        return account.person

    def _note_click(self, now: float, hashed: bytes) -> None:
        if self._later is not None:
            self._later.submit(hashed, _CLICK, (now, hashed))
            return
        with self._writing.writing() as connection:
            connection.execute(_CLICK, (now, hashed))

    def end(self, token: str) -> None:
        """End the session: its user is signed out."""
        with self._writing.writing() as connection:
            connection.execute("DELETE FROM sessions WHERE token = ?", (_hash(token),))

    def by_account(self) -> dict[str, tuple[int, float]]:
        """How many sessions of each account are open, and when its last click was; by the account's key."""
        now = self._now()
        with self._store.reading() as connection:
            rows = connection.execute(
                "SELECT account, count(*), max(seen_at) FROM sessions "
                "WHERE seen_at >= ? AND created_at >= ? GROUP BY account",
                (now - self._idle_s, now - self._longest_s),
            )
            return {account: (sessions, seen_at) for account, sessions, seen_at in rows}

    def count(self) -> int:
        """How many sessions are open."""
        now = self._now()
        with self._store.reading() as connection:
            count: int = connection.execute(
                "SELECT count(*) FROM sessions WHERE seen_at >= ? AND created_at >= ?",
                (now - self._idle_s, now - self._longest_s),
            ).fetchone()[0]
        return count


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
