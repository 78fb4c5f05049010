"""What an answer rests on: the cited sources first, then the passages that were read or found."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from rag.answer import Answer, Citation
from rag.document import SECTION_SEPARATOR
from rag.hit import Hit
from ui.view.markup import escape, escape_name
from ui.view.text import Words

_AROUND = 220  # characters of the passage shown on each side of a quote
_GLANCE = 320  # characters of a passage that nobody cited
_SPARE = 80  # characters; so little is not worth a click


def found(turn: int, question: str, hits: tuple[Hit, ...], words: Words) -> str:
    """The passages, before the model has said anything."""
    return _section(turn, question, words.passages, len(hits), _passages(hits, words), words)


def evidence(turn: int, answer: Answer, words: Words) -> str:
    """The sources of a finished answer."""
    context = answer.context
    if not answer.citations:
        hits = context.cited + context.read + context.retrieved
        inner = _passages(sorted(hits, key=lambda hit: hit.rank), words)
        return _section(turn, answer.question, words.passages, len(hits), inner, words)
    sources = "".join(
        _source(turn, citation, context.cited, words) for citation in answer.citations
    )
    inner = (
        f'<ol class="sources">{sources}</ol>'
        + _folded(words.also_read, context.read, words)
        + _folded(words.also_found, context.retrieved, words)
    )
    return _section(turn, answer.question, words.sources, len(answer.citations), inner, words)


def _section(turn: int, question: str, title: str, count: int, inner: str, words: Words) -> str:
    inner = inner if count else f'<p class="none">{escape(words.none_found)}</p>'
    return (
        f'<div class="evidence" id="e{turn}"><h2>{title} <span class="count">{count}</span></h2>'
        f'<p class="about"><span class="sr">{words.sources_for}: </span>{escape_name(question)}</p>'
        f"{inner}</div>"
    )


def _source(turn: int, citation: Citation, cited: tuple[Hit, ...], words: Words) -> str:
    head = _head(citation.title, citation.uri, citation.page, citation.section, words)
    hit = _passage_of(citation, cited)
    if hit is None:
        quote = f"<blockquote><mark>{escape(citation.quote)}</mark></blockquote>"
    else:
        quote = _highlighted(hit, citation.start - hit.start, citation.end - hit.start, words)
    return (
        f'<li class="source" id="e{turn}-s{citation.n}"><span class="n"><span class="sr">'
        f"{words.source} </span>{citation.n}</span>{head}{quote}</li>"
    )


def _passage_of(citation: Citation, cited: tuple[Hit, ...]) -> Hit | None:
    """The passage that holds the quote at the span it names, word for word."""
    for hit in cited:
        start, end = citation.start - hit.start, citation.end - hit.start
        if hit.uri == citation.uri and start >= 0 and hit.text[start:end] == citation.quote:
            return hit
    return None


def _highlighted(hit: Hit, start: int, end: int, words: Words) -> str:
    text = hit.text
    first = _word_edge(text, start - _AROUND) if start > _AROUND + _SPARE else 0
    last = _word_edge(text, end + _AROUND) if len(text) - end > _AROUND + _SPARE else len(text)
    mark = f"<mark>{escape(text[start:end])}</mark>"
    before = ("…\u00a0" if first else "") + escape(text[first:start].lstrip())
    after = escape(text[end:last].rstrip()) + ("\u00a0…" if last < len(text) else "")
    quote = f"<blockquote>{before}{mark}{after}</blockquote>"
    if first == 0 and last == len(text):
        return quote
    whole = f"{escape(text[:start])}{mark}{escape(text[end:])}"
    return quote + _details(words.whole_passage, f"<blockquote>{whole}</blockquote>", "whole")


def _word_edge(text: str, at: int) -> int:
    space = text.find(" ", at, at + 40)
    return space if space >= 0 else at


def _passages(hits: Iterable[Hit], words: Words) -> str:
    return f'<ul class="passages">{"".join(_passage(hit, words) for hit in hits)}</ul>'


def _passage(hit: Hit, words: Words) -> str:
    head = _head(hit.title, hit.uri, hit.page, hit.section, words)
    text = hit.text.strip()
    if len(text) <= _GLANCE + _SPARE:
        return f'<li class="passage">{head}<blockquote>{escape(text)}</blockquote></li>'
    glance = escape(text[: _word_edge(text, _GLANCE)].rstrip())
    whole = _details(words.whole_passage, f"<blockquote>{escape(text)}</blockquote>", "whole")
    return f'<li class="passage">{head}<blockquote>{glance}\u00a0…</blockquote>{whole}</li>'


def _folded(title: str, hits: tuple[Hit, ...], words: Words) -> str:
    if not hits:
        return ""
    return _details(f"{title} ({len(hits)})", _passages(hits, words), "further")


def _details(summary: str, inner: str, kind: str) -> str:
    return f'<details class="{kind}"><summary>{escape(summary)}</summary>{inner}</details>'


def _head(title: str, uri: str, page: int | None, section: str | None, words: Words) -> str:
    where = [_file(uri)]
    if page is not None:
        where.append(escape(words.page.format(page=page)))
    if section:
        path = section.split(SECTION_SEPARATOR)
        # A document's first heading is most often its title, which stands above already.
        path = path[1:] if path[0].strip() == title.strip() else path
        if path:
            where.append(" › ".join(escape_name(part) for part in path))
    name = escape_name(title) or _file(uri)
    return f'<h3>{name}</h3><p class="where">{" · ".join(where)}</p>'


def _file(uri: str) -> str:
    """The file and its folder. Where that folder lies on the server is nobody's business here."""
    return escape_name("/".join(PurePosixPath(uri).parts[-2:]).lstrip("/"))
