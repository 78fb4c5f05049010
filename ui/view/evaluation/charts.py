"""The plots of an evaluation: title, picture, and what to see in it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rag.answer import Status
from rag.evaluation import Evaluation
from rag.evaluation import metrics as m
from rag.evaluation.metrics import Metric
from rag.evaluation.result import Ablation
from ui.messages.numbers import format_figure, localise, number
from ui.messages.page import Words
from ui.messages.report_terms import describe_part
from ui.view.evaluation.plots import (
    IntervalRow,
    LineSeries,
    Stack,
    draw_intervals,
    draw_stacks,
    lines,
)

_MOST_TYPES = 14
_STATUS_COLOURS = {
    Status.GROUNDED: 0,
    Status.PARTIAL: 1,
    Status.UNSUPPORTED: 3,
    Status.NOT_IN_DOCUMENTS: 2,
    Status.MODEL_UNAVAILABLE: 4,
    Status.NOTHING_READABLE: 2,
    Status.NOT_ASKED: 4,
}


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture, as HTML, with the words around it."""

    title: str
    picture: str
    note: str


def draw_evaluation_plots(evaluation: Evaluation, words: Words) -> Iterator[Plot]:
    """The plots for which there are figures."""
    names, texts = evaluation.names, words.report
    if evaluation.recall_curve:
        yield _recall(evaluation, words)
    recall = texts.recall_by_type.format(k=names.k)
    yield from _by_type(evaluation, names.recall, recall, words)
    if evaluation.overall.statuses:
        yield _statuses(evaluation, words)
    yield from _by_type(evaluation, m.CONTAINMENT, texts.containment_by_type, words)
    yield from _by_type(evaluation, m.CITATION_PRECISION, texts.citations_by_type, words)
    if evaluation.risk_coverage:
        yield _risk(evaluation, words)
    yield _latency(evaluation, words)
    for ablation in evaluation.ablations:
        yield from _lift(ablation, m.metrics(names), words)


def _recall(evaluation: Evaluation, words: Words) -> Plot:
    curve, texts, k = evaluation.recall_curve, words.report, evaluation.names.k
    first, middle, last = (format_figure(curve[at], words) for at in (0, k - 1, -1))
    points = list(enumerate(curve, start=1))
    ticks = [1, *range(5, len(curve) + 1, 5)]
    if ticks[-1] != len(curve):
        ticks.append(len(curve))
    return Plot(
        texts.curve,
        lines(
            [LineSeries("recall", 0, points)],
            title=texts.curve_says.format(first=first, last=last, n=len(curve)),
            x_label=texts.hits,
            x_ticks=ticks,
            written=_written(words),
        ),
        texts.curve_note.format(first=first, middle=middle, last=last, k=k, n=len(curve)),
    )


def _written(words: Words) -> Callable[[float], str]:
    """Numbers on an axis, with the language's separators."""
    return lambda tick: localise(f"{tick:,g}", words)


def _by_type(evaluation: Evaluation, name: str, title: str, words: Words) -> Iterator[Plot]:
    rows = []
    for kind, summary in evaluation.types.items():
        figure = summary.metrics.get(name)
        if figure is None or figure.value is None:
            continue
        low, high = figure.low or 0.0, figure.high or 0.0
        value_text = number(figure.value, words, 2)
        rows.append((figure.n, IntervalRow(kind, figure.value, low, high, value_text)))
    if len(rows) < 2:
        return
    largest = sorted(rows, key=lambda row: -row[0])[:_MOST_TYPES]
    drawn = sorted((row for _, row in largest), key=lambda row: (row.value, row.label))
    left_out = len(rows) - len(drawn)
    note = words.report.weakest_first
    if left_out:
        note += " " + words.report.left_out.format(n=left_out)
    yield Plot(title, draw_intervals(drawn, title=title, written=_written(words)), note)


def _statuses(evaluation: Evaluation, words: Words) -> Plot:
    bars, texts = [], words.report
    for unanswerable, label in ((False, texts.has_answer), (True, texts.has_none)):
        present = [
            outcome.said.status
            for outcome in evaluation.outcomes
            if outcome.said is not None and outcome.question.unanswerable is unanswerable
        ]
        if present:
            parts = [
                (words.statuses[status][0], colour, present.count(status))
                for status, colour in _STATUS_COLOURS.items()
            ]
            bars.append(Stack(label, parts))
    return Plot(texts.statuses, draw_stacks(bars, title=texts.statuses_says), texts.statuses_note)


def _risk(evaluation: Evaluation, words: Words) -> Plot:
    curves, texts = evaluation.risk_coverage, words.report
    at_all = ", ".join(
        f"{number(points[-1][1], words, 2)} ({name})" for name, points in curves.items()
    )
    return Plot(
        texts.risk,
        lines(
            [
                LineSeries(name, colour, points)
                for colour, (name, points) in enumerate(curves.items())
            ],
            title=texts.risk_says,
            x_label=texts.risk_axis,
            x_ticks=(0, 0.25, 0.5, 0.75, 1),
            written=_written(words),
        ),
        texts.risk_note.format(at_all=at_all),
    )


def _latency(evaluation: Evaluation, words: Words) -> Plot:
    texts = words.report
    timed = [outcome.said.timings_ms for outcome in evaluation.outcomes if outcome.said is not None]
    series = {
        texts.search: [outcome.search_ms for outcome in evaluation.outcomes],
        texts.first_word: [
            timings["first_token"] for timings in timed if timings.get("first_token")
        ],
        texts.whole_answer: [timings["total"] for timings in timed if timings.get("total")],
    }
    filled = {name: sorted(values) for name, values in series.items() if values}
    low = math.floor(math.log10(max(0.1, min(values[0] for values in filled.values()))))
    high = math.ceil(math.log10(max(0.2, *(values[-1] for values in filled.values()))))
    note = texts.time_note
    if timed:
        parallel = evaluation.subject.settings.get("concurrency", 1)
        note += " " + texts.time_parallel.format(n=parallel)
    return Plot(
        texts.time,
        lines(
            [
                LineSeries(name, colour, _cumulated(filled[name]))
                for colour, name in enumerate(series)
                if name in filled
            ],
            title=texts.time_says,
            x_label=texts.milliseconds,
            x_ticks=[10**exponent for exponent in range(low, max(high, low + 1) + 1)],
            logarithmic=True,
            steps=True,
            written=_written(words),
        ),
        note,
    )


def _cumulated(values: Sequence[float]) -> list[tuple[float, float]]:
    """At most about 200 points of (value, share of values up to it), and (the least, 0) in front."""
    step = max(1, len(values) // 200)
    places = sorted({*range(step - 1, len(values), step), len(values) - 1})
    return [(values[0], 0.0), *((values[at], (at + 1) / len(values)) for at in places)]


def _lift(ablation: Ablation, known: Mapping[str, Metric], words: Words) -> Iterator[Plot]:
    rows, texts, name = [], words.report, describe_part(ablation.part, words)
    for lift in ablation.lifts:
        value, low, high, _ = lift.lift
        if value is not None and low is not None and high is not None:
            value_text = format_figure(value, words, signed=True)
            rows.append(IntervalRow(known[lift.metric].label, value, low, high, value_text))
    if not rows:
        return
    least, most = min(0.0, *(row.low for row in rows)), max(0.0, *(row.high for row in rows))
    low, high = math.floor(least * 10) / 10, math.ceil(most * 10) / 10
    yield Plot(
        texts.brings.format(part=name),
        draw_intervals(
            rows,
            title=texts.brings_says.format(part=name),
            low=low if low < high else -0.1,
            high=high if low < high else 0.1,
            written=_written(words),
        ),
        texts.brings_note,
    )
