"""What was counted, listed or compared without a model, as text for a terminal."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator

from rag.cli_output import shorten_path
from rag.computed import Cell, Computed, Row, Table

_SIGNS = {"added": "+", "removed": "-", "changed": "~"}
_WIDEST = 100


def format_computed(computed: Computed) -> str:
    """The sentence, the notes, and the rows of the table."""
    lines = [_wrapped(computed.text)]
    lines += [_wrapped(note, indent="  ") for note in computed.notes]
    return "\n".join([*lines, *_rows(computed.table)])


def _rows(table: Table) -> Iterator[str]:
    for row in table.rows:
        yield _row(row, table)


def _row(row: Row, table: Table) -> str:
    """A row of short cells on one line; longer cells on lines of their own, under their column's name."""
    cells = [_safe(cell.text) for cell in row.cells]
    sign = _SIGNS.get(row.change or "", "•")
    head = cells[0]
    where = shorten_path(row.cells[0].uri) if row.cells[0].uri and not row.change else ""
    if where and not _is_section(row.cells[0]):
        head = f"{head} ({_safe(where)})"
    rest = [
        (_safe(name), text)
        for name, text in zip(table.columns[1:], cells[1:], strict=False)
        if text
    ]
    lines = [_wrapped(head or "–", indent="  ", first=f"{sign} ")]
    lines += [_wrapped(f"{name}: {text}" if name else text, indent="    ") for name, text in rest]
    return "\n".join(lines)


def _is_section(cell: Cell) -> bool:
    """Whether the cell names a part of a document, and not the document."""
    return cell.text.strip() != cell.title


def _safe(text: str) -> str:
    """On one line, without control characters: a document must not steer the terminal."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(printable.split())


def _wrapped(text: str, indent: str = "", first: str | None = None) -> str:
    width = min(_WIDEST, shutil.get_terminal_size((_WIDEST, 24)).columns)
    return textwrap.fill(
        _safe(text),
        width,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
    )
