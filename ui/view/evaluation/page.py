"""An evaluation as one HTML file that needs nothing else: no script, no other file, no other host."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from rag.evaluation import Evaluation
from rag.evaluation import metrics as m
from rag.evaluation.bootstrap import Figure
from rag.evaluation.gates import Failure
from rag.evaluation.metrics import Metric, metrics
from ui.messages.numbers import count, format_day_and_time, format_figure, number
from ui.messages.page import ENGLISH, Words
from ui.messages.report_terms import describe_metric, describe_part
from ui.terminal.evaluation import NONE
from ui.view.evaluation.charts import Plot, draw_evaluation_plots
from ui.view.evaluation.questions import render_questions
from ui.view.markup import escape, escape_name

_SHARED = Path(__file__).parents[2] / "web" / "static" / "report.css"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def render_evaluation_page(evaluation: Evaluation, failures: Sequence[Failure] = ()) -> str:
    """The whole page; `failures` are the gates that were not met."""
    style = Path(__file__).with_name("evaluation.css").read_text("utf-8")
    style += _SHARED.read_text("utf-8")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Evaluation of {escape_name(evaluation.subject.questions)}</title>"
        f"<style>{style}</style></head><body>"
        f"<main>{report(evaluation, failures)}</main></body></html>\n"
    )


def report(
    evaluation: Evaluation,
    failures: Sequence[Failure] = (),
    *,
    heading: str = "h1",
    words: Words = ENGLISH,
) -> str:
    """What is to be seen, for a page that has the style sheet `report.css`."""
    known, texts = metrics(evaluation.names), words.report
    shown_metrics = [known[name] for name in evaluation.overall.metrics]
    # What was noticed is kept in English, whoever reads it.
    notices = "".join(f'<p class="notice" lang="en">{escape(n)}</p>' for n in evaluation.notices)
    plots = "".join(map(_figure, draw_evaluation_plots(evaluation, words)))
    body = [
        _head(evaluation, heading, words),
        _gates(failures),
        notices,
        _tiles(evaluation, words),
        f'<div class="plots">{plots}</div>',
        _section(texts.all_figures, _all_figures(shown_metrics, evaluation, words)),
        _types(shown_metrics, evaluation, words),
        _ablations(evaluation, words),
        _section(texts.went_wrong, render_questions(evaluation, words)),
    ]
    return f'<div class="report">{"".join(body)}</div>'


def _head(evaluation: Evaluation, heading: str, words: Words) -> str:
    subject, overall, texts = evaluation.subject, evaluation.overall, words.report
    parts = (
        count(words.document_count, subject.documents, words),
        count(texts.chunk_count, subject.chunks, words),
        texts.generation.format(n=subject.generation),
    )
    facts = {
        texts.questions: texts.questions_of.format(
            n=number(overall.questions, words), without=number(overall.unanswerable, words)
        ),
        texts.index: ", ".join(parts),
        texts.embedder: subject.embedder,
        texts.model: subject.model or texts.not_asked,
        texts.took: texts.seconds.format(n=number(evaluation.seconds, words)),
    }
    items = "".join(
        f"<div><dt>{name}</dt><dd>{escape_name(fact)}</dd></div>" for name, fact in facts.items()
    )
    over = texts.over.format(when=format_day_and_time(evaluation.made_at, words))
    return (
        f'<header><p class="over">{escape(over)}</p><{heading}>'
        f"{escape_name(subject.questions)}</{heading}>"
        f'<dl class="facts">{items}</dl></header>'
    )


def _gates(failures: Sequence[Failure]) -> str:
    """In English: only `inhouse eval` has any."""
    if not failures:
        return ""
    items = "".join(f"<li>{escape(str(failure))}</li>" for failure in failures)
    title = "1 gate is not met" if len(failures) == 1 else f"{len(failures)} gates are not met"
    return f'<section class="gates"><h2>{title}</h2><ul>{items}</ul></section>'


def _tiles(evaluation: Evaluation, words: Words) -> str:
    """The few figures that one looks for first."""
    names, overall, texts = evaluation.names, evaluation.overall, words.report
    tile_figures = {
        names.recall: texts.tile_recall.format(k=names.k),
        names.coverage: texts.tile_coverage.format(budget=number(names.budget, words)),
        m.CONTAINMENT: texts.tile_containment,
        m.CITATION_PRECISION: texts.tile_citations,
        m.ABSTENTION_ACCURACY: texts.tile_abstention,
    }
    tiles = [
        _tile(
            _percent(figure.value, words),
            label,
            texts.from_to.format(
                low=_percent(figure.low, words), high=_percent(figure.high, words)
            ),
        )
        for name, label in tile_figures.items()
        if (figure := overall.metrics.get(name)) is not None and figure.value is not None
    ]
    latency = overall.latency_ms
    if "search_p50" in latency:
        slow = f"p95 {number(latency['search_p95'], words)} ms"
        usual = f"{number(latency['search_p50'], words)} ms"
        tiles.append(_tile(usual, texts.tile_search, slow))
    return f'<ul class="tiles">{"".join(tiles)}</ul>'


def _tile(figure: str, label: str, below: str) -> str:
    return f'<li><b>{figure}</b><span>{label}</span><span class="quiet">{below}</span></li>'


def _percent(share: float | None, words: Words) -> str:
    return NONE if share is None else f"{number(share * 100, words, 1)} %"


def _figure(plot: Plot) -> str:
    return (
        f"<figure><h2>{escape_name(plot.title)}</h2>{plot.picture}"
        f"<figcaption>{escape(plot.note)}</figcaption></figure>"
    )


def _all_figures(metrics_shown: Iterable[Metric], evaluation: Evaluation, words: Words) -> str:
    overall, texts = evaluation.overall, words.report
    rows = [
        (
            f"<b>{metric.name}</b><span>{escape(describe_metric(metric, evaluation.names, words))}</span>",
            *_cells(overall.metrics[metric.name], words),
        )
        for metric in metrics_shown
    ]
    times = [
        (
            f"<b>{name}</b><span>{escape(texts.milliseconds)}</span>",
            number(milliseconds, words, 1),
            "",
            "",
        )
        for name, milliseconds in overall.latency_ms.items()
    ]
    head = ("", texts.value, texts.interval, texts.number_of_questions)
    return _table(head, [*rows, *times])


def _cells(figure: Figure, words: Words) -> tuple[str, str, str]:
    interval = NONE
    if figure.value is not None:
        low, high = format_figure(figure.low, words), format_figure(figure.high, words)
        interval = words.report.from_to.format(low=low, high=high)
    return format_figure(figure.value, words), interval, number(figure.n, words)


def _types(metrics_shown: Sequence[Metric], evaluation: Evaluation, words: Words) -> str:
    if len(evaluation.types) < 2:
        return ""
    texts = words.report
    rows = [
        (
            f"<b>{escape_name(name)}</b>",
            number(summary.questions, words),
            *(format_figure(summary.metrics[metric.name].value, words) for metric in metrics_shown),
        )
        for name, summary in evaluation.types.items()
    ]
    head = ("", texts.number_of_questions, *(metric.label for metric in metrics_shown))
    return _section(texts.by_type, _table(head, rows))


def _ablations(evaluation: Evaluation, words: Words) -> str:
    texts, sections = words.report, []
    for ablation in evaluation.ablations:
        rows = [
            (
                f"<b>{escape_name(lift.metric)}</b>",
                format_figure(lift.full, words),
                format_figure(lift.without, words),
                format_figure(lift.lift.value, words, signed=True),
                texts.from_to.format(
                    low=format_figure(lift.lift.low, words, signed=True),
                    high=format_figure(lift.lift.high, words, signed=True),
                ),
            )
            for lift in ablation.lifts
        ]
        head = ("", texts.with_, texts.without, texts.lift, texts.interval)
        title = texts.without_part.format(part=describe_part(ablation.part, words))
        sections.append(_section(title, _table(head, rows)))
    return "".join(sections)


def _section(title: str, content: str) -> str:
    return f"<section><h2>{escape_name(title)}</h2>{content}</section>"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """`rows` are HTML; the first cell of each is its heading."""
    titles = "".join(f'<th scope="col">{escape_name(title)}</th>' for title in head)
    lines = "".join(
        f'<tr><th scope="row">{row[0]}</th>{"".join(f"<td>{cell}</td>" for cell in row[1:])}</tr>'
        for row in rows
    )
    return (
        '<div class="scroll" tabindex="0"><table>'
        f"<thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table></div>"
    )
