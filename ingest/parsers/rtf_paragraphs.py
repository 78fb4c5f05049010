"""What an RTF reader makes of its text: paragraphs, headings, list items, rows of a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.parsers.office.merged_cells import fill_down
from ingest.text_builder import TextBuilder

NO_LEVEL = 0
_HEADING_STYLE = re.compile(r"(?:heading|überschrift|titre|título|titolo) ?([1-9])", re.IGNORECASE)
_NUMBER = re.compile(r"[^\w\s]*\s?\w[\w.()\s]{0,20}")
_BULLETS = ("o", "§", "v", "Ø", "ü", "q", "n", "l")  # of Courier and Wingdings
_SAME_EDGE = 40  # twips: what programs draw as one line
_WRITTEN_MARKER = re.compile(r"\s{0,20}([•·▪◦–-]|\d{1,3}[.)])\t")
"""Pandoc writes a list as paragraphs that begin like this."""


def read_level_of_style(name: str) -> int:
    """The heading level that a style's name tells of, else NO_LEVEL."""
    match = _HEADING_STYLE.match(name)
    if match:
        return int(match[1])
    return 1 if name.lower() == "title" else NO_LEVEL


@dataclass(slots=True)
class ParagraphFormat:
    """What is known of the paragraph that is being read; `style` is its number, or -1."""

    style: int = -1
    level: int = NO_LEVEL
    in_table: bool = False
    is_list: bool = False
    depth: int = 0
    marker: str = ""


@dataclass(frozen=True, slots=True)
class CellForm:
    """How a cell of a row is drawn: its right edge in twips, and whether it goes on from a neighbour."""

    edge: int = 0
    continues_left: bool = False
    continues_above: bool = False


_Row = tuple[list[str], list[CellForm]]


class RtfWriter:
    """Takes text, and the ends of paragraphs, cells and rows; `builder` has the result after `end()`."""

    def __init__(self) -> None:
        self.builder = TextBuilder()
        self._text: list[str] = []
        self._cells: list[str] = []
        self._in_cell: list[str] = []
        self._table: list[_Row] = []
        self._notes: list[str] = []

    @property
    def last_words(self) -> str:
        """The last characters of the paragraph that is being written."""
        return "".join(self._text[-3:])

    def write(self, text: str) -> None:
        self._text.append(text)

    def note(self, text: str) -> None:
        """A footnote or a comment, which comes behind its paragraph or table."""
        if text.strip():
            self._notes.append(text)

    def end_paragraph(self, form: ParagraphFormat) -> None:
        text = self._take()
        if form.in_table:
            marker = form.marker.strip()
            self._in_cell.append(f"{_shown(marker)} {text}" if marker and text.strip() else text)
            return
        if not text.strip():
            return
        self._end_table()
        marker = form.marker.strip()
        if not marker and (written := _WRITTEN_MARKER.match(text)):
            marker, text = written[1], text[written.end() :]
        label = _shown(marker)
        if form.level:
            self.builder.heading(text if label in ("", "-") else f"{label} {text}", form.level)
        elif form.is_list or marker:
            self.builder.list_item(text, marker=label or "-", depth=form.depth)
        else:
            self.builder.paragraph(text)
        self._write_notes()

    def end_cell(self, *, is_nested: bool) -> None:
        self._in_cell.append(self._take())
        if not is_nested:  # the words of a nested table come with the cell that it is in
            self._cells.append(" ".join(part for part in self._in_cell if part.strip()))
            self._in_cell.clear()

    def end_row(self, forms: Sequence[CellForm]) -> None:
        self._table.append((self._cells, list(forms[: len(self._cells)])))
        self._cells = []

    def end(self) -> None:
        self.end_paragraph(ParagraphFormat())
        self._end_table()
        self._write_notes()

    def _end_table(self) -> None:
        if self._table:
            self.builder.table(fill_down(_columns(self._table)))
            self._table = []
            self._write_notes()

    def _write_notes(self) -> None:
        for note in self._notes:
            self.builder.paragraph(note)
        self._notes.clear()

    def _take(self) -> str:
        text = "".join(self._text)
        self._text.clear()
        if any("\ud800" <= char <= "\udfff" for char in text):  # \u writes them in halves
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return text


def _shown(marker: str) -> str:
    """A list item's number as it is written; a dash for a bullet."""
    if not marker:
        return ""
    return marker if _NUMBER.fullmatch(marker) and marker not in _BULLETS else "-"


def _columns(table: Sequence[_Row]) -> list[list[str | None]]:
    """The texts of each row, one for each column of the table; None goes on from the cell above.

    A cell stands in the columns between its edges, where the rows are drawn on one grid.
    """
    grid: list[int] = []
    for edge in sorted({form.edge for _, forms in table for form in forms}):
        if not grid or edge > grid[-1] + _SAME_EDGE:
            grid.append(edge)
    widest = max(len(cells) for cells, _ in table)
    is_grid = all(len(cells) == len(forms) for cells, forms in table) and len(grid) <= 2 * widest
    rows = []
    for cells, forms in table:
        row: list[str | None] = []
        for position, text in enumerate(cells):
            form = forms[position] if position < len(forms) else CellForm()
            if form.continues_left:
                row.append("")
            else:
                row.append(None if form.continues_above and not text.strip() else text)
            if is_grid:
                end = sum(edge <= form.edge for edge in grid)
                row += [""] * (end - len(row))
        rows.append(row)
    return rows
