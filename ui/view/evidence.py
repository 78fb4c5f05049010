"""What an answer rests on: the cited sources first, then the passages that were read or found."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from rag.answer import Answer, Citation, Extract, Verdict
from rag.document import SECTION_SEPARATOR
from rag.hit import Hit
from rag.retrieval import highlight
from ui.messages.page import Words
from ui.view.also_found_in import render_other_documents
from ui.view.headline import find_verdict
from ui.view.links import Name, make_source_link
from ui.view.markup import escape, escape_name
from ui.view.passage import Mark, render_passage

_AROUND = 220  # characters of the passage shown on each side of a quote
_GLANCE = 320  # characters of a passage that nobody cited
_LEAD = 60  # characters before an extract in its passage's excerpt
_SPARE = 80  # characters; so little is not worth a click
_STUB = 40  # characters; so little of a line or a heading is left out where a text is cut


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the one who looks may open. Documents in `gone` were withdrawn since the answer, or from them.

    `name` gives a document's short name for links; without it there are none.
    """

    name: Name | None = None
    gone: Collection[str] = field(default_factory=frozenset)


def render_passages(
    turn: int,
    question: str,
    hits: tuple[Hit, ...],
    words: Words,
    shelf: Shelf | None = None,
    extracts: Sequence[Extract] = (),
) -> str:
    """The passages, before the model has said anything."""
    cards = _Cards(words, shelf or Shelf(), question, extracts)
    return _section(turn, question, words.passages, len(hits), cards.passages(hits), words)


def render_evidence(turn: int, answer: Answer, words: Words, shelf: Shelf | None = None) -> str:
    """The sources of a finished answer."""
    context = answer.context
    cards = _Cards(words, shelf or Shelf(), answer.searched or answer.question, answer.extracts)
    groups = group_citations(answer)
    sources = "".join(cards.source(turn, citations, hit) for citations, hit in groups)
    sources = f'<ol class="sources">{sources}</ol>' if groups else ""
    if not leads_to_sources(answer):
        hits = context.cited + context.read + context.retrieved
        inner = cards.passages(sorted(hits, key=lambda hit: hit.rank))
        if sources:
            title = f"{words.sources_of_model} ({len(groups)})"
            inner += _details(title, sources, "further")
        return _section(turn, answer.question, words.passages, len(hits), inner, words)
    inner = (
        sources
        + cards.folded(words.also_read, context.read)
        + cards.folded(words.also_found, context.retrieved)
    )
    return _section(turn, answer.question, words.sources, len(groups), inner, words)


def leads_to_sources(answer: Answer) -> bool:
    """Whether what stands in front of an answer has numbers that lead to sources.

    Where all that the model wrote is folded away, its sources are, too: what is quoted comes first.
    """
    if not answer.citations or not answer.extracts:
        return bool(answer.citations)
    return find_verdict(answer) is Verdict.BACKED or bool(answer.backed_sentences)


def group_citations(answer: Answer) -> list[tuple[list[Citation], Hit | None]]:
    """The citations, those from one passage together, with the passage; in order of their numbers."""
    passages: dict[int | tuple[str, int], tuple[list[Citation], Hit | None]] = {}
    for citation in answer.citations:
        hit = _passage_of(citation, answer.context.cited)
        key = citation.n if hit is None else (hit.uri, hit.start)
        passages.setdefault(key, ([], hit))[0].append(citation)
    return list(passages.values())


def file_name(uri: str) -> str:
    """The file and its folder. Where that folder lies on the server is nobody's business here."""
    return escape_name("/".join(PurePosixPath(uri).parts[-2:]).lstrip("/"))


def _section(turn: int, question: str, title: str, count: int, inner: str, words: Words) -> str:
    inner = inner if count else f'<p class="none">{escape(words.none_found)}</p>'
    return (
        f'<div class="evidence" id="e{turn}"><h2>{title} <span class="count">{count}</span></h2>'
        f'<p class="about"><span class="sr">{words.sources_for}: </span>{escape_name(question)}</p>'
        f"{inner}</div>"
    )


class _Cards:
    """A card for each source and passage; one shows the extracts that stand in it, marked."""

    def __init__(
        self, words: Words, shelf: Shelf, question: str, extracts: Sequence[Extract]
    ) -> None:
        self._words, self._shelf = words, shelf
        self._question, self._extracts = question, extracts

    def source(self, turn: int, citations: list[Citation], hit: Hit | None) -> str:
        """A passage with all that is quoted from it; each quote's number leads to the card."""
        words, first = self._words, citations[0]
        if first.uri in self._shelf.gone:
            body = self._gone()
        elif hit is None:
            mark = (0, len(first.quote))
            quote = render_passage(first.quote, mark, markdown=is_markdown(first.uri))
            body = f"<blockquote>{quote}</blockquote>" + self._openers(citations)
        else:
            body = self._highlighted(hit, citations) + self._openers(citations)
            body = self._elsewhere(hit) + body
        head = _head(first.title, first.uri, first.page, first.section, words)
        numbers = "".join(
            f'<span class="n" id="e{turn}-s{citation.n}"><span class="sr">{words.source} </span>{citation.n}'
            "</span>"
            for citation in citations
        )
        return f'<li class="source"><p class="ns">{numbers}</p>{head}{body}</li>'

    def _openers(self, citations: list[Citation]) -> str:
        """A way into the document for each quote; that of the first one is shown until another is chosen."""
        return "".join(
            self._opener(
                citation.uri,
                citation.start,
                citation.end,
                citation.quote,
                citation.page,
                _class(citation, index),
            )
            for index, citation in enumerate(citations)
        )

    def passages(self, hits: Iterable[Hit]) -> str:
        return f'<ul class="passages">{"".join(map(self._passage, hits))}</ul>'

    def folded(self, title: str, hits: tuple[Hit, ...]) -> str:
        if not hits:
            return ""
        return _details(f"{title} ({len(hits)})", self.passages(hits), "further")

    def _passage(self, hit: Hit) -> str:
        words = self._words
        head = _head(hit.title, hit.uri, hit.page, hit.section, words)
        if hit.uri in self._shelf.gone:
            return f'<li class="passage">{head}{self._gone()}</li>'
        head += self._elsewhere(hit)
        opener = self._opener(hit.uri, hit.start, hit.end, hit.text, hit.page)
        marks = self._marks(hit)
        if len(hit.text) <= _GLANCE + _SPARE:
            return f'<li class="passage">{head}{_quote(hit, 0, len(hit.text), marks)}{opener}</li>'
        first, last = self._glance(hit, marks)
        glance = _quote(hit, first, last, marks)
        whole = _details(words.whole_passage, _quote(hit, 0, len(hit.text), marks), "whole")
        return f'<li class="passage">{head}{glance}{whole}{opener}</li>'

    def _marks(self, hit: Hit) -> list[Mark]:
        """The extracts that stand in a passage, by its characters."""
        return [
            (extract.start - hit.start, extract.end - hit.start, "")
            for extract in self._extracts
            if extract.uri == hit.uri and hit.start <= extract.start and extract.end <= hit.end
        ]

    def _glance(self, hit: Hit, marks: Sequence[Mark]) -> tuple[int, int]:
        """The characters that are shown at once: the text that answers, with a little before it."""
        text = hit.text
        if marks:
            start = min(mark[0] for mark in marks)
            first = _word_edge(text, start - _LEAD) if start > _LEAD + _SPARE else 0
        else:
            first = highlight.best_start(self._question, text, _GLANCE)
        return first, _end(text, first + _GLANCE)

    def _highlighted(self, hit: Hit, citations: list[Citation]) -> str:
        text, several = hit.text, len(citations) > 1
        marks = [
            (
                citation.start - hit.start,
                citation.end - hit.start,
                f"q{citation.n}" if several else "",
            )
            for citation in citations
        ]
        start, end = min(mark[0] for mark in marks), max(mark[1] for mark in marks)
        first = _word_edge(text, start - _AROUND) if start > _AROUND + _SPARE else 0
        last = _end(text, end + _AROUND) if len(text) - end > _AROUND + _SPARE else len(text)
        quote = _quote(hit, first, last, marks)
        if first == 0 and last == len(text):
            return quote
        whole = _quote(hit, 0, len(text), marks)
        return quote + _details(self._words.whole_passage, whole, "whole")

    def _opener(
        self, uri: str, start: int, end: int, text: str, page: int | None, kind: str = "open"
    ) -> str:
        """Leads to the document itself, opened at the passage."""
        if self._shelf.name is None:
            return ""
        words = self._words
        label = words.in_document
        if page is not None:
            label = (words.on_slide if is_slides(uri) else words.on_page).format(page=page)
        link = make_source_link(self._shelf.name, uri, start, end, text)
        return f'<p class="{kind}"><a href="{link}">{escape(label)}</a></p>'

    def _elsewhere(self, hit: Hit) -> str:
        return render_other_documents(hit, self._shelf.name, self._words)

    def _gone(self) -> str:
        return f'<p class="gone">{escape(self._words.withdrawn)}</p>'


def _passage_of(citation: Citation, cited: tuple[Hit, ...]) -> Hit | None:
    """The passage that holds the quote at the span it names, word for word."""
    for hit in cited:
        start, end = citation.start - hit.start, citation.end - hit.start
        if hit.uri == citation.uri and start >= 0 and hit.text[start:end] == citation.quote:
            return hit
    return None


def _class(citation: Citation, index: int) -> str:
    return f"open q{citation.n}" + (" is-other" if index else "")


def _quote(hit: Hit, first: int, last: int, marks: Sequence[Mark] = ()) -> str:
    """Characters `first` to `last` of the passage, with an ellipsis where it is cut."""
    moved = [(start - first, end - first, kind) for start, end, kind in marks]
    inner = render_passage(hit.text[first:last], marks=moved, markdown=is_markdown(hit.uri))
    kind = " ".join(
        name
        for name, cut in (("cut-before", first > 0), ("cut-after", last < len(hit.text)))
        if cut
    )
    return f'<blockquote class="{kind}">{inner}</blockquote>'


def is_markdown(uri: str) -> bool:
    """Whether a file's marks are Markdown's."""
    return uri.lower().endswith((".md", ".markdown"))


def is_slides(uri: str) -> bool:
    """Whether a file's pages are slides."""
    return uri.lower().endswith((".pptx", ".ppt", ".odp"))


def _word_edge(text: str, at: int) -> int:
    """The next end of a word; in a table the end of the row before, if that is not the first."""
    row = text.rfind("\n|", 0, at)
    if row > 0 and "\n" not in text[row + 1 : at]:
        return row
    space = text.find(" ", at, at + 40)
    return space if space >= 0 else at


def _end(text: str, at: int) -> int:
    """Where a text that is cut at about `at` ends: with a word, and not with the first of a new line."""
    end = _word_edge(text, at)
    line = text.rfind("\n", 0, end)
    return line if 0 < end - line <= _STUB < line else end


def _details(summary: str, inner: str, kind: str) -> str:
    return f'<details class="{kind}"><summary>{escape(summary)}</summary>{inner}</details>'


def _head(title: str, uri: str, page: int | None, section: str | None, words: Words) -> str:
    name = escape_name(title) or file_name(uri)
    return (
        f'<h3>{name}</h3><p class="where">{describe_location(title, uri, page, section, words)}</p>'
    )


def describe_location(
    title: str, uri: str, page: int | None, section: str | None, words: Words
) -> str:
    """File, page and section of a passage."""
    parts = [file_name(uri)]
    if page is not None:
        paged = words.slide if is_slides(uri) else words.page
        parts.append(escape(paged.format(page=page)))
    if section:
        path = section.split(SECTION_SEPARATOR)
        # A document's first heading is most often its title, which stands above already.
        path = path[1:] if path[0].strip() == title.strip() else path
        if path:
            parts.append(" › ".join(escape_name(part) for part in path))
    return " · ".join(parts)
