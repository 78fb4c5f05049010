"""What a reader of workbooks makes of a sheet, and the rows of text that this comes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from ingest.parsers.office.merged_cells import find_repeated_label
from ingest.parsers.sheet import MAX_COLUMNS, CellRow
from ingest.unread import Unread

_WIDEST_GAP = 10  # columns from one cell to the next; what is wider holds nothing

Area = tuple[int, int, int, int]
"""First row, first column, last row, last column; all from 1."""


@dataclass(slots=True)
class SheetCells:
    """The texts of a sheet's cells, as they are shown: row to column to text, both from 1, no empty ones.

    `after` are paragraphs that stand on the sheet outside its cells: comments, text boxes.
    """

    name: str
    cells: dict[int, dict[int, str]] = field(default_factory=dict)
    merged: list[Area] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    after: list[str] = field(default_factory=list)

    def rows(self, unread: Counter[Unread]) -> Iterator[CellRow]:
        """The rows that are shown, in order; what is hidden or too far out is counted in `unread`."""
        self._drop_hidden(unread)
        columns = self._columns(unread)
        for number, cells in self._with_labels():
            places = {columns[column]: text for column, text in cells.items() if column in columns}
            if not places:
                continue
            first, last = min(places), max(places)
            texts = [places.get(column, "") for column in range(first, last + 1)]
            visible = [column for column in cells if column in columns]
            yield CellRow(number, first, texts, first_column=min(visible), last_column=max(visible))

    def _drop_hidden(self, unread: Counter[Unread]) -> None:
        for number in self.hidden_rows & self.cells.keys():
            del self.cells[number]
            unread[Unread.HIDDEN_ROW] += 1
        hidden = set()
        for cells in self.cells.values():
            for column in [c for c in cells if self._is_hidden(c)]:
                del cells[column]
                hidden.add(column)
        if hidden:
            unread[Unread.HIDDEN_ROW] += len(hidden)

    def _is_hidden(self, column: int) -> bool:
        return any(first <= column <= last for first, last in self.hidden_columns)

    def _columns(self, unread: Counter[Unread]) -> dict[int, int]:
        """Where each column stands in the table: as in the sheet, but closer behind a wide gap."""
        used = sorted({column for cells in self.cells.values() for column in cells})
        places: dict[int, int] = {}
        target = before = used[0] if used else 0
        last = target + MAX_COLUMNS
        for column in used:
            target += min(column - before, _WIDEST_GAP)
            before = column
            if target < last:
                places[column] = target
            else:
                unread[Unread.FAR_CELL] += sum(column in cells for cells in self.cells.values())
        return places

    def _with_labels(self) -> Iterator[tuple[int, dict[int, str]]]:
        """The rows in order, with the label of a vertically merged cell in each row that has other cells."""
        starts: dict[int, list[Area]] = {}
        for area in self.merged:
            starts.setdefault(area[0], []).append(area)
        open_areas: list[tuple[Area, str]] = []
        for number in sorted(self.cells):
            cells = self.cells.pop(number)
            open_areas = [(area, label) for area, label in open_areas if area[2] >= number]
            if cells:
                for (_, column, _, _), label in open_areas:
                    cells.setdefault(column, label)
            for area in starts.get(number, ()):
                if label := cells.get(area[1], ""):
                    open_areas.append((area, find_repeated_label(label)))
                    cells.setdefault(area[3], "")  # the row is as wide as its last merged cell
            yield number, cells


def write_column_letters(number: int) -> str:
    """A column's name: 1 is A, 27 is AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def write_comment_line(cell_name: str, author: str, text: str) -> str:
    """How a comment on a cell stands below its sheet; empty for one without words."""
    text = text.strip().removeprefix(f"{author}:").strip() if author else text.strip()
    return f"Comment{f' by {author}' if author else ''} on {cell_name}: {text}" if text else ""
