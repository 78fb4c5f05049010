"""An answer or a conversation as a Word document, with its sources."""

from __future__ import annotations

import html
import io
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ui.messages.page import Words
from ui.view.exports.text import ExportedTurn, select_content
from ui.view.markup import escape

if TYPE_CHECKING:
    from docx.document import Document


def as_word(title: str, turns: Iterable[ExportedTurn], words: Words) -> bytes:
    """The file's bytes. Its styles are Word's own, so that a company's template fits over it."""
    import docx

    document = docx.Document()
    title = _clean(title or words.untitled)
    document.core_properties.title = title[:255]  # Word's limit for a property
    document.core_properties.author = document.core_properties.comments = ""
    document.core_properties.language = words.language
    document.add_heading(title, 0)
    for turn in turns:
        _add_turn(document, turn, words)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _add_turn(document: Document, turn: ExportedTurn, words: Words) -> None:
    content = select_content(turn, words)
    document.add_heading(_clean(turn.answer.question), 1)
    if content.scope:
        document.add_paragraph().add_run(_clean(content.scope)).italic = True
    for sentence in content.sentences:
        document.add_paragraph(_clean(sentence))
    for text, location in content.quotes:
        document.add_paragraph(_clean(text), "Quote")
        document.add_paragraph().add_run(f"— {_clean(location)}").italic = True
    if turn.unfinished:
        document.add_paragraph(f"({_clean(turn.unfinished)})")
    if content.sources:
        document.add_heading(_clean(words.sources), 2)
    for n, location, quote in content.sources:
        paragraph = document.add_paragraph(f"[{n}] ")
        paragraph.add_run(_clean(location)).bold = True
        formats = words.formats
        paragraph.add_run(formats.colon + formats.quotation.format(text=_clean(quote)))


def _clean(text: str) -> str:
    """Text that XML can hold: no controls, no half of a character."""
    return html.unescape(escape(text))
