"""Excel workbooks (.xlsx, .xlsm and their templates), cell by cell as Excel shows them.

Not through openpyxl: in the mode that reads row by row it knows no merged cells, comments and drawings, and
the other one takes fifty times a file's size in memory.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ingest.errors import DamagedFileError
from ingest.loaded import LoadedDocument
from ingest.media_type import XLSX
from ingest.parsers.archive import FAULTS
from ingest.parsers.office.drawing_text import read_body_lines, write_related_drawings
from ingest.parsers.office.number_format import BUILT_IN, GENERAL, format_number, format_text
from ingest.parsers.office.package import A, OfficePackage, R
from ingest.parsers.office.raised_text import subscript, superscript
from ingest.parsers.office.sheet_cells import Area, SheetCells, write_comment_line
from ingest.parsers.sheet import SHEET_LEVEL, write_sheet
from ingest.text_builder import TextBuilder
from ingest.unread import Unread

_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_XDR = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})", re.IGNORECASE)
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_THREADED = "[Threaded comment]"
_MAX_COLUMN, _MAX_ROW = 16_384, 1_048_576
_TRUE = ("1", "true", "on")
_NO_WIDTH = re.compile(r"0(?:\.0*)?")


def parse_xlsx(data: bytes) -> LoadedDocument:
    try:
        package = OfficePackage(data)
        name, root = package.main_tree("xl/workbook")
        workbook = _XlsxWorkbook(package, name, root)
        builder = TextBuilder()
        for sheet in root.iterfind(f"{_S}sheets/{_S}sheet"):
            workbook.write(builder, sheet)
        title, author = package.properties()
    except FAULTS as exc:
        raise DamagedFileError from exc
    return builder.document(
        XLSX,
        title=title,
        unread=package.unread,
        doubt=package.doubt,
        author="" if author == "openpyxl" else author,
    )


@dataclass(slots=True)
class _SheetPart:
    """What stands in a sheet's part besides its cells."""

    sheet: SheetCells
    filtered: list[Area] = field(default_factory=list)
    rows_hidden_by_default: bool = False


class _XlsxWorkbook:
    """A workbook's sheets, with the strings and formats that they share."""

    def __init__(self, package: OfficePackage, name: str, root: Any) -> None:
        self._package = package
        self._name = name
        properties = root.find(f"{_S}workbookPr")
        self._since_1904 = properties is not None and properties.get("date1904") in _TRUE
        strings = package.related(name, "sharedStrings")
        self._strings = list(self._shared_strings(strings[0])) if strings else []
        styles = package.related(name, "styles")
        self._formats = self._cell_formats(package.tree(styles[0])) if styles else []

    def write(self, builder: TextBuilder, sheet: Any) -> None:
        """Write a sheet, unless it is hidden or nothing but a macro."""
        relation = self._package.relationships(self._name).get(sheet.get(f"{R}id") or "")
        if relation is None or relation.kind not in ("worksheet", "chartsheet"):
            return
        if (sheet.get("state") or "visible").lower() != "visible":
            self._package.unread[Unread.HIDDEN_SHEET] += 1
            return
        title = sheet.get("name") or ""
        if relation.kind == "chartsheet":
            builder.heading(title, SHEET_LEVEL)
        else:
            part = _SheetPart(SheetCells(title))
            if (data := self._package.bytes_of(relation.target)) is None:
                self._package.unread[Unread.MISSING_PART] += 1
            else:
                self._read_sheet(part, self._package.transitional(data), relation.target)
            write_sheet(builder, part.sheet.rows(self._package.unread), title)
        self._write_drawings(builder, relation.target)
        for comment in self._comments(relation.target):
            builder.paragraph(comment)

    def _shared_strings(self, name: str) -> Iterator[str]:
        from lxml import etree

        data = self._package.bytes_of(name)
        if data is None:
            self._package.unread[Unread.MISSING_PART] += 1
            return
        source = io.BytesIO(self._package.transitional(data))
        for _, item in etree.iterparse(source, tag=f"{_S}si", recover=True, **_SAFE):
            yield _string(item)
            item.clear()
            while item.getprevious() is not None:
                del item.getparent()[0]

    def _cell_formats(self, styles: Any) -> list[str]:
        if styles is None:
            return []
        codes = {
            element.get("numFmtId"): element.get("formatCode") or GENERAL
            for element in styles.iterfind(f"{_S}numFmts/{_S}numFmt")
        }
        formats = []
        for style in styles.iterfind(f"{_S}cellXfs/{_S}xf"):
            number = style.get("numFmtId") or "0"
            built_in = BUILT_IN.get(int(number), GENERAL) if number.isdecimal() else GENERAL
            formats.append(codes.get(number, built_in))
        return formats

    def _read_sheet(self, part: _SheetPart, data: bytes, name: str) -> None:
        from lxml import etree

        row = 0
        hidden: set[int] = set()
        tags = [_S + tag for tag in ("row", "col", "mergeCell", "sheetFormatPr", "autoFilter")]
        for _, element in etree.iterparse(io.BytesIO(data), tag=tags, recover=True, **_SAFE):
            if element.tag == tags[0]:
                raw = element.get("r") or ""
                row = min(int(raw), _MAX_ROW) if raw.isdecimal() else row + 1
                is_hidden = element.get("hidden", str(int(part.rows_hidden_by_default)))
                if is_hidden in _TRUE:
                    hidden.add(row)
                self._read_row(part.sheet, row, element)
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
            elif element.tag == tags[1]:
                if element.get("hidden") in _TRUE or _NO_WIDTH.fullmatch(
                    element.get("width") or ""
                ):
                    first, last = element.get("min", "0"), element.get("max", "0")
                    if first.isdecimal() and last.isdecimal():
                        part.sheet.hidden_columns.append((int(first), int(last)))
            elif element.tag == tags[2]:
                part.sheet.merged += _areas(element.get("ref") or "")
            elif element.tag == tags[3]:
                part.rows_hidden_by_default = element.get("zeroHeight") in _TRUE
            else:
                part.filtered += _filtered_areas(element)
        for table in self._package.related(name, "table"):
            if (root := self._package.tree(table, counts=False)) is not None:
                for element in root.iter(f"{_S}autoFilter"):
                    part.filtered += _filtered_areas(element)
        # A filter is how somebody last looked at the sheet, not what is meant to be kept out of it.
        part.sheet.hidden_rows = {
            number
            for number in hidden
            if not any(first <= number <= last for first, _, last, _ in part.filtered)
        }

    def _read_row(self, sheet: SheetCells, number: int, element: Any) -> None:
        cells: dict[int, str] = {}
        column = 0
        for cell in element.iterchildren(f"{_S}c"):
            match = _REFERENCE.fullmatch(cell.get("r") or "")
            column = _column(match[1]) if match else column + 1
            if column <= _MAX_COLUMN and (text := self._cell(cell)):
                cells[column] = text
        if cells:
            sheet.cells.setdefault(number, {}).update(cells)

    def _cell(self, cell: Any) -> str:
        kind = cell.get("t") or "n"
        if kind == "inlineStr":
            inline = cell.find(f"{_S}is")
            return "" if inline is None else _string(inline).strip()
        value = cell.find(f"{_S}v")
        raw = "" if value is None else value.text or ""
        if not raw:
            is_formula = kind != "str" and cell.find(f"{_S}f") is not None
            self._package.unread[Unread.FORMULA] += is_formula
            return ""
        style = cell.get("s") or "0"
        index = int(style) if style.isdecimal() else 0
        code = self._formats[index] if index < len(self._formats) else GENERAL
        if kind == "s":
            known = raw.isdecimal() and int(raw) < len(self._strings)
            return format_text(self._strings[int(raw)] if known else "", code).strip()
        if kind == "b":
            return "TRUE" if raw in _TRUE else "FALSE"
        if kind == "d":
            return raw.removesuffix("T00:00:00").removesuffix("T00:00:00Z")
        if kind == "str":
            return format_text(_unescaped(raw), code).strip()
        if kind == "e":
            return raw
        try:
            return format_number(float(raw), code, since_1904=self._since_1904)
        except (ValueError, OverflowError):
            return raw

    def _write_drawings(self, builder: TextBuilder, part: str) -> None:
        """Write the text boxes, charts and diagrams that lie on a sheet."""
        for name in self._package.related(part, "drawing"):
            root = self._package.tree(name)
            for anchor in root if root is not None else ():
                for shape in anchor.iter(f"{_XDR}txBody"):
                    builder.paragraph("\n".join(read_body_lines(shape)))
                for picture in anchor.iter(f"{_XDR}pic"):
                    if picture.find(f".//{A}blip") is not None:
                        self._package.unread[Unread.PICTURE] += 1
                write_related_drawings(builder, self._package, name, anchor, self._package.unread)

    def _comments(self, part: str) -> Iterator[str]:
        threaded = self._package.related(part, "threadedComment")
        for name in self._package.related(part, "comments"):
            root = self._package.tree(name)
            authors = [] if root is None else [a.text or "" for a in root.iter(f"{_S}author")]
            for comment in root.iter(f"{_S}comment") if root is not None else ():
                body = comment.find(f"{_S}text")
                text = "" if body is None else _string(body).strip()
                raw = comment.get("authorId") or ""
                author = authors[int(raw)] if raw.isdecimal() and int(raw) < len(authors) else ""
                if not (threaded and text.startswith(_THREADED)):
                    yield write_comment_line(comment.get("ref") or "", author, text)
        people = self._people() if threaded else {}
        for name in threaded:
            root = self._package.tree(name)
            for comment in root if root is not None else ():
                text = comment.findtext("{*}text") or ""
                author = people.get(comment.get("personId") or "", "")
                yield write_comment_line(comment.get("ref") or "", author, text)

    def _people(self) -> dict[str, str]:
        people: dict[str, str] = {}
        for name in self._package.related(self._name, "person"):
            root = self._package.tree(name, counts=False)
            for person in root if root is not None else ():
                people[person.get("id") or ""] = person.get("displayName") or ""
        return people


_SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}


def _string(item: Any) -> str:
    """The words of a shared or inline string, its pieces in different types put together."""
    parts: list[str] = []
    for child in item:
        if child.tag == f"{_S}t":
            parts.append(child.text or "")
        elif child.tag == f"{_S}r":
            text = child.findtext(f"{_S}t") or ""
            raised = child.find(f"{_S}rPr/{_S}vertAlign")
            position = raised.get("val") if raised is not None else ""
            if position == "superscript":
                text = superscript("".join(parts), text)
            elif position == "subscript":
                text = subscript("".join(parts), text)
            parts.append(text)
    return _unescaped("".join(parts))


def _unescaped(text: str) -> str:
    """The text with "_x000D_" and its like as the characters that they stand for."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)).replace("\r", ""), text)


def _column(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def _areas(reference: str) -> list[Area]:
    """The areas that "A1:B2 C3" names; what is none is passed over."""
    areas = []
    for part in reference.split():
        first, _, last = part.partition(":")
        begin, end = _REFERENCE.fullmatch(first), _REFERENCE.fullmatch(last or first)
        if begin and end:
            areas.append((int(begin[2]), _column(begin[1]), int(end[2]), _column(end[1])))
    return areas


def _filtered_areas(element: Any) -> list[Area]:
    is_used = element.find(f"{_S}filterColumn") is not None
    return _areas(element.get("ref") or "") if is_used else []
