"""What Word and Excel 2003 saved as XML: WordprocessingML and SpreadsheetML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ingest.loaded import LoadedDocument
from ingest.media_type import XML
from ingest.parsers.sheet import MAX_COLUMNS, CellRow, trim_row, write_sheet
from ingest.text_builder import TextBuilder

OFFICE_2003 = frozenset({"wordDocument", "Workbook"})
"""Names of their root elements."""
_WORD = "{http://schemas.microsoft.com/office/word/2003/wordml}"
_EXCEL = "{urn:schemas-microsoft-com:office:spreadsheet}"
_HEADING = re.compile(r"heading ?([1-6])", re.IGNORECASE)
_MIDNIGHT = "T00:00:00.000"


def parse_office_2003(root: Any) -> LoadedDocument:
    """The document or workbook below one of the roots `OFFICE_2003`."""
    builder = TextBuilder()
    if root.tag == f"{_WORD}wordDocument":
        for body in root.iter(f"{_WORD}body"):
            _write(builder, body)
    for sheet in root.iter(f"{_EXCEL}Worksheet"):
        write_sheet(builder, _rows(sheet), sheet.get(f"{_EXCEL}Name", ""))
    return builder.document(XML)


def _write(builder: TextBuilder, parent: Any) -> None:
    """Paragraphs and tables in their order; a section or another wrapper around them is passed through."""
    for element in parent:
        if element.tag == f"{_WORD}p":
            style = element.find(f"{_WORD}pPr/{_WORD}pStyle")
            level = _HEADING.fullmatch(style.get(f"{_WORD}val", "")) if style is not None else None
            if level:
                builder.heading(_words(element), int(level[1]))
            else:
                builder.paragraph(_words(element))
        elif element.tag == f"{_WORD}tbl":
            rows = element.iter(f"{_WORD}tr")
            builder.table([_words(cell) for cell in row.iter(f"{_WORD}tc")] for row in rows)
        elif isinstance(element.tag, str):
            _write(builder, element)


def _words(element: Any) -> str:
    parts = []
    for node in element.iter(f"{_WORD}t", f"{_WORD}tab", f"{_WORD}br", f"{_WORD}p"):
        separator = " " if node.tag == f"{_WORD}tab" else "\n"
        parts.append(node.text or "" if node.tag == f"{_WORD}t" else separator)
    return "".join(parts).strip()


def _rows(sheet: Any) -> Iterator[CellRow | None]:
    number = 0
    for row in sheet.iter(f"{_EXCEL}Row"):
        number = _index(row, number)
        cells: list[str] = []
        for cell in row.iter(f"{_EXCEL}Cell"):
            column = min(_index(cell, len(cells)), MAX_COLUMNS)
            cells += [""] * (column - 1 - len(cells))
            data = cell.find(f"{_EXCEL}Data")
            value = "" if data is None else "".join(data.itertext()).removesuffix(_MIDNIGHT)
            cells.append(value)
            across = cell.get(f"{_EXCEL}MergeAcross", "0")
            cells += [""] * (min(int(across), MAX_COLUMNS) if across.isdecimal() else 0)
        yield trim_row(number, cells)


def _index(element: Any, last: int) -> int:
    """The number of a row or column, from 1; the next one where it is not said."""
    index = element.get(f"{_EXCEL}Index", "")
    return int(index[:9]) if index.isdecimal() else last + 1
