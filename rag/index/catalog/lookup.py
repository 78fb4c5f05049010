"""Finding chunks by the name of their document, and documents by what is said of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import apsw
import numpy as np

from rag.document import LANGCHAIN_METADATA, PUT_METADATA
from rag.index.catalog import rows, vector_rows
from rag.index.catalog.schema import VISIBLE
from rag.index.search.vectors import Float32


def find_chunks(
    connection: apsw.Connection, generation: int, uris: Iterable[str]
) -> dict[tuple[str, int], int]:
    """Chunk ids of the documents with these uris, by (uri, place in the document)."""
    rows = connection.execute(
        "SELECT d.uri, c.ordinal, c.id FROM documents d JOIN chunks c ON c.document_id = d.id "
        f"WHERE d.uri IN (SELECT value FROM json_each(:uris)) AND {VISIBLE}",
        {"g": generation, "uris": json.dumps(list(uris))},
    )
    return {(uri, ordinal): chunk_id for uri, ordinal, chunk_id in rows}


def read_metadata(
    connection: apsw.Connection, document_ids: Iterable[int]
) -> dict[int, dict[str, Any]]:
    """What is said of these documents, by id."""
    rows = connection.execute(
        "SELECT id, metadata FROM documents WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(document_ids)),),
    )
    return {document_id: json.loads(metadata) for document_id, metadata in rows}


def read_given_metadata(
    connection: apsw.Connection, document_ids: Iterable[int]
) -> dict[int, dict[str, Any]]:
    """What whoever put these documents said of them, by id; others are missing from the result."""
    rows = connection.execute(
        "SELECT id, coalesce(metadata -> ?, metadata -> ?) AS given FROM documents "
        "WHERE id IN (SELECT value FROM json_each(?)) AND given IS NOT NULL",
        (f"$.{PUT_METADATA}", f"$.{LANGCHAIN_METADATA}", json.dumps(list(document_ids))),
    )
    return {document_id: json.loads(given) for document_id, given in rows}


def read_beginnings(connection: apsw.Connection, document_ids: Iterable[int]) -> dict[int, str]:
    """How the texts of these documents begin: their first chunks, by document id."""
    rows = connection.execute(
        "SELECT document_id, group_concat(text, char(10)) FROM (SELECT document_id, text FROM chunks "
        "WHERE document_id IN (SELECT value FROM json_each(?)) AND ordinal < 2 "
        "ORDER BY document_id, ordinal) GROUP BY document_id",
        (json.dumps(list(document_ids)),),
    )
    return dict(rows)


def read_vectors(
    connection: apsw.Connection, generation: rows.Generation, chunk_ids: Sequence[int]
) -> Float32:
    """The stored vectors of these chunks, in their order: (n, dimension) float32."""
    if not chunk_ids:
        return np.empty((0, 0), np.float32)
    places = dict(
        connection.execute(
            "SELECT c.id, v.id FROM chunks c CROSS JOIN vectors v ON v.embedder_id = :e "
            "AND v.key = c.key "
            "WHERE c.id IN (SELECT value FROM json_each(:ids))",
            {"e": generation.embedder_id, "ids": json.dumps(list(chunk_ids))},
        )
    )
    ids = np.asarray([places[i] for i in chunk_ids], np.int64)
    return vector_rows.load_vectors(connection, generation, ids)
