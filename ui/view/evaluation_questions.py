"""The questions of an evaluation, one by one, those that went wrong first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from rag.evaluation import Evaluation
from rag.evaluation.questions import Fact
from rag.evaluation.result import Outcome, Place, Quoted
from ui.messages.numbers import number
from ui.messages.page import Words
from ui.messages.report_terms import fault
from ui.view.markup import escape, escape_name

MOST = 500
"""So many questions are shown; the JSON has them all."""
_GLANCE = 400  # characters of a fact or a quotation


def questions_section(evaluation: Evaluation, words: Words) -> str:
    """What went wrong with which question, and what was found and said instead."""
    said = words.report
    wrong = [outcome for outcome in evaluation.outcomes if outcome.faults]
    if not wrong:
        return f"<p>{escape(said.none_wrong)}</p>"
    shown = wrong[:MOST]
    more = len(wrong) - len(shown)
    left_out = said.more_wrong.format(n=number(more, words)) if more else ""
    how_many = said.how_many_wrong.format(
        wrong=number(len(wrong), words), all=number(len(evaluation.outcomes), words)
    )
    card = _Card(words, evaluation.names.k)
    return (
        f"<p>{escape(how_many)}</p>{''.join(map(card.question, shown))}"
        f"{f'<p>{escape(left_out)}</p>' if left_out else ''}"
    )


class _Card:
    """One question, to be opened. `k` hits count."""

    def __init__(self, words: Words, k: int) -> None:
        self._words, self._said, self._k = words, words.report, k

    def question(self, outcome: Outcome) -> str:
        question = outcome.question
        faults = "".join(f"<li>{escape(fault(each, self._words))}</li>" for each in outcome.faults)
        parts = [
            *self._asked(outcome),
            *self._expected(outcome),
            *self._answered(outcome),
            *self._found(outcome),
        ]
        return (
            f"<details><summary><span>{escape_name(question.question)}</span>"
            f'<span class="kind">{escape_name(question.type)}</span>'
            f'<ul class="faults">{faults}</ul></summary>'
            f'<dl class="card">{"".join(parts)}</dl></details>'
        )

    def _asked(self, outcome: Outcome) -> Iterator[str]:
        for turn in outcome.question.history:
            told = f"<p>{escape(turn.question)}</p><p>{escape(turn.answer)}</p>"
            yield _entry(self._said.asked_before, told)
        if outcome.question.standalone:
            yield _entry(self._said.made_whole, f"<p>{escape(outcome.question.standalone)}</p>")

    def _expected(self, outcome: Outcome) -> Iterator[str]:
        question, said = outcome.question, self._said
        if question.unanswerable:
            yield _entry(said.expected, f"<p>{escape(said.refusal)}</p>")
        if question.answers:
            yield _entry(said.expected, f"<p>{' · '.join(map(escape, question.answers))}</p>")
        if question.facts:
            yield _entry(said.known_facts, _list(map(self._fact, question.facts)))

    def _fact(self, fact: Fact) -> str:
        page = f", {self._words.page.format(page=fact.page)}" if fact.page is not None else ""
        return f"<b>{escape_name(fact.filename)}{escape(page)}</b> {escape(_glance(fact.text))}"

    def _answered(self, outcome: Outcome) -> Iterator[str]:
        answer, said = outcome.said, self._said
        none = escape(said.no_text)
        if answer is not None:
            status = escape(self._words.statuses[answer.status][0])
            told = f"<p>{escape(answer.text) or none}</p><p><b>{status}</b></p>"
            yield _entry(said.answer, told)
            if answer.quoted:
                yield _entry(said.citations, _list(map(self._quoted, answer.quoted)))
        if outcome.alone is not None:
            yield _entry(said.without_documents, f"<p>{escape(outcome.alone) or none}</p>")

    def _quoted(self, quoted: Quoted) -> str:
        where, quote = self._where(quoted), escape(_glance(quoted.quote))
        return f"{self._mark(quoted.right)} <b>{where}</b> <q>{quote}</q>"

    def _found(self, outcome: Outcome) -> Iterator[str]:
        said, known = self._said, bool(outcome.question.facts)
        places = outcome.found[: self._k]
        if not places:
            yield _entry(said.found, f"<p>{escape(said.nothing)}</p>")
            return
        items = (
            f"{self._mark(place.right if known else None)} {self._where(place)}" for place in places
        )
        late = ""
        if known and outcome.first_right is None:
            late = said.none_further
        elif known and outcome.first_right and outcome.first_right > self._k:
            late = said.first_right.format(n=outcome.first_right)
        further = f"<p>{escape(late)}</p>" if late else ""
        yield _entry(said.found, _list(items, ordered=True) + further)

    def _where(self, place: Place | Quoted) -> str:
        parts = [PurePosixPath(place.uri).name]
        if place.page is not None:
            parts.append(self._words.page.format(page=place.page))
        if isinstance(place, Place) and place.section:
            parts.append(place.section)
        return escape_name(", ".join(parts))

    def _mark(self, right: bool | None) -> str:
        if right is None:
            return ""
        word, kind = (self._said.right, "good") if right else (self._said.wrong, "bad")
        return f'<i class="mark {kind}">{escape(word)}</i>'


def _glance(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _GLANCE else f"{text[:_GLANCE].rsplit(' ', 1)[0]} …"


def _entry(name: str, content: str) -> str:
    return f"<div><dt>{escape(name)}</dt><dd>{content}</dd></div>"


def _list(items: Iterable[str], *, ordered: bool = False) -> str:
    tag = "ol" if ordered else "ul"
    return f"<{tag}>{''.join(f'<li>{item}</li>' for item in items)}</{tag}>"
