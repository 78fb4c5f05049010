"""What a part brings: the same questions with it and without it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from rag.assistant import Assistant
from rag.evaluation import metrics
from rag.evaluation.bootstrap import figures, lifts
from rag.evaluation.metrics import Metric, Names, Scores
from rag.evaluation.result import Ablation, Lift, Outcome
from rag.evaluation.searching import search_all
from rag.progress import Progress
from rag.retrieval.retriever import Part

RETRIEVAL = "retrieval"
RERANK = "rerank"
PARTS = ("dense", "lexical", RERANK, RETRIEVAL)


def ablate_search(
    assistant: Assistant,
    outcomes: Sequence[Outcome],
    names: Names,
    part: str,
    progress: Progress,
) -> Ablation:
    """How much worse the search is without its part."""
    questions = [outcome.question for outcome in outcomes]
    searched = search_all(
        assistant, questions, names, progress, f"Without {part}", without=(cast(Part, part),)
    )
    compared = [
        metric
        for metric in metrics.metrics(names).values()
        if metric.group == "retrieval" and not metric.name.endswith(metrics.STANDALONE)
    ]
    return _compare(
        part,
        [outcome.scores for outcome in outcomes],
        [searched.scores[question.id] for question in questions],
        compared,
    )


def ablate_answers(outcomes: Sequence[Outcome]) -> Ablation:
    """How much better the answers are with the documents than the same model's without them.

    Over the questions that have expected answers, and an answer either way.
    """
    both = [outcome for outcome in outcomes if outcome.said is not None and outcome.alone_scores]
    known = metrics.metrics(Names(1, 1))
    compared = [known[metrics.CONTAINMENT], known[metrics.TOKEN_F1]]
    return _compare(
        RETRIEVAL,
        [outcome.scores for outcome in both],
        [outcome.alone_scores for outcome in both],
        compared,
    )


def _compare(
    part: str, full: Sequence[Scores], without: Sequence[Scores], compared: Sequence[Metric]
) -> Ablation:
    pairs = zip(
        compared,
        figures(full, compared),
        figures(without, compared),
        lifts(full, without, compared),
        strict=True,
    )
    return Ablation(
        part=part,
        lifts=tuple(
            Lift(metric=metric.name, full=a.value, without=b.value, lift=lift)
            for metric, a, b, lift in pairs
            if lift.value is not None
        ),
    )
