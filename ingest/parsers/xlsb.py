"""Binary Excel workbooks (.xlsb), record by record (MS-XLSB), cell by cell as Excel shows them.

Not through calamine: it knows no number formats, passes over cells that leave out their column (SheetJS
writes such), and refuses a workbook with a chart sheet.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from ingest.errors import DamagedFileError
from ingest.loaded import LoadedDocument
from ingest.media_type import XLSB
from ingest.parsers.archive import FAULTS
from ingest.parsers.office.drawing_text import read_body_lines, write_related_drawings
from ingest.parsers.office.number_format import BUILT_IN, GENERAL, format_number, format_text
from ingest.parsers.office.package import OfficePackage
from ingest.parsers.office.sheet_cells import SheetCells, write_column_letters, write_comment_line
from ingest.parsers.sheet import SHEET_LEVEL, write_sheet
from ingest.text_builder import TextBuilder
from ingest.unread import Unread

_ROW, _BLANK, _RK, _ERROR, _BOOLEAN, _REAL, _STRING, _SHARED = range(8)
_FORMULA_STRING, _FORMULA_NUMBER, _FORMULA_BOOLEAN, _FORMULA_ERROR = range(8, 12)
_SHORT_CELLS = range(12, 19)
_LEFT_OUT = 11  # between the number of a kind of short cell and that of the same with its column
_SHARED_ITEM, _FORMAT, _STYLE, _COLUMN = 19, 44, 47, 60
_BUNDLE, _PROPERTIES, _MERGED = 156, 153, 176
_COMMENT_AUTHOR, _COMMENT, _COMMENT_TEXT = 632, 635, 637
_BEGIN_CELL_STYLES, _END_CELL_STYLES = 617, 618
_HIDDEN_ROW, _HIDDEN_COLUMN = 0x1000, 0x0001
_ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!",
    0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A", 0x2B: "#GETTING_DATA",
}  # fmt: skip
_FAULTS: tuple[type[Exception], ...] = (*FAULTS, struct.error)


def parse_xlsb(data: bytes) -> LoadedDocument:
    try:
        package = OfficePackage(data)
        workbook = _XlsbWorkbook(package, package.main_part("xl/workbook"))
        builder = TextBuilder()
        workbook.write(builder)
        title, author = package.properties()
    except _FAULTS as exc:
        raise DamagedFileError from exc
    return builder.document(
        XLSB, title=title, unread=package.unread, doubt=package.doubt, author=author
    )


class _XlsbWorkbook:
    """A workbook's sheets, with the strings and formats that they share."""

    def __init__(self, package: OfficePackage, name: str) -> None:
        self._package = package
        self._name = name
        self._strings = [
            _text(content, 1)
            for part in package.related(name, "sharedStrings")
            for kind, content in self._records(part)
            if kind == _SHARED_ITEM
        ]
        styles = package.related(name, "styles")
        self._formats = self._cell_formats(styles[0]) if styles else []
        self._since_1904 = False

    def write(self, builder: TextBuilder) -> None:
        relationships = self._package.relationships(self._name)
        for kind, content in self._records(self._name):
            if kind == _PROPERTIES and content:
                self._since_1904 = bool(content[0] & 1)
            if kind != _BUNDLE:
                continue
            state = struct.unpack_from("<I", content)[0]
            identifier, offset = _text_and_end(content, 8)
            title = _text(content, offset)
            relation = relationships.get(identifier)
            if relation is None or relation.kind not in ("worksheet", "chartsheet"):
                continue
            if state:
                self._package.unread[Unread.HIDDEN_SHEET] += 1
                continue
            if relation.kind == "chartsheet":
                builder.heading(title, SHEET_LEVEL)
            else:
                rows = self._sheet(title, relation.target).rows(self._package.unread)
                write_sheet(builder, rows, title)
            self._write_drawings(builder, relation.target)
            for comments in self._package.related(relation.target, "comments"):
                for comment in _comments(self._records(comments)):
                    builder.paragraph(comment)

    def _records(self, part: str) -> Iterator[tuple[int, bytes]]:
        data = self._package.bytes_of(part)
        if data is None:
            self._package.unread[Unread.MISSING_PART] += 1
        return _records(data or b"")

    def _cell_formats(self, part: str) -> list[str]:
        codes: dict[int, str] = {}
        formats = []
        is_cell_style = False
        for kind, content in self._records(part):
            if kind == _FORMAT:
                codes[struct.unpack_from("<H", content)[0]] = _text(content, 2)
            elif kind in (_BEGIN_CELL_STYLES, _END_CELL_STYLES):
                is_cell_style = kind == _BEGIN_CELL_STYLES
            elif kind == _STYLE and is_cell_style:
                number = struct.unpack_from("<H", content, 2)[0]
                formats.append(codes.get(number, BUILT_IN.get(number, GENERAL)))
        return formats

    def _sheet(self, title: str, part: str) -> SheetCells:
        sheet = SheetCells(title)
        row, column = 0, -1
        for kind, content in self._records(part):
            if kind == _ROW:
                row, column = struct.unpack_from("<I", content)[0] + 1, -1
                if len(content) >= 12 and struct.unpack_from("<H", content, 10)[0] & _HIDDEN_ROW:
                    sheet.hidden_rows.add(row)
            elif kind in _SHORT_CELLS or _ROW < kind <= _FORMULA_ERROR:
                if kind in _SHORT_CELLS:
                    kind, column, cell = kind - _LEFT_OUT, column + 1, content
                else:
                    column, cell = struct.unpack_from("<I", content)[0], content[4:]
                if text := self._cell(kind, cell):
                    sheet.cells.setdefault(row, {})[column + 1] = text
            elif kind == _COLUMN:
                first, last = struct.unpack_from("<II", content)
                if struct.unpack_from("<H", content, 16)[0] & _HIDDEN_COLUMN:
                    sheet.hidden_columns.append((first + 1, last + 1))
            elif kind == _MERGED:
                top, bottom, left, right = struct.unpack_from("<IIII", content)
                sheet.merged.append((top + 1, left + 1, bottom + 1, right + 1))
        return sheet

    def _cell(self, kind: int, cell: bytes) -> str:
        """The text of a cell; `cell` begins with three bytes of style and one of flags."""
        style = int.from_bytes(cell[:3], "little")
        code = self._formats[style] if style < len(self._formats) else GENERAL
        if kind == _RK:
            return self._number(_rk(struct.unpack_from("<i", cell, 4)[0]), code)
        if kind in (_REAL, _FORMULA_NUMBER):
            return self._number(struct.unpack_from("<d", cell, 4)[0], code)
        if kind in (_BOOLEAN, _FORMULA_BOOLEAN):
            return "TRUE" if cell[4] else "FALSE"
        if kind in (_ERROR, _FORMULA_ERROR):
            return _ERRORS.get(cell[4], "#ERROR")
        if kind in (_STRING, _FORMULA_STRING):
            return format_text(_text(cell, 4), code).strip()
        if kind == _SHARED:
            index = struct.unpack_from("<I", cell, 4)[0]
            text = self._strings[index] if index < len(self._strings) else ""
            return format_text(text, code).strip()
        return ""

    def _number(self, value: float, code: str) -> str:
        return format_number(value, code, since_1904=self._since_1904)

    def _write_drawings(self, builder: TextBuilder, part: str) -> None:
        for name in self._package.related(part, "drawing"):
            root = self._package.tree(name)
            for anchor in root if root is not None else ():
                for shape in anchor.iter("{*}txBody"):
                    builder.paragraph("\n".join(read_body_lines(shape)))
                write_related_drawings(builder, self._package, name, anchor, self._package.unread)


def _comments(records: Iterator[tuple[int, bytes]]) -> Iterator[str]:
    authors: list[str] = []
    author, cell_name = "", ""
    for kind, content in records:
        if kind == _COMMENT_AUTHOR:
            authors.append(_text(content, 0))
        elif kind == _COMMENT:
            number, row, _, column = struct.unpack_from("<IIII", content)
            author = authors[number] if number < len(authors) else ""
            cell_name = f"{write_column_letters(column + 1)}{row + 1}"
        elif kind == _COMMENT_TEXT:
            yield write_comment_line(cell_name, author, _text(content, 1))


def _rk(raw: int) -> float:
    """A number in four bytes: an integer or the upper half of a double, perhaps a hundredfold."""
    value = (
        float(raw >> 2) if raw & 2 else struct.unpack("<d", struct.pack("<q", (raw & ~3) << 32))[0]
    )
    return value / 100 if raw & 1 else value


def _text(content: bytes, offset: int) -> str:
    return _text_and_end(content, offset)[0]


def _text_and_end(content: bytes, offset: int) -> tuple[str, int]:
    length = struct.unpack_from("<I", content, offset)[0]
    if length == 0xFFFFFFFF:
        return "", offset + 4
    end = offset + 4 + 2 * length
    return content[offset + 4 : end].decode("utf-16-le", "replace"), end


def _records(part: bytes) -> Iterator[tuple[int, bytes]]:
    """Each record's kind and content; raises IndexError for a part that ends in the middle of one."""
    offset = 0
    while offset < len(part):
        kind, offset = _packed_number(part, offset, 2)
        size, offset = _packed_number(part, offset, 4)
        yield kind, part[offset : offset + size]
        offset += size


def _packed_number(part: bytes, offset: int, most_bytes: int) -> tuple[int, int]:
    """A number in groups of seven bits, the lowest first; and where what follows it begins."""
    number = 0
    for group in range(most_bytes):
        byte = part[offset]
        offset += 1
        number |= (byte & 0x7F) << 7 * group
        if byte < 0x80:
            break
    return number, offset
