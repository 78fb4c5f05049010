"""Connections to the catalogue, the SQLite file that is the index's one truth.

SQLite comes from `apsw`, which carries its own, newer than 3.51.3: before that, two connections could
corrupt a WAL file.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import weakref
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import apsw

from rag.errors import (
    IndexDamagedError,
    IndexFormatError,
    IndexLockedError,
    IndexMissingError,
    InhouseError,
    StorageError,
)
from rag.files import create_private
from rag.index.catalog.checksums import RESERVED_BYTES, are_checked, load_checksum_vfs
from rag.index.catalog.schema import FORMAT, TABLES
from rag.index.lock import WriteLock, describe_holder, keep_left_journal
from rag.index.search import derived

CATALOG = "catalog.db"
WAY_BACK = (
    "Bring back a backup: inhouse restore FOLDER --replace. Without one, move catalog.db, vectors-… and "
    "lexical-… away and ingest again; accounts, conversations, calibration and evaluations stay."
)
_UNFINISHED = ".{}.new"
_COMPANIONS = ("-wal", "-shm")
_BUSY_TIMEOUT_MS = 10_000
_NO_SPACE = frozenset(
    {
        apsw.SQLITE_IOERR_SHMSIZE,
        apsw.SQLITE_IOERR_SHMMAP,
        apsw.SQLITE_IOERR_SHMOPEN,
        apsw.SQLITE_IOERR_WRITE,
    }
)
_FROZEN: weakref.WeakSet[apsw.Connection] = weakref.WeakSet()


@contextlib.contextmanager
def map_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors about the file at `path` into the house's."""
    try:
        yield
    except apsw.Error as exc:
        raise _map(exc, path) from exc


def _map(exc: apsw.Error, path: Path) -> InhouseError:
    match exc:
        case apsw.IOError(extendedresult=apsw.SQLITE_IOERR_DATA):
            return make_damaged_error(path, "a page of it is not what was written")
        case apsw.CorruptError() | apsw.NotADBError() | apsw.SchemaChangeError():
            return make_damaged_error(path, str(exc))
        case apsw.FullError() | apsw.IOError(extendedresult=apsw.SQLITE_IOERR_SHMSIZE):
            return StorageError(
                f"The disk that holds {path.parent} is full.",
                hint="Free some space and run again; what was published is safe.",
            )
        case apsw.ReadOnlyError() | apsw.PermissionsError() | apsw.CantOpenError():
            return StorageError(
                f"{path} cannot be opened for this: {exc}.", hint="Check the folder's permissions."
            )
        case apsw.BusyError() | apsw.LockedError():
            return IndexLockedError(f"{path} is in use by another program: {exc}.")
        case _:
            return StorageError(f"{path} failed: {type(exc).__name__}: {exc}.")


def make_damaged_error(path: Path, what: str) -> IndexDamagedError:
    """The error for a catalogue that cannot be trusted."""
    return IndexDamagedError(
        f"The catalogue {path} is damaged: {what}.",
        hint=WAY_BACK,
    )


def identity(path: Path) -> tuple[int, int]:
    """Which file the catalogue is: device and inode. Raises IndexMissingError, StorageError."""
    status = _look_at(path)
    if status is None:
        raise missing_error(path)
    return status.st_dev, status.st_ino


def has_catalog(path: Path) -> bool:
    """Whether there is a catalogue. Raises StorageError where that may not be looked at."""
    return _look_at(path) is not None


def _look_at(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as exc:
        raise StorageError(
            f"The data folder {path.parent} cannot be read: {exc.strerror or exc}.",
            hint="Check the folder's permissions.",
        ) from exc


def missing_error(path: Path) -> IndexMissingError:
    """The error for a data folder without an index."""
    if derived.origins(path.parent):
        return IndexMissingError(
            f"{path} is gone; what was made from it is still there.", hint=WAY_BACK
        )
    return IndexMissingError(
        f"There is no index in {path.parent}.", hint="Make one with: inhouse ingest FOLDER"
    )


def make_empty_error(path: Path) -> IndexMissingError:
    """The error for an index of which nothing was published."""
    holder = describe_holder(path.parent)
    return IndexMissingError(
        f"Nothing was ingested into {path.parent} yet.",
        hint=f"The first run is at work: {holder}."
        if holder
        else "Do it with: inhouse ingest FOLDER",
    )


def create(path: Path) -> None:
    """Make an empty catalogue. The caller holds the write lock.

    Never in the place of one that was deleted: then it raises IndexMissingError. It is made under another
    name and renamed, so a half-made one never stands at `path`.
    """
    if derived.origins(path.parent):
        raise missing_error(path)
    sweep(path)
    temporary = path.with_name(_UNFINISHED.format(path.name))
    try:
        create_private(temporary)
        with (
            map_errors(temporary),
            contextlib.closing(
                apsw.Connection(str(temporary), vfs=load_checksum_vfs())
            ) as connection,
        ):
            connection.execute("PRAGMA page_size = 8192")
            connection.reserve_bytes(reserve=RESERVED_BYTES)
            with connection:
                connection.execute(TABLES)
                write_manifest(connection, "format", FORMAT)
                write_manifest(connection, "index_id", make_index_id())
                write_manifest(connection, "generation", 0)
            use_journal(connection)
        for suffix in _COMPANIONS:  # of another one that stood here
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        temporary.rename(path)
    except OSError as exc:
        raise StorageError(
            f"{path} cannot be made: {exc.strerror}.",
            hint="Check the disk's free space and the folder's permissions.",
        ) from exc


def sweep(path: Path) -> None:
    """Delete what a killed run left of a catalogue that it was making. The caller holds the write lock."""
    with contextlib.suppress(OSError):  # then the next run does it
        for leftover in path.parent.glob(f"{_UNFINISHED.format(path.name)}*"):
            leftover.unlink()


def use_journal(connection: apsw.Connection) -> None:
    """Let readers read beside a writer from now on: SQLite's write-ahead log.

    Last, so that nothing waits in the log when the connection is closed: closing keeps quiet about what it
    could not take over.
    """
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise apsw.IOError("the file cannot have a write-ahead log")


def make_index_id() -> str:
    """What tells this catalogue from every other one."""
    return secrets.token_hex(16)


def connect(
    path: Path, *, writable: bool = False, lock: WriteLock | None = None
) -> apsw.Connection:
    """Open the catalogue. Readers cannot write, whatever they try.

    `lock`: the write lock, for who holds it. Raises IndexMissingError, IndexFormatError (a newer format)
    and IndexDamagedError, also for a catalogue that has lost what was published from it.
    """
    if not path.exists():
        raise missing_error(path)
    with (
        keep_left_journal(path.parent)
        if lock is None
        else nullcontext(lock.journal_of) as journal_of
    ):
        if journal_of:
            _check_journal(path, journal_of)
    derived_from = derived.origins(path.parent)
    with map_errors(path):
        connection = _open(path, writable=writable)
        try:
            _set_up(connection, writable=writable)
            _check(path, connection, derived_from)
        except BaseException:
            connection.close()
            raise
    return connection


def _set_up(connection: apsw.Connection, *, writable: bool) -> None:
    connection.set_busy_timeout(_BUSY_TIMEOUT_MS)
    connection.execute("PRAGMA temp_store = MEMORY")
    if writable:
        connection.execute(
            "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -65536"
        )


def _check(path: Path, connection: apsw.Connection, derived_from: Iterable[derived.Origin]) -> None:
    """Refuse what is no catalogue of ours, or older than what was made from it."""
    try:
        version, index_id, published = (
            read_manifest(connection, key) for key in ("format", "index_id", "generation")
        )
    except (apsw.SQLError, ValueError) as exc:
        raise make_damaged_error(path, f"it is not an Inhouse catalogue ({exc})") from exc
    if not isinstance(version, int):
        raise make_damaged_error(path, "it does not say its format")
    if not are_checked(connection):
        raise make_damaged_error(path, "its pages carry no checksums")
    if version > FORMAT:
        raise IndexFormatError(
            f"{path} has format {version}; this program reads up to format {FORMAT}.",
            hint="Use a newer release of Inhouse, or another data folder.",
        )
    if _is_cut_off(path, connection):
        raise make_damaged_error(path, "its last page is cut off")
    newest = max((o.generation for o in derived_from if o.index_id == index_id), default=0)
    if newest > published:
        raise make_damaged_error(
            path,
            f"it stands at generation {published}, but {newest} was published from it; its journal "
            f"({path.name}-wal) is lost, or it is an old copy",
        )


def _is_cut_off(path: Path, connection: apsw.Connection) -> bool:
    """Of a last page that is not whole SQLite reads the rest as zeros; a journal may hold it whole."""
    page_size = int(connection.execute("PRAGMA page_size").fetchone()[0])
    return path.stat().st_size % page_size != 0 and not _journal_bytes(path)


def _journal_bytes(path: Path) -> int:
    journal = path.with_name(f"{path.name}-wal")
    return journal.stat().st_size if journal.exists() else 0


def _check_journal(path: Path, journal_of: str) -> None:
    """Refuse a catalogue without the journal that a killed run left, or with another catalogue's."""
    journal = path.with_name(f"{path.name}-wal")
    is_there = journal.exists()
    own = None  # where the file alone makes no sense, its journal may mend it
    with contextlib.suppress(apsw.Error), contextlib.closing(_open_immutable(path)) as connection:
        own = read_manifest(connection, "index_id")
    if own == journal_of and not is_there:
        raise make_damaged_error(
            path, f"a run that was killed left changes in {journal.name}, which is gone"
        )
    if own not in (None, journal_of) and _journal_bytes(path):
        raise make_damaged_error(path, f"{journal.name} is another catalogue's")


def _open(path: Path, *, writable: bool) -> apsw.Connection:
    if writable:
        return apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE, vfs=load_checksum_vfs())
    flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    quoted = path.absolute().as_uri()
    try:
        connection = apsw.Connection(f"{quoted}?mode=ro", flags=flags, vfs=load_checksum_vfs())
        connection.set_busy_timeout(_BUSY_TIMEOUT_MS)  # a writer that closes the log has it alone
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
    except (apsw.CantOpenError, apsw.ReadOnlyError, apsw.FullError, apsw.IOError) as exc:
        # A WAL database wants a shared-memory file beside it. In a folder that nobody can write to, or on a
        # full disk, there is no writer either, so the file may be read as one that never changes.
        if _journal_bytes(path) or (isinstance(exc, apsw.IOError) and not _lacks_space(exc)):
            raise
        connection = _open_immutable(path)
        _FROZEN.add(connection)
    return connection


def _lacks_space(error: apsw.Error) -> bool:
    """Whether the file of shared memory, or a page, could not be made for want of space."""
    return getattr(error, "extendedresult", 0) in _NO_SPACE


def is_frozen(connection: apsw.Connection) -> bool:
    """Whether it reads the file as one that never changes: so it is opened anew once that can be."""
    return connection in _FROZEN


def _open_immutable(path: Path) -> apsw.Connection:
    """Read the file as one that never changes, without looking for a journal."""
    flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    uri = f"{path.absolute().as_uri()}?immutable=1"
    return apsw.Connection(uri, flags=flags, vfs=load_checksum_vfs())


def read_manifest(connection: apsw.Connection, key: str) -> Any:
    """The manifest's value for `key`, or None."""
    row = connection.execute("SELECT value FROM manifest WHERE key = ?", (key,)).fetchone()
    return None if row is None else json.loads(row[0])


def write_manifest(connection: apsw.Connection, key: str, value: Any) -> None:
    """Set the manifest's value for `key`."""
    connection.execute(
        "INSERT INTO manifest VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
        (key, json.dumps(value)),
    )


@contextlib.contextmanager
def transaction(connection: apsw.Connection, *, write: bool = False) -> Iterator[None]:
    """One transaction: for a reader one unchanging view, for the writer all or nothing."""
    connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
