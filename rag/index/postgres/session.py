"""A run's connection to an index in PostgreSQL: it holds the lock, and what is staged goes through it."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rag.database_address import DatabaseAddress
from rag.errors import IndexLockedError, StorageError
from rag.files import make_private_folder
from rag.index.catalog.retention import Retention
from rag.index.identity import check_embedder
from rag.index.postgres import database
from rag.index.postgres.creation import create
from rag.index.postgres.database import Rows, map_errors, to_json
from rag.index.postgres.schema import (
    BM25,
    DISCARD,
    LOCK,
    RECONCILE,
    SCHEMA,
    SERVER_RUN,
    UNKNOWN_RUN,
    UNPUBLISHED,
)

_BETWEEN_LOOKS_S = 0.2


class PostgresSession:
    """Holds the advisory lock on the connection that writes, so that a run that lost either has lost both.

    Used as a context manager. Raises IndexLockedError if another run is writing.
    """

    def __init__(
        self,
        address: DatabaseAddress,
        folder: Path,
        embedder: Mapping[str, Any] | None = None,
        *,
        retention: Retention | None = None,
        wait_s: float = 0.0,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """`embedder` is the identity of the embedder, with its `dimension`; None: the index's own."""
        self.data_dir = folder
        self.address = address
        self._identity = None if embedder is None else dict(embedder)
        self.retention = retention or Retention()
        self._wait_s, self._stopped = wait_s, stopped
        self.generation = 0
        """The published generation; 0 before the first."""
        self.embedder_id = 0
        self.has_changes = False
        """Whether what is staged makes a new generation."""
        self.has_written = False

    def __enter__(self) -> Self:
        try:
            make_private_folder(self.data_dir)
        except OSError as exc:
            raise StorageError(f"{self.data_dir} cannot be made: {exc.strerror}.") from exc
        self.connection = database.connect(self.address, writable=True)
        try:
            with map_errors(self.address):
                self._lock()
                self._open()
        except BaseException:
            self.connection.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        with contextlib.suppress(database.import_driver().Error):  # the server may be away
            self.connection.rollback()
            # With the connection the lock goes as well, but only when the server gets round to it.
            self.connection.execute("SELECT pg_advisory_unlock_all()")
            self.connection.commit()
        self.connection.close()  # what was not flushed goes with it

    @property
    def dimension(self) -> int:
        """How many numbers a vector of the session's embedder has."""
        return int((self._identity or {})["dimension"])

    def _lock(self) -> None:
        last = time.monotonic() + self._wait_s
        while True:
            free = self.value("SELECT pg_try_advisory_lock(%(lock)s)", lock=LOCK)
            self.connection.commit()
            if free:
                return
            if time.monotonic() >= last or self._stopped():
                holder = read_holder(self.query) or "it has only just begun"
                raise IndexLockedError(
                    f"Another run is writing to {self.address}: {holder}.",
                    hint="Wait until it has finished, then run again.",
                )
            time.sleep(_BETWEEN_LOOKS_S)

    def _open(self) -> None:
        if self.value("SELECT to_regclass(%(name)s)", name=f"{SCHEMA}.manifest") is None:
            if self._identity is None:
                raise database.missing_error(self.address)
            create(self.connection, self.address)
        database.check_format(database.read_manifest(self.query, "format"), self.address)
        self.generation = int(database.read_manifest(self.query, "generation"))
        if self.query(UNPUBLISHED, {"g": self.generation}):
            for statement in (*DISCARD, *RECONCILE):
                self.execute(statement, g=self.generation)
        self.embedder_id = self._find_embedder()
        self.connection.commit()
        self._mend_bm25()

    def _mend_bm25(self) -> None:
        """Build the server's BM25 anew if it may have lost words in a crash."""
        run, built_in = self.value(f"SELECT {SERVER_RUN}"), database.read_manifest(self.query, BM25)
        if built_in and (run is None or built_in != run):
            self.write_manifest(BM25, UNKNOWN_RUN)
            self.connection.commit()
            self.connection.execute("REINDEX INDEX proposals_terms; COMMIT")
            self.write_manifest(BM25, run or UNKNOWN_RUN)
        self.connection.commit()

    def _find_embedder(self) -> int:
        """The id of the session's embedder, which must be the published generation's."""
        current = self.query(
            "SELECT e.id, e.identity FROM generations g JOIN embedders e ON e.id = g.embedder_id "
            "WHERE g.id = %(g)s",
            {"g": self.generation},
        )
        if self._identity is None:
            if not current:
                raise database.missing_error(self.address)
            self._identity = json.loads(current[0][1])
        identity = json.dumps(self._identity, sort_keys=True)
        if current and current[0][1] != identity:
            check_embedder(self.address, json.loads(current[0][1]), self._identity)
        self.execute(
            "INSERT INTO embedders (identity, dimension) VALUES (%(identity)s, %(dimension)s) "
            "ON CONFLICT DO NOTHING",
            identity=identity,
            dimension=self._identity["dimension"],
        )
        return int(
            self.value("SELECT id FROM embedders WHERE identity = %(identity)s", identity=identity)
        )

    def query(self, statement: str, parameters: Mapping[str, Any] | None = None) -> Rows:
        """All rows of a statement, in the open transaction."""
        with self.connection.cursor(binary=True) as cursor:
            rows: Rows = cursor.execute(statement.encode(), parameters or {}).fetchall()
            return rows

    def read(self, statement: str, **parameters: Any) -> Rows:
        """All rows of a statement that stands alone."""
        with map_errors(self.address):
            return self.query(statement, parameters)

    def value(self, statement: str, **parameters: Any) -> Any:
        """The one value of the one row of a statement."""
        return self.query(statement, parameters)[0][0]

    def execute(self, statement: str, **parameters: Any) -> int:
        """Change rows, in the open transaction; returns how many."""
        return int(self.connection.execute(statement.encode(), parameters).rowcount)

    def stage(self, statement: str, **parameters: Any) -> int:
        """Change rows of the run; returns how many."""
        self.has_written = True
        return self.execute(statement, **parameters)

    def write_manifest(self, key: str, value: Any) -> None:
        """Keep a value under a key of the manifest."""
        self.execute(
            "INSERT INTO manifest VALUES (%(key)s, %(value)s) "
            "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            key=key,
            value=to_json(value),
        )

    def note_end(self) -> None:
        """Say that a run over files ends now, also where it changed nothing."""
        with map_errors(self.address):
            self.write_manifest("last_look", time.time())
        self.flush()

    def flush(self) -> None:
        """Make what is staged durable; nobody sees it yet."""
        with map_errors(self.address):
            self.connection.commit()


def read_holder(query: Any) -> str:
    """Which run holds the lock, since when; "" if none does."""
    rows = query(
        "SELECT a.application_name, extract(epoch FROM now() - a.backend_start)::bigint "
        "FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND l.granted "
        "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
        "AND (l.classid::bigint << 32 | l.objid::bigint) = %(lock)s",
        {"lock": LOCK},
    )
    if not rows:
        return ""
    name, age = rows[0]
    process, _, host = name.rpartition(" ")[2].partition("@")
    holder = f"process {process} on {host}"
    # The server shows the age of another role's session to few.
    return holder if age is None else f"{holder}, for {max(0, age)} s"
