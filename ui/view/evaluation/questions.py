"""The questions of an evaluation, one by one, those that went wrong first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from rag.evaluation import Evaluation
from rag.evaluation.questions import Fact
from rag.evaluation.result import Outcome, Quoted, RankedPassage
from ui.messages.numbers import number
from ui.messages.page import Words
from ui.messages.report_terms import describe_fault
from ui.view.markup import escape, escape_name

MOST = 500
"""So many questions are shown; the JSON has them all."""
_GLANCE = 400  # characters of a fact or a quotation


def render_questions(evaluation: Evaluation, words: Words) -> str:
    """What went wrong with which question, and what was found and said instead."""
    texts = words.report
    wrong = [outcome for outcome in evaluation.outcomes if outcome.faults]
    if not wrong:
        return f"<p>{escape(texts.none_wrong)}</p>"
    listed = wrong[:MOST]
    more = len(wrong) - len(listed)
    left_out = texts.more_wrong.format(n=number(more, words)) if more else ""
    how_many = texts.how_many_wrong.format(
        wrong=number(len(wrong), words), all=number(len(evaluation.outcomes), words)
    )
    card = _Card(words, evaluation.names.k)
    return (
        f"<p>{escape(how_many)}</p>{''.join(map(card.question, listed))}"
        f"{f'<p>{escape(left_out)}</p>' if left_out else ''}"
    )


class _Card:
    """One question, to be opened. `k` hits count."""

    def __init__(self, words: Words, k: int) -> None:
        self._words, self._said, self._k = words, words.report, k

    def question(self, outcome: Outcome) -> str:
        question = outcome.question
        faults = "".join(
            f"<li>{escape(describe_fault(reason, self._words))}</li>" for reason in outcome.faults
        )
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
            content = f"<p>{escape(turn.question)}</p><p>{escape(turn.answer)}</p>"
            yield _entry(self._said.asked_before, content)
        if outcome.question.standalone:
            yield _entry(self._said.made_whole, f"<p>{escape(outcome.question.standalone)}</p>")

    def _expected(self, outcome: Outcome) -> Iterator[str]:
        question, texts = outcome.question, self._said
        if question.unanswerable:
            yield _entry(texts.expected, f"<p>{escape(texts.refusal)}</p>")
        if question.answers:
            yield _entry(texts.expected, f"<p>{' · '.join(map(escape, question.answers))}</p>")
        if question.facts:
            yield _entry(texts.known_facts, _list(map(self._fact, question.facts)))

    def _fact(self, fact: Fact) -> str:
        page = f", {self._words.page.format(page=fact.page)}" if fact.page is not None else ""
        return f"<b>{escape_name(fact.filename)}{escape(page)}</b> {escape(_glance(fact.text))}"

    def _answered(self, outcome: Outcome) -> Iterator[str]:
        answer, texts = outcome.said, self._said
        none = escape(texts.no_text)
        if answer is not None:
            status = escape(self._words.statuses[answer.status][0])
            content = f"<p>{escape(answer.text) or none}</p><p><b>{status}</b></p>"
            yield _entry(texts.answer, content)
            if answer.quoted:
                yield _entry(texts.citations, _list(map(self._quoted, answer.quoted)))
        if outcome.alone is not None:
            yield _entry(texts.without_documents, f"<p>{escape(outcome.alone) or none}</p>")

    def _quoted(self, quoted: Quoted) -> str:
        where, quote = self._where(quoted), escape(_glance(quoted.quote))
        return f"{self._mark(quoted.right)} <b>{where}</b> <q>{quote}</q>"

    def _found(self, outcome: Outcome) -> Iterator[str]:
        texts, known = self._said, bool(outcome.question.facts)
        places = outcome.found[: self._k]
        if not places:
            yield _entry(texts.found, f"<p>{escape(texts.nothing)}</p>")
            return
        items = (
            f"{self._mark(location.right if known else None)} {self._where(location)}"
            for location in places
        )
        late = ""
        if known and outcome.first_right is None:
            late = texts.none_further
        elif known and outcome.first_right and outcome.first_right > self._k:
            late = texts.first_right.format(n=outcome.first_right)
        further = f"<p>{escape(late)}</p>" if late else ""
        yield _entry(texts.found, _list(items, ordered=True) + further)

    def _where(self, location: RankedPassage | Quoted) -> str:
        parts = [PurePosixPath(location.uri).name]
        if location.page is not None:
            parts.append(self._words.page.format(page=location.page))
        if isinstance(location, RankedPassage) and location.section:
            parts.append(location.section)
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
