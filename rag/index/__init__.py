"""The index: a SQLite catalogue, and what is derived from it for search."""

from __future__ import annotations

from rag.index.catalog.ledger import IN_INDEX, FileRecord, FileState
from rag.index.filter import EVERYBODY, Filter
from rag.index.reader import IndexReader
from rag.index.snapshot import Snapshot
from rag.index.writer import IndexWriter

__all__ = [
    "EVERYBODY",
    "IN_INDEX",
    "FileRecord",
    "FileState",
    "Filter",
    "IndexReader",
    "IndexWriter",
    "Snapshot",
]
