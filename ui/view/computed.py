"""What was counted, listed or compared without a model: a sentence, notes, and a table."""

from __future__ import annotations

from rag.computed import Cell, Computed, Row, Table
from ui.messages.page import Words
from ui.view.evidence import Shelf
from ui.view.links import make_source_link
from ui.view.markup import escape, escape_name

_INDENT = "\u2003"
"""An em space for each level of an outline below the first."""


def render_computed_block(computed: Computed, words: Words, shelf: Shelf) -> str:
    """The whole of it; what names a document leads to the place where it stands."""
    text = f'<p class="computed-text">{escape(computed.text)}</p>'
    notes = "".join(f'<p class="computed-note">{escape(note)}</p>' for note in computed.notes)
    return f'<div class="computed">{text}{notes}{render_table(computed.table, words, shelf)}</div>'


def render_table(table: Table, words: Words, shelf: Shelf) -> str:
    """The table alone; nothing where it has no rows."""
    if not table.rows:
        return ""
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.columns)
    rows = "".join(_row(row, shelf) for row in table.rows)
    return (
        '<div class="computed-table" tabindex="0" role="region" '
        f'aria-label="{escape(words.computed_table)}">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(row: Row, shelf: Shelf) -> str:
    cells = "".join(f"<td>{_cell(cell, shelf)}</td>" for cell in row.cells)
    kind = f' class="is-{row.change.value}"' if row.change else ""
    return f"<tr{kind}>{cells}</tr>"


def _cell(cell: Cell, shelf: Shelf) -> str:
    text = _marked(cell)
    if not cell.uri or not cell.text or shelf.name is None or cell.uri in shelf.gone:
        return text
    link = make_source_link(shelf.name, cell.uri, cell.start, cell.end, "")
    return f'<a href="{link}">{text}</a>'


def _marked(cell: Cell) -> str:
    """The text, with what differs from the other side of the row marked."""
    if not cell.marks:
        name = cell.text.lstrip(_INDENT)
        return _INDENT * (len(cell.text) - len(name)) + escape_name(name)
    parts, done = [], 0
    for start, end in cell.marks:
        parts += [escape(cell.text[done:start]), f"<mark>{escape(cell.text[start:end])}</mark>"]
        done = end
    return "".join([*parts, escape(cell.text[done:])])
