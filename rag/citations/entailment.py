"""A natural-language-inference cross-encoder has to find what an answer says in what it quotes.

It is asked about what the words support already, and can only take that support away. It takes far longer
than reading the words, and none is configured by default. Any sentence-transformers `CrossEncoder` will do
that has a label for entailment, and one for contradiction or for what is not entailed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from rag.cross_encoder import PairScores, read_labels
from rag.errors import ModelRefusedError

if TYPE_CHECKING:
    from rag.settings import Settings

_SETTING = "answers.entailment"
_LEAST = 0.5
"""Probability of entailment from which it is likelier than all else together, contradiction included."""


class Entailment(Protocol):
    """Anything that says whether one text follows from another. Safe to use from many threads."""

    @property
    def name(self) -> str: ...

    def holds(self, pairs: Sequence[tuple[str, str]]) -> list[bool]:
        """For each (what is known, what is said) whether the one entails the other, in their order."""
        ...


def open_entailment(settings: Settings, *, progress: bool = True) -> Entailment | None:
    """The cross-encoder that the settings name, fetched if it is not here yet; None if they name none.

    Raises what `resolve_model` raises, and ModelRefusedError for one that does not judge entailment.
    """
    from rag.models import resolve_model

    if not settings.answers.entailment:
        return None
    folder = resolve_model(settings.answers.entailment, cache=settings.cache, progress=progress)
    return CrossEncoderEntailment(folder.path, folder.name)


def find_entailment_label(folder: Path) -> tuple[int, int]:
    """The place of the label for entailment, and how many labels there are.

    Raises ModelRefusedError for a model whose configuration does not name its labels so.
    """
    labels = read_labels(folder, _SETTING) or ()
    names = [label.casefold() for label in labels]
    entailing = [index for index, name in enumerate(names) if name.startswith("entail")]
    others = [
        name for name in names if "contradict" in name or name.startswith(("not", "non", "no_"))
    ]
    if len(entailing) != 1 or not others:
        raise ModelRefusedError(
            f"{folder} has the labels {', '.join(labels) or 'of no classifier'}; to check answers, it has to "
            "have one for entailment and one for contradiction.",
            hint=f"Take a cross-encoder for natural-language inference, or unset {_SETTING}.",
        )
    return entailing[0], len(labels)


class CrossEncoderEntailment:
    """A sentence-transformers cross-encoder from a local folder; it is loaded for the first answer."""

    def __init__(self, path: Path, name: str) -> None:
        self.name = name
        self._entails, labels = find_entailment_label(path)
        self._scores = PairScores(path, name, labels=labels, setting=_SETTING)

    def holds(self, pairs: Sequence[tuple[str, str]]) -> list[bool]:
        if not pairs:
            return []
        logits = self._scores.of(pairs)
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        entailed: list[bool] = (odds[:, self._entails] >= _LEAST * odds.sum(axis=1)).tolist()
        return entailed
