"""Bringing an older catalogue up to this program's format, one step at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import apsw

from rag.errors import IndexFormatError
from rag.index.catalog import database
from rag.index.catalog.schema import FORMAT

Step = Callable[[apsw.Connection], None]


def _count_pages(connection: apsw.Connection) -> None:
    """Format 2: the ledger knows how many pages a file has, and how many of them hold text."""
    for column in ("pages", "pages_with_text"):
        connection.execute(f"ALTER TABLE files ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0")


def _note_unread(connection: apsw.Connection) -> None:
    """Format 3: the ledger knows what was not read of a file, and which reader read it."""
    for column, default in (("unread", "{}"), ("reader", "")):
        connection.execute(
            f"ALTER TABLE files ADD COLUMN {column} TEXT NOT NULL DEFAULT '{default}'"
        )


def _note_changes(connection: apsw.Connection) -> None:
    """Format 4: the ledger knows when a file's content or its name was changed last."""
    connection.execute("ALTER TABLE files ADD COLUMN changed_ns INTEGER NOT NULL DEFAULT 0")


STEPS: Mapping[int, Step] = {1: _count_pages, 2: _note_unread, 3: _note_changes}
"""`STEPS[n]` turns a catalogue of format n into one of format n + 1."""


def migrate(
    connection: apsw.Connection, steps: Mapping[int, Step] = STEPS, target: int = FORMAT
) -> int:
    """Take the catalogue to format `target`, all steps or none; returns the format it had.

    The caller holds the write lock. Raises IndexFormatError if a step is missing: the format is older than
    what this program can still read.
    """
    version: int = database.read_manifest(connection, "format")
    if version >= target:
        return version
    missing = [number for number in range(version, target) if number not in steps]
    if missing:
        raise IndexFormatError(
            f"The catalogue has format {version}; this program cannot read formats below "
            f"{missing[-1] + 1}.",
            hint="Use an older release first, or move catalog.db, vectors-… and lexical-… away and ingest "
            "again; accounts and evaluations stay.",
        )
    with database.transaction(connection, write=True):
        for number in range(version, target):
            steps[number](connection)
        database.write_manifest(connection, "format", target)
    return version
