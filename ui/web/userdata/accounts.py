"""Own accounts: names, hashed passwords, roles and reader tokens."""

from __future__ import annotations

import functools
import json
import re
import threading
import time
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag.errors import UsageError
from rag.extras import require_extra
from rag.readers import EVERYBODY, asker
from ui.errors import NotThereError
from ui.web.identity import Person, Role
from ui.web.userdata.database import Connection, Store, make_id

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MIN_PASSWORD, MAX_PASSWORD = 10, 500  # characters
_NAME = re.compile(r"[\w.@+-]{1,64}")
_AT_ONCE = threading.BoundedSemaphore(2)  # hashing takes 64 MiB and a core each
_COLUMNS = "key, name, role, readers, created_at, disabled_at, password IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Account:
    """`readers` None: may read everything. `disabled_at`: seconds since the epoch, or None."""

    key: str
    name: str
    role: Role
    readers: frozenset[str] | None
    created_at: float
    disabled_at: float | None
    has_password: bool

    @property
    def person(self) -> Person:
        """Who this account lets in."""
        return Person(f"account:{self.key}", self.name, self.role, self.readers)

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "role": self.role.value,
            "readers": None if self.readers is None else sorted(self.readers),
            "created_at": self.created_at,
            "disabled_at": self.disabled_at,
            "has_password": self.has_password,
        }


class Accounts:
    """There are none until somebody adds one: no default name, no default password."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(
        self,
        name: str,
        *,
        role: Role,
        readers: Iterable[str] | None = (),
        password: str | None = None,
    ) -> Account:
        """A new account. `readers` None: may read everything; `password` None: cannot sign in by one.

        Raises UsageError for a name that is taken or impossible, an impossible token or password.
        """
        name, tokens = validate_name(name), _stored(readers)
        hashed = None if password is None else _hash(password, name)
        with self._store.writing() as connection:
            if _find(connection, "name", name) is not None:
                raise UsageError(f"There is an account {name} already.")
            connection.execute(
                "INSERT INTO accounts VALUES (?, ?, ?, ?, ?, ?, NULL)",
                (make_id(), name, hashed, role.value, tokens, time.time()),
            )
            return known_account(connection, name)

    def every(self) -> tuple[Account, ...]:
        """All of them, by name."""
        with self._store.reading() as connection:
            rows = connection.execute(f"SELECT {_COLUMNS} FROM accounts ORDER BY name")  # noqa: S608
            return tuple(_account(row) for row in rows)

    def by_name(self, name: str) -> Account | None:
        """The account of that name, if there is one."""
        with self._store.reading() as connection:
            return _find(connection, "name", fold_name(name))

    def change(
        self,
        name: str,
        *,
        role: Role | None = None,
        readers: Iterable[str] | None = (),
        password: str | None = None,
        disabled: bool | None = None,
    ) -> Account:
        """Change what is given; `readers` () leaves them as they are.

        Disabling it or changing the password ends its sessions and access tokens at once. Raises
        NotThereError, UsageError.
        """
        name = fold_name(name)
        hashed = None if password is None else _hash(password, name)
        tokens = None if readers == () else (_stored(readers),)
        with self._store.writing() as connection:
            account = known_account(connection, name)
            for column, value in (
                ("role", role and role.value),
                ("password", hashed),
                ("disabled_at", time.time() if disabled else None),
            ):
                if value is not None:
                    _set(connection, account, column, value)
            if tokens is not None:
                _set(connection, account, "readers", tokens[0])
            if disabled is False:
                _set(connection, account, "disabled_at", None)
            if disabled or hashed:
                end_access(connection, account)
            return known_account(connection, name)

    def remove(self, name: str) -> None:
        """Forget the account, its sessions, access tokens and history, and whose the uploads were.

        Its feedback stays, without the name and the key.

        Raises NotThereError.
        """
        with self._store.writing() as connection:
            account = known_account(connection, name)
            connection.execute("DELETE FROM accounts WHERE key = ?", (account.key,))
            for person in (account.person.key, f"proxy:{account.name}"):
                connection.execute("DELETE FROM conversations WHERE person = ?", (person,))
                connection.execute(
                    "UPDATE feedback SET name = '', conversation = NULL, person = 'gone:' || id "
                    "WHERE person = ?",
                    (person,),
                )
                connection.execute(
                    "UPDATE uploads SET name = '', person = 'gone' WHERE person = ?", (person,)
                )

    def check(self, name: str, password: str) -> Account | None:
        """The account, if the password is its own and it is not disabled.

        Takes as long for a name that nobody has.
        """
        name = fold_name(name)
        with self._store.reading() as connection:
            row = connection.execute(
                "SELECT password FROM accounts WHERE name = ?", (name,)
            ).fetchone()
            account = _find(connection, "name", name)
        hashed = row[0] if row else None
        is_right = _verify(hashed, password)
        if account is None or not is_right or account.disabled_at is not None:
            return None
        if hashed and _hasher().check_needs_rehash(hashed):
            with self._store.writing() as connection:
                _set(connection, account, "password", _hash(password, name))
        return account


def fold_name(name: str) -> str:
    """A name as it is kept: letters in lower case, composed."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).strip().casefold())


def validate_name(name: str) -> str:
    """A name that an account may have. Raises UsageError."""
    key = fold_name(name)
    if not _NAME.fullmatch(key):
        raise UsageError(
            f"{name!r} is no name for an account.",
            hint="It has 1 to 64 letters, digits, and . _ @ + -",
        )
    return key


def check_password(password: str, name: str) -> None:
    """Raises UsageError for a password that is too short, too long, or the name."""
    if len(password) < MIN_PASSWORD or len(password) > MAX_PASSWORD:
        raise UsageError(f"A password has {MIN_PASSWORD} to {MAX_PASSWORD} characters.")
    if fold_name(name) in fold_name(password) and len(password) < len(name) + MIN_PASSWORD:
        raise UsageError("The password is hardly more than the name.")


def _hash(password: str, name: str) -> str:
    check_password(password, name)
    with _AT_ONCE:
        return _hasher().hash(unicodedata.normalize("NFC", password))


def _verify(hashed: str | None, password: str) -> bool:
    from argon2.exceptions import InvalidHashError, VerificationError

    if len(password) > MAX_PASSWORD:
        password = ""
    try:
        with _AT_ONCE:
            _hasher().verify(hashed or _nobody_s(), unicodedata.normalize("NFC", password))
    except (VerificationError, InvalidHashError):
        return False
    return hashed is not None


@functools.cache
def _hasher() -> PasswordHasher:
    require_extra("api", "Accounts")
    from argon2 import PasswordHasher

    return PasswordHasher()  # argon2id with RFC 9106's second parameters: 64 MiB, 3 passes


@functools.cache
def _nobody_s() -> str:
    """A hash that is compared where there is no account, for the time that it takes."""
    return _hasher().hash(make_id())


def _stored(readers: Iterable[str] | None) -> str | None:
    return None if readers is None else json.dumps(sorted({*asker(readers), EVERYBODY}))


def _set(connection: Connection, account: Account, column: str, value: Any) -> None:
    connection.execute(f"UPDATE accounts SET {column} = ? WHERE key = ?", (value, account.key))  # noqa: S608


def find_account(connection: Connection, key: str) -> Account | None:
    """The account with this key."""
    return _find(connection, "key", key)


def end_access(connection: Connection, account: Account) -> None:
    """End what an account is used by: its sessions and its access tokens."""
    connection.execute("DELETE FROM sessions WHERE account = ?", (account.key,))
    connection.execute("DELETE FROM access_tokens WHERE account = ?", (account.key,))


def _find(connection: Connection, column: str, value: str) -> Account | None:
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM accounts WHERE {column} = ?",  # noqa: S608
        (value,),
    ).fetchone()
    return None if row is None else _account(row)


def known_account(connection: Connection, name: str) -> Account:
    """The account of that name. Raises NotThereError."""
    row = _find(connection, "name", fold_name(name))
    if row is None:
        raise NotThereError(f"There is no account {name}.", hint="See: inhouse user list")
    return row


def _account(row: Any) -> Account:
    key, name, role, readers, created_at, disabled_at, has_password = row
    tokens = None if readers is None else frozenset(json.loads(readers))
    return Account(
        key, name, Role(role), tokens, created_at, disabled_at, has_password=bool(has_password)
    )
