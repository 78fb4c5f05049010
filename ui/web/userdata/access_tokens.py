"""Access tokens: what a program shows to ask in somebody's name. Only their hashes are stored."""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rag.errors import UsageError
from ui.errors import NotThereError
from ui.web.userdata.accounts import Account, find_account, known_account
from ui.web.userdata.database import Connection, LaterWrites, Store

PREFIX = "inhouse_"
"""The beginning of every token, so that one that was published by mistake is found by a search."""
_LABEL = re.compile(r"[^\x00-\x1f\x7f]{1,64}")
_MOST_PER_ACCOUNT = 100
_MAX_TOKEN = 200  # characters; a longer one is not hashed
_NOTED_S = 300.0  # the last use is written down at most this often
_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What is known of a token; the token itself was shown once and is nowhere.

    Times are seconds since the epoch. `expires_at` None: never. `used_at`: the last use, to within five
    minutes; None: never used. `for_others`: it is a service's, which asks for people who are named by a
    signed JWT.
    """

    account: str
    label: str
    for_others: bool
    created_at: float
    expires_at: float | None
    used_at: float | None

    def to_json(self) -> dict[str, Any]:
        """What a list shows of it, for `json.dumps`."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class TokenOwner:
    """The account of a valid token, and whether the token may be used `for_others`."""

    account: Account
    for_others: bool


_USE = "UPDATE access_tokens SET used_at = ? WHERE token = ?"


class AccessTokens:
    """The tokens of all accounts. `now` gives seconds since the epoch.

    With `writing`, another opening of the same file, who looks a token up waits for no write.
    """

    def __init__(
        self,
        store: Store,
        *,
        now: Callable[[], float] = time.time,
        writing: Store | None = None,
    ) -> None:
        self._store, self._now = store, now
        self._later = LaterWrites(writing) if writing else None

    def create(
        self, name: str, label: str, *, days: float | None = None, for_others: bool = False
    ) -> str:
        """A new token of the account `name`, which nobody can read again. `days` None: it never expires.

        `label` tells it from the account's others. Raises NotThereError, UsageError.
        """
        if not _LABEL.fullmatch(label):
            raise UsageError(
                f"{label!r} is no name for a token.", hint="It has 1 to 64 characters."
            )
        token, now = PREFIX + secrets.token_urlsafe(32), self._now()
        expires_at = None if days is None else now + days * _DAY_S
        with self._store.writing() as connection:
            account = known_account(connection, name)
            if account.disabled_at is not None:
                raise UsageError(
                    f"{account.name} is disabled.",
                    hint=f"First: inhouse user enable {account.name}",
                )
            connection.execute(
                "DELETE FROM access_tokens WHERE account = ? AND expires_at < ?", (account.key, now)
            )
            labels = [
                taken
                for (taken,) in connection.execute(
                    "SELECT label FROM access_tokens WHERE account = ?", (account.key,)
                )
            ]
            if label in labels:
                raise UsageError(
                    f"{account.name} has a token {label!r} already.",
                    hint=f"To end that one: inhouse user revoke {account.name} {label!r}",
                )
            if len(labels) >= _MOST_PER_ACCOUNT:
                raise UsageError(
                    f"{account.name} has {len(labels):,} tokens, which is as many as one may have.",
                    hint="End some: inhouse user revoke NAME LABEL",
                )
            connection.execute(
                "INSERT INTO access_tokens VALUES (?, ?, ?, ?, ?, ?, NULL)",
                (_hash(token), account.key, label, for_others, now, expires_at),
            )
        return token

    def owner(self, token: str) -> TokenOwner | None:
        """Whose token it is, as their account is now; None if it has expired, was ended or never existed."""
        if not token.startswith(PREFIX) or len(token) > _MAX_TOKEN:
            return None
        now, hashed = self._now(), _hash(token)
        with self._store.reading() as connection:
            row = connection.execute(
                "SELECT account, for_others, used_at FROM access_tokens WHERE token = ? "
                "AND (expires_at IS NULL OR expires_at > ?)",
                (hashed, now),
            ).fetchone()
            account = None if row is None else find_account(connection, row[0])
        if account is None or account.disabled_at is not None:
            return None
        if row[2] is None or now - row[2] > _NOTED_S:
            self._note_use(now, hashed)
        return TokenOwner(account, bool(row[1]))

    def _note_use(self, now: float, hashed: bytes) -> None:
        if self._later is not None:
            self._later.submit(hashed, _USE, (now, hashed))
            return
        with self._store.writing() as connection:
            connection.execute(_USE, (now, hashed))

    def every(self, name: str | None = None) -> tuple[AccessToken, ...]:
        """The tokens of all accounts or of one, by account and label, also those that have expired.

        Raises NotThereError if there is no account `name`.
        """
        with self._store.reading() as connection:
            account = None if name is None else known_account(connection, name).name
            return tuple(tokens_of(connection, account))

    def revoke(self, name: str, label: str) -> None:
        """End a token at once. Raises NotThereError."""
        with self._store.writing() as connection:
            account = known_account(connection, name)
            connection.execute(
                "DELETE FROM access_tokens WHERE account = ? AND label = ?", (account.key, label)
            )
            if not connection.changes():
                raise NotThereError(
                    f"{account.name} has no token {label!r}.",
                    hint=f"See: inhouse user tokens {account.name}",
                )


def tokens_of(connection: Connection, account: str | None) -> list[AccessToken]:
    """The tokens of the account of this name, or of all accounts."""
    rows = connection.execute(
        "SELECT a.name, t.label, t.for_others, t.created_at, t.expires_at, t.used_at "
        "FROM access_tokens t JOIN accounts a ON a.key = t.account "
        "WHERE ? IS NULL OR a.name = ? ORDER BY a.name, t.label",
        (account, account),
    )
    return [
        AccessToken(account, label, bool(for_others), *times)
        for account, label, for_others, *times in rows
    ]


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
