"""A sentence-transformers `CrossEncoder` from a local folder: what it scores, and its scores.

The re-ranker and the entailment check both are one. It is loaded when it is first asked, and never from
anywhere else than its folder.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rag.errors import EmbeddingError, MissingDependencyError, ModelRefusedError
from rag.extras import install_command

if TYPE_CHECKING:
    import numpy.typing as npt
    from sentence_transformers import CrossEncoder

_BATCH = 32
_LONGEST = 512
"""Tokens of both texts together, at most: what such models are trained with."""


def read_labels(folder: Path, setting: str) -> tuple[str, ...] | None:
    """The names of the scores that a cross-encoder gives a pair, in order; None if it does not say.

    `setting` is what named it. Raises ModelRefusedError for a model without a trained score: one would be
    made up at random.
    """
    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
        about = folder / "config_sentence_transformers.json"
        kind = json.loads(about.read_text("utf-8")).get("model_type") if about.exists() else None
        architectures = [str(name) for name in config.get("architectures") or ()]
        # Transformers leaves out of the file what is its default, which is two labels.
        count = int(config.get("num_labels", 2))
        names = config.get("id2label") or {n: f"LABEL_{n}" for n in range(count)}
        labels = tuple(str(names[number]) for number in sorted(names, key=int))
    except (OSError, ValueError, AttributeError, TypeError) as exc:
        raise ModelRefusedError(f"{folder} is not a cross-encoder: {exc}.") from exc
    if any(architecture.endswith("ForSequenceClassification") for architecture in architectures):
        return labels
    if kind == "CrossEncoder":
        return None
    raise ModelRefusedError(
        f"{folder} is not a cross-encoder: it is a {architectures[0] if architectures else kind}.",
        hint=f"Name a sentence-transformers CrossEncoder, or unset {setting}.",
    )


class PairScores:
    """The scores of a cross-encoder for pairs of texts. Safe to use from many threads.

    On a GPU where torch sees one, else on the CPU. `setting` is what named it, for what an error says.
    """

    def __init__(self, path: Path, name: str, *, labels: int, setting: str) -> None:
        self.name = name
        self._path, self._labels, self._setting = path, labels, setting
        self._lock = threading.Lock()
        self._loaded: CrossEncoder | None = None

    def of(self, pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.float64]:
        """(n_pairs, n_labels): as the model gives them, unbounded, in the order of its labels.

        Of a pair that is longer than it reads, the end of the longer text is left out. Raises EmbeddingError.
        """
        model = self._model()
        try:
            scores = np.asarray(
                model.predict(pairs, batch_size=_BATCH, show_progress_bar=False), np.float64
            )
        except (RuntimeError, ValueError) as exc:
            raise EmbeddingError(f"The cross-encoder {self.name} failed: {exc}.") from exc
        if scores.size != len(pairs) * self._labels or not np.isfinite(scores).all():
            raise EmbeddingError(
                f"The cross-encoder {self.name} gave something that is not "
                f"{'one score' if self._labels == 1 else f'{self._labels} scores'} a pair.",
                hint=f"Take another, or unset {self._setting}.",
            )
        return scores.reshape(len(pairs), self._labels)

    def _model(self) -> CrossEncoder:
        with self._lock:
            if self._loaded is None:
                self._loaded = self._open()
            return self._loaded

    def _open(self) -> CrossEncoder:
        try:
            import torch
            from safetensors import SafetensorError
            from sentence_transformers import CrossEncoder
            from transformers.utils.logging import disable_progress_bar
        except ImportError as exc:
            raise MissingDependencyError(
                f"The cross-encoder {self._path.name} cannot be loaded without torch: {exc}.",
                hint=f"Run: {install_command('torch')}",
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
        except (RuntimeError, ValueError, OSError, KeyError, SafetensorError) as exc:
            raise EmbeddingError(f"The cross-encoder {self.name} cannot be loaded: {exc}.") from exc
        # A tokenizer's own limit may be more than the model has positions, or none at all.
        positions = getattr(model.config, "max_position_embeddings", None) or _LONGEST
        model.max_seq_length = min(model.max_seq_length or _LONGEST, positions, _LONGEST)
        return model
