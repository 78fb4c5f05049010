"""A sheet's rows as tables: where one begins, what its header is, and which cells a line stands for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ingest.loaded import SheetRow
from ingest.text_builder import TextBuilder

SHEET_LEVEL = 2
MAX_COLUMNS = 256
_FIGURE = re.compile(r"[\s$€£¥(+−-]*\d[\d.,:/\s%€$)-]*")


@dataclass(frozen=True, slots=True)
class CellRow:
    """A row with words in it: its number and its first cell's column, both from 1; cells from there on.

    `first_column` and `last_column` are those in the sheet, where columns between them are left out.
    """

    number: int
    column: int
    cells: Sequence[str]
    first_column: int = 0
    last_column: int = 0

    @property
    def filled(self) -> int:
        return sum(1 for cell in self.cells if cell)


def trim_row(number: int, cells: Sequence[str], column: int = 1) -> CellRow | None:
    """The row without empty cells at its ends; None if it has no others."""
    filled = [index for index, cell in enumerate(cells) if cell.strip()]
    if not filled:
        return None
    return CellRow(number, column + filled[0], cells[filled[0] : filled[-1] + 1])


def write_sheet(
    builder: TextBuilder,
    rows: Iterable[CellRow | None],
    name: str = "",
    *,
    first_is_header: bool = True,
) -> None:
    """Write a sheet under its name: every stretch without an empty row is a table.

    Lines above a table with just one cell are paragraphs: the table's title. The first row of the first
    table is its header; a later stretch has one of its own where its first row holds no figures, and goes
    on with the table above otherwise.
    """
    if name:
        builder.heading(name, SHEET_LEVEL)
    kept = [row for row in rows if row is not None]
    wide = any(row.filled > 1 for row in kept)
    column = 0  # where the table that is being written begins; 0: none is
    for stretch in _stretches(kept):
        titles = _title_count(stretch) if wide else 0
        for row in stretch[:titles]:
            start = builder.position
            builder.paragraph(row.cells[0])
            _note(builder, start, row, name)
            column = 0
        table = stretch[titles:]
        if not table:
            continue
        left = min(row.column for row in table)
        has_header = first_is_header and (not column or _is_header(table))
        begins = has_header or not column or left < column
        column = left if begins else column
        for index, row in enumerate(table):
            start = builder.position
            cells = [*[""] * (row.column - column), *row.cells]
            builder.table_row(cells, begins=begins and not index, header=has_header and not index)
            _note(builder, start, row, name)


def _stretches(rows: Sequence[CellRow]) -> Iterator[list[CellRow]]:
    """The rows in groups without a row missing in between."""
    stretch: list[CellRow] = []
    for row in rows:
        if stretch and row.number > stretch[-1].number + 1:
            yield stretch
            stretch = []
        stretch.append(row)
    if stretch:
        yield stretch


def _title_count(stretch: Sequence[CellRow]) -> int:
    """How many lines with a single cell stand at the top of a stretch."""
    return next((i for i, row in enumerate(stretch) if row.filled > 1), len(stretch))


def _is_header(table: Sequence[CellRow]) -> bool:
    first = table[0]
    return (
        len(table) > 1
        and first.filled > 1
        and not any(_FIGURE.fullmatch(cell) for cell in first.cells)
    )


def _note(builder: TextBuilder, start: int, row: CellRow, sheet: str) -> None:
    if builder.position == start:
        return
    block = builder.blocks[-1]
    first = row.first_column or row.column
    last = row.last_column or row.column + len(row.cells) - 1
    builder.rows.append(SheetRow(block.start, block.end, sheet, row.number, first, last))
