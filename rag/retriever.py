"""From a question to the passages that may answer it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from rag.document import SECTION_SEPARATOR
from rag.embedder import Embedder
from rag.fusion import fuse, smooth
from rag.hit import Hit, Why
from rag.index import Filter, Snapshot
from rag.naming import called
from rag.passages import HEAD, REACH, Passage, join, spread

CANDIDATES = 150
LOOKED_AT = 80
"""Chunks of the fused ranking that are looked at in their place, at least."""

Part = Literal["dense", "lexical"]
"""A part of the search that can be left out, to see what it brings."""


def retrieve(
    snapshot: Snapshot,
    embedder: Embedder,
    query: str,
    k: int,
    filter: Filter,
    without: Collection[Part] = (),
    *,
    explain: bool = False,
) -> list[Hit]:
    """The k best passages of the generation for `query`, best first.

    `without` leaves parts out; `explain` says of each why it is there.
    """
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
    looked_at = [chunk_id for chunk_id, _ in ranked[: max(LOOKED_AT, 4 * k)]]
    around = snapshot.neighbours(looked_at, REACH)
    bonus = called(query, around.values())
    scores = dict(ranked)
    for row in around.values():
        if row.chunk_id in scores:
            scores[row.chunk_id] += bonus.get(row.document_id, 0.0)
    passages = spread(join(smooth(scores, around), around, max(2 * k, 2 * HEAD)))
    hits = [_hit(snapshot, rank, passage) for rank, passage in enumerate(passages[:k], start=1)]
    if explain:
        hits = [_explained(hit, snapshot, query, found, dict(ranked)) for hit in hits]
    return hits


def _explained(
    hit: Hit,
    snapshot: Snapshot,
    query: str,
    found: dict[Part, dict[int, float]],
    fused: dict[int, float],
) -> Hit:
    def place(part: Part) -> tuple[int | None, float | None]:
        scores = found[part]
        if hit.chunk_id not in scores:
            return None, None
        return list(scores).index(hit.chunk_id) + 1, round(scores[hit.chunk_id], 6)

    (dense_rank, dense_score), (lexical_rank, lexical_score) = place("dense"), place("lexical")
    why = Why(
        dense_rank=dense_rank,
        dense_score=dense_score,
        lexical_rank=lexical_rank,
        lexical_score=lexical_score,
        fused_score=round(fused.get(hit.chunk_id, 0.0), 6),
        matched=snapshot.shared_words(query, f"{hit.title} {hit.section or ''} {hit.text}"),
    )
    return hit.model_copy(update={"why": why})


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
