"""How sure a figure is: the percentile bootstrap over questions.

Questions are drawn with replacement `SAMPLES` times; the middle 95 % of the figures that come out are the
interval (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13). For a difference,
both sides are drawn with the same questions (a paired bootstrap). The random numbers have a fixed seed:
the same scores give the same interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rag.evaluation.metrics import Metric, Scores

SAMPLES = 2000
SEED = 1_347
CONFIDENCE = 0.95
_BATCH = 250

Float64 = NDArray[np.float64]


class Figure(NamedTuple):
    """A metric's value with its interval; all None where no question counts for it.

    `n`: questions that count for it.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int


def figures(scores: Sequence[Scores], metrics: Sequence[Metric]) -> list[Figure]:
    """The value of each metric over all questions, with its interval."""
    sums = _Sums(scores, metrics)
    counts = [_n(scores, metric) for metric in metrics]
    return [
        _figure(sums.whole(metric), sums.resampled(metric), n)
        for metric, n in zip(metrics, counts, strict=True)
    ]


def lifts(
    full: Sequence[Scores], without: Sequence[Scores], metrics: Sequence[Metric]
) -> list[Figure]:
    """How much higher each metric is in `full` than in `without`, with its paired interval.

    Both have the same questions in the same order.
    """
    if len(full) != len(without):
        raise ValueError("a paired comparison needs the same questions on both sides")
    a, b = _Sums(full, metrics), _Sums(without, metrics)
    return [
        _figure(
            a.whole(metric) - b.whole(metric),
            a.resampled(metric) - b.resampled(metric),
            min(_n(full, metric), _n(without, metric)),
        )
        for metric in metrics
    ]


class _Sums:
    """The parts and wholes of all questions, added up: once, and for every sample."""

    def __init__(self, scores: Sequence[Scores], metrics: Sequence[Metric]) -> None:
        self._columns = {
            key: column
            for column, key in enumerate(sorted({k for metric in metrics for k in metric.sources}))
        }
        shares = np.zeros((len(scores), 2, len(self._columns)))
        for row, question_scores in enumerate(scores):
            for key, column in self._columns.items():
                if key in question_scores:
                    shares[row, :, column] = question_scores[key]
        self._whole = shares.sum(axis=0)
        self._samples = _resample(shares)

    def whole(self, metric: Metric) -> float:
        """The metric over all questions; NaN where none counts for it."""
        return float(self._ratio(metric, self._whole[None])[0])

    def resampled(self, metric: Metric) -> Float64:
        """(SAMPLES,): the metric over each sample, NaN where no question in it counts."""
        return self._ratio(metric, self._samples)

    def _ratio(self, metric: Metric, sums: Float64) -> Float64:
        columns = [self._columns[key] for key in metric.sources]
        parts, wholes = sums[:, 0, columns], sums[:, 1, columns]
        ratios = np.divide(parts, wholes, out=np.full_like(parts, np.nan), where=wholes > 0)
        mean: Float64 = ratios.mean(axis=1)
        return mean


def _resample(shares: Float64) -> Float64:
    """(n, 2, m) shares to (SAMPLES, 2, m) sums over n questions drawn with replacement."""
    n = len(shares)
    if not n:
        return np.zeros((SAMPLES, *shares.shape[1:]))
    random = np.random.default_rng(SEED)
    chances = np.full(n, 1 / n)
    drawn = (random.multinomial(n, chances, size=_BATCH) for _ in range(SAMPLES // _BATCH))
    flat = shares.reshape(n, -1)
    return np.concatenate([times @ flat for times in drawn]).reshape(SAMPLES, *shares.shape[1:])


def _figure(value: float, samples: Float64, n: int) -> Figure:
    if np.isnan(value):
        return Figure(None, None, None, n)
    tail = (1 - CONFIDENCE) / 2
    known = samples[~np.isnan(samples)]
    low, high = np.quantile(known, [tail, 1 - tail]) if len(known) else (value, value)
    return Figure(round(value, 6), round(float(low), 6), round(float(high), 6), n)


def _n(scores: Sequence[Scores], metric: Metric) -> int:
    return sum(
        any(key in question_scores and question_scores[key].whole for key in metric.sources)
        for question_scores in scores
    )
