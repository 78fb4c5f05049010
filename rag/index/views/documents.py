"""Opening a document to read on around a passage, for those who may read it."""

from __future__ import annotations

import json
import weakref
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag.document import SECTION_SEPARATOR
from rag.index.catalog import database
from rag.index.catalog.schema import VISIBLE
from rag.index.filter import Filter
from rag.index.views.files import name_of

if TYPE_CHECKING:
    from rag.index.snapshot import FolderSnapshot


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document of one generation. `characters` is the length of its text."""

    document_id: int
    uri: str
    root: str
    title: str
    media_type: str
    source_sha256: str
    modified_at: float | None
    characters: int


class FolderDocumentView:
    """One generation of the index as somebody may read it: what they may not is not there.

    `generation` is its number.
    """

    def __init__(self, snapshot: FolderSnapshot, filter: Filter) -> None:
        self.generation = snapshot.generation.id
        self._snapshot, self._filter = snapshot, filter

    def document(self, uri: str) -> StoredDocument | None:
        """The document with this URI; None if it is not there, or not for this reader."""
        condition, parameters = self._filter.sql()
        row = self._first(
            "SELECT d.id, uri, root, title, media_type, source_sha256, modified_at, length(t.text) "
            f"FROM documents d JOIN texts t ON t.id = d.text_id WHERE uri = :uri AND {VISIBLE} AND "
            f"d.id IN (SELECT id FROM documents WHERE uri = :uri AND {condition})",
            {"uri": uri, "g": self.generation, **parameters},
        )
        return StoredDocument(*row) if row else None

    def name(self, uri: str) -> str:
        """The short name of a document, which is no permission; see `named`."""
        return _references(self._snapshot).name(uri)

    def named(self, name: str) -> StoredDocument | None:
        """The document of that short name; None if it is not there, or not for this reader."""
        uri = _references(self._snapshot).uri(name)
        return None if uri is None else self.document(uri)

    def text(self, document: StoredDocument, start: int, end: int) -> str:
        """Characters `start` to `end` of its text."""
        start = max(0, start)
        return self._snapshot.slice(document.document_id, start, max(start, end))

    def place(self, document: StoredDocument, position: int) -> tuple[int | None, str | None]:
        """The page and the section (outermost heading first) that a character stands in, where known."""
        row = self._first(
            "SELECT page, section FROM chunks WHERE document_id = ? AND start <= ? "
            "ORDER BY start DESC LIMIT 1",
            (document.document_id, position),
        )
        if row is None:
            return None, None
        return row[0], SECTION_SEPARATOR.join(json.loads(row[1])) or None

    def page_start(self, document: StoredDocument, page: int) -> int | None:
        """Where the text of a page begins; None for a page without text."""
        row = self._first(
            "SELECT min(start) FROM chunks WHERE document_id = ? AND page = ?",
            (document.document_id, page),
        )
        return row[0] if row else None

    def _first(self, query: str, parameters: Any) -> Any:
        with database.map_errors(self._snapshot.path):
            return self._snapshot.connection().execute(query, parameters).fetchone()


class _References:
    """Short names that say nothing of where a file lies or how many there are.

    They stay the same for the life of the index.
    """

    def __init__(self, snapshot: FolderSnapshot) -> None:
        with database.map_errors(snapshot.path):
            index_id = str(database.read_manifest(snapshot.connection(), "index_id"))
            uris: Iterable[tuple[str]] = snapshot.connection().execute(
                f"SELECT uri FROM documents WHERE {VISIBLE}", {"g": snapshot.generation.id}
            )
            self._key = index_id.encode()[:64]
            self._uris = {self.name(uri): uri for (uri,) in uris}

    def name(self, uri: str) -> str:
        return name_of(self._key, uri)

    def uri(self, name: str) -> str | None:
        return self._uris.get(name)


_kept: weakref.WeakKeyDictionary[FolderSnapshot, _References] = weakref.WeakKeyDictionary()


def _references(snapshot: FolderSnapshot) -> _References:
    view = _kept.get(snapshot)
    if view is None:
        view = _kept[snapshot] = _References(snapshot)
    return view


@dataclass(frozen=True, slots=True)
class ListedDocument:
    """A document of the index; `Snapshot.text(document_id)` is its text."""

    document_id: int
    uri: str
    title: str
    language: str


def list_documents(snapshot: FolderSnapshot) -> list[ListedDocument]:
    """Every document of the generation, whoever may read it, in order of URI."""
    with database.map_errors(snapshot.path):
        rows = snapshot.connection().execute(
            f"SELECT id, uri, title, language FROM documents WHERE {VISIBLE} ORDER BY uri",
            {"g": snapshot.generation.id},
        )
        return [ListedDocument(*row) for row in rows]


def find_present(snapshot: FolderSnapshot, uris: Iterable[str], filter: Filter) -> frozenset[str]:
    """Those of these documents that the generation holds and the filter lets pass."""
    condition, parameters = filter.sql()
    with database.map_errors(snapshot.path):
        rows = snapshot.connection().execute(
            "SELECT uri FROM documents WHERE uri IN (SELECT value FROM json_each(:uris)) "
            f"AND {VISIBLE} AND {condition}",
            {**parameters, "g": snapshot.generation.id, "uris": json.dumps(list(uris))},
        )
        return frozenset(uri for (uri,) in rows)


def page_at(snapshot: FolderSnapshot, document_id: int, position: int) -> int | None:
    """The 1-based page on which a character of a document stands; None where it has no pages."""
    with database.map_errors(snapshot.path):
        row = (
            snapshot.connection()
            .execute(
                "SELECT page FROM chunks WHERE document_id = ? AND start <= ? "
                "ORDER BY start DESC LIMIT 1",
                (document_id, position),
            )
            .fetchone()
        )
    page: int | None = row[0] if row else None
    return page
