"""Several rankings of the same chunks made into one."""

from __future__ import annotations

from collections.abc import Mapping

from rag.index.rows import ChunkRow

DENSE_WEIGHT = 0.5
"""Share of the dense score in the fused one; the lexical score has the rest."""
NEIGHBOUR_WEIGHT = 0.2
"""How much of its better neighbour's score a chunk gets on top of its own."""

Place = tuple[int, int]  # document id, place in the document


def fuse(dense: Mapping[int, float], lexical: Mapping[int, float]) -> list[tuple[int, float]]:
    """Convex combination of the two scores, each scaled to 0…1 over its own candidates.

    (chunk id, score), best first, equal scores in order of id; a chunk that one side did not find has 0
    there. The scaling is that of Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid
    Retrieval", ACM TOIS 2023.
    """
    scores = {chunk_id: DENSE_WEIGHT * score for chunk_id, score in _scaled(dense).items()}
    for chunk_id, score in _scaled(lexical).items():
        scores[chunk_id] = scores.get(chunk_id, 0.0) + (1 - DENSE_WEIGHT) * score
    return best_first(scores)


def smooth(
    scores: Mapping[int, float], around: Mapping[Place, ChunkRow]
) -> list[tuple[int, float]]:
    """The chunks of `around`, each with what stands beside it counted too, as in `best_first`.

    A good place is seldom one chunk long.
    """
    smoothed = {}
    for (document, ordinal), row in around.items():
        beside = [
            scores.get(other.chunk_id, 0.0)
            for place in (ordinal - 1, ordinal + 1)
            if (other := around.get((document, place))) is not None
        ]
        own = scores.get(row.chunk_id, 0.0)
        if row.chunk_id in scores or any(beside):
            smoothed[row.chunk_id] = own + NEIGHBOUR_WEIGHT * max(beside, default=0.0)
    return best_first(smoothed)


def best_first(scores: Mapping[int, float]) -> list[tuple[int, float]]:
    """(chunk id, score), equal scores in order of id."""
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


def _scaled(scores: Mapping[int, float]) -> dict[int, float]:
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    spread = high - low
    return {key: (value - low) / spread if spread else 1.0 for key, value in scores.items()}
