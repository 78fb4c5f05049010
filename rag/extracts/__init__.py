"""Selects the sentences, rows and list items of the documents that answer a question, without a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag.answer import Extract
from rag.embedder import Embedder
from rag.hit import Hit
from rag.language import sentences


@dataclass(frozen=True, slots=True)
class Selection:
    """The extracts, the best first, and the probability that the documents hold an answer: 0…1."""

    extracts: tuple[Extract, ...]
    confidence: float


def select_extracts(
    question: str, hits: Sequence[Hit], embedder: Embedder, k: int = 3
) -> Selection:
    """The k sentences of the passages that are closest to the question in meaning and words."""
    units = [(hit, start, end) for hit in hits for start, end in sentences.spans(hit.text)]
    if not units:
        return Selection((), 0.0)
    asked = embedder.embed_query(question)
    vectors = embedder.embed_documents([hit.text[start:end] for hit, start, end in units])
    words = set(question.lower().split())
    scores = [
        float(vectors[n] @ asked)
        + 0.15 * len(words & set(hit.text[start:end].lower().split())) / max(1, len(words))
        - 0.03 * hit.rank
        for n, (hit, start, end) in enumerate(units)
    ]
    best = np.argsort(scores)[::-1][:k]
    extracts = []
    for rank, n in enumerate(best, 1):
        hit, start, end = units[n]
        extracts.append(
            Extract(
                rank=rank,
                text=hit.text[start:end],
                uri=hit.uri,
                title=hit.title,
                page=hit.page,
                section=hit.section,
                start=hit.start + start,
                end=hit.start + end,
                score=min(1, max(0, scores[n])),
                boxes=hit.boxes,
            )
        )
    return Selection(tuple(extracts), min(1.0, max(0.0, scores[best[0]])))
