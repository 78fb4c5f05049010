"""Connections to PostgreSQL, its errors as `rag.errors`, and vectors as it takes them."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import socket
import weakref
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from rag.database_address import DatabaseAddress
from rag.errors import (
    IndexDamagedError,
    IndexFormatError,
    IndexMissingError,
    InhouseError,
    StorageError,
    UsageError,
)
from rag.extras import require_extra
from rag.index.postgres.schema import FORMAT, SCHEMA
from rag.index.search.vectors import Float32

Connection: TypeAlias = Any
"""psycopg's, which is not installed everywhere."""
Rows: TypeAlias = list[tuple[Any, ...]]
BY_INDEX = ("enable_sort = off", "enable_hashjoin = off", "enable_mergejoin = off", "jit = off")
"""Settings for a statement whose order is to come from an index: the planner would rather sort everything."""
_CONNECT_S = 10
_KEEPALIVE = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3}
"""A server that is cut off is noticed after half a minute, and so is a run that is: its lock is freed."""
_APPLICATION = "inhouse"
_NEVER = "\uffff"
"""Unicode's noncharacter, which stands in no text."""
_NO_DATABASE = re.compile('database ".*" does not exist')
_NOT_LET_IN = re.compile(
    'authentication failed|no password supplied|no pg_hba.conf entry|role ".*" does not exist'
)
"""What a server says in English; in another language these are among those that do not answer."""
_LATER = "Look at the server, and run again; what was published is safe."


@functools.cache
def import_driver() -> Any:
    """psycopg, which is an optional part."""
    require_extra("postgres", "An index in PostgreSQL")
    import psycopg

    return psycopg


@contextlib.contextmanager
def map_errors(address: DatabaseAddress) -> Iterator[None]:
    """Turn psycopg's errors about the database into those of `rag.errors`."""
    try:
        yield
    except import_driver().Error as exc:
        raise _map(exc, address) from exc


def _map(exc: Any, address: DatabaseAddress) -> InhouseError:
    errors = import_driver().errors
    reason = (exc.diag.message_primary or str(exc).strip().partition("\n")[0]).rstrip(".")
    if isinstance(exc, errors.DiskFull):
        return StorageError(
            f"The disk of the database {address} is full.",
            hint="Free some space and run again; what was published is safe.",
        )
    if isinstance(exc, errors.UndefinedTable | errors.InvalidSchemaName):
        return missing_error(address)
    if isinstance(exc, errors.InsufficientPrivilege):
        return StorageError(
            f"The database {address} does not allow this: {reason}.",
            hint="Ask whoever runs it for the right.",
        )
    if isinstance(exc, errors.ReadOnlySqlTransaction):
        return StorageError(
            f"The database {address} is read-only, a standby perhaps.",
            hint="Searching works there; write to the primary server.",
        )
    if isinstance(exc, errors.DataCorrupted | errors.IndexCorrupted):
        return IndexDamagedError(
            f"The database {address} is damaged: {reason}.", hint="Restore it from its backup."
        )
    if isinstance(exc, errors.OperationalError):
        refusal = reason.rpartition("FATAL:  ")[2].rpartition("failed: ")[2]
        if _NO_DATABASE.search(reason):
            return StorageError(
                f"There is no database {address}: {refusal}.",
                hint="Make it with createdb, or correct the address.",
            )
        if _NOT_LET_IN.search(reason):
            return StorageError(
                f"The database {address} does not let this user in: {refusal}.",
                hint="Look at the user in the address, and at the password in ~/.pgpass, PGPASSFILE or a "
                "service file.",
            )
        return StorageError(f"The database {address} does not answer: {reason}.", hint=_LATER)
    return StorageError(f"The database {address} failed: {type(exc).__name__}: {reason}.")


def missing_error(address: DatabaseAddress) -> IndexMissingError:
    """The error for a database without an index."""
    return IndexMissingError(
        f"There is no index in {address}, or its user may not read the schema {SCHEMA}.",
        hint="Make one with: inhouse ingest FOLDER",
    )


def connect(address: DatabaseAddress, *, writable: bool = False) -> Connection:
    """Open a connection that reads, or one that writes and commits when it is told to."""
    psycopg = import_driver()
    with map_errors(address):
        connection: Connection = psycopg.connect(
            address.uri,
            autocommit=not writable,
            prepare_threshold=None,
            connect_timeout=_CONNECT_S,
            application_name=f"{_APPLICATION} {os.getpid()}@{socket.gethostname()}"[:63],
            client_encoding="utf8",
            **_KEEPALIVE,
        )
        connection.read_only = None if writable else True
        connection.execute(f"SET search_path = {SCHEMA}, public")
        # A plan for one filter is no plan for another.
        connection.execute("SET plan_cache_mode = force_custom_plan")
        if writable:
            connection.commit()
        return connection


class ReadConnections:
    """Connections that read, as many as are in use at a time; one that was lost is made anew.

    Safe to share between threads. They are closed with this object.
    """

    def __init__(self, address: DatabaseAddress) -> None:
        self.address = address
        self._idle: list[Connection] = []
        self._process = os.getpid()
        weakref.finalize(self, _close, self._idle, self._process)

    def query(
        self,
        statement: str,
        parameters: Mapping[str, Any] | None = None,
        settings: Sequence[str] = (),
    ) -> Rows:
        """All rows of a statement, with settings for it alone; sent again once if the server was away."""
        if os.getpid() != self._process:
            raise UsageError(
                f"The index in {self.address} was opened before this process was forked.",
                hint="Open it in each process, after the fork; gunicorn: without --preload.",
            )
        with map_errors(self.address):
            try:
                connection = self._idle.pop()
            except IndexError:
                connection = connect(self.address)
            else:
                try:
                    return self._run(connection, statement, parameters, settings)
                except import_driver().OperationalError:
                    if not connection.closed:
                        raise
                    connection = connect(self.address)
            return self._run(connection, statement, parameters, settings)

    def _run(
        self,
        connection: Connection,
        statement: str,
        parameters: Mapping[str, Any] | None,
        settings: Sequence[str],
    ) -> Rows:
        parameters = {name: _askable(value) for name, value in (parameters or {}).items()}
        try:
            with connection.cursor(binary=True) as cursor:
                if settings:
                    # In one go: a transaction that waited for this program would keep writers waiting.
                    with connection.pipeline(), connection.transaction():
                        for setting in settings:
                            connection.execute(f"SET LOCAL {setting}".encode())
                        cursor.execute(statement.encode(), parameters)
                else:
                    cursor.execute(statement.encode(), parameters)
                rows: Rows = cursor.fetchall()
                return rows
        except BaseException:
            if connection.info.transaction_status != import_driver().pq.TransactionStatus.IDLE:
                connection.close()
            raise
        finally:
            if not connection.closed:
                self._idle.append(connection)


def _close(connections: list[Connection], process: int) -> None:
    """Close what is idle, in the process that opened it."""
    while connections and os.getpid() == process:
        connections.pop().close()


def read_manifest(query: Any, key: str) -> Any:
    """The manifest's value for `key`, or None; `query` as `ReadConnections.query`."""
    rows = query("SELECT value FROM manifest WHERE key = %(key)s", {"key": key})
    return rows[0][0] if rows else None


def check_format(version: Any, address: DatabaseAddress) -> None:
    """Refuse an index of another format than this program's."""
    if not isinstance(version, int):
        raise IndexDamagedError(f"The index in {address} does not say its format.")
    if version != FORMAT:
        newer = version > FORMAT
        raise IndexFormatError(
            f"The index in {address} has format {version}; this program reads format {FORMAT}.",
            hint="Use a newer release of Inhouse." if newer else "Ingest into an empty database.",
        )


def to_json(value: Any) -> str:
    """JSON that a jsonb column takes: it holds no character 0."""
    return json.dumps(value).replace("\\u0000", "\\ufffd")


def to_text(text: str) -> str:
    """A text that a text column takes: as long as it was, without the character 0."""
    return text.replace("\0", "\ufffd")


def _askable(value: Any) -> Any:
    """A value to compare with: a text with the character 0, which no column holds, equals nothing there."""
    if isinstance(value, str):
        return value.replace("\0", _NEVER)
    if isinstance(value, list):
        return [entry for entry in value if not (isinstance(entry, str) and "\0" in entry)]
    return value


def to_halfvec(vector: Float32) -> str:
    """A vector as pgvector reads it; half precision stands whole in five digits."""
    return f"[{','.join(np.char.mod('%.5g', vector.astype(np.float16).astype(np.float32)))}]"


def to_vector(vector: Float32) -> str:
    """A vector in single precision as pgvector reads it."""
    return f"[{','.join(map(repr, vector.tolist()))}]"


def from_halfvec(stored: bytes) -> Float32:
    """A vector as pgvector sends it in binary: length and flags, then big-endian half precision."""
    return np.frombuffer(stored, ">f2", offset=4).astype(np.float32)
