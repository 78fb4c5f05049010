"""A cross-encoder reads the question and a passage together, and so tells better which of them fit.

It takes far longer than the two searches, so it looks at the best passages alone; without a configured one
the fused order stands. Any sentence-transformers `CrossEncoder` with one score a pair will do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from rag.cross_encoder import PairScores, read_labels
from rag.document import SECTION_SEPARATOR
from rag.errors import ModelRefusedError
from rag.index.catalog.rows import ChunkRow
from rag.retrieval.passages import Passage, find_shared_section

if TYPE_CHECKING:
    from rag.settings import Settings

_SETTING = "retrieval.reranker"


class Reranker(Protocol):
    """Anything that says how well texts fit a query. Safe to use from many threads."""

    @property
    def name(self) -> str: ...

    @property
    def depth(self) -> int:
        """So many passages are looked at."""
        ...

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """One score a text, in their order; higher is better, comparable within one query only."""
        ...


def open_reranker(settings: Settings, *, progress: bool = True) -> Reranker | None:
    """The cross-encoder that the settings name, fetched if it is not here yet; None if they name none.

    Raises what `resolve_model` raises, and ModelRefusedError for what is no cross-encoder.
    """
    from rag.models import resolve_model

    retrieval = settings.retrieval
    if not retrieval.reranker:
        return None
    folder = resolve_model(retrieval.reranker, cache=settings.cache, progress=progress)
    check_reranker(folder.path)
    return CrossEncoderReranker(folder.path, folder.name, depth=retrieval.rerank)


def rerank(
    query: str, passages: Sequence[Passage], rows: Mapping[int, ChunkRow], reranker: Reranker
) -> list[Passage]:
    """The first passages in the order in which the reranker puts them, the others behind as they were.

    Equal scores keep their order. Scores are the reranker's own, and fall from rank to rank. `rows` has the
    chunks of the first `reranker.depth` passages, by id.
    """
    looked_at = passages[: reranker.depth]
    if not looked_at:
        return []
    read = [_read([rows[spot.chunk_id] for spot in passage.chunks]) for passage in looked_at]
    scores = reranker.scores(query, read)
    order = sorted(range(len(looked_at)), key=lambda index: -scores[index])
    best = [replace(looked_at[index], score=scores[index]) for index in order]
    lowest = best[-1].score
    return best + [
        replace(passage, score=min(lowest, passage.score)) for passage in passages[len(best) :]
    ]


def check_reranker(folder: Path) -> None:
    """Raise ModelRefusedError for a model that does not give a pair one score."""
    labels = read_labels(folder, _SETTING)
    if labels is not None and len(labels) != 1:
        raise ModelRefusedError(
            f"{folder} gives {len(labels)} scores a pair; to rank, it has to give one.",
            hint="Take a cross-encoder that was trained to rank passages.",
        )


class CrossEncoderReranker:
    """A sentence-transformers cross-encoder from a local folder; it is loaded at the first query."""

    def __init__(self, path: Path, name: str, *, depth: int) -> None:
        self.name, self.depth = name, depth
        self._scores = PairScores(path, name, labels=1, setting=_SETTING)

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        logits = self._scores.of([(query, text) for text in texts])
        return [round(score, 6) for score in logits[:, 0].tolist()]


def _read(chunks: Sequence[ChunkRow]) -> str:
    """What of a passage is read: where it stands, and its text."""
    heading = SECTION_SEPARATOR.join([chunks[0].title, *find_shared_section(chunks)])
    return "\n".join([heading, *(chunk.text for chunk in chunks)])
