"""Workbooks and delimited text: each sheet is a heading and a table, its first row the header."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator
from typing import Any

from ingest.errors import DamagedFileError
from ingest.loaded import LoadedDocument
from ingest.media_type import CSV, TSV, XLSX
from ingest.parsers.archive import FAULTS, check_archive
from ingest.parsers.plain_text import decode
from ingest.text_builder import TextBuilder

_SHEET_LEVEL = 2
_MAX_COLUMNS = 256
_SAMPLE = 20_000


def parse_xlsx(data: bytes) -> LoadedDocument:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    check_archive(data)
    builder = TextBuilder()
    try:
        workbook = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        for sheet in workbook.worksheets:
            if sheet.sheet_state == "visible":
                builder.heading(sheet.title, _SHEET_LEVEL)
                builder.table(_rows(sheet))
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
        metadata={"author": author} if author and author != "openpyxl" else {},
    )


def _rows(sheet: Any) -> Iterator[list[str]]:
    for row in sheet.iter_rows(values_only=True, max_col=_MAX_COLUMNS):
        cells = [_cell(value) for value in row]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield cells


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
    try:
        builder.table(csv.reader(io.StringIO(text, newline=""), dialect))
    except csv.Error as exc:
        raise DamagedFileError(f"is not a sound table: {exc}") from exc
    return LoadedDocument(builder.text(), media_type, blocks=tuple(builder.blocks))
