"""Excel workbooks of before 2007 (.xls), through xlrd, which knows formats, merged cells and comments.

Text boxes and charts are not among what xlrd reads: they are found in the records themselves (MS-XLS).
"""

from __future__ import annotations

import io
import struct
from collections import Counter
from collections.abc import Iterator
from typing import Any

from ingest.errors import DamagedFileError, EncryptedFileError
from ingest.loaded import LoadedDocument
from ingest.media_type import XLS
from ingest.parsers.archive import FAULTS
from ingest.parsers.office.number_format import GENERAL, format_number, format_text
from ingest.parsers.office.raised_text import subscript, superscript
from ingest.parsers.office.sheet_cells import SheetCells, write_column_letters, write_comment_line
from ingest.parsers.sheet import write_sheet
from ingest.text_builder import TextBuilder
from ingest.unread import Unread

_FAULTS: tuple[type[Exception], ...] = (*FAULTS, struct.error, ArithmeticError)
_BOF, _EOF, _OBJECT, _TEXT_OBJECT, _CONTINUE = 0x809, 0x0A, 0x5D, 0x1B6, 0x3C
_SHEET_STREAM, _CHART_STREAM = 0x10, 0x20
_COMMENT = 0x19  # a kind of object


def parse_xls(data: bytes) -> LoadedDocument:
    import xlrd

    builder = TextBuilder()
    unread: Counter[Unread] = Counter()
    try:
        workbook = xlrd.open_workbook(
            file_contents=data, formatting_info=True, ragged_rows=True, logfile=io.StringIO()
        )
        boxes = _text_boxes(workbook, unread)
        for index, sheet in enumerate(workbook.sheets()):
            if sheet.visibility:
                unread[Unread.HIDDEN_SHEET] += 1
                continue
            content = _content(workbook, sheet)
            write_sheet(builder, content.rows(unread), sheet.name)
            for text in [*boxes.get(index, ()), *content.after]:
                builder.paragraph(text)
    except xlrd.XLRDError as exc:
        if "encrypted" in str(exc):
            raise EncryptedFileError from exc
        raise DamagedFileError from exc
    except _FAULTS as exc:
        raise DamagedFileError from exc
    return builder.document(XLS, unread=unread, author=workbook.user_name)


def _content(workbook: Any, sheet: Any) -> SheetCells:
    content = SheetCells(sheet.name)
    for number in range(sheet.nrows):
        cells = {}
        for column in range(sheet.row_len(number)):
            if text := _shown(workbook, sheet, number, column):
                cells[column + 1] = text
        if cells:
            content.cells[number + 1] = cells
    content.merged = [
        (first_row + 1, first + 1, last_row, last)
        for first_row, last_row, first, last in sheet.merged_cells
    ]
    content.hidden_rows = {n + 1 for n, row in sheet.rowinfo_map.items() if row.hidden}
    content.hidden_columns = [
        (n + 1, n + 1) for n, column in sheet.colinfo_map.items() if column.hidden
    ]
    for (row, column), note in sorted(sheet.cell_note_map.items()):
        cell_name = f"{write_column_letters(column + 1)}{row + 1}"
        content.after.append(write_comment_line(cell_name, note.author, note.text))
    return content


def _shown(workbook: Any, sheet: Any, row: int, column: int) -> str:
    import xlrd

    kind, value = sheet.cell_type(row, column), sheet.cell_value(row, column)
    if kind in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
        return ""
    if kind == xlrd.XL_CELL_BOOLEAN:
        return "TRUE" if value else "FALSE"
    if kind == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(value, "#ERROR"))
    style = workbook.xf_list[sheet.cell_xf_index(row, column)]
    known = workbook.format_map.get(style.format_key)
    code = known.format_str if known is not None else GENERAL
    if kind == xlrd.XL_CELL_TEXT:
        return format_text(_with_raised_runs(workbook, sheet, row, column, value), code).strip()
    return format_number(float(value), code, since_1904=bool(workbook.datemode))


def _with_raised_runs(workbook: Any, sheet: Any, row: int, column: int, text: str) -> str:
    runs = sheet.rich_text_runlist_map.get((row, column))
    if not runs:
        return text
    written = text[: runs[0][0]]
    ends = [start for start, _ in runs[1:]] + [len(text)]
    for (start, font), end in zip(runs, ends, strict=True):
        piece = text[start:end]
        escapement = workbook.font_list[font].escapement if font < len(workbook.font_list) else 0
        if piece and escapement == 1:
            piece = superscript(written, piece)
        elif piece and escapement == 2:
            piece = subscript(written, piece)
        written += piece
    return written


def _text_boxes(workbook: Any, unread: Counter[Unread]) -> dict[int, list[str]]:
    """The words of the boxes on each sheet, by the sheet's place among the worksheets; charts are counted."""
    boxes: dict[int, list[str]] = {}
    streams: list[int] = []
    sheet = -1
    kind_of_object = 0
    is_text = False
    for kind, content in _records(bytes(workbook.mem or b"")[workbook.base :]):
        if kind == _BOF and len(content) >= 4:
            streams.append(struct.unpack_from("<H", content, 2)[0])
            sheet += len(streams) == 1 and streams[0] == _SHEET_STREAM
            unread[Unread.CHART] += streams[-1] == _CHART_STREAM
        elif kind == _EOF and streams:
            streams.pop()
        elif kind == _OBJECT and len(content) >= 6:
            kind_of_object = struct.unpack_from("<H", content, 4)[0]
        elif kind == _CONTINUE and is_text and len(content) > 1 and kind_of_object != _COMMENT:
            encoding = "utf-16-le" if content[0] & 1 else "latin-1"
            boxes.setdefault(sheet, []).append(content[1:].decode(encoding, "replace"))
        is_text = kind == _TEXT_OBJECT and len(content) >= 12 and content[10:12] != b"\0\0"
    return boxes


def _records(stream: bytes) -> Iterator[tuple[int, bytes]]:
    offset = 0
    while offset + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, offset)
        yield kind, stream[offset + 4 : offset + 4 + length]
        offset += 4 + length
