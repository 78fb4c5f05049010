"""Several rankings of the same chunks made into one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from rag.index.catalog.rows import ChunkSummary
from rag.index.search.vectors import Candidates, Float32

DENSE_WEIGHT = 0.5
"""Share of the dense score in the fused one; the lexical score has the rest."""
NEIGHBOUR_WEIGHT = 0.2
"""How much of its better neighbour's score a chunk gets on top of its own."""

Place = tuple[int, int]  # document id, place in the document


def fuse(dense: Candidates, lexical: Candidates) -> list[tuple[int, float]]:
    """Convex combination of the two scores, each scaled to 0…1 over its own candidates.

    (chunk id, score), best first, equal scores in order of id; a chunk that one side did not find has 0
    there. The scaling is that of Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid
    Retrieval", ACM TOIS 2023.
    """
    both = np.concatenate([dense.chunk_ids, lexical.chunk_ids])
    shares = [DENSE_WEIGHT * _scaled(dense.scores), (1 - DENSE_WEIGHT) * _scaled(lexical.scores)]
    chunk_ids, index = np.unique(both, return_inverse=True)
    scores = np.bincount(index, np.concatenate(shares), len(chunk_ids))
    order = np.lexsort((chunk_ids, -scores))
    return list(zip(chunk_ids[order].tolist(), scores[order].tolist(), strict=True))


def smooth(
    scores: Mapping[int, float], spots: Mapping[Place, ChunkSummary]
) -> list[tuple[int, float]]:
    """The chunks of `spots`, each with what stands beside it counted too, as in `best_first`.

    Relevant text usually spans neighbouring chunks.
    """
    smoothed: dict[int, float] = {}
    beside: dict[int, float] = {}
    for (document, ordinal), spot in spots.items():
        if (own := scores.get(spot.chunk_id)) is None:
            continue
        smoothed[spot.chunk_id] = own
        for neighbour in (ordinal - 1, ordinal + 1):
            if own and (other := spots.get((document, neighbour))):
                beside[other.chunk_id] = max(own, beside.get(other.chunk_id, 0.0))
    for chunk_id, score in beside.items():
        smoothed[chunk_id] = smoothed.get(chunk_id, 0.0) + NEIGHBOUR_WEIGHT * score
    return best_first(smoothed)


def best_first(scores: Mapping[int, float]) -> list[tuple[int, float]]:
    """(chunk id, score), equal scores in order of id."""
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


def _scaled(scores: Float32) -> npt.NDArray[np.float64]:
    exact = scores.astype(np.float64)
    if not len(exact):
        return exact
    low = exact.min()
    spread = exact.max() - low
    return (exact - low) / spread if spread else np.ones_like(exact)
