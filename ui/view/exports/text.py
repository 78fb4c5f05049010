"""An answer to take along: as plain text, as Markdown, and as HTML for a word processor; with its sources."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag.answer import Answer, Citation, Extract
from ui.messages.page import Words
from ui.view.evidence import file_name
from ui.view.markup import escape, escape_name
from ui.view.scope import describe_scope

_ROW = re.compile(r"\s*\|(.*)\|\s*")
_RULE = re.compile(r"[\s|:-]*-[\s|:-]*")
_MARKS = re.compile(
    r"\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*|`([^`\n]+)`|(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])"
)
_HEADING = re.compile(r"^#{1,6}[ \t]+", re.MULTILINE)
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~])")


@dataclass(frozen=True, slots=True)
class ExportedTurn:
    """A question with its answer. `unfinished` says in a sentence why the answer is not whole.

    `scope` are the names of what was asked; none: all documents.
    """

    answer: Answer
    unfinished: str = ""
    scope: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ExportedContent:
    """What is taken along: the documents asked, sentences, quotations, the sentences’ sources."""

    scope: str
    sentences: Sequence[str]
    quotes: Sequence[tuple[str, str]]
    sources: Sequence[tuple[int, str, str]]


def plain_text(turn: ExportedTurn, words: Words) -> str:
    """To be pasted anywhere."""
    content = select_content(turn, words)
    lines = [" ".join(content.sentences)] if content.sentences else []
    lines += [f"{_quoted(text, words)}\n  {location}" for text, location in content.quotes]
    lines += [f"({turn.unfinished})"] if turn.unfinished else []
    if content.sources:
        lines += ["", f"{words.sources}{words.formats.colon}".rstrip()]
        lines += [
            f"[{n}] {_cited(location, quote, words)}" for n, location, quote in content.sources
        ]
    scope = [f"({content.scope})"] if content.scope else []
    return "\n".join([turn.answer.question, *scope, "", *lines]) + "\n"


def as_html(turn: ExportedTurn, words: Words) -> str:
    """The same for a word processor or a mail: one line of HTML, in which all text is escaped."""
    content = select_content(turn, words)
    parts = [f"<p><strong>{escape(turn.answer.question)}</strong></p>"]
    if content.scope:
        parts.append(f"<p><em>{escape(content.scope)}</em></p>")
    if content.sentences:
        parts.append(f"<p>{escape(' '.join(content.sentences))}</p>")
    parts += [
        f"<blockquote>{escape(text)}<br><em>{escape(location)}</em></blockquote>"
        for text, location in content.quotes
    ]
    if turn.unfinished:
        parts.append(f"<p>({escape(turn.unfinished)})</p>")
    if content.sources:
        items = "".join(
            f"<li>[{n}] {_cited(escape(location), escape(quote), words)}</li>"
            for n, location, quote in content.sources
        )
        parts.append(f"<p>{escape(words.sources)}</p><ul>{items}</ul>")
    return "".join(parts)


def as_markdown(title: str, turns: Iterable[ExportedTurn], words: Words) -> str:
    """A conversation as a Markdown file, in which no character of a document is a mark."""
    parts = [f"# {_escaped(title or words.untitled)}"]
    for turn in turns:
        content = select_content(turn, words)
        parts.append(f"## {_escaped(turn.answer.question)}")
        if content.scope:
            parts.append(f"*{_escaped(content.scope)}*")
        if content.sentences:
            parts.append(_escaped(" ".join(content.sentences)))
        parts += [
            f"> {_escaped(text)}\n>\n> — {_escaped(location)}" for text, location in content.quotes
        ]
        if turn.unfinished:
            parts.append(f"({_escaped(turn.unfinished)})")
        if content.sources:
            sources = [
                f"- \\[{n}\\] {_cited(_escaped(location), _escaped(quote), words)}"
                for n, location, quote in content.sources
            ]
            parts.append(f"**{_escaped(words.sources)}**\n\n" + "\n".join(sources))
    return "\n\n".join(parts) + "\n"


def make_readable(text: str) -> str:
    """A document's text on one line, without Markdown's marks: the cells of a row stand apart by a dot."""
    lines = []
    for line in text.splitlines():
        row = _ROW.fullmatch(line)
        if row is None:
            lines.append(line)
        elif not _RULE.fullmatch(line):
            cells = (cell.strip() for cell in re.split(r"(?<!\\)\|", row[1]))
            lines.append(" · ".join(cell.replace("\\|", "|") for cell in cells if cell))
    text = _HEADING.sub("", "\n".join(lines))
    return " ".join(_MARKS.sub(lambda match: match[match.lastindex or 0], text).split())


def select_content(turn: ExportedTurn, words: Words) -> ExportedContent:
    """What of an answer is taken along: nothing that its documents do not back."""
    answer = turn.answer
    backed = answer.backed_sentences
    sentences = [
        make_readable(sentence.text) + "".join(f" [{n}]" for n in sentence.citations)
        for sentence in backed
    ]
    if answer.computed is not None:
        sentences = [answer.computed.text, *sentences]
    used = {n for sentence in backed for n in sentence.citations}
    sources = [
        (citation.n, _place(citation, words), make_readable(citation.quote) or words.withdrawn)
        for citation in answer.citations
        if citation.n in used
    ]
    quotes = [] if sentences else [_quote(extract, words) for extract in answer.extracts]
    if not sentences and not quotes:
        sentences = [make_readable(answer.text) or words.statuses[answer.status][0]]
    scope = html.unescape(escape_name(describe_scope(turn.scope, words)))
    return ExportedContent(scope, sentences, quotes, sources)


def _quoted(text: str, words: Words) -> str:
    return words.formats.quotation.format(text=text)


def _cited(location: str, quote: str, words: Words) -> str:
    return f"{location}{words.formats.colon}{_quoted(quote, words)}"


def _quote(extract: Extract, words: Words) -> tuple[str, str]:
    return make_readable(extract.text) or words.withdrawn, _place(extract, words)


def _place(source: Citation | Extract, words: Words) -> str:
    page = f", {words.page.format(page=source.page)}" if source.page else ""
    title, file = html.unescape(escape_name(source.title)), html.unescape(file_name(source.uri))
    return f"{title} ({file}{page})" if file else title


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
