"""Reading the vectors that the catalogue holds."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import apsw
import numpy as np

from rag.errors import IndexDamagedError
from rag.index.catalog.rows import Generation
from rag.index.catalog.schema import VISIBLE, encode_ids, limit_to_ids
from rag.index.search.vectors import Batch, Float32, Int64

_BATCH = 4096


def read_vector_batches(
    connection: apsw.Connection, generation: Generation, document_ids: Int64 | None = None
) -> Iterator[Batch]:
    """The vectors of a generation, or of some of its documents, in order of chunk id.

    Raises IndexDamagedError for one that has another length, or a value that is not finite.
    """
    dimension = read_embedder_dimension(connection, generation.embedder_id)
    # CROSS JOIN is SQLite's word for "in this order": of its own accord it may begin with every vector.
    tables = (
        "chunks c CROSS JOIN documents d ON d.id = c.document_id"
        if document_ids is None
        else "documents d CROSS JOIN chunks c ON c.document_id = d.id"
    )
    rows = connection.execute(
        f"SELECT c.id, c.document_id, v.id, v.vector FROM {tables} "
        "CROSS JOIN vectors v ON v.embedder_id = :e AND v.key = c.key "
        f"WHERE {VISIBLE} {limit_to_ids(document_ids, 'd.id')} ORDER BY c.id",
        {"g": generation.id, "e": generation.embedder_id, "ids": encode_ids(document_ids)},
    )
    while batch := list(itertools.islice(rows, _BATCH)):
        chunks, documents, ids, blobs = zip(*batch, strict=True)
        yield Batch(
            np.asarray(chunks, np.int64),
            np.asarray(documents, np.int64),
            np.asarray(ids, np.int64),
            _decode(blobs, dimension),
        )


def _decode(blobs: Sequence[bytes], dimension: int) -> Float32:
    """(n, dimension) float32. Raises IndexDamagedError for what is no such vector."""
    if any(len(blob) != 2 * dimension for blob in blobs):
        raise _not_a_vector(f"a length other than {dimension}")
    vectors = np.frombuffer(b"".join(blobs), np.float16).reshape(-1, dimension)
    if not np.isfinite(vectors).all():
        raise _not_a_vector("a value that is not finite")
    return vectors.astype(np.float32)


def _not_a_vector(what: str) -> IndexDamagedError:
    return IndexDamagedError(
        f"The catalogue holds a vector with {what}.", hint="See which: inhouse verify --full"
    )


def load_vectors(connection: apsw.Connection, generation: Generation, vector_ids: Int64) -> Float32:
    """The stored vectors, in the order of `vector_ids`: (n, dimension) float32.

    Raises IndexDamagedError if one is not there any more, or is no vector.
    """
    vectors: dict[int, bytes] = dict(
        connection.execute(
            f"SELECT id, vector FROM vectors WHERE TRUE {limit_to_ids(vector_ids, 'id')}",
            {"ids": encode_ids(vector_ids)},
        )
    )
    dimension = read_embedder_dimension(connection, generation.embedder_id)
    try:
        return _decode([vectors[vector_id] for vector_id in vector_ids.tolist()], dimension)
    except KeyError as exc:
        raise IndexDamagedError(
            f"The catalogue does not hold the vector {exc} any more.",
            hint="Search the newest generation; if that fails as well: inhouse verify",
        ) from exc


def read_embedder_dimension(connection: apsw.Connection, embedder_id: int) -> int:
    """Length of the vectors with this embedder id."""
    row = connection.execute(
        "SELECT dimension FROM embedders WHERE id = ?", (embedder_id,)
    ).fetchone()
    return int(row[0])
