"""What an RTF reader makes of its text: paragraphs, headings, list items, rows of a table."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingest.text_builder import TextBuilder

NO_LEVEL = 0
_HEADING_STYLE = re.compile(r"(?:heading|überschrift|titre|título|titolo) ?([1-9])", re.IGNORECASE)
_NUMBER = re.compile(r"\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)]")

_WRITTEN_MARKER = re.compile(r"\s{0,20}([•·▪◦–-]|\d{1,3}[.)])\t")
"""Pandoc writes a list as paragraphs that begin like this."""


def level_of_style(name: str) -> int:
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


class RtfWriter:
    """Takes text, and the ends of paragraphs, cells and rows; `builder` has the result after `end()`."""

    def __init__(self) -> None:
        self.builder = TextBuilder()
        self._text: list[str] = []
        self._cells: list[str] = []
        self._in_cell: list[str] = []
        self._is_in_table = False
        self._notes: list[str] = []

    def write(self, text: str) -> None:
        self._text.append(text)

    def note(self, text: str) -> None:
        if text.strip():
            self._notes.append(text)

    def end_paragraph(self, form: ParagraphFormat) -> None:
        text = self._take()
        if form.in_table:
            self._in_cell.append(text)
            return
        if not text.strip():
            return
        self._is_in_table = False
        marker = form.marker.strip()
        if not marker and (written := _WRITTEN_MARKER.match(text)):
            marker, text = written[1], text[written.end() :]
        if form.level:
            self.builder.heading(f"{marker} {text}" if _NUMBER.match(marker) else text, form.level)
        elif form.is_list or marker:
            shown = marker if _NUMBER.fullmatch(marker) else "-"
            self.builder.list_item(text, marker=shown, depth=form.depth)
        else:
            self.builder.paragraph(text)

    def end_cell(self, *, is_nested: bool) -> None:
        self._in_cell.append(self._take())
        if not is_nested:  # the words of a nested table come with the cell that it is in
            self._cells.append(" ".join(part for part in self._in_cell if part.strip()))
            self._in_cell.clear()

    def end_row(self) -> None:
        begins = not self._is_in_table
        if self.builder.table_row(self._cells, begins=begins, header=begins):
            self._is_in_table = True
        self._cells.clear()

    def end(self) -> None:
        self.end_paragraph(ParagraphFormat())
        for note in self._notes:
            self.builder.paragraph(note)

    def _take(self) -> str:
        text = "".join(self._text)
        self._text.clear()
        if any("\ud800" <= char <= "\udfff" for char in text):  # \u writes them in halves
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return text
