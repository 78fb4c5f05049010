"""From a question to the passages that may answer it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Literal

import numpy as np

from rag.document import SECTION_SEPARATOR
from rag.embedder import Embedder
from rag.hit import Hit, Place, Why
from rag.index import Filter, Snapshot
from rag.index.catalog.rows import ChunkRow, ChunkSummary
from rag.index.search.vectors import NOTHING, Candidates
from rag.retrieval.boosts import compute_filename_boosts, compute_phrase_boosts, find_quoted_phrases
from rag.retrieval.duplicates import collapse_duplicates
from rag.retrieval.fusion import fuse, smooth
from rag.retrieval.passages import HEAD, REACH, Passage, diversify, find_shared_section, join
from rag.retrieval.reranker import Reranker, rerank
from rag.retrieval.table_lead import find_table_lead
from rag.retrieval.versions import Names, put_newest_first

CANDIDATES = 150
LOOKED_AT = 80
"""Chunks of the fused ranking that are looked at in their place, at least."""

Part = Literal["dense", "lexical", "rerank"]
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
    fold: bool = False,
    reranker: Reranker | None = None,
) -> list[Hit]:
    """The k best passages of the generation for `query`, best first.

    `without` leaves parts out; `explain` says of each why it is there. `fold` shows what several documents
    say alike once. Where there is a `reranker`, it has the last word on the order of the best.
    """
    depth = max(2 * k, CANDIDATES)
    candidates: dict[Part, Candidates] = {"dense": NOTHING, "lexical": NOTHING}
    if "dense" not in without:
        candidates["dense"] = snapshot.dense(embedder.embed_query(query), depth, filter)
    if "lexical" not in without:
        candidates["lexical"] = snapshot.lexical(query, depth, filter)
    ranked = fuse(candidates["dense"], candidates["lexical"])
    # Some of the chunks are taken up by other chunks' passages, so more than k are looked at.
    looked_at = [chunk_id for chunk_id, _ in ranked[: max(LOOKED_AT, 4 * k)]]
    spots = snapshot.neighbours(looked_at, REACH)
    names = snapshot.names({document for document, _ in spots})
    scores = _with_bonuses(dict(ranked), query, snapshot, spots.values(), names)
    reranker = None if "rerank" in without else reranker
    many = max(2 * k, 2 * HEAD, reranker.depth if reranker else 0)
    passages = join(smooth(scores, spots), spots, many)
    if reranker is None:
        passages = diversify(passages)
    else:
        passages = rerank(query, passages, _rows(snapshot, passages[: reranker.depth]), reranker)
    best, newer = put_newest_first(passages[:k], query, snapshot, names)
    hits, left = _hits(snapshot, best, 0, newer, names), passages[k:]
    hits = collapse_duplicates(hits) if fold else hits
    while fold and left and len(hits) < k:
        more, left = left[: k - len(hits)], left[k - len(hits) :]
        hits = collapse_duplicates([*hits, *_hits(snapshot, more, len(hits), newer, names)])
    if explain:
        hits = [_explained(hit, snapshot, query, candidates, dict(ranked)) for hit in hits]
    return hits


def _with_bonuses(
    scores: dict[int, float],
    query: str,
    snapshot: Snapshot,
    spots: Collection[ChunkSummary],
    names: Names,
) -> dict[int, float]:
    """The scores, and what chunks get for their document's name, and for phrases in quotation marks."""
    bonus = compute_filename_boosts(query, names)
    for spot in spots:
        if spot.chunk_id in scores:
            scores[spot.chunk_id] += bonus.get(spot.document_id, 0.0)
    if phrases := find_quoted_phrases(query):
        rows = snapshot.chunks(spot.chunk_id for spot in spots)
        for chunk_id, phrase_score in compute_phrase_boosts(phrases, rows.values()).items():
            scores[chunk_id] = scores.get(chunk_id, 0.0) + phrase_score
    return scores


def _explained(
    hit: Hit,
    snapshot: Snapshot,
    query: str,
    candidates: Mapping[Part, Candidates],
    fused: dict[int, float],
) -> Hit:
    def standing(part: Part) -> tuple[int | None, float | None]:
        index = np.flatnonzero(candidates[part].chunk_ids == hit.chunk_id)
        if not len(index):
            return None, None
        return int(index[0]) + 1, round(float(candidates[part].scores[index[0]]), 6)

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


def _rows(snapshot: Snapshot, passages: Sequence[Passage]) -> dict[int, ChunkRow]:
    return snapshot.chunks(spot.chunk_id for passage in passages for spot in passage.chunks)


def _hits(
    snapshot: Snapshot,
    passages: Sequence[Passage],
    before: int,
    newer: Mapping[int, int],
    names: Names,
) -> list[Hit]:
    """The passages as hits, ranked behind the `before` that are there; `newer` as from `put_newest_first`."""
    rows = _rows(snapshot, passages)
    hits = [
        _hit(snapshot, rank, passage, rows) for rank, passage in enumerate(passages, before + 1)
    ]
    given = snapshot.given_metadata({hit.document_id for hit in hits})
    hits = [
        hit.model_copy(update={"metadata": given[hit.document_id]})
        if hit.document_id in given
        else hit
        for hit in hits
    ]
    for index, hit in enumerate(hits):
        if hit.document_id in newer:
            uri, title = names[newer[hit.document_id]]
            hits[index] = hit.model_copy(update={"newer": Place(uri=uri, title=title)})
    return hits


def _hit(snapshot: Snapshot, rank: int, passage: Passage, rows: Mapping[int, ChunkRow]) -> Hit:
    chunks = [rows[spot.chunk_id] for spot in passage.chunks]
    best, first, last = rows[passage.found.chunk_id], chunks[0], chunks[-1]
    joined = len(chunks) > 1
    text = snapshot.slice(best.document_id, first.start, last.end) if joined else best.text
    return Hit(
        rank=rank,
        score=round(passage.score, 6),
        uri=best.uri,
        title=best.title,
        page=best.page,
        section=SECTION_SEPARATOR.join(find_shared_section(chunks)) or None,
        text=text,
        start=first.start,
        end=last.end,
        chunk_id=best.chunk_id,
        document_id=best.document_id,
        stored_boxes=tuple(chunk.stored_boxes for chunk in chunks),
        lead=find_table_lead(text, first.start, partial(snapshot.slice, best.document_id)),
    )
