"""From the outcomes of single questions to figures over all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from rag.evaluation import metrics
from rag.evaluation.bootstrap import figures
from rag.evaluation.metrics import Metric
from rag.evaluation.result import Outcome, Summary

_PERCENTILES = (50, 95)


def summarise(outcomes: Sequence[Outcome], measures: Sequence[Metric]) -> Summary:
    """The metrics, latencies and statuses of these outcomes."""
    answered = [outcome.said for outcome in outcomes if outcome.said is not None]
    latencies = {
        "search": [outcome.search_ms for outcome in outcomes],
        "first_token": [t for answer in answered if (t := answer.timings_ms.get("first_token"))],
        "answer": [t for answer in answered if (t := answer.timings_ms.get("total"))],
    }
    statuses = Counter(answer.status for answer in answered)
    return Summary(
        questions=len(outcomes),
        unanswerable=sum(outcome.question.unanswerable for outcome in outcomes),
        metrics={
            metric.name: figure
            for metric, figure in zip(
                measures, figures([outcome.scores for outcome in outcomes], measures), strict=True
            )
        },
        latency_ms=compute_percentiles(latencies),
        statuses={status: statuses[status] for status in sorted(statuses)},
    )


def compute_percentiles(latencies: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """p50 and p95 of each series in milliseconds, between neighbours where they fall between."""
    return {
        f"{name}_p{percent}": round(float(np.percentile(values, percent)), 2)
        for name, values in latencies.items()
        for percent in _PERCENTILES
        if values
    }


def list_applicable_metrics(outcomes: Sequence[Outcome], names: metrics.Names) -> list[Metric]:
    """The metrics for which at least one of the outcomes counts, in the order they are shown."""
    there = {key for outcome in outcomes for key, share in outcome.scores.items() if share.whole}
    return [
        metric for metric in metrics.metrics(names).values() if there.issuperset(metric.sources)
    ]


def group_by_type(outcomes: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    """The outcomes of each type of question, types in order of name."""
    grouped: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        grouped.setdefault(outcome.question.type, []).append(outcome)
    return dict(sorted(grouped.items()))


def compute_mean_recalls(recalls: Iterable[Sequence[float]]) -> tuple[float, ...]:
    """Mean recall@1, recall@2, … over questions; empty if there is none."""
    rows = list(recalls)
    return tuple(round(float(mean), 6) for mean in np.mean(rows, axis=0)) if rows else ()
