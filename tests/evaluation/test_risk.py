"""The risk–coverage curve, worked out by hand."""

from __future__ import annotations

from rag.evaluation import Fact, Question
from rag.evaluation.metrics import Share
from rag.evaluation.result import Outcome
from rag.evaluation.risk import UNANSWERABLE, WRONG, risk_coverage


def outcome(confidence: float, *, unanswerable: bool = False, right: bool | None = None) -> Outcome:
    facts = () if unanswerable else (Fact(filename="a"),)
    question = Question(id="q", question="?", unanswerable=unanswerable, facts=facts)
    scores = {} if right is None else {"answer_containment": Share(right, 1)}
    return Outcome(question=question, search_ms=1, confidence=confidence, found=(), scores=scores)


def test_the_surest_questions_come_first() -> None:
    """In order of confidence: right .9, wrong .8, and together at .5 a right and an unanswerable one.

    Unanswerable among the first 1, 2, 4: 0, 0, 1/4. Not right among them: 0, 1/2, 2/4.
    """
    curve = risk_coverage(
        [
            outcome(0.5, right=True),
            outcome(0.9, right=True),
            outcome(0.5, unanswerable=True),
            outcome(0.8, right=False),
        ]
    )
    assert curve == {
        UNANSWERABLE: ((0.25, 0), (0.5, 0), (1, 0.25)),
        WRONG: ((0.25, 0), (0.5, 0.5), (1, 0.5)),
    }


def test_there_is_no_curve_where_there_is_nothing_to_tell_apart() -> None:
    """All answerable, or all not; and without answers nothing is known of wrong ones."""
    assert risk_coverage([]) == {}
    assert risk_coverage([outcome(0.5), outcome(0.6)]) == {}
    assert risk_coverage([outcome(0.5, unanswerable=True)]) == {}
    assert set(risk_coverage([outcome(0.5), outcome(0.6, unanswerable=True)])) == {UNANSWERABLE}


def test_a_long_curve_keeps_its_ends() -> None:
    many = [outcome(n / 1000, unanswerable=n % 2 == 0) for n in range(1000)]
    points = risk_coverage(many)[UNANSWERABLE]
    assert 100 <= len(points) <= 102
    assert points[0] == (0.001, 0)
    assert points[-1] == (1, 0.5)
