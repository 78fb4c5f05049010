"""From a question to the passages that may answer it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

from rag.document import SECTION_SEPARATOR
from rag.embedder import Embedder
from rag.hit import Hit
from rag.index import Filter, Snapshot
from rag.passages import REACH, Passage, join

CANDIDATES = 150
DENSE_WEIGHT = 0.5
"""Share of the dense score in the fused one; the lexical score has the rest."""

Part = Literal["dense", "lexical"]
"""A part of the search that can be left out, to see what it brings."""


def retrieve(
    snapshot: Snapshot,
    embedder: Embedder,
    query: str,
    k: int,
    filter: Filter,
    without: Collection[Part] = (),
) -> list[Hit]:
    """The k best passages of the generation for `query`, best first; `without` leaves parts out."""
    depth = max(2 * k, CANDIDATES)
    found: dict[Part, dict[int, float]] = {"dense": {}, "lexical": {}}
    if "dense" not in without:
        dense = snapshot.dense(embedder.embed_query(query), depth, filter)
        found["dense"] = dict(zip(dense.chunk_ids.tolist(), dense.scores.tolist(), strict=True))
    if "lexical" not in without:
        words = snapshot.lexical(query, depth, filter)
        found["lexical"] = dict(zip(words.chunk_ids.tolist(), words.scores.tolist(), strict=True))
    ranked = fuse(found["dense"], found["lexical"])
    # Some of the chunks are taken up by other chunks' passages, so more than k are looked at.
    around = snapshot.neighbours((chunk_id for chunk_id, _ in ranked[: 4 * k]), REACH)
    passages = join(ranked[: 4 * k], around, k)
    return [_hit(snapshot, rank, passage) for rank, passage in enumerate(passages, start=1)]


def fuse(dense: Mapping[int, float], lexical: Mapping[int, float]) -> list[tuple[int, float]]:
    """Convex combination of the two scores, each scaled to 0…1 over its own candidates.

    (chunk id, score), best first, equal scores in order of id; a chunk that one side did not find has 0
    there. The scaling is that of Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid
    Retrieval", ACM TOIS 2023.
    """
    scores = {chunk_id: DENSE_WEIGHT * score for chunk_id, score in _scaled(dense).items()}
    for chunk_id, score in _scaled(lexical).items():
        scores[chunk_id] = scores.get(chunk_id, 0.0) + (1 - DENSE_WEIGHT) * score
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


def _scaled(scores: Mapping[int, float]) -> dict[int, float]:
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    spread = high - low
    return {key: (value - low) / spread if spread else 1.0 for key, value in scores.items()}


def _hit(snapshot: Snapshot, rank: int, passage: Passage) -> Hit:
    found, first, last = passage.found, passage.chunks[0], passage.chunks[-1]
    joined = len(passage.chunks) > 1
    return Hit(
        rank=rank,
        score=round(passage.score, 6),
        uri=found.uri,
        title=found.title,
        page=found.page,
        section=SECTION_SEPARATOR.join(passage.section) or None,
        text=snapshot.slice(found.document_id, first.start, last.end) if joined else found.text,
        start=first.start,
        end=last.end,
        chunk_id=found.chunk_id,
        document_id=found.document_id,
        boxes=tuple(box for chunk in passage.chunks for box in chunk.boxes),
    )
