"""Where an index is kept, by the name that `--data` gives the place."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rag.database_address import DatabaseAddress, is_address
from rag.index.catalog.database import CATALOG, has_catalog
from rag.index.catalog.retention import Retention
from rag.index.maintenance.rollback import Rollback, rollback
from rag.index.maintenance.vacuum import Vacuumed, vacuum
from rag.index.maintenance.verify import Verification, verify
from rag.index.protocols import IndexStore
from rag.index.reader import IndexReader
from rag.index.views.next_run import IndexState, read_embedder, read_index_state
from rag.index.views.overview import Overview, read_overview
from rag.index.writer import IndexWriter


def open_store(data: str | os.PathLike[str], *, beside: Path = Path("data")) -> IndexStore:
    """The store at `data`: a folder, or the address of a PostgreSQL database; nothing is read or made yet.

    `beside` is the folder of what stands beside the index of a database on this machine: calibration,
    evaluations, notes of runs. Raises UsageError for an address with a password in it.
    """
    if isinstance(data, str) and is_address(data):
        from rag.index.postgres.store import PostgresStore

        return PostgresStore(DatabaseAddress(data), beside)
    return FolderStore(Path(data))


class FolderStore:
    """An index in a folder: a SQLite catalogue, with FAISS and tantivy beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def exists(self) -> bool:
        """Whether an index was ever made there, even an empty one."""
        return has_catalog(self.folder / CATALOG)

    def open_reader(self) -> IndexReader:
        """The index, open for search."""
        return IndexReader(self.folder)

    def open_writer(
        self,
        embedder: Mapping[str, Any] | None = None,
        *,
        retention: Retention | None = None,
        wait_s: float = 0.0,
        stopped: Callable[[], bool] = lambda: False,
    ) -> IndexWriter:
        """A run with the embedder of this identity; the folder and the index are made if need be."""
        return IndexWriter(
            self.folder, embedder, retention=retention, wait_s=wait_s, stopped=stopped
        )

    def describe(self) -> str:
        """What keeps the index, in a few words; raises what `open_reader` raises."""
        self.open_reader()
        return "every file as it was written"

    def read_overview(self) -> Overview:
        """What the index holds."""
        return read_overview(self.folder)

    def read_embedder(self) -> dict[str, Any] | None:
        """The identity of the embedder that made the index's vectors; None if there is no index yet."""
        return read_embedder(self.folder)

    def read_state(self) -> IndexState | None:
        """What the next run will find; None if there is no index yet."""
        return read_index_state(self.folder)

    def verify(self, *, full: bool = False) -> Verification:
        """Check the index, and build anew what is damaged and can be."""
        return verify(self.folder, full=full)

    def rollback(self, generation: int, *, retention: Retention | None = None) -> Rollback:
        """Publish the state of `generation` again, as a new generation."""
        return rollback(self.folder, generation, retention=retention)

    def vacuum(self, retention: Retention | None = None) -> Vacuumed:
        """Let go of the generations that are not kept any more, and of what nothing uses."""
        return vacuum(self.folder, retention)
