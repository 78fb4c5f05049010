"""A session that may write: one at a time, one run, one generation."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import apsw

from rag.errors import StorageError
from rag.files import make_private_folder
from rag.index import refresh
from rag.index.catalog import database, ledger, migrations, rows
from rag.index.catalog.database import CATALOG
from rag.index.catalog.retention import Retention, drop_unreachable
from rag.index.identity import check_embedder
from rag.index.lock import WriteLock
from rag.index.search import derived, lexical, vectors
from rag.index.search.derived import Derived

Kind = Literal["ingest", "rollback", "reembed"]


class WriteSession:
    """Holds the write lock and the connection; what is staged is published as one generation.

    Used as a context manager. What is staged is durable at every `flush` but seen by nobody before
    `publish`; a session that ends without publishing leaves the published state as it was, and the
    vectors that were paid for stay. Raises IndexLockedError if another run is writing.
    """

    def __init__(
        self,
        data_dir: Path,
        embedder: Mapping[str, Any] | None = None,
        *,
        retention: Retention | None = None,
        replaces_embedder: bool = False,
        wait_s: float = 0.0,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """`embedder` is the identity of the embedder, with its `dimension`; None: the index's own.

        With `replaces_embedder` it may be another than the one that the index was built with.
        `wait_s` and `stopped`: see WriteLock.
        """
        self.data_dir = data_dir
        self._path = data_dir / CATALOG
        self._lock = WriteLock(data_dir, wait_s, stopped)
        self._identity = None if embedder is None else dict(embedder)
        self._retention = retention or Retention()
        self._replaces_embedder = replaces_embedder
        self._changed = False
        self._words: Future[Derived | None] | None = None
        self._wrote = False
        self._unwritable: StorageError | None = None

    def __enter__(self) -> Self:
        if self._identity is not None and not self._replaces_embedder:
            self._make_folder()
        elif not self._path.exists():
            raise database.missing_error(self._path)
        with ExitStack() as stack:
            self._lock.acquire()
            stack.callback(self._lock.release)
            if self._path.exists():
                database.sweep(self._path)
            else:
                database.create(self._path)
            self._connection = self._connect()
            stack.callback(self._close)
            self._open()
            self._exits = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._exits.close()

    def _connect(self) -> apsw.Connection:
        """The connection; on a full disk one that reads, for a run that finds nothing to do."""
        try:
            return database.connect(self._path, writable=True, lock=self._lock)
        except StorageError as exc:
            connection = database.connect(self._path, lock=self._lock)
            if not database.is_frozen(connection):
                connection.close()
                raise
            self._unwritable = exc
            return connection

    def _close(self) -> None:
        with database.map_errors(self._path):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            try:
                self._lock.finish()
            except OSError as exc:
                # The note says that there is a journal, so there has to be one.
                self._connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
                raise StorageError(
                    f"{self.data_dir} cannot be written: {exc.strerror}.",
                    hint="Run again; what was published is safe.",
                ) from exc
            finally:
                self._connection.close()

    def _make_folder(self) -> None:
        try:
            make_private_folder(self.data_dir)
        except OSError as exc:
            raise StorageError(
                f"The data folder {self.data_dir} cannot be made: {exc.strerror}."
            ) from exc

    def _open(self) -> None:
        with database.map_errors(self._path):
            migrations.migrate(self._connection)
            self._index_id: str = database.read_manifest(self._connection, "index_id")
            self._published: int = database.read_manifest(self._connection, "generation")
            self._discard_unpublished()
            self._embedder_id = self._find_embedder()

    @property
    def _dimension(self) -> int:
        return int((self._identity or {})["dimension"])

    @property
    def generation(self) -> int:
        """The published generation; 0 before the first."""
        return self._published

    @property
    def connection(self) -> apsw.Connection:
        """The connection, for reading."""
        return self._connection

    @property
    def embedder_id(self) -> int:
        """The catalogue's number of the session's embedder."""
        return self._embedder_id

    def adopt_embedder(self, embedder_id: int) -> None:
        """Publish with the vectors of this embedder, which the index has used before."""
        self._embedder_id = embedder_id
        self._identity = rows.read_embedder_identity(self._connection, embedder_id)

    def note_end(self) -> None:
        """Say that a run over files ends now, also where it changed nothing; needs no space."""
        self._lock.note_run()

    def map_errors(self) -> AbstractContextManager[None]:
        """Turns SQLite's errors about the catalogue into the house's."""
        return database.map_errors(self._path)

    def begin(self) -> apsw.Connection:
        """The connection, inside the open transaction."""
        self._require_writable()
        if not self._connection.in_transaction:
            self._lock.begin(self._index_id)
            self._words = self._words or self._find_words()
            self._connection.execute("BEGIN IMMEDIATE")
            self._wrote = True
        return self._connection

    def _require_writable(self) -> None:
        if self._unwritable is not None:
            raise self._unwritable

    def _find_words(self) -> Future[Derived | None]:
        """The newest lexical structure, if its files are what was written: found out beside the run.

        What is built on it gets checksums of its own, so damage must not be handed on.
        """
        kept = rows.generations(self._connection)
        candidates = refresh.find_valid(
            self.data_dir, lexical.NAME, lexical.LAYOUT, self._index_id, kept
        )
        pool = ThreadPoolExecutor(1)
        try:
            return pool.submit(refresh.find_first_intact, candidates)
        finally:
            pool.shutdown(wait=False)

    def _transaction(self) -> AbstractContextManager[None]:
        """A transaction of its own, that changes something."""
        self._require_writable()
        self._lock.begin(self._index_id)
        return database.transaction(self._connection, write=True)

    def _discard_unpublished(self) -> None:
        """Take back what a run staged that never published; its vectors stay."""
        unfinished = self._connection.execute(
            "SELECT EXISTS (SELECT 1 FROM documents WHERE born > :g) "
            "OR EXISTS (SELECT 1 FROM documents WHERE died > :g)",
            {"g": self._published},
        ).fetchone()[0]
        if not unfinished:
            return
        with self._transaction():
            self._connection.execute(
                "DELETE FROM chunks WHERE document_id IN (SELECT id FROM documents WHERE born > :g);"
                "DELETE FROM documents WHERE born > :g;"
                "UPDATE documents SET died = NULL WHERE died > :g;",
                {"g": self._published},
            )
            ledger.reconcile(self._connection, self._published)

    def _find_embedder(self) -> int:
        """The id of the session's embedder, which must be the published generation's."""
        current = self._connection.execute(
            "SELECT embedder_id FROM generations WHERE id = ?", (self._published,)
        ).fetchone()
        if self._identity is None:
            if current is None:
                raise database.missing_error(self._path)
            self._identity = rows.read_embedder_identity(self._connection, current[0])
        identity = json.dumps(self._identity, sort_keys=True)
        known = dict(self._connection.execute("SELECT identity, id FROM embedders").fetchall())
        if current and not self._replaces_embedder and known.get(identity) != current[0]:
            old = rows.read_embedder_identity(self._connection, current[0])
            check_embedder(self.data_dir, old, self._identity)
        if identity not in known:
            with self._transaction():
                self._connection.execute(
                    "INSERT INTO embedders (identity, dimension) VALUES (?, ?)",
                    (identity, self._identity["dimension"]),
                )
            return int(self._connection.last_insert_rowid())
        return int(known[identity])

    def flush(self) -> None:
        """Make what is staged durable; nobody sees it yet."""
        if self._connection.in_transaction:
            with database.map_errors(self._path):
                self._connection.execute("COMMIT")

    def publish(self, summary: Mapping[str, Any], kind: Kind = "ingest") -> int:
        """Publish what is staged, if anything changed, and bring the derived structures up to it.

        Returns the published generation.
        """
        with database.map_errors(self._path):
            publishes = self._changed or kind != "ingest"
            if publishes:
                self._publish(summary, kind)
            self.flush()
            self._changed = False
            needed = self.refresh()
            if publishes:
                with self._transaction():
                    drop_unreachable(self._connection, self._retention, needed)
            if self._unwritable is None:
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return self._published

    def _publish(self, summary: Mapping[str, Any], kind: Kind) -> None:
        connection = self.begin()
        generation = self._published + 1
        documents, chunks = rows.count(connection, self._published, generation)
        connection.execute(
            "INSERT INTO generations VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                generation, secrets.token_hex(8), time.time(), kind, self._embedder_id,
                documents, chunks, json.dumps(dict(summary)),
            ),
        )  # fmt: skip
        database.write_manifest(connection, "generation", generation)
        self.flush()
        self._published = generation

    def refresh(self, anew: Collection[str] = ()) -> int:
        """Catch up the derived structures; does nothing where they are what they should be.

        Those named in `anew` are made from the catalogue alone. Returns the oldest generation that one of
        them was made from.
        """
        kept = rows.generations(self._connection)
        if not kept:
            return 0
        newest = kept[max(kept)]
        dense, words = (
            next(iter(refresh.find_valid(self.data_dir, name, layout, self._index_id, kept)), None)
            for name, layout in ((vectors.NAME, vectors.LAYOUT), (lexical.NAME, lexical.LAYOUT))
        )
        if words is not None and words.stamp.origin != rows.origin(self._index_id, newest):
            words = (self._words or self._find_words()).result()
        self._words = None
        structures = refresh.refresh(
            self.data_dir, self._connection, self._index_id, kept, newest,
            vectors_base=None if vectors.NAME in anew else dense,
            lexical_base=None if lexical.NAME in anew else words,
        )  # fmt: skip
        # Also where nothing was made: a run that was killed may have left what it replaced.
        for name, current in zip((vectors.NAME, lexical.NAME), structures, strict=True):
            derived.sweep(self.data_dir, name, current.path)
        return min(structure.stamp.origin.generation for structure in structures)

    def require(self, generation: int) -> rows.Generation:
        """A generation that is still kept. Raises UsageError, which names those that are."""
        kept = rows.generations(self._connection)
        return rows.find_generation(kept, generation, self.data_dir)
