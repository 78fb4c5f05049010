"""Deciding before the model is asked whether the documents say it at all.

A question is judged by how close the closest passage comes in meaning, how far it stands out from the next
ones, and how far the search by words finds the same. What these mean differs from one collection to another,
so that the decision is fitted to each by `rag.answering.calibrate` and kept beside the index.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from rag.embedder import Embedder, Float32
from rag.errors import IndexDamagedError
from rag.files import write_json
from rag.index import Filter, Snapshot

_log = logging.getLogger(__name__)
CALIBRATION = "calibration.json"
_DEPTH = 20
_HEAD = 5
_TOP = 3
_LAYOUT = 2
_AGAIN = "Make it anew with: inhouse calibrate"
_DRIFT = 0.3
"""Share by which the number of chunks may change before a calibration counts as out of date."""


class RetrievalSignals(NamedTuple):
    """`best`: inner product of the question with its closest chunk; `lead`: how far it is from the 20th.

    `agreement`: share of the five closest that are among the five best by words; `first`: 1 where the best by
    words is among the three closest, else 0.
    """

    best: float
    lead: float
    agreement: float = 0.0
    first: float = 0.0


def measure_signals(
    snapshot: Snapshot,
    question: str,
    query: Float32,
    filter: Filter,
    without: Collection[int] = (),
) -> RetrievalSignals:
    """How close the permitted chunks come to a question and its vector: (dimension,) float32, L2-normalised.

    `without`: ids of chunks that are looked past.
    """
    depth = _DEPTH + len(without)
    meaning, words = (
        [
            (chunk_id, score)
            for chunk_id, score in zip(candidates.chunk_ids.tolist(), candidates.scores.tolist(), strict=True)
            if chunk_id not in without
        ][:_DEPTH]
        for candidates in (
            snapshot.dense(query, depth, filter), snapshot.lexical(question, depth, filter)
        )
    )  # fmt: skip
    if not meaning:
        return RetrievalSignals(0.0, 0.0)
    closest, named = ([chunk_id for chunk_id, _ in ranking] for ranking in (meaning, words))
    return RetrievalSignals(
        best=meaning[0][1],
        lead=meaning[0][1] - meaning[-1][1],
        agreement=len(set(closest[:_HEAD]) & set(named[:_HEAD])) / _HEAD,
        first=float(bool(named) and named[0] in closest[:_TOP]),
    )


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """At `threshold`, the share of questions that are answered, and the share of those that should not be."""

    threshold: float
    coverage: float
    risk: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """When to say that the documents do not say it.

    The probability that the documents answer is the logistic function of `bias` plus each of the
    `RetrievalSignals` times the weight of its name; below `threshold` an answer is labelled unclear.
    `recall` is the share of the questions with an answer that are let through, `refused` that of the
    questions without one that are not, both in cross-validation.
    """

    embedder: dict[str, Any]
    generation: int
    chunks: int
    questions: int
    bias: float
    best: float
    lead: float
    agreement: float
    first: float
    threshold: float
    recall: float
    refused: float
    curve: tuple[CurvePoint, ...] = ()

    @property
    def balanced_accuracy(self) -> float:
        """Mean of `recall` and `refused`."""
        return (self.recall + self.refused) / 2

    def probability(self, signals: RetrievalSignals) -> float:
        """How likely it is that the documents hold an answer: 0…1."""
        weights = (self.best, self.lead, self.agreement, self.first)
        total = self.bias + sum(a * b for a, b in zip(weights, signals, strict=True))
        return 1 / (1 + math.exp(-max(-500.0, min(500.0, total))))

    def permits(self, signals: RetrievalSignals) -> bool:
        """Whether the model is to be asked."""
        return self.probability(signals) >= self.threshold

    def fits(self, snapshot: Snapshot, embedder: Embedder) -> bool:
        """Whether it was made for this embedder and for about this much to search."""
        return not self.misfit(snapshot, embedder)

    def misfit(self, snapshot: Snapshot, embedder: Embedder) -> str:
        """Why it does not fit any more, in a sentence; "" if it does."""
        if self.embedder != embedder.identity.to_json():
            return "The calibration was made for another embedder."
        now = snapshot.generation.chunks
        if abs(now - self.chunks) <= _DRIFT * max(1, self.chunks):
            return ""
        return f"The calibration was made for {self.chunks:,} passages; there are {now:,} now."


def save_calibration(data_dir: Path, calibration: Calibration) -> Path:
    """Keep it beside the index, in place of the one before; returns the file."""
    path = data_dir / CALIBRATION
    write_json(path, {"layout": _LAYOUT, **asdict(calibration)})
    return path


def load_calibration(data_dir: Path) -> Calibration | None:
    """The index's calibration; None if there is none. Raises IndexDamagedError for an unreadable one."""
    path = data_dir / CALIBRATION
    try:
        raw = json.loads(path.read_text("utf-8"))
        if raw.pop("layout") != _LAYOUT:
            _log.warning("The calibration is of another version. %s", _AGAIN)
            return None
        curve = tuple(CurvePoint(**point) for point in raw.pop("curve"))
        return Calibration(**raw, curve=curve)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, LookupError, AttributeError) as exc:
        raise IndexDamagedError(f"{path} cannot be read: {exc}.", hint=_AGAIN) from exc


class AbstentionPolicy:
    """The calibration of an index, for as long as it fits. Safe to share between threads.

    Unless it `abstains`, it permits every question.
    """

    def __init__(self, data_dir: Path, *, abstains: bool = True) -> None:
        self._fitted, self._abstains = load_calibration(data_dir), abstains

    def permits(
        self, snapshot: Snapshot, embedder: Embedder, question: str, filter: Filter
    ) -> bool:
        """False where the documents do not say it. Without a calibration that fits they always may."""
        fitted = self._fitted
        if fitted is None or not self._abstains:
            return True
        if misfit := fitted.misfit(snapshot, embedder):
            _log.warning("%s %s", misfit, _AGAIN)
            self._fitted = None  # better no decision than an old one
            return True
        return fitted.permits(
            measure_signals(snapshot, question, embedder.embed_query(question), filter)
        )

    def confidence(
        self, snapshot: Snapshot, embedder: Embedder, question: str, filter: Filter
    ) -> float:
        """The probability that the documents say it; without a calibration that fits, how close they come."""
        signals = measure_signals(snapshot, question, embedder.embed_query(question), filter)
        fitted = self._fitted
        if fitted is not None and fitted.fits(snapshot, embedder):
            return fitted.probability(signals)
        return max(0.0, signals.best)
