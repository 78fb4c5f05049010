"""The passages of a generation in PostgreSQL whose vectors are nearest to a query's."""

from __future__ import annotations

from typing import Any

import numpy as np

from rag.errors import EmbeddingError
from rag.index.filter import Filter
from rag.index.postgres import database
from rag.index.postgres.database import BY_INDEX
from rag.index.postgres.filters import to_sql
from rag.index.postgres.generation_rows import GenerationRows
from rag.index.postgres.schema import VISIBLE, name_nearest_index
from rag.index.search import vectors
from rag.index.search.vectors import NOTHING, Candidates, Float32
from rag.index.snapshot import check_k

EXACT_ROWS = 50_000
"""Permitted chunks, at most, that a query is compared with one by one."""
_TIES = 8
_MORE_NEAREST = 32
_SAME_SCORE = 1e-6
"""pgvector adds up in its own order: equal vectors may differ by this much."""
_NEAREST = (
    "hnsw.ef_search = 400",
    "hnsw.iterative_scan = strict_order",
    "hnsw.max_scan_tuples = 200000",
)
_EXACT = ("jit = off",)


class VectorSearch:
    """Compares every permitted vector where they are few; else HNSW proposes, and the stored ones decide."""

    def __init__(self, rows: GenerationRows) -> None:
        self._rows = rows
        self._has_graph = bool(
            rows.query(
                "SELECT 1 FROM pg_index i WHERE i.indexrelid = to_regclass(%(name)s) AND i.indisvalid",
                name=name_nearest_index(rows.generation.embedder_id),
            )
        )

    def dense(self, query: Float32, k: int, filter: Filter) -> Candidates:
        """The k permitted chunks nearest to the query: (dimension,) float32, L2-normalised.

        Raises EmbeddingError for what is no such vector.
        """
        check_k(k)
        query = np.ascontiguousarray(query, np.float32)
        dimension = int(self._rows.embedder["dimension"])
        if query.shape != (dimension,):
            raise EmbeddingError(
                f"The query's vector has the shape {query.shape}, not {(dimension,)}.",
                hint="Look at the embedder that made it: inhouse doctor",
            )
        if not np.isfinite(query).all():
            raise EmbeddingError(
                "The query's vector has a value that is not finite.",
                hint="Look at the embedder that made it: inhouse doctor",
            )
        permitted = self._rows.count(filter).chunks
        k = min(k, permitted)
        if k == 0:
            return NOTHING
        rows: list[tuple[Any, ...]] = []
        if permitted > EXACT_ROWS and self._has_graph:
            # Half precision exchanges neighbours in rank, seldom what stands further apart.
            rows = self._nearest(query, k + k // 4 + _MORE_NEAREST, filter)
        if len(rows) < k:  # the graph did not lead to enough permitted ones
            rows = self._compare(query, k, permitted, filter)
        ids = np.fromiter((row[0] for row in rows), np.int64)
        stored = np.stack([database.from_halfvec(row[2]) for row in rows])
        return vectors.rank(ids, stored, query, k)

    def _compare(
        self, query: Float32, k: int, permitted: int, filter: Filter
    ) -> list[tuple[Any, ...]]:
        """At least the k nearest, with everything that ties with the last of them; every one is compared."""
        condition, parameters = to_sql(filter)
        limit = k + _TIES
        while True:
            rows = self._rows.query(
                "SELECT c.id, v.vector::public.vector OPERATOR(public.<#>) %(q)s::public.vector AS distance, "
                "v.vector "
                "FROM documents d JOIN chunks c ON c.document_id = d.id "
                "JOIN vectors v ON v.embedder_id = %(e)s AND v.key = c.key "
                f"WHERE {VISIBLE} AND {condition} ORDER BY distance, c.id LIMIT %(limit)s",
                _EXACT,
                q=database.to_vector(query), e=self._rows.generation.embedder_id, limit=limit, **parameters,
            )  # fmt: skip
            if len(rows) < k:
                raise self._rows.vectors_missing()
            if limit >= permitted or rows[-1][1] - rows[k - 1][1] > _SAME_SCORE:
                return rows
            limit *= 4

    def _nearest(self, query: Float32, limit: int, filter: Filter) -> list[tuple[Any, ...]]:
        """The nearest by HNSW, which goes on until enough permitted ones are found."""
        condition, parameters = to_sql(filter)
        embedder = self._rows.generation.embedder_id
        cast = f"public.halfvec({int(self._rows.embedder['dimension'])})"
        return self._rows.query(
            f"SELECT c.id, v.vector::{cast} OPERATOR(public.<#>) %(q)s::{cast} AS distance, v.vector "
            "FROM vectors v JOIN chunks c ON c.key = v.key JOIN documents d ON d.id = c.document_id "
            f"WHERE v.embedder_id = {embedder} AND {VISIBLE} AND {condition} "
            "ORDER BY distance LIMIT %(limit)s",
            (*_NEAREST, *BY_INDEX),
            q=database.to_halfvec(query), limit=limit, **parameters,
        )  # fmt: skip
