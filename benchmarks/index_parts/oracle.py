"""The true nearest neighbours, by comparing each query with every vector."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from index_parts.synthetic import Float32

DEPTH = 10


class Oracle:
    """Sees every vector once, and keeps the DEPTH nearest of each query."""

    def __init__(self, queries: Float32) -> None:
        self._queries = queries
        self._scores = np.full((len(queries), DEPTH), -np.inf, np.float32)
        self._numbers = np.full((len(queries), DEPTH), -1)

    def add(self, first: int, vectors: Float32) -> None:
        """See the vectors of the chunks from number `first` on, as the index keeps them."""
        kept = vectors.astype(np.float16).astype(np.float32)
        scores = np.concatenate([self._scores, self._queries @ kept.T], axis=1)
        numbers = np.broadcast_to(np.arange(first, first + len(kept)), (len(scores), len(kept)))
        numbers = np.concatenate([self._numbers, numbers], axis=1)
        best = np.argpartition(-scores, DEPTH, axis=1)[:, :DEPTH]
        self._scores = np.take_along_axis(scores, best, axis=1)
        self._numbers = np.take_along_axis(numbers, best, axis=1)

    @property
    def numbers(self) -> list[list[int]]:
        """The nearest chunks of each query, in no order."""
        nearest: list[list[int]] = self._numbers.tolist()
        return nearest


def recall(truth: Sequence[Sequence[int]], ranking: Sequence[Sequence[int]]) -> float:
    """Share of the true nearest that were found, over all queries (recall@DEPTH)."""
    hits = [len(set(a) & set(b)) for a, b in zip(truth, ranking, strict=True)]
    return sum(hits) / sum(map(len, truth))
