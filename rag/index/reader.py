"""Opening an index for search, and following it from generation to generation."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
import weakref
from pathlib import Path

import apsw

from rag.errors import IndexDamagedError, IndexLockedError, StorageError, UsageError
from rag.index import refresh
from rag.index.catalog import database, rows
from rag.index.catalog.database import CATALOG
from rag.index.lock import WriteLock, describe_holder
from rag.index.search import derived, lexical, vectors
from rag.index.search.derived import Derived
from rag.index.search.lexical import LexicalIndex
from rag.index.search.vectors import VectorIndex
from rag.index.snapshot import FolderSnapshot

_ATTEMPTS = 20


class IndexReader:
    """Gives the newest published state of the index in `data_dir`, as a `FolderSnapshot`.

    Any number of readers, in any number of processes, work beside one writer; none waits for it. Raises
    IndexMissingError if nothing was ever published there.
    """

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self._path = data_dir / CATALOG
        self._lock, self._process = threading.Lock(), os.getpid()
        self._file: tuple[int, int] | None = None
        self._connection: apsw.Connection
        self._follow()
        self.snapshot()

    def _follow(self) -> None:
        """Open the catalogue, anew where another file has taken its place.

        Raises IndexMissingError if it is gone: what is still open would be an index that nobody can see.
        """
        file = database.identity(self._path)
        is_same = file == self._file
        if is_same and not database.is_frozen(self._connection):
            return
        connection = database.connect(self._path)
        if is_same and database.is_frozen(connection):
            return  # the disk is still full, or the folder still read-only
        self._connection = connection
        self._snapshot: FolderSnapshot | None = None
        self._checked: set[derived.FileKey] = set()
        self._file = file

    def snapshot(self) -> FolderSnapshot:
        """The newest published state; the same object until there is a newer one.

        Raises UsageError in a process that was forked from the one that opened it: SQLite and the threads of
        the embedder do not survive that.
        """
        if os.getpid() != self._process:
            raise UsageError(
                f"The index in {self.data_dir} was opened before this process was forked.",
                hint="Open it in each process, after the fork; gunicorn: without --preload.",
            )
        with self._lock, database.map_errors(self._path):
            self._follow()
            published = database.read_manifest(self._connection, "generation")
            if published is None or published == 0:
                raise database.make_empty_error(self._path)
            if self._snapshot is None or self._snapshot.generation.id != published:
                self._snapshot = self._open()
            return self._snapshot

    def _open(self) -> FolderSnapshot:
        """Open the structures, again if a writer was at work on them meanwhile."""
        for _ in range(_ATTEMPTS):
            fingerprint = refresh.fingerprint(self.data_dir, self._connection)
            try:
                with database.transaction(self._connection):
                    return self._open_once()
            except (IndexDamagedError, StorageError, OSError) as exc:
                # Storage: what a private structure was to be built on may have been swept meanwhile.
                if refresh.fingerprint(self.data_dir, self._connection) != fingerprint:
                    continue
                if isinstance(exc, OSError):
                    raise StorageError(
                        f"{self.data_dir} cannot be read: {exc.strerror or exc}.",
                        hint="Check the disk and the folder's permissions.",
                    ) from exc
                raise
        raise IndexLockedError(
            f"The index in {self.data_dir} changes faster than it can be opened.",
            hint="Try again when fewer runs are writing to it.",
        )

    def _open_once(self) -> FolderSnapshot:
        connection = self._connection
        index_id = database.read_manifest(connection, "index_id")
        kept = rows.generations(connection)
        if not kept:
            raise database.make_damaged_error(
                self._path, "it does not know the generation that it published"
            )
        newest = kept[max(kept)]
        words = refresh.find_first_intact(
            self._valid(lexical.NAME, lexical.LAYOUT, index_id, kept), self._checked
        )
        generation = newest if words is None else kept[words.stamp.origin.generation]
        dense = refresh.find_first_intact(
            (
                candidate
                for candidate in self._valid(vectors.NAME, vectors.LAYOUT, index_id, kept)
                if kept[candidate.stamp.origin.generation].embedder_id == generation.embedder_id
            ),
            self._checked,
        )
        if dense is None or words is None or generation.id != newest.id:
            repaired = self._repair(index_id, kept, newest, dense, words)
            if repaired is not None:
                generation, (dense, words) = newest, repaired
        if dense is None or words is None:
            raise IndexDamagedError(
                f"The index in {self.data_dir} cannot be repaired now.",
                hint="See why: inhouse verify",
            )
        return self._make_snapshot(generation, dense, words)

    def _make_snapshot(
        self, generation: rows.Generation, dense: Derived, words: Derived
    ) -> FolderSnapshot:
        """A snapshot of these structures, which are opened once."""
        before = self._snapshot
        if before is None:
            opened = VectorIndex(dense), LexicalIndex(words)
        elif before.generation == generation:
            return before
        else:
            opened = (
                before.vectors if before.vectors.source == dense else VectorIndex(dense),
                LexicalIndex(words),
            )
        return FolderSnapshot(self._path, self._connection, generation, *opened)

    def _valid(
        self, name: str, layout: int, index_id: str, kept: dict[int, rows.Generation]
    ) -> list[Derived]:
        return refresh.find_valid(self.data_dir, name, layout, index_id, kept)

    def _repair(
        self,
        index_id: str,
        kept: dict[int, rows.Generation],
        newest: rows.Generation,
        dense: Derived | None,
        words: Derived | None,
    ) -> tuple[Derived, Derived] | None:
        """Rebuild what is missing, stale or damaged; None if the previous state is still usable.

        If a writer is at work, what is merely stale is its to renew. Otherwise, or if nothing may be
        written here, it is built in a private folder that goes with this reader.
        """

        def build(target: Path) -> tuple[Derived, Derived]:
            return refresh.refresh(
                target,
                self._connection,
                index_id,
                kept,
                newest,
                vectors_base=dense,
                lexical_base=words,
            )

        try:
            with WriteLock(self.data_dir):
                with contextlib.closing(database.connect(self._path)) as now:
                    if database.read_manifest(now, "generation") != newest.id:
                        raise IndexDamagedError(f"{self.data_dir} has moved on.")  # look again
                structure = build(self.data_dir)
                derived.sweep(self.data_dir, vectors.NAME, structure[0].path)
                derived.sweep(self.data_dir, lexical.NAME, structure[1].path)
                return structure
        except IndexLockedError:
            is_at_work = True
        except StorageError:  # a full disk, or a folder that is read-only for us
            is_at_work = bool(describe_holder(self.data_dir))
        if is_at_work and dense is not None and words is not None:
            return None
        private = Path(tempfile.mkdtemp(prefix="inhouse-"))
        weakref.finalize(self, shutil.rmtree, private, ignore_errors=True)
        return build(private)
