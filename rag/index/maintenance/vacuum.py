"""Letting go of everything that is not kept any more, and giving its room back to the disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rag.index.catalog import retention, rows
from rag.index.catalog.database import CATALOG
from rag.index.catalog.retention import Dropped, Retention
from rag.index.search import lexical, vectors
from rag.index.session import WriteSession

_FREE_SHARE = 0.1
"""The file is written anew when more than this share of it is free."""


@dataclass(frozen=True, slots=True)
class Vacuumed:
    """What a vacuum did: counts of deleted rows, bytes of the catalogue before and after."""

    dropped: Dropped
    oldest_generation: int
    bytes_before: int
    bytes_after: int


def vacuum(data_dir: Path, keep: Retention | None = None) -> Vacuumed:
    """Delete what no kept generation shows, vectors that nothing uses, and the file's free room.

    Every run that publishes does the first by itself. This one also makes derived structures anew that hold
    on to old generations. Raises IndexLockedError while another run is writing.
    """
    keep = keep or Retention()
    path = data_dir / CATALOG
    with WriteSession(data_dir, retention=keep) as session, session.map_errors():
        before = path.stat().st_size
        connection = session.connection
        oldest = retention.find_oldest_kept(rows.generations(connection), keep)
        needed = session.refresh()
        if needed < oldest:
            needed = session.refresh(anew=(vectors.NAME, lexical.NAME))
        session.begin()
        dropped = retention.drop_unreachable(connection, keep, needed)
        dropped += retention.drop_orphans(connection)
        session.flush()
        pages, free = (
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count")
        )
        if free > pages * _FREE_SHARE:
            connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return Vacuumed(dropped, min(rows.generations(connection)), before, path.stat().st_size)
