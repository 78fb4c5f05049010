"""What is kept of people, in a file or a database: accounts, sessions, access tokens, history, feedback."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import apsw

from rag.errors import IndexLockedError, InhouseError, StorageError
from rag.settings import Settings

PEOPLE = "people.db"
WAY_BACK = "Bring back a backup: inhouse restore FOLDER --replace"
MIGRATIONS = (
    """
    CREATE TABLE accounts (
        key TEXT PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        password TEXT,
        role TEXT NOT NULL,
        readers TEXT,
        created_at REAL NOT NULL,
        disabled_at REAL
    ) WITHOUT ROWID;

    CREATE TABLE sessions (
        token BLOB PRIMARY KEY,
        account TEXT NOT NULL REFERENCES accounts(key) ON DELETE CASCADE,
        created_at REAL NOT NULL,
        seen_at REAL NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX sessions_account ON sessions(account);

    CREATE TABLE conversations (
        id TEXT PRIMARY KEY,
        person TEXT NOT NULL,
        title TEXT NOT NULL,
        created_at REAL NOT NULL,
        updated_at REAL NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX conversations_person ON conversations(person, updated_at);

    CREATE TABLE turns (
        conversation TEXT NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
        n INTEGER NOT NULL,
        asked_at REAL NOT NULL,
        answer TEXT NOT NULL,
        folded TEXT NOT NULL,
        PRIMARY KEY (conversation, n)
    ) WITHOUT ROWID;

    CREATE TABLE feedback (
        id TEXT PRIMARY KEY,
        person TEXT NOT NULL,
        name TEXT NOT NULL,
        given_at REAL NOT NULL,
        conversation TEXT,
        turn INTEGER,
        helpful INTEGER NOT NULL,
        reason TEXT NOT NULL,
        note TEXT NOT NULL,
        answer TEXT NOT NULL,
        UNIQUE (person, conversation, turn)
    ) WITHOUT ROWID;
    CREATE INDEX feedback_given ON feedback(given_at);
    """,
    """
    CREATE TABLE uploads (
        uri TEXT PRIMARY KEY,
        person TEXT NOT NULL,
        name TEXT NOT NULL,
        uploaded_at REAL NOT NULL
    ) WITHOUT ROWID;
    """,
    """
    ALTER TABLE conversations ADD COLUMN profile TEXT NOT NULL DEFAULT '';
    ALTER TABLE turns ADD COLUMN stopped INTEGER NOT NULL DEFAULT 0;
    """,
    """
    CREATE TABLE access_tokens (
        token BLOB PRIMARY KEY,
        account TEXT NOT NULL REFERENCES accounts(key) ON DELETE CASCADE,
        label TEXT NOT NULL,
        for_others INTEGER NOT NULL,
        created_at REAL NOT NULL,
        expires_at REAL,
        used_at REAL,
        UNIQUE (account, label)
    ) WITHOUT ROWID;
    """,
    """
    ALTER TABLE conversations ADD COLUMN scope TEXT NOT NULL DEFAULT '[]';

    CREATE TABLE shared_links (
        token TEXT PRIMARY KEY,
        conversation TEXT NOT NULL UNIQUE REFERENCES conversations(id) ON DELETE CASCADE,
        created_at REAL NOT NULL
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE audit (
        id INTEGER PRIMARY KEY,
        at REAL NOT NULL,
        person TEXT NOT NULL,
        action TEXT NOT NULL,
        target TEXT NOT NULL
    );

    CREATE TABLE answered_questions (
        question TEXT PRIMARY KEY,
        done_at REAL NOT NULL
    ) WITHOUT ROWID;

    ALTER TABLE feedback ADD COLUMN done_at REAL;
    """,
    """
    ALTER TABLE audit ADD COLUMN detail TEXT NOT NULL DEFAULT '';
    ALTER TABLE audit ADD COLUMN request TEXT NOT NULL DEFAULT '';
    CREATE INDEX audit_at ON audit(at);
    CREATE INDEX audit_action ON audit(action, id);
    """,
    """
    ALTER TABLE turns ADD COLUMN scope TEXT NOT NULL DEFAULT '[]';
    """,
    """
    CREATE INDEX conversations_updated ON conversations(updated_at);
    """,
    """
    ALTER TABLE turns ADD COLUMN basis TEXT;
    ALTER TABLE turns ADD COLUMN rights TEXT;
    CREATE INDEX turns_basis ON turns(basis, asked_at);
    """,
)
"""Step n takes a file of format n to n + 1; a file's format is its `user_version`."""
Connection: TypeAlias = Any
"""SQLite's, or one to PostgreSQL that takes the same statements."""
_BUSY_TIMEOUT_MS = 10_000
_log = logging.getLogger(__name__)


class LaterWrites:
    """Writes in a thread of its own, what whoever asks does not wait for: a disk may take a second for it.

    One write for each key at most is under way; what fails is logged, and tried when it is due again. A
    process that is forked from this one begins with a thread of its own, and nothing under way.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._begin()
        call_after_fork(self, LaterWrites._begin)

    def _begin(self) -> None:
        self._under_way: set[bytes] = set()
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="inhouse-note")

    def wait(self) -> None:
        """Wait for the writes that are under way."""
        self._executor.submit(int).result()

    def submit(self, key: bytes, statement: str, bindings: tuple[float, bytes]) -> None:
        """Have the statement executed soon."""
        if key not in self._under_way:
            self._under_way.add(key)
            self._executor.submit(self._write, key, statement, bindings)

    def _write(self, key: bytes, statement: str, bindings: tuple[float, bytes]) -> None:
        try:
            with self._store.writing() as connection:
                connection.execute(statement, bindings)
        except InhouseError as exc:
            _log.warning("What somebody did last is not noted: %s", exc)
        finally:
            self._under_way.discard(key)


_Kept = TypeVar("_Kept")


def call_after_fork(kept: _Kept, method: Callable[[_Kept], None]) -> None:
    """Have a method called in processes that are forked from this one, while `kept` is in use."""
    reference = weakref.ref(kept)

    def renew() -> None:
        if (alive := reference()) is not None:
            method(alive)

    os.register_at_fork(after_in_child=renew)


class _NoSpaceError(StorageError):
    """The disk is full."""


class Store:
    """One file, opened once by each process; safe to share between threads and processes.

    `path` None keeps everything in memory, for as long as the process runs. Raises StorageError.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._renew_lock()
        call_after_fork(self, Store._renew_lock)
        if path is not None:
            _make_private(path)
        self._open()

    def _renew_lock(self) -> None:
        """In a forked process, whose parent may have held the lock at that moment."""
        self._lock = threading.RLock()

    def _open(self) -> None:
        path = self.path
        self._file, self._process = self._identity(), os.getpid()
        try:
            self._connect()
        except _NoSpaceError:
            if path is None or not path.stat().st_size:
                raise
            # What is there can be read; the next call tries again.
            self._file = None
            with self._mapped():
                self._connection = apsw.Connection(
                    f"{path.absolute().as_uri()}?immutable=1",
                    flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI,
                )

    def _connect(self) -> None:
        path = self.path
        with self._mapped():
            self._connection = apsw.Connection(":memory:" if path is None else str(path))
            self._connection.set_busy_timeout(_BUSY_TIMEOUT_MS)
            self._connection.create_scalar_function("casefold", str.casefold, 1, deterministic=True)
            self._connection.execute(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; "
                "PRAGMA secure_delete = ON"
            ).fetchall()  # a statement runs when the rows of the one before it were taken
            self._migrate()

    def _identity(self) -> tuple[int, int] | None:
        """Which file it is, or None in memory. Raises StorageError if it is gone."""
        if self.path is None:
            return None
        try:
            status = self.path.stat()
        except OSError as exc:
            raise StorageError(f"{self.path} is gone.", hint=WAY_BACK) from exc
        return status.st_dev, status.st_ino

    def _follow(self) -> None:
        """Open the file anew where another has taken its place: what is written to a file that nobody can
        find is lost. And in a process that was forked from the one that opened it."""
        if self._process != os.getpid():
            self._inherited = self._connection  # not ours to close
            self._open()
        elif self._identity() != self._file:
            self._connection.close()
            self._open()

    def compact(self) -> None:
        """Write the file anew, so that what was deleted is in none of its bytes, nor in its journal's."""
        with self._lock, self._mapped():
            self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    @contextlib.contextmanager
    def reading(self) -> Iterator[apsw.Connection]:
        """A read transaction: one state of the database throughout."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[apsw.Connection]:
        """A write transaction: all of it is stored, or nothing."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextlib.contextmanager
    def _transaction(self, begin: str) -> Iterator[apsw.Connection]:
        with self._lock, self._mapped():
            self._follow()
            self._connection.execute(begin)
            try:
                yield self._connection
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def _migrate(self) -> None:
        with self.writing() as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > len(MIGRATIONS):
                raise StorageError(
                    f"{self.path} has format {version}; this program reads up to format "
                    f"{len(MIGRATIONS)}.",
                    hint="Use a newer release of Inhouse.",
                )
            for step in MIGRATIONS[version:]:
                connection.execute(step).fetchall()
            connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")

    @contextlib.contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            yield
        except apsw.BusyError as exc:
            raise IndexLockedError(f"{self.path} is in use by another program: {exc}.") from exc
        except (apsw.CorruptError, apsw.NotADBError) as exc:
            raise StorageError(f"{self.path} is damaged: {exc}.", hint=WAY_BACK) from exc
        except (apsw.FullError, apsw.IOError) as exc:
            if isinstance(exc, apsw.IOError) and exc.extendedresult != apsw.SQLITE_IOERR_SHMSIZE:
                raise StorageError(f"{self.path} failed: {exc}.", hint="Check the disk.") from exc
            raise _NoSpaceError(
                f"The disk that holds {self.path} is full.", hint="Free some space."
            ) from exc
        except apsw.Error as exc:
            raise StorageError(
                f"{self.path or 'The store of people'} failed: {type(exc).__name__}: {exc}.",
                hint="Check the disk's free space and the folder's permissions.",
            ) from exc


def locate_people_file(settings: Settings) -> Path:
    """The path of the database with accounts and conversations."""
    return settings.web.people or settings.data / PEOPLE


def check_people(path: Path) -> str:
    """What is wrong with the people's file, in a sentence; "" if nothing is. Changes nothing."""
    if not path.exists():
        return ""
    try:
        with contextlib.closing(
            apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        ) as connection:
            connection.set_busy_timeout(_BUSY_TIMEOUT_MS)
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    except apsw.Error as exc:
        return f"SQLite cannot read it: {exc}."
    if version > len(MIGRATIONS):
        return f"It has format {version}; this program reads up to format {len(MIGRATIONS)}."
    return "" if verdict == "ok" else f"SQLite: {verdict}."


def make_id() -> str:
    """A random name for something that is kept; nobody can guess one, and knowing it is no permission."""
    return secrets.token_urlsafe(12)


def _make_private(path: Path) -> None:
    """What people asked is for this program's user alone; SQLite's other files get the same mode."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as exc:
        raise StorageError(
            f"{path} cannot be written: {exc.strerror}.",
            hint="Check the folder's permissions, or name another file as web.people.",
        ) from exc
