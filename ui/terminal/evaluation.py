"""An evaluation as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import click

from rag.cli_output import shorten_path
from rag.evaluation import Evaluation
from rag.evaluation.metrics import Metric, metrics
from rag.evaluation.result import Ablation, Summary
from ui.terminal.answers import escape_controls

NONE = "–"
_SHARES = (0.25, 0.5, 0.75)
"""Shares of the questions, the surest first, at which the risk–coverage curve is read off."""


def format_evaluation(evaluation: Evaluation) -> Iterator[str]:
    """The lines of the result: figures over all questions, by type, what parts bring, notices."""
    known = metrics(evaluation.names)
    shown_metrics = [known[name] for name in evaluation.overall.metrics]
    yield from _head(evaluation)
    for group, title in (("retrieval", "Retrieval"), ("answers", "Answers")):
        if members := [metric for metric in shown_metrics if metric.group == group]:
            yield ""
            yield from _overall(title, members, evaluation.overall)
    if evaluation.overall.statuses:
        counts = (f"{n:,} {status.value}" for status, n in evaluation.overall.statuses.items())
        yield f"Statuses: {', '.join(counts)}."
    if evaluation.risk_coverage:
        yield ""
        yield from _risks(evaluation)
    yield ""
    yield _latencies(evaluation.overall)
    if len(evaluation.types) > 1:
        for group in ("retrieval", "answers"):
            members = [metric for metric in shown_metrics if metric.group == group]
            if members:
                yield ""
                yield from _by_type(members, evaluation)
    for ablation in evaluation.ablations:
        yield ""
        yield from _ablation(ablation)
    if evaluation.notices:
        yield ""
        yield from (
            click.style(escape_controls(notice), fg="yellow") for notice in evaluation.notices
        )


def format_value(number: float | None) -> str:
    """A figure with three digits after the point."""
    return NONE if number is None else f"{number:.3f}"


def format_difference(number: float | None) -> str:
    """A difference, with its sign."""
    return NONE if number is None else f"{number:+.3f}"


def _head(evaluation: Evaluation) -> Iterator[str]:
    subject, overall = evaluation.subject, evaluation.overall
    without = (
        f", {overall.unanswerable:,} of them without an answer" if overall.unanswerable else ""
    )
    yield f"Questions   {overall.questions:,} of {shorten_path(subject.questions)}{without}"
    yield (
        f"Index       generation {subject.generation}: {subject.documents:,} documents, "
        f"{subject.chunks:,} chunks, {escape_controls(subject.embedder)}"
    )
    if subject.model is not None:
        yield f"Model       {escape_controls(subject.model)}"
    yield f"Took        {evaluation.seconds:,.1f} s"


def _overall(title: str, members: Iterable[Metric], summary: Summary) -> Iterator[str]:
    rows = [(click.style(title, bold=True), "", "95 % interval", "questions")]
    for metric in members:
        figure = summary.metrics[metric.name]
        interval = (
            f"{format_value(figure.low)} to {format_value(figure.high)}" if figure.n else NONE
        )
        rows.append((f"  {metric.name}", format_value(figure.value), interval, f"{figure.n:,}"))
    yield from _table(rows)


def _risks(evaluation: Evaluation) -> Iterator[str]:
    """What goes wrong if only the surest share of the questions is answered; a model alone answers all."""
    title = click.style("Share that goes wrong", bold=True)
    rows = [(title, *(f"surest {share:.0%}" for share in _SHARES), "all answered")]
    for name, points in evaluation.risk_coverage.items():
        at = [next(risk for coverage, risk in points if coverage >= share) for share in _SHARES]
        rows.append((f"  {name}", *map(format_value, at), format_value(points[-1][1])))
    yield from _table(rows)


def _latencies(summary: Summary) -> str:
    names = {"search": "search", "first_token": "first token", "answer": "whole answer"}
    figures = [
        f"{label} {summary.latency_ms[f'{name}_p50']:,.0f} ms (p95 "
        f"{summary.latency_ms[f'{name}_p95']:,.0f} ms)"
        for name, label in names.items()
        if f"{name}_p50" in summary.latency_ms
    ]
    return f"Time, median: {', '.join(figures)}"


def _by_type(members: Sequence[Metric], evaluation: Evaluation) -> Iterator[str]:
    head = (click.style("Type", bold=True), "questions", *(metric.label for metric in members))
    rows = [head]
    for name, summary in evaluation.types.items():
        figures = [summary.metrics[metric.name] for metric in members]
        if any(figure.n for figure in figures):
            line = (f"  {escape_controls(name)}", f"{summary.questions:,}")
            rows.append((*line, *(format_value(figure.value) for figure in figures)))
    yield from _table(rows)


def _ablation(ablation: Ablation) -> Iterator[str]:
    title = click.style(f"Without {ablation.part}", bold=True)
    rows = [(title, "with", "without", "lift", "95 % interval")]
    for pair in ablation.lifts:
        lift = pair.lift
        interval = f"{format_difference(lift.low)} to {format_difference(lift.high)}"
        rows.append(
            (
                f"  {pair.metric}",
                format_value(pair.full),
                format_value(pair.without),
                format_difference(lift.value),
                interval,
            )
        )
    yield from _table(rows)


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns as wide as their widest cell; the first to the left, figures to the right."""
    widths = [max(len(click.unstyle(row[at])) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        first, *others = row
        cells = [first + " " * (widths[0] - len(click.unstyle(first)))]
        cells += [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        yield "  ".join(cells).rstrip()
