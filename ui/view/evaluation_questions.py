"""The questions of an evaluation, one by one, those that went wrong first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from rag.evaluation import Evaluation
from rag.evaluation.questions import Fact
from rag.evaluation.result import Outcome, Place, Quoted
from ui.view.markup import escape, escape_name
from ui.view.text import ENGLISH

MOST = 500
"""So many questions are shown; the JSON has them all."""
_GLANCE = 400  # characters of a fact or a quotation


def questions_section(evaluation: Evaluation) -> str:
    """What went wrong with which question, and what was found and said instead."""
    wrong = [outcome for outcome in evaluation.outcomes if outcome.faults]
    if not wrong:
        return "<p>Nothing went wrong with any question.</p>"
    shown = wrong[:MOST]
    more = len(wrong) - len(shown)
    left_out = f"<p>{more:,} more are in report.json.</p>" if more else ""
    return (
        f"<p>{len(wrong):,} of {len(evaluation.outcomes):,} questions, in the order of the file. "
        "Open one to see what was found and said.</p>"
        f"{''.join(_question(outcome, evaluation.names.k) for outcome in shown)}{left_out}"
    )


def _question(outcome: Outcome, k: int) -> str:
    question = outcome.question
    faults = "".join(f"<li>{escape(fault)}</li>" for fault in outcome.faults)
    parts = [
        *_asked(outcome),
        *_expected(outcome),
        *_said(outcome),
        *_found(outcome, k),
    ]
    return (
        f"<details><summary><span>{escape_name(question.question)}</span>"
        f'<span class="kind">{escape_name(question.type)}</span>'
        f'<ul class="faults">{faults}</ul></summary>'
        f'<dl class="card">{"".join(parts)}</dl></details>'
    )


def _asked(outcome: Outcome) -> Iterator[str]:
    for turn in outcome.question.history:
        yield _entry("Asked before", f"<p>{escape(turn.question)}</p><p>{escape(turn.answer)}</p>")
    if outcome.question.standalone:
        yield _entry("Made whole", f"<p>{escape(outcome.question.standalone)}</p>")


def _expected(outcome: Outcome) -> Iterator[str]:
    question = outcome.question
    if question.unanswerable:
        yield _entry("Expected", "<p>A refusal: the documents do not say.</p>")
    if question.answers:
        yield _entry("Expected", f"<p>{' · '.join(map(escape, question.answers))}</p>")
    if question.facts:
        yield _entry("Known facts", _list(map(_fact, question.facts)))


def _fact(fact: Fact) -> str:
    page = f", page {fact.page}" if fact.page is not None else ""
    return f"<b>{escape_name(fact.filename)}{page}</b> {escape(_glance(fact.text))}"


def _said(outcome: Outcome) -> Iterator[str]:
    said = outcome.said
    if said is not None:
        status = ENGLISH.statuses[said.status][0]
        yield _entry("Answer", f"<p>{escape(said.text) or '(no text)'}</p><p><b>{status}</b></p>")
        if said.quoted:
            yield _entry("Citations", _list(map(_quoted, said.quoted)))
    if outcome.alone is not None:
        yield _entry("Without documents", f"<p>{escape(outcome.alone) or '(no text)'}</p>")


def _quoted(quoted: Quoted) -> str:
    return f"{_mark(quoted.right)} <b>{_where(quoted)}</b> <q>{escape(_glance(quoted.quote))}</q>"


def _found(outcome: Outcome, k: int) -> Iterator[str]:
    places, known = outcome.found[:k], bool(outcome.question.facts)
    if not places:
        yield _entry("Found", "<p>Nothing.</p>")
        return
    items = (f"{_mark(place.right if known else None)} {_where(place)}" for place in places)
    late = ""
    if known and outcome.first_right is None:
        late = "<p>No hit further down is right either.</p>"
    elif known and outcome.first_right and outcome.first_right > k:
        late = f"<p>The first right one is at rank {outcome.first_right}.</p>"
    yield _entry("Found", _list(items, ordered=True) + late)


def _where(place: Place | Quoted) -> str:
    parts = [PurePosixPath(place.uri).name]
    if place.page is not None:
        parts.append(f"page {place.page}")
    if isinstance(place, Place) and place.section:
        parts.append(place.section)
    return escape_name(", ".join(parts))


def _mark(right: bool | None) -> str:
    if right is None:
        return ""
    word, kind = ("right", "good") if right else ("wrong", "bad")
    return f'<i class="mark {kind}">{word}</i>'


def _glance(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _GLANCE else f"{text[:_GLANCE].rsplit(' ', 1)[0]} …"


def _entry(name: str, content: str) -> str:
    return f"<div><dt>{name}</dt><dd>{content}</dd></div>"


def _list(items: Iterable[str], *, ordered: bool = False) -> str:
    tag = "ol" if ordered else "ul"
    return f"<{tag}>{''.join(f'<li>{item}</li>' for item in items)}</{tag}>"
