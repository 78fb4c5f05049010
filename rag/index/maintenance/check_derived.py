"""The checks of the derived structures against the catalogue, row by row.

Each yields how many things it looked at, and problems as sentences.
"""

from __future__ import annotations

from collections.abc import Iterator

import apsw
import numpy as np

from rag.errors import IndexDamagedError
from rag.index.catalog import rows, vector_rows
from rag.index.search.derived import Derived
from rag.index.search.lexical import LexicalIndex
from rag.index.search.vectors import Batch, VectorIndex

_ALIKE = 0.99
"""Least inner product of a vector with its 8-bit code."""


def check_vectors(
    source: Derived, connection: apsw.Connection, generation: rows.Generation
) -> Iterator[int | str]:
    """Every row of the vector structure against the generation that it was made from."""
    try:
        index = VectorIndex(source)
    except IndexDamagedError as exc:
        yield exc.message
        return
    first = 0
    for batch in vector_rows.read_vector_batches(connection, generation):
        last = first + len(batch.chunk_ids)
        if last > len(index):
            break
        yield from _compare(index, batch, np.arange(first, last))
        first = last
    if first != len(index):
        yield f"{source.path} holds {len(index)} rows; the catalogue has others."


def _compare(
    index: VectorIndex, batch: Batch, places: np.typing.NDArray[np.int64]
) -> Iterator[str]:
    for name in ("chunk_ids", "document_ids", "vector_ids"):
        wrong = getattr(index, name)[places] != getattr(batch, name)
        for chunk_id in batch.chunk_ids[wrong].tolist():
            yield f"{index.source.path}: chunk {chunk_id} has other {name} than the catalogue."
    stored = index.vectors(places)
    if index.is_exact:
        wrong = (stored != batch.vectors).any(axis=1)
    else:
        wrong = ~(np.einsum("nd,nd->n", stored, batch.vectors) > _ALIKE)
    for chunk_id in batch.chunk_ids[wrong].tolist():
        yield f"{index.source.path}: chunk {chunk_id} has another vector than the catalogue."


def check_words(
    source: Derived, connection: apsw.Connection, generation: rows.Generation
) -> Iterator[int | str]:
    """Every chunk of the generation against the lexical structure: it is there, and its words find it."""
    try:
        index = LexicalIndex(source)
    except IndexDamagedError as exc:
        yield exc.message
        return
    stored = index.documents_of_chunks()
    for row in rows.read_lexical_rows(connection, generation.id, None):
        if stored.pop(row.chunk_id, None) != row.document_id:
            yield f"{source.path}: chunk {row.chunk_id} is missing, or belongs to another document."
        elif not index.holds(row):
            yield f"{source.path}: chunk {row.chunk_id} is not found by its words."
    for chunk_id in stored:
        yield f"{source.path}: chunk {chunk_id} is not in the catalogue."
