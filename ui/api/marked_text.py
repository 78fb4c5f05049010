"""An answer as text with citation markers, released piece by piece after its check."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rag.answer import (
    Answer,
    AnswerEvent,
    Citation,
    CitationsEvent,
    DeltaEvent,
    Event,
    Extract,
    RetrievalEvent,
    Sentence,
    SentencesEvent,
    Verdict,
)
from rag.citations.markers import strip_markers
from rag.computed import Cell, Computed
from ui.api.markdown import escape_markdown, escape_openings, make_inert
from ui.messages.page import Words
from ui.view.exports.text import make_readable
from ui.view.headline import choose_headline, find_verdict

Release = Literal["sentences", "tokens"]
"""`sentences`: each after its check, and none that fails it. `tokens`: the model's words as they come."""

Link = Callable[[str, int, int, str], str | None]
"""From a document's URI, start, end and quote to the address where it can be read, or None."""

_BULLET = re.compile(r"(?:[-*•]|\d{1,2}[.)])[ \t]+\Z")


@dataclass(frozen=True, slots=True)
class CitedPassage:
    """A quote that the text cites as `[n]`. `marker_start` and `marker_end` are where, in code points.

    With `tokens` there are no markers, and it is the sentence that rests on the quote. Where the text does
    not show that sentence, both are the text's length.
    """

    n: int
    uri: str
    title: str
    page: int | None
    section: str | None
    quote: str
    start: int
    end: int
    url: str | None = None
    marker_start: int = -1
    marker_end: int = -1

    @classmethod
    def of_citation(cls, citation: Citation, link: Link) -> CitedPassage:
        """A passage that supports a sentence of the model's."""
        c = citation
        url = link(c.uri, c.start, c.end, c.quote)
        return cls(c.n, c.uri, c.title, c.page, c.section, c.quote, c.start, c.end, url)

    @classmethod
    def of_extract(cls, extract: Extract, link: Link) -> CitedPassage:
        """A sentence of a document that is shown as it is."""
        e = extract
        url = link(e.uri, e.start, e.end, "")
        return cls(e.rank, e.uri, e.title, e.page, e.section, e.text, e.start, e.end, url)


class MarkedText:
    """Hears the events of an answer, and says what of its text can be shown.

    `text` is all that was released, `passages` what it cites, in the order of their numbers, both complete
    once `answer` is there. `refusal` is the profile's sentence for what the documents do not say.
    """

    def __init__(
        self, words: Words, refusal: str, link: Link, release: Release = "sentences"
    ) -> None:
        self.text = ""
        self.passages: tuple[CitedPassage, ...] = ()
        self.shown_extracts: frozenset[int] = frozenset()
        self.answer: Answer | None = None
        self.link = link
        self._words, self._refusal, self._release = words, refusal, release
        self._draft = ""
        self._computed: Computed | None = None
        self._heard = self._position = 0
        self._backed = False
        self._markers: dict[int, tuple[int, int]] = {}

    def hear(self, event: Event) -> str:
        """Take in the next event; returns what is released by it, perhaps nothing."""
        before = len(self.text)
        if isinstance(event, RetrievalEvent):
            if event.is_final and event.computed is not None:
                self._computed = event.computed
                self.text += render_computed_markdown(event.computed, self.link)
        elif isinstance(event, DeltaEvent):
            self._draft += event.text
            if self._release == "tokens" and self._computed is None:
                self.text += escape_openings(event.text if self.text else event.text.lstrip())
        elif isinstance(event, SentencesEvent | CitationsEvent):
            if self._computed is None:
                self._take(event.sentences)
        elif isinstance(event, AnswerEvent):
            self._finish(event.answer)
        return self.text[before:]

    def _take(self, sentences: Sequence[Sentence]) -> None:
        """Release the sentences that are new and backed by the documents."""
        plain = strip_markers(self._draft)[0]
        for sentence in sentences[self._heard :]:
            found_at = plain.find(sentence.text, self._position)
            lead = plain[self._position : max(found_at, self._position)]
            if found_at >= 0:
                self._position = found_at + len(sentence.text)
            if sentence.supported and not sentence.is_beside_the_point:
                self._backed = True
                if self._release == "sentences":
                    self._show(sentence, lead)
                else:
                    self._mark_span(escape_openings(sentence.text), sentence.citations)
        self._heard = max(self._heard, len(sentences))

    def _show(self, sentence: Sentence, lead: str) -> None:
        """A sentence with its markers. Of what stands before it only the layout is kept, for that was not
        checked."""
        bullet = _BULLET.search(lead)
        layout = bullet[0] if bullet else ""
        if self.text:
            layout = ("\n" * min(lead.count("\n"), 2) or ("\n" if bullet else " ")) + layout
        self.text += layout + make_inert(sentence.text)
        for n in sentence.citations:
            self._mark(n)

    def _mark(self, n: int) -> None:
        start = len(self.text) + 1
        self.text += f" [{n}]"
        self._markers.setdefault(n, (start, len(self.text)))

    def _mark_span(self, sentence: str, citations: Sequence[int]) -> None:
        """Note where a sentence stands that has no markers."""
        start = self.text.find(sentence)
        if start >= 0:
            for n in citations:
                self._markers.setdefault(n, (start, start + len(sentence)))

    def _finish(self, answer: Answer) -> None:
        self.answer = answer
        if answer.computed is not None:
            if find_verdict(answer) is Verdict.BACKED and answer.backed_sentences:
                self.text += "\n"
                for sentence in answer.backed_sentences:
                    self._show(sentence, "\n" if self.text.endswith("\n") else "")
        elif not self._backed:
            self._fall_back(answer)
            if self.shown_extracts:
                return
        passages = (CitedPassage.of_citation(c, self.link) for c in answer.citations)
        self.passages = tuple(map(self._located, passages))

    def _fall_back(self, answer: Answer) -> None:
        """Nothing of the model's is backed: the documents' own sentences, or that they do not say it."""
        gap = "\n\n" if self.text else ""
        line = choose_headline(answer, self._words)
        if line.verdict is Verdict.NOTHING_READABLE:
            self.text += f"{gap}{line.label}. {line.why}"
            return
        if line.verdict is Verdict.NOT_IN_DOCUMENTS:
            # Not the model's words, which may be anything.
            self.text += "" if self._refusal in self.text else gap + self._refusal
            return
        if line.verdict is not Verdict.QUOTED:
            self.text += f"{gap}{line.label}. {line.why}"
        elif gap:
            self.text += f"{gap}{line.label}:"
        passages = []
        for extract in answer.extracts:
            self.text += (
                "\n\n" if self.text else ""
            ) + f"“{make_inert(make_readable(extract.text))}”"
            self._mark(extract.rank)
            passages.append(self._located(CitedPassage.of_extract(extract, self.link)))
        self.passages = tuple(passages)
        self.shown_extracts = frozenset(passage.n for passage in passages)

    def _located(self, passage: CitedPassage) -> CitedPassage:
        start, end = self._markers.get(passage.n, (len(self.text), len(self.text)))
        return replace(passage, marker_start=start, marker_end=end)


def render_computed_markdown(computed: Computed, link: Link) -> str:
    """What was counted, listed or compared, as Markdown: sentences, and a table."""
    return "\n\n".join([computed.text, *computed.notes, *_table(computed, link)])


def _table(computed: Computed, link: Link) -> Iterator[str]:
    table = computed.table
    if not table.rows:
        return
    width = max(len(table.columns), *(len(row.cells) for row in table.rows))
    heads = [*map(escape_markdown, table.columns), *[""] * (width - len(table.columns))]
    lines = [heads, ["---"] * width]
    lines += [
        [_cell(cell, link) for cell in row.cells] + [""] * (width - len(row.cells))
        for row in table.rows
    ]
    yield "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(cell: Cell, link: Link) -> str:
    text = escape_markdown(cell.text)
    url = link(cell.uri, cell.start, cell.end, "") if cell.uri and text else None
    return text if url is None else f"[{text}](<{url}>)"
