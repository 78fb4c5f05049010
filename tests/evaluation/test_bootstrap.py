"""Intervals: what they have to be where that is known."""

from __future__ import annotations

import math

import pytest

from rag.evaluation.bootstrap import CONFIDENCE, figures, lifts
from rag.evaluation.metrics import Metric, Share

METRIC = Metric("m", "", "", "answers")
BOTH = Metric("both", "", "", "answers", keys=("m", "other"))


def shares(*parts: float) -> list[dict[str, Share]]:
    return [{"m": Share(part, 1)} for part in parts]


def test_a_value_is_the_sum_of_parts_over_the_sum_of_wholes() -> None:
    """1 of 1, 0 of 3, and a question that does not count: 1/4, over two questions."""
    (figure,) = figures([{"m": Share(1, 1)}, {"m": Share(0, 3)}, {}], [METRIC])
    assert (figure.value, figure.n) == (0.25, 2)


def test_a_mean_of_two_ratios() -> None:
    """Balanced accuracy: 2 of 2 on one side and 1 of 4 on the other are (1 + 0.25) / 2, not 3/6."""
    scores = [{"m": Share(1, 1)}] * 2 + [{"other": Share(n == 0, 1)} for n in range(4)]
    (figure,) = figures(scores, [BOTH])
    assert figure.value == 0.625


def test_nothing_measured_has_no_value() -> None:
    assert figures([{}, {}], [METRIC]) == [(None, None, None, 0)]
    assert figures([], [METRIC]) == [(None, None, None, 0)]
    assert figures(shares(1, 0), [BOTH])[0].value is None, "one of its two sides is not known"


def test_where_all_agree_there_is_no_doubt() -> None:
    assert figures(shares(*[1] * 30), [METRIC])[0][:3] == (1, 1, 1)


def test_an_interval_of_a_share_is_that_of_the_binomial() -> None:
    """100 questions, half of them right: the 2.5 % and 97.5 % quantiles of B(100, 0.5)/100.

    Of these draws P(X ≤ 40) = 0.0284 and P(X ≤ 39) = 0.0176, so the quantiles are 0.40 and 0.60;
    2,000 samples come within one question of them.
    """
    figure = figures(shares(*[1, 0] * 50), [METRIC])[0]
    assert figure.value == 0.5
    assert figure.low == pytest.approx(0.40, abs=0.0101)
    assert figure.high == pytest.approx(0.60, abs=0.0101)
    assert CONFIDENCE == 0.95


def test_a_paired_difference_is_surer_than_two_figures_apart() -> None:
    """Each question gains exactly 0.1: the lift is 0.1 without any doubt, however the questions differ."""
    before = [0.0, 0.1, 0.5, 0.9, 0.2, 0.7]
    (lift,) = lifts(shares(*[value + 0.1 for value in before]), shares(*before), [METRIC])
    assert lift[:3] == pytest.approx((0.1, 0.1, 0.1))
    assert lift.n == 6


def test_a_lift_by_one_question_of_ten_is_not_sure() -> None:
    """It vanishes wherever that question is not drawn, which (9/10)^10 = 35 % of the samples do."""
    (lift,) = lifts(shares(*[1] * 10), shares(*[1] * 9, 0), [METRIC])
    assert lift.value == pytest.approx(0.1)
    assert lift.low == 0
    assert math.isclose(lift.high or 0, 0.3, abs_tol=0.01)


def test_the_same_scores_give_the_same_interval() -> None:
    scores = shares(*[n % 3 == 0 for n in range(50)])
    assert figures(scores, [METRIC]) == figures(scores, [METRIC])


def test_a_comparison_needs_the_same_questions() -> None:
    with pytest.raises(ValueError, match="same questions"):
        lifts(shares(1, 0), shares(1), [METRIC])
