"""A sheet's rows as tables: where one begins, what its header is, and which cells a line stands for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ingest.loaded import SheetRow
from ingest.text_builder import TextBuilder

SHEET_LEVEL = 2
MAX_COLUMNS = 256
_FIGURE = re.compile(r"[\s$€£¥(+−-]*\d[\d.,:/\s%€$)-]*")


@dataclass(frozen=True, slots=True)
class Row:
    """A row with words in it: its number and its first cell's column, both from 1; cells from there on."""

    number: int
    column: int
    cells: Sequence[str]

    @property
    def filled(self) -> int:
        return sum(1 for cell in self.cells if cell)


def trimmed(number: int, cells: Sequence[str], column: int = 1) -> Row | None:
    """The row without empty cells at its ends; None if it has no others."""
    filled = [index for index, cell in enumerate(cells) if cell.strip()]
    if not filled:
        return None
    return Row(number, column + filled[0], cells[filled[0] : filled[-1] + 1])


def write_sheet(
    builder: TextBuilder,
    rows: Iterable[Row | None],
    name: str = "",
    *,
    first_is_header: bool = True,
) -> None:
    """Write a sheet under its name: every stretch without an empty row is a table.

    A line above a table with just one cell is a paragraph: the table's title. The first row of the first
    table is its header; a later stretch has one of its own where its first row holds no figures, and goes
    on with the table above otherwise.
    """
    if name:
        builder.heading(name, SHEET_LEVEL)
    kept = [row for row in rows if row is not None]
    column = min((row.column for row in kept), default=1)
    wide = any(row.filled > 1 for row in kept)
    has_table = False
    after_gap = True
    for index, row in enumerate(kept):
        after_gap = after_gap or row.number > kept[index - 1].number + 1
        below = kept[index + 1] if index + 1 < len(kept) else None
        start = builder.position
        if after_gap and wide and row.filled == 1 and (below is None or below.filled > 1):
            builder.paragraph(row.cells[0])
            has_table = has_table and below is None
            after_gap = True
        else:
            is_header = (
                first_is_header and after_gap and _is_header(row, below, first=not has_table)
            )
            cells = [*[""] * (row.column - column), *row.cells]
            builder.table_row(cells, begins=is_header or not has_table, header=is_header)
            has_table = True
            after_gap = False
        _note(builder, start, row, name)


def _is_header(row: Row, below: Row | None, *, first: bool) -> bool:
    if first:
        return True
    follows = below is not None and below.number == row.number + 1
    return follows and row.filled > 1 and not any(_FIGURE.fullmatch(cell) for cell in row.cells)


def _note(builder: TextBuilder, start: int, row: Row, sheet: str) -> None:
    if builder.position == start:
        return
    block = builder.blocks[-1]
    last = row.column + len(row.cells) - 1
    builder.rows.append(SheetRow(block.start, block.end, sheet, row.number, row.column, last))
