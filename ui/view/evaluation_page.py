"""An evaluation as one HTML file that needs nothing else: no script, no other file, no other host."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from rag.evaluation import Evaluation
from rag.evaluation import metrics as m
from rag.evaluation.bootstrap import Figure
from rag.evaluation.gates import Failure
from rag.evaluation.metrics import Metric, metrics
from ui.view.evaluation_plots import Plot, evaluation_plots
from ui.view.evaluation_questions import questions_section
from ui.view.evaluation_text import NONE, signed, value
from ui.view.markup import escape, escape_name
from ui.view.text import ENGLISH, counted

_SHARED = Path(__file__).parent.parent / "web" / "static" / "report.css"
_CHUNKS = ("1 chunk", "{n} chunks")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def evaluation_page(evaluation: Evaluation, failures: Sequence[Failure] = ()) -> str:
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


def report(evaluation: Evaluation, failures: Sequence[Failure] = (), *, heading: str = "h1") -> str:
    """What is to be seen, for a page that has the style sheet `report.css`."""
    known = metrics(evaluation.names)
    shown = [known[name] for name in evaluation.overall.metrics]
    body = [
        _head(evaluation, heading),
        _gates(failures),
        "".join(f'<p class="notice">{escape(notice)}</p>' for notice in evaluation.notices),
        _tiles(evaluation),
        f'<div class="plots">{"".join(map(_figure, evaluation_plots(evaluation)))}</div>',
        _section("All figures", _all_figures(shown, evaluation)),
        _types(shown, evaluation),
        _ablations(evaluation),
        _section("What went wrong", questions_section(evaluation)),
    ]
    return f'<div class="report">{"".join(body)}</div>'


def _head(evaluation: Evaluation, heading: str) -> str:
    subject, overall = evaluation.subject, evaluation.overall
    made = time.strftime("%d %B %Y, %H:%M", time.localtime(evaluation.made_at)).lstrip("0")
    facts = {
        "Questions": f"{overall.questions:,}, {overall.unanswerable:,} of them without an answer",
        "Index": f"{counted(ENGLISH.document_count, subject.documents)}, "
        f"{counted(_CHUNKS, subject.chunks)}, generation {subject.generation}",
        "Embedder": subject.embedder,
        "Model": subject.model or "not asked",
        "Took": f"{evaluation.seconds:,.0f} s",
    }
    items = "".join(
        f"<div><dt>{name}</dt><dd>{escape_name(said)}</dd></div>" for name, said in facts.items()
    )
    return (
        f'<header><p class="over">Evaluation · {made}</p><{heading}>'
        f"{escape_name(subject.questions)}</{heading}>"
        f'<dl class="facts">{items}</dl></header>'
    )


def _gates(failures: Sequence[Failure]) -> str:
    if not failures:
        return ""
    items = "".join(f"<li>{escape(str(failure))}</li>" for failure in failures)
    title = "1 gate is not met" if len(failures) == 1 else f"{len(failures)} gates are not met"
    return f'<section class="gates"><h2>{title}</h2><ul>{items}</ul></section>'


def _tiles(evaluation: Evaluation) -> str:
    """The few figures that one looks for first."""
    names, overall = evaluation.names, evaluation.overall
    wanted = {
        names.recall: f"documents found in {names.k} hits",
        names.coverage: f"facts found in {names.budget:,} words",
        m.CONTAINMENT: "answers hold the expected one",
        m.CITATION_PRECISION: "citations quote a known fact",
        m.ABSTENTION_ACCURACY: "balanced accuracy of refusing",
    }
    tiles = [
        _tile(_percent(figure.value), said, f"{_percent(figure.low)} to {_percent(figure.high)}")
        for name, said in wanted.items()
        if (figure := overall.metrics.get(name)) is not None and figure.value is not None
    ]
    latency = overall.latency_ms
    if "search_p50" in latency:
        slow = f"p95 {latency['search_p95']:,.0f} ms"
        tiles.append(_tile(f"{latency['search_p50']:,.0f} ms", "for a search, median", slow))
    return f'<ul class="tiles">{"".join(tiles)}</ul>'


def _tile(figure: str, said: str, below: str) -> str:
    return f'<li><b>{figure}</b><span>{said}</span><span class="quiet">{below}</span></li>'


def _percent(share: float | None) -> str:
    return NONE if share is None else f"{share * 100:.1f} %"


def _figure(plot: Plot) -> str:
    return (
        f"<figure><h2>{escape_name(plot.title)}</h2>{plot.picture}"
        f"<figcaption>{escape(plot.note)}</figcaption></figure>"
    )


def _all_figures(shown: Iterable[Metric], evaluation: Evaluation) -> str:
    overall = evaluation.overall
    rows = [
        (
            f"<b>{metric.name}</b><span>{escape(metric.meaning)}</span>",
            *_cells(overall.metrics[metric.name]),
        )
        for metric in shown
    ]
    times = [
        (f"<b>{name}</b><span>milliseconds</span>", f"{milliseconds:,.1f}", "", "")
        for name, milliseconds in overall.latency_ms.items()
    ]
    return _table(("", "value", "95 % interval", "questions"), [*rows, *times])


def _cells(figure: Figure) -> tuple[str, str, str]:
    interval = f"{value(figure.low)} to {value(figure.high)}" if figure.value is not None else NONE
    return value(figure.value), interval, f"{figure.n:,}"


def _types(shown: Sequence[Metric], evaluation: Evaluation) -> str:
    if len(evaluation.types) < 2:
        return ""
    rows = [
        (
            f"<b>{escape_name(name)}</b>",
            f"{summary.questions:,}",
            *(value(summary.metrics[metric.name].value) for metric in shown),
        )
        for name, summary in evaluation.types.items()
    ]
    head = ("", "questions", *(metric.label for metric in shown))
    return _section("By type of question", _table(head, rows))


def _ablations(evaluation: Evaluation) -> str:
    sections = []
    for ablation in evaluation.ablations:
        rows = [
            (
                f"<b>{escape_name(each.metric)}</b>",
                value(each.full),
                value(each.without),
                signed(each.lift.value),
                f"{signed(each.lift.low)} to {signed(each.lift.high)}",
            )
            for each in ablation.lifts
        ]
        head = ("", "with", "without", "lift", "95 % interval")
        sections.append(_section(f"Without {ablation.part}", _table(head, rows)))
    return "".join(sections)


def _section(title: str, content: str) -> str:
    return f"<section><h2>{escape_name(title)}</h2>{content}</section>"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """`rows` are HTML; the first cell of each is its heading."""
    titles = "".join(f'<th scope="col">{escape_name(each)}</th>' for each in head)
    lines = "".join(
        f'<tr><th scope="row">{row[0]}</th>{"".join(f"<td>{cell}</td>" for cell in row[1:])}</tr>'
        for row in rows
    )
    return (
        '<div class="scroll" tabindex="0"><table>'
        f"<thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table></div>"
    )
