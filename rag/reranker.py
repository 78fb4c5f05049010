"""A cross-encoder reads the question and a passage together, and so tells better which of them fit.

It takes far longer than the two searches, so it looks at the best passages alone; without a configured one
the fused order stands. Any sentence-transformers `CrossEncoder` with one score a pair will do.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from rag.document import SECTION_SEPARATOR
from rag.errors import EmbeddingError, MissingDependencyError, ModelRefusedError
from rag.index.rows import ChunkRow
from rag.passages import Passage, shared_section

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

    from rag.settings import Settings

_BATCH = 32
_LONGEST = 512
"""Tokens of question and passage together, at most: what such models are trained with."""


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

    wanted = settings.retrieval
    if not wanted.reranker:
        return None
    folder = resolve_model(wanted.reranker, cache=settings.cache, progress=progress)
    check_cross_encoder(folder.path)
    return CrossEncoderReranker(folder.path, folder.name, depth=wanted.rerank)


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
    order = sorted(range(len(looked_at)), key=lambda place: -scores[place])
    best = [replace(looked_at[place], score=scores[place]) for place in order]
    lowest = best[-1].score
    return best + [
        replace(passage, score=min(lowest, passage.score)) for passage in passages[len(best) :]
    ]


def check_cross_encoder(folder: Path) -> None:
    """Raise ModelRefusedError for a model without a trained score: one would be made up at random."""
    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
        about = folder / "config_sentence_transformers.json"
        kind = json.loads(about.read_text("utf-8")).get("model_type") if about.exists() else None
        architectures = [str(each) for each in config.get("architectures") or ()]
        labels = len(config["id2label"]) if "id2label" in config else config.get("num_labels", 1)
    except (OSError, ValueError, AttributeError, TypeError) as exc:
        raise ModelRefusedError(f"{folder} is not a cross-encoder: {exc}.") from exc
    scores_pairs = any(each.endswith("ForSequenceClassification") for each in architectures)
    if not scores_pairs and kind != "CrossEncoder":
        raise ModelRefusedError(
            f"{folder} is not a cross-encoder: it is a {architectures[0] if architectures else kind}.",
            hint="Name a sentence-transformers CrossEncoder, or unset retrieval.reranker.",
        )
    if scores_pairs and labels != 1:
        raise ModelRefusedError(
            f"{folder} gives {labels} scores a pair; to rank, it has to give one.",
            hint="Take a cross-encoder that was trained to rank passages.",
        )


class CrossEncoderReranker:
    """A sentence-transformers cross-encoder from a local folder; it is loaded at the first query.

    On a GPU where torch sees one, else on the CPU.
    """

    def __init__(self, path: Path, name: str, *, depth: int) -> None:
        self.name, self.depth = name, depth
        self._path = path
        self._lock = threading.Lock()
        self._loaded: CrossEncoder | None = None

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        model = self._model()
        pairs = [(query, text) for text in texts]
        try:
            found = np.asarray(
                model.predict(pairs, batch_size=_BATCH, show_progress_bar=False), np.float64
            )
        except (RuntimeError, ValueError) as exc:
            raise EmbeddingError(f"The cross-encoder {self.name} failed: {exc}.") from exc
        if found.shape != (len(texts),) or not np.isfinite(found).all():
            raise EmbeddingError(
                f"The cross-encoder {self.name} gave something that is not one score a passage.",
                hint="Take another, or unset retrieval.reranker.",
            )
        return [round(score, 6) for score in found.tolist()]

    def _model(self) -> CrossEncoder:
        with self._lock:
            if self._loaded is None:
                self._loaded = self._open()
            return self._loaded

    def _open(self) -> CrossEncoder:
        try:
            import torch
            from sentence_transformers import CrossEncoder
            from transformers.utils.logging import disable_progress_bar
        except ImportError as exc:
            raise MissingDependencyError(
                f"The cross-encoder cannot be loaded: {exc}.",
                hint="Install it with: pip install sentence-transformers",
            ) from exc
        disable_progress_bar()  # type: ignore[no-untyped-call]
        cuda = torch.cuda.is_available()
        try:
            model: CrossEncoder = CrossEncoder(
                str(self._path),
                device="cuda" if cuda else "cpu",
                # Said outright: else the configuration names a function of torch to be called.
                activation_fn=torch.nn.Identity(),
                model_kwargs={"dtype": torch.float16 if cuda else torch.float32},
                local_files_only=True,
            )
        except (RuntimeError, ValueError, OSError, KeyError) as exc:
            raise EmbeddingError(f"The cross-encoder {self.name} cannot be loaded: {exc}.") from exc
        # A tokenizer's own limit may be more than the model has positions, or none at all.
        positions = getattr(model.config, "max_position_embeddings", None) or _LONGEST
        model.max_seq_length = min(model.max_seq_length or _LONGEST, positions, _LONGEST)
        return model


def _read(chunks: Sequence[ChunkRow]) -> str:
    """What of a passage is read: where it stands, and its text."""
    heading = SECTION_SEPARATOR.join([chunks[0].title, *shared_section(chunks)])
    return "\n".join([heading, *(chunk.text for chunk in chunks)])
