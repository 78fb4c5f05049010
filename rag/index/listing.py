"""Which documents a generation holds."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from rag.index.catalog import database
from rag.index.catalog.schema import VISIBLE
from rag.index.filter import Filter
from rag.index.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class ListedDocument:
    """A document of the index; `Snapshot.text(document_id)` is its text."""

    document_id: int
    uri: str
    title: str
    language: str


def list_documents(snapshot: Snapshot) -> list[ListedDocument]:
    """Every document of the generation, whoever may read it, in order of URI."""
    with database.mapped_errors(snapshot.path):
        rows = snapshot.connection().execute(
            f"SELECT id, uri, title, language FROM documents WHERE {VISIBLE} ORDER BY uri",
            {"g": snapshot.generation.id},
        )
        return [ListedDocument(*row) for row in rows]


def present(snapshot: Snapshot, uris: Iterable[str], filter: Filter) -> frozenset[str]:
    """Those of these documents that the generation holds and the filter lets pass."""
    condition, parameters = filter.sql()
    with database.mapped_errors(snapshot.path):
        rows = snapshot.connection().execute(
            "SELECT uri FROM documents WHERE uri IN (SELECT value FROM json_each(:uris)) "
            f"AND {VISIBLE} AND {condition}",
            {**parameters, "g": snapshot.generation.id, "uris": json.dumps(list(uris))},
        )
        return frozenset(uri for (uri,) in rows)


def page_at(snapshot: Snapshot, document_id: int, position: int) -> int | None:
    """The 1-based page on which a character of a document stands; None where it has no pages."""
    with database.mapped_errors(snapshot.path):
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
