"""The same question to the same model, alone and with the documents: two panes beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from rag.answer import Answer, RetrievalEvent, Sentence, Status
from ui.messages.numbers import count, number
from ui.messages.page import Words
from ui.view import answer as view
from ui.view.evidence import Shelf, render_evidence
from ui.view.markup import escape


class Pane(StrEnum):
    """Which of the two."""

    ALONE = "alone"
    WITH = "with"

    @property
    def turn(self) -> int:
        """The number that its sources go by on the page."""
        return 1 if self is Pane.WITH else 2


def render_compare_page(question: str, starters: Sequence[str], limit: int, words: Words) -> str:
    """The whole room: what it is for, the question box, two empty panes."""
    offers = "".join(
        f'<li><button type="button" class="starter">{escape(starter)}</button></li>'
        for starter in starters
    )
    offered = f'<ul class="offers" aria-label="{escape(words.starters)}">{offers}</ul>'
    panes = "".join(_pane(side, words) for side in Pane)
    return (
        f'<div id="room" class="compare"><div class="lead"><h1>{escape(words.compare_heading)}</h1>'
        f"<p>{escape(words.compare_lead)}</p></div>"
        f'<form id="compare-form" data-stop="{escape(words.stop)}" '
        f'data-stopped="{escape(words.compare_stopped)}" data-ask="{escape(words.compare)}">'
        f'<label class="sr" for="compare-question">{escape(words.label)}</label>'
        f'<textarea id="compare-question" rows="1" maxlength="{limit}" enterkeyhint="send" required '
        f'placeholder="{escape(words.placeholder)}">{escape(question)}</textarea>'
        f'<button type="submit">{escape(words.compare)}</button></form>'
        f'<p id="compare-note" role="status"></p>{offered if starters else ""}'
        f'<div class="panes" hidden>{panes}</div></div>'
    )


def _pane(side: Pane, words: Words) -> str:
    title, why = words.sides[side.value]
    return (
        f'<section class="pane pane-{side}" aria-labelledby="pane-{side}-title">'
        f'<h2 id="pane-{side}-title">{escape(title)}</h2><p class="why">{escape(why)}</p>'
        f'<div class="said" id="pane-{side}"></div></section>'
    )


def render_waiting(side: Pane, passages: int | None, words: Words) -> str:
    """Nothing has been said yet; `passages` were found to be read."""
    if side is Pane.ALONE or passages is None:
        return view.render_busy(words.thinking if side is Pane.ALONE else words.searching)
    return view.render_busy(
        words.reading.format(passages=count(words.passage_count, passages, words))
    )


def render_model_text(text: str, words: Words) -> str:
    """What the model alone has said so far. None of it has been checked."""
    return view.render_busy(words.writing_unchecked) + view.render_unchecked_text(text)


def render_quotes(
    turn: int, sentences: Sequence[Sentence], retrieval: RetrievalEvent, shelf: Shelf, words: Words
) -> str:
    """The documents' words, and what they back of the model's."""
    return view.render_unfinished(turn, words.writing, sentences, retrieval, words, shelf)


def render_side(side: Pane, answer: Answer, shelf: Shelf, words: Words) -> str:
    """What was said, sentence by sentence, how much of it the documents bear out, and where."""
    sources = render_evidence(side.turn, answer, words, shelf)
    label = words.sources if answer.citations else words.passages
    if side is Pane.ALONE:
        # Without the documents, passages that were found say nothing about the answer.
        sources = f"<details><summary>{escape(label)}</summary>{sources}</details>"
        sources = sources if answer.citations else ""
    if side is Pane.ALONE:
        return (
            _tally(answer, words)
            + view.render_without_documents(side.turn, answer, words)
            + sources
        )
    return (
        _tally(answer, words)
        + view.render_answer_body(side.turn, answer, words, shelf=shelf)
        + sources
    )


def render_failure(reason: str, words: Words) -> str:
    """No answer, and why."""
    return view.render_error(reason, words)


def _tally(answer: Answer, words: Words) -> str:
    """A mark for each sentence, filled where a source carries it; the count says the same in words."""
    if not answer.sentences or answer.status in (Status.NOT_IN_DOCUMENTS, Status.MODEL_UNAVAILABLE):
        return ""
    marks = "".join(
        f'<i class="{"has" if sentence.supported else "lacks"}"></i>'
        for sentence in answer.sentences
    )
    supported = sum(sentence.supported for sentence in answer.sentences)
    summary = words.tally.format(
        n=number(supported, words),
        sentences=count(words.sentence_count, len(answer.sentences), words),
    )
    return f'<p class="tally"><span aria-hidden="true">{marks}</span>{escape(summary)}</p>'
