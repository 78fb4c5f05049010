"""The plots of an evaluation: title, picture, and what to see in it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rag.answer import Status
from rag.evaluation import Evaluation
from rag.evaluation import metrics as m
from rag.evaluation.metrics import Metric
from rag.evaluation.result import Ablation
from ui.view.plots import Row, Series, Stack, intervals, lines, stacks
from ui.view.text import ENGLISH

_MOST_TYPES = 14
_STATUS_COLOURS = {
    Status.GROUNDED: 0,
    Status.PARTIAL: 1,
    Status.UNSUPPORTED: 3,
    Status.NOT_IN_DOCUMENTS: 2,
    Status.MODEL_UNAVAILABLE: 4,
}


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture, as HTML, with the words around it."""

    title: str
    picture: str
    note: str


def evaluation_plots(evaluation: Evaluation) -> Iterator[Plot]:
    """The plots for which there are figures."""
    names = evaluation.names
    if evaluation.recall_curve:
        yield _recall(evaluation)
    yield from _by_type(evaluation, names.recall, f"Recall of documents in {names.k} hits, by type")
    if evaluation.overall.statuses:
        yield _statuses(evaluation)
    yield from _by_type(evaluation, m.CONTAINMENT, "Answers that hold the expected one, by type")
    yield from _by_type(
        evaluation, m.CITATION_PRECISION, "Citations that quote a known fact, by type"
    )
    if evaluation.risk_coverage:
        yield _risk(evaluation)
    yield _latency(evaluation)
    for ablation in evaluation.ablations:
        yield from _lift(ablation, m.metrics(names))


def _recall(evaluation: Evaluation) -> Plot:
    curve = evaluation.recall_curve
    points = list(enumerate(curve, start=1))
    ticks = [1, *range(5, len(curve) + 1, 5)]
    if ticks[-1] != len(curve):
        ticks.append(len(curve))
    return Plot(
        "Documents found, by number of hits",
        lines(
            [Series("recall", 0, points)],
            title=f"Recall rises from {curve[0]:.3f} at 1 hit to {curve[-1]:.3f} at {len(curve)}",
            x_label="hits",
            x_ticks=ticks,
        ),
        f"Share of the right documents among the first hits: {curve[0]:.3f} with 1, "
        f"{curve[evaluation.names.k - 1]:.3f} with {evaluation.names.k}, "
        f"{curve[-1]:.3f} with {len(curve)}.",
    )


def _by_type(evaluation: Evaluation, name: str, title: str) -> Iterator[Plot]:
    rows = []
    for kind, summary in evaluation.types.items():
        figure = summary.metrics.get(name)
        if figure is None or figure.value is None:
            continue
        low, high = figure.low or 0.0, figure.high or 0.0
        rows.append((figure.n, Row(kind, figure.value, low, high, f"{figure.value:.2f}")))
    if len(rows) < 2:
        return
    largest = sorted(rows, key=lambda row: -row[0])[:_MOST_TYPES]
    shown = sorted((row for _, row in largest), key=lambda row: (row.value, row.label))
    left_out = len(rows) - len(shown)
    more = f" The {left_out} types with the fewest questions are in the table." if left_out else ""
    yield Plot(
        title,
        intervals(shown, title=title),
        f"The weakest type stands first; bars are 95 % intervals.{more}",
    )


def _statuses(evaluation: Evaluation) -> Plot:
    bars = []
    for unanswerable, label in ((False, "has an answer"), (True, "has none")):
        said = [
            outcome.said.status
            for outcome in evaluation.outcomes
            if outcome.said is not None and outcome.question.unanswerable is unanswerable
        ]
        if said:
            parts = [
                (ENGLISH.statuses[status][0], colour, said.count(status))
                for status, colour in _STATUS_COLOURS.items()
            ]
            bars.append(Stack(label, parts))
    return Plot(
        "What became of the questions",
        stacks(bars, title="Statuses of the answers"),
        "Questions with an answer in the documents should be grounded, the others refused.",
    )


def _risk(evaluation: Evaluation) -> Plot:
    curves = evaluation.risk_coverage
    at_all = ", ".join(f"{points[-1][1]:.2f} ({name})" for name, points in curves.items())
    return Plot(
        "What refusing doubtful questions would save",
        lines(
            [Series(name, colour, points) for colour, (name, points) in enumerate(curves.items())],
            title="Risk over coverage",
            x_label="share of questions that are answered, the surest first",
            x_ticks=(0, 0.25, 0.5, 0.75, 1),
        ),
        "Share of answered questions that go wrong, by how sure the search is that the documents say it. "
        f"With every question answered: {at_all}.",
    )


def _latency(evaluation: Evaluation) -> Plot:
    timed = [outcome.said.timings_ms for outcome in evaluation.outcomes if outcome.said is not None]
    series = {
        "search": [outcome.search_ms for outcome in evaluation.outcomes],
        "first token": [each["first_token"] for each in timed if each.get("first_token")],
        "whole answer": [each["total"] for each in timed if each.get("total")],
    }
    filled = {name: sorted(values) for name, values in series.items() if values}
    low = math.floor(math.log10(max(0.1, min(values[0] for values in filled.values()))))
    high = math.ceil(math.log10(max(0.2, *(values[-1] for values in filled.values()))))
    note = "Share of questions done within so many milliseconds."
    if timed:
        parallel = evaluation.subject.settings.get("concurrency", 1)
        note += f" Searches ran one at a time, answers up to {parallel} at a time."
    return Plot(
        "Time",
        lines(
            [
                Series(name, colour, _cumulated(filled[name]))
                for colour, name in enumerate(series)
                if name in filled
            ],
            title="Cumulated share of questions over time",
            x_label="milliseconds",
            x_ticks=[10**exponent for exponent in range(low, max(high, low + 1) + 1)],
            logarithmic=True,
            steps=True,
        ),
        note,
    )


def _cumulated(values: Sequence[float]) -> list[tuple[float, float]]:
    """At most about 200 points of (value, share of values up to it), and (the least, 0) in front."""
    step = max(1, len(values) // 200)
    places = sorted({*range(step - 1, len(values), step), len(values) - 1})
    return [(values[0], 0.0), *((values[at], (at + 1) / len(values)) for at in places)]


def _lift(ablation: Ablation, known: Mapping[str, Metric]) -> Iterator[Plot]:
    rows = []
    for each in ablation.lifts:
        value, low, high, _ = each.lift
        if value is not None and low is not None and high is not None:
            rows.append(Row(known[each.metric].label, value, low, high, f"{value:+.3f}"))
    if not rows:
        return
    least, most = min(0.0, *(row.low for row in rows)), max(0.0, *(row.high for row in rows))
    low, high = math.floor(least * 10) / 10, math.ceil(most * 10) / 10
    yield Plot(
        f"What {ablation.part} brings",
        intervals(
            rows,
            title=f"Lift by {ablation.part}",
            low=low if low < high else -0.1,
            high=high if low < high else 0.1,
        ),
        "How much higher each figure is with it than without it, on the same questions; "
        "where the 95 % interval crosses 0, it may bring nothing.",
    )
