"""The index: what it offers (`protocols`), and the store that keeps it in a folder."""

from __future__ import annotations

from rag.index.catalog.ledger import IN_INDEX, FileRecord, FileState
from rag.index.filter import EVERYBODY, Filter
from rag.index.protocols import (
    DocumentView,
    FileList,
    IndexStore,
    Snapshot,
    StoreReader,
    StoreWriter,
)
from rag.index.reader import IndexReader
from rag.index.stores import FolderStore, open_store
from rag.index.writer import IndexWriter

__all__ = [
    "EVERYBODY",
    "IN_INDEX",
    "DocumentView",
    "FileList",
    "FileRecord",
    "FileState",
    "Filter",
    "FolderStore",
    "IndexReader",
    "IndexStore",
    "IndexWriter",
    "Snapshot",
    "StoreReader",
    "StoreWriter",
    "open_store",
]
