"""From a question to the passages that may answer it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

import numpy as np

from rag.document import SECTION_SEPARATOR
from rag.embedder import Embedder
from rag.fusion import fuse, smooth
from rag.hit import Hit, Why
from rag.index import Filter, Snapshot
from rag.index.rows import ChunkRow
from rag.index.vectors import NOTHING, Candidates
from rag.naming import called
from rag.passages import HEAD, REACH, Passage, join, shared_section, spread

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
    found: dict[Part, Candidates] = {"dense": NOTHING, "lexical": NOTHING}
    if "dense" not in without:
        found["dense"] = snapshot.dense(embedder.embed_query(query), depth, filter)
    if "lexical" not in without:
        found["lexical"] = snapshot.lexical(query, depth, filter)
    ranked = fuse(found["dense"], found["lexical"])
    # Some of the chunks are taken up by other chunks' passages, so more than k are looked at.
    looked_at = [chunk_id for chunk_id, _ in ranked[: max(LOOKED_AT, 4 * k)]]
    around = snapshot.neighbours(looked_at, REACH)
    bonus = called(query, snapshot.names({document for document, _ in around}))
    scores = dict(ranked)
    for spot in around.values():
        if spot.chunk_id in scores:
            scores[spot.chunk_id] += bonus.get(spot.document_id, 0.0)
    passages = spread(join(smooth(scores, around), around, max(2 * k, 2 * HEAD)))
    hits = _hits(snapshot, passages[:k])
    if explain:
        hits = [_explained(hit, snapshot, query, found, dict(ranked)) for hit in hits]
    return hits


def _explained(
    hit: Hit,
    snapshot: Snapshot,
    query: str,
    found: Mapping[Part, Candidates],
    fused: dict[int, float],
) -> Hit:
    def standing(part: Part) -> tuple[int | None, float | None]:
        place = np.flatnonzero(found[part].chunk_ids == hit.chunk_id)
        if not len(place):
            return None, None
        return int(place[0]) + 1, round(float(found[part].scores[place[0]]), 6)

    (dense_rank, dense_score), (lexical_rank, lexical_score) = (
        standing("dense"),
        standing("lexical"),
    )
    why = Why(
        dense_rank=dense_rank,
        dense_score=dense_score,
        lexical_rank=lexical_rank,
        lexical_score=lexical_score,
        fused_score=round(fused.get(hit.chunk_id, 0.0), 6),
        matched=snapshot.shared_words(query, f"{hit.title} {hit.section or ''} {hit.text}"),
    )
    return hit.model_copy(update={"why": why})


def _hits(snapshot: Snapshot, passages: Sequence[Passage]) -> list[Hit]:
    rows = snapshot.chunks(spot.chunk_id for passage in passages for spot in passage.chunks)
    return [_hit(snapshot, rank, passage, rows) for rank, passage in enumerate(passages, start=1)]


def _hit(snapshot: Snapshot, rank: int, passage: Passage, rows: Mapping[int, ChunkRow]) -> Hit:
    chunks = [rows[spot.chunk_id] for spot in passage.chunks]
    found, first, last = rows[passage.found.chunk_id], chunks[0], chunks[-1]
    joined = len(chunks) > 1
    return Hit(
        rank=rank,
        score=round(passage.score, 6),
        uri=found.uri,
        title=found.title,
        page=found.page,
        section=SECTION_SEPARATOR.join(shared_section(chunks)) or None,
        text=snapshot.slice(found.document_id, first.start, last.end) if joined else found.text,
        start=first.start,
        end=last.end,
        chunk_id=found.chunk_id,
        document_id=found.document_id,
        stored_boxes=tuple(chunk.stored_boxes for chunk in chunks),
    )
