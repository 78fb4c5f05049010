"""Workbooks and delimited text: each sheet is a heading and its tables."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ingest.errors import DamagedFileError, EncryptedFileError
from ingest.loaded import LoadedDocument
from ingest.media_type import CSV, TSV, XLS, XLSB, XLSX
from ingest.parsers.archive import FAULTS, check_archive
from ingest.parsers.plain_text import decode
from ingest.parsers.sheet import MAX_COLUMNS, Row, trimmed, write_sheet
from ingest.parsers.xlsb_cells import with_columns
from ingest.text_builder import TextBuilder

_SAMPLE = 20_000


def parse_xlsx(data: bytes) -> LoadedDocument:
    """Through openpyxl, which reads row by row: a stray cell far out costs nothing."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    check_archive(data)
    builder = TextBuilder()
    cut: list[int] = []
    try:
        workbook = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        for sheet in workbook.worksheets:
            if sheet.sheet_state == "visible":
                rows = _numbered(_openpyxl_rows(sheet), cut=cut)
                write_sheet(builder, rows, sheet.title)
        title, author = workbook.properties.title, workbook.properties.creator
    except InvalidFileException as exc:
        raise DamagedFileError from exc
    except FAULTS as exc:
        raise DamagedFileError from exc
    return LoadedDocument(
        builder.text(),
        XLSX,
        title=title or None,
        blocks=tuple(builder.blocks),
        rows=tuple(builder.rows),
        gaps=_gaps(cut),
        metadata={"author": author} if author and author != "openpyxl" else {},
    )


def _openpyxl_rows(sheet: Any) -> Iterator[Sequence[Any]]:
    # Some writers declare a size that is not the sheet's.
    sheet.reset_dimensions()
    # Without a last column, what stands between two cells far apart is empty rows, not empty cells.
    yield from sheet.iter_rows(values_only=True)


def parse_xls(data: bytes) -> LoadedDocument:
    return _calamine(data, XLS)


def parse_xlsb(data: bytes) -> LoadedDocument:
    check_archive(data)
    try:
        written_out = with_columns(data)
    except FAULTS as exc:
        raise DamagedFileError from exc
    return _calamine(written_out, XLSB)


def _calamine(data: bytes, media_type: str) -> LoadedDocument:
    import python_calamine as calamine

    builder = TextBuilder()
    cut: list[int] = []
    try:
        workbook = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        for entry in workbook.sheets_metadata:
            if entry.visible != calamine.SheetVisibleEnum.Visible:
                continue
            sheet = workbook.get_sheet_by_name(entry.name)
            column = sheet.start[1] + 1 if sheet.start else 1  # its rows begin there
            write_sheet(builder, _numbered(sheet.iter_rows(), column, cut), entry.name)
    except calamine.PasswordError as exc:
        raise EncryptedFileError from exc
    except calamine.CalamineError as exc:
        raise DamagedFileError from exc
    except FAULTS as exc:
        raise DamagedFileError from exc
    return LoadedDocument(
        builder.text(),
        media_type,
        blocks=tuple(builder.blocks),
        rows=tuple(builder.rows),
        gaps=_gaps(cut),
    )


def _gaps(cut: Sequence[int]) -> tuple[str, ...]:
    """What to say of rows with more cells than are read."""
    if not cut:
        return ()
    return (f"has cells beyond its column {MAX_COLUMNS}, which are not read (row {cut[0]})",)


def _numbered(
    rows: Iterable[Sequence[Any]], column: int = 1, cut: list[int] | None = None
) -> Iterator[Row | None]:
    for number, row in enumerate(rows, 1):
        if cut is not None and any(value not in (None, "") for value in row[MAX_COLUMNS:]):
            cut.append(number)
        yield trimmed(number, [_cell(value) for value in row[:MAX_COLUMNS]], column)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.10g}"
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    if isinstance(value, (dt.date, dt.datetime, dt.time)):
        return value.isoformat()
    return str(value)


def parse_csv(data: bytes) -> LoadedDocument:
    text = decode(data)
    try:
        dialect: type[csv.Dialect] = csv.Sniffer().sniff(text[:_SAMPLE], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    return _delimited(text, dialect, CSV)


def parse_tsv(data: bytes) -> LoadedDocument:
    return _delimited(decode(data), csv.excel_tab, TSV)


def _delimited(text: str, dialect: type[csv.Dialect], media_type: str) -> LoadedDocument:
    csv.field_size_limit(max(len(text), 131_072))
    builder = TextBuilder()
    reader = csv.reader(io.StringIO(text, newline=""), dialect)
    try:
        write_sheet(builder, (trimmed(n, cells) for n, cells in enumerate(reader, 1)))
    except csv.Error as exc:
        raise DamagedFileError(f"is not a sound table: {exc}") from exc
    return LoadedDocument(
        builder.text(), media_type, blocks=tuple(builder.blocks), rows=tuple(builder.rows)
    )
