"""What refusing the doubtful questions would save: the risk–coverage curve.

El-Yaniv and Wiener, "On the Foundations of Noise-free Selective Classification", JMLR 2010.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rag.evaluation.metrics import CONTAINMENT
from rag.evaluation.result import Outcome

UNANSWERABLE = "no answer in the documents"
WRONG = "answer not as expected"
_MOST_POINTS = 100


class RiskPoint(NamedTuple):
    """If the share `coverage` of the questions is answered, the surest first, `risk` of these go wrong."""

    coverage: float
    risk: float


def risk_coverage(outcomes: Sequence[Outcome]) -> dict[str, tuple[RiskPoint, ...]]:
    """Curves by what counts as going wrong; only those that both kinds of questions make possible.

    Questions are in order of `confidence`; equally sure ones are answered together.
    """
    curves = {UNANSWERABLE: _curve(outcomes, lambda outcome: outcome.question.unanswerable)}
    judged = [
        outcome for outcome in outcomes if outcome.question.unanswerable or _is_judged(outcome)
    ]
    if any(_is_judged(outcome) for outcome in outcomes):
        curves[WRONG] = _curve(judged, lambda outcome: not _is_right(outcome))
    return {name: points for name, points in curves.items() if points}


def _is_judged(outcome: Outcome) -> bool:
    return CONTAINMENT in outcome.scores


def _is_right(outcome: Outcome) -> bool:
    return _is_judged(outcome) and outcome.scores[CONTAINMENT].part > 0


def _curve(
    outcomes: Sequence[Outcome], goes_wrong: Callable[[Outcome], bool]
) -> tuple[RiskPoint, ...]:
    ranked = sorted(outcomes, key=lambda outcome: -outcome.confidence)
    wrong, points = 0, []
    for rank, outcome in enumerate(ranked, start=1):
        wrong += goes_wrong(outcome)
        is_last = rank == len(ranked)
        if is_last or ranked[rank].confidence < outcome.confidence:
            points.append(RiskPoint(round(rank / len(ranked), 6), round(wrong / rank, 6)))
    if not 0 < wrong < len(ranked):
        return ()
    step = max(1, len(points) // _MOST_POINTS)
    return tuple(dict.fromkeys((*points[::step], points[-1])))
