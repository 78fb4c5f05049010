"""How likely each unit of the passages is to answer the question.

The model is a sum of small decision trees over the features of `rag.extracts.features`, and its numbers
stand in `relevance.json`. They were fitted by `python benchmarks/extracts.py fit`; docs/answers.md says
how well the model does on questions that it was not fitted on.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.extracts.confidence import WITHOUT_CODE, lacks_code, measure_signals
from rag.extracts.features import NAMES, compute_meaning_features, compute_wording_features
from rag.extracts.units import Unit
from rag.extracts.word_overlap import Float64
from rag.hit import Hit

if TYPE_CHECKING:
    import numpy.typing as npt

    from rag.embedder import Embedder

MODEL = Path(__file__).with_name("relevance.json")
LEAST_EMBEDDED, MOST_EMBEDDED = 8, 30
"""Units that are embedded for a question, at least and at most: the best at first sight."""
FAR_BEHIND = 6.0
"""A unit this far behind the best one at first sight is not embedded, as the 9th best or a later one.
Measured, beside 30 for every question: 21 and 15 on average (sample documents, articles), the answering unit
among them for 98.7 % (98.7) and 99.0 % (99.5), and the answer in the first extract as often."""


@dataclass(frozen=True)
class RelevanceModel:
    """Decision trees, and the linear functions before and behind them.

    The arrays are (n_trees, n_nodes): which feature a node looks at, the threshold, the nodes to the left
    and to the right, and a leaf's value. `first_sight` weighs `WORDING_NAMES`, to tell which units are worth
    embedding. `unit` makes the probability that a unit answers of its sum and
    its distance to the best of the others; `selection` makes the probability that the documents hold an
    answer of `signals`.
    """

    feature: Any
    threshold: Float64
    left: Any
    right: Any
    value: Float64
    depth: int
    first_sight: Float64
    unit: tuple[float, float, float]
    selection: tuple[float, ...]

    def first(self, wording: Float64) -> npt.NDArray[np.intp]:
        """The places of the units that look best by their wording, in ascending order."""
        # Not @, for which OpenBLAS would wake a second thread.
        return choose_first(np.einsum("nf,f->n", wording, self.first_sight))

    def sums(self, features: Float64) -> Float64:
        """(n_units,): the sum of all trees for each unit, higher for a better answer."""
        trees = np.arange(len(self.feature))[None, :]
        nodes = np.zeros((len(features), len(self.feature)), dtype=np.intp)
        units = np.arange(len(features))[:, None]
        for _ in range(self.depth):
            is_left = features[units, self.feature[trees, nodes]] <= self.threshold[trees, nodes]
            nodes = np.where(is_left, self.left[trees, nodes], self.right[trees, nodes])
        total: Float64 = self.value[trees, nodes].sum(axis=1)
        return total

    def probabilities(self, sums: Float64) -> Float64:
        """(n_units,): the probability of each unit to answer the question."""
        weight, margin, bias = self.unit
        return _logistic(weight * sums + margin * compute_margins(sums) + bias)

    def confidence(self, signals: Sequence[float]) -> float:
        """The probability that the documents hold an answer."""
        *weights, bias = self.selection
        return float(_logistic(np.array(float(np.dot(weights, signals)) + bias)))


def choose_first(scores: Float64) -> npt.NDArray[np.intp]:
    """The places of the highest scores, in ascending order: those that are not far behind the highest."""
    best = np.argsort(-scores, kind="stable")[:MOST_EMBEDDED]
    is_near = scores[best] >= scores[best[:1]] - FAR_BEHIND
    is_near[:LEAST_EMBEDDED] = True
    return np.sort(best[is_near])


def compute_margins(sums: Float64) -> Float64:
    """How far each unit is ahead of the best of the others, or behind it; at most 4, as where it is alone."""
    if len(sums) < 2:
        return np.full(len(sums), 4.0)
    second, first = np.sort(sums)[-2:]
    ahead: Float64 = np.clip(sums - np.where(sums == first, second, first), -4.0, 4.0)
    return ahead


@functools.cache
def load_model(path: Path = MODEL) -> RelevanceModel:
    """The fitted model."""
    return parse_model(json.loads(path.read_text("utf-8")))


def parse_model(numbers: Mapping[str, Any]) -> RelevanceModel:
    """The model that these numbers make. Raises ValueError if they were fitted on other features."""
    if tuple(numbers["features"]) != NAMES:
        raise ValueError("The relevance model was fitted on other features.")
    trees = numbers["trees"]
    size = max(len(tree["value"]) for tree in trees)

    def padded(name: str, dtype: Any) -> Any:
        return np.array(
            [tree[name] + [0] * (size - len(tree[name])) for tree in trees], dtype=dtype
        )

    return RelevanceModel(
        padded("feature", np.intp),
        padded("threshold", np.float64),
        padded("left", np.intp),
        padded("right", np.intp),
        padded("value", np.float64),
        int(numbers["depth"]),
        np.array(numbers["first_sight"], dtype=np.float64),
        tuple(numbers["unit"]),
        tuple(numbers["selection"]),
    )


@dataclass(frozen=True)
class AnswerRelevance:
    """The probability of each unit to answer the question, and that the documents hold an answer."""

    probabilities: Float64
    confidence: float


def judge_units(
    question: str,
    hits: Sequence[Hit],
    units: Sequence[Unit],
    texts: Sequence[str],
    embedder: Embedder,
) -> AnswerRelevance:
    """Judge the units, of which `texts` are shown. Those that are not embedded answer with probability 0."""
    probabilities = np.zeros(len(units))
    if not units:
        return AnswerRelevance(probabilities, 0.0)
    model = load_model()
    wording = compute_wording_features(question, hits, units, embedder)
    measured = measure_units(question, units, texts, wording, model.first(wording), embedder)
    sums = model.sums(measured.features)
    probabilities[measured.places] = model.probabilities(sums)
    confidence = model.confidence(
        best_signals(question, hits, units, texts, measured, sums, embedder)
    )
    if lacks_code(question, hits):
        confidence = min(confidence, WITHOUT_CODE)
    return AnswerRelevance(probabilities, confidence)


@dataclass(frozen=True)
class MeasuredUnits:
    """The features of the units at `places`: (n_places, n_features)."""

    places: npt.NDArray[np.intp]
    features: Float64


def measure_units(
    question: str,
    units: Sequence[Unit],
    texts: Sequence[str],
    wording: Float64,
    places: npt.NDArray[np.intp],
    embedder: Embedder,
) -> MeasuredUnits:
    """Embed and measure the units at these places. `wording` is that of all units."""
    query = embedder.embed_query(question).astype(np.float64)
    vectors = embedder.embed_documents([texts[index] for index in places]).astype(np.float64)
    meaning = compute_meaning_features(units, places, query, vectors)
    return MeasuredUnits(places, np.hstack([meaning, wording[places]]))


def best_signals(
    question: str,
    hits: Sequence[Hit],
    units: Sequence[Unit],
    texts: Sequence[str],
    measured: MeasuredUnits,
    sums: Float64,
    embedder: Embedder,
) -> list[float]:
    """What tells whether the unit with the highest sum answers at all; see `rag.extracts.confidence`."""
    best = int(np.argmax(sums))
    best_unit = measured.places[best]
    features = dict(zip(NAMES, measured.features[best].tolist(), strict=True))
    return measure_signals(question, hits, units[best_unit], texts[best_unit], features, embedder)


def _logistic(total: Float64) -> Float64:
    result: Float64 = 1 / (1 + np.exp(-np.clip(total, -500, 500)))
    return result
