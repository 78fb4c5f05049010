"""The sheets of an OpenDocument spreadsheet, cell by cell as they are shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ingest.parsers.office.cell_builder import CellBuilder
from ingest.parsers.office.odf_styles import attribute, count, is_element, strip_namespace
from ingest.parsers.office.sheet_cells import SheetCells, write_column_letters, write_comment_line
from ingest.parsers.opendocument_text import (
    OdfDocument,
    TextWalker,
    find_table_rows,
    is_hidden_by_style,
    write_object,
)
from ingest.parsers.sheet import MAX_COLUMNS, write_sheet
from ingest.text_builder import TextBuilder
from ingest.unread import Unread

_MAX_ROWS_REPEATED = 100
_MAX_ROWS = 1_048_576
_HIDDEN = "collapse"  # the other word, "filter", is how somebody last looked at the sheet


def write_sheets(builder: TextBuilder, body: Any, document: OdfDocument) -> None:
    """Write each sheet that is not hidden, with its comments, boxes and charts below it."""
    for table in body:
        if not is_element(table, "table"):
            continue
        if is_hidden_by_style(document.styles, table, "table-properties", "display", "false"):
            document.unread[Unread.HIDDEN_SHEET] += 1
            continue
        reader = _SheetReader(attribute(table, "name"), document)
        reader.read(table)
        write_sheet(builder, reader.sheet.rows(document.unread), reader.sheet.name)
        for shape in table.iter("{*}frame", "{*}custom-shape"):
            _write_shape(builder, shape, document)
        for comment in reader.sheet.after:
            builder.paragraph(comment)


def _write_shape(builder: TextBuilder, shape: Any, document: OdfDocument) -> None:
    for child in shape:
        if is_element(child, "object"):
            write_object(builder, document, child)
        elif is_element(child, "text-box"):
            builder.paragraph(_line(child, document))
        elif is_element(child, "p"):
            builder.paragraph(_line(shape, document))
            return


def _line(container: Any, document: OdfDocument) -> str:
    builder = CellBuilder()
    TextWalker(builder, document).walk(container)
    return builder.line()


class _SheetReader:
    """Reads the cells of a sheet into `sheet`."""

    def __init__(self, name: str, document: OdfDocument) -> None:
        self.sheet = SheetCells(name)
        self._walker = TextWalker(TextBuilder(), document)

    def read(self, table: Any) -> None:
        self.sheet.hidden_columns = list(_hidden_columns(table))
        number = 1
        for row in find_table_rows(table):
            repeated = count(row, "number-rows-repeated")
            cells = self._cells(row, number)
            # A format that fills the sheet down to its end is one row, repeated a million times.
            for copy in range(min(repeated, _MAX_ROWS_REPEATED) if cells else 0):
                self.sheet.cells[number + copy] = dict(cells)
                if attribute(row, "visibility") == _HIDDEN:
                    self.sheet.hidden_rows.add(number + copy)
            number += repeated
            if number > _MAX_ROWS:
                return

    def _cells(self, row: Any, number: int) -> dict[int, str]:
        cells: dict[int, str] = {}
        column = 1
        for cell in row:
            repeated = count(cell, "number-columns-repeated")
            if is_element(cell, "table-cell"):
                if text := self._shown(cell):
                    for copy in range(min(repeated, MAX_COLUMNS)):
                        cells[column + copy] = text
                bottom = number + count(cell, "number-rows-spanned") - 1
                right = column + count(cell, "number-columns-spanned") - 1
                if (bottom, right) != (number, column):
                    self.sheet.merged.append((number, column, bottom, right))
                self._comment(cell, f"{write_column_letters(column)}{number}")
                column += repeated
            elif is_element(cell, "covered-table-cell"):  # what it holds is not seen
                column += repeated
        return cells

    def _shown(self, cell: Any) -> str:
        date = attribute(cell, "date-value")
        if date:
            return date.removesuffix("T00:00:00")
        lines = [
            self._walker.inline_text(paragraph) for paragraph in cell if is_element(paragraph, "p")
        ]
        return (
            "\n".join(lines).strip() or attribute(cell, "string-value") or attribute(cell, "value")
        )

    def _comment(self, cell: Any, cell_name: str) -> None:
        for note in cell:
            if is_element(note, "annotation"):
                author = note.findtext("{*}creator") or ""
                lines = [
                    self._walker.inline_text(p) for p in note if strip_namespace(p) in ("p", "list")
                ]
                self.sheet.after.append(write_comment_line(cell_name, author, "\n".join(lines)))


def _hidden_columns(table: Any) -> Iterator[tuple[int, int]]:
    column = 1
    for element in table.iter("{*}table-column"):
        repeated = count(element, "number-columns-repeated")
        if attribute(element, "visibility") == _HIDDEN:
            yield column, column + repeated - 1
        column += repeated
