"""Delimited text: a table."""

from __future__ import annotations

import csv
import io

from ingest.encoding import decode
from ingest.errors import DamagedFileError
from ingest.loaded import LoadedDocument
from ingest.media_type import CSV, TSV
from ingest.parsers.sheet import trimmed, write_sheet
from ingest.text_builder import TextBuilder

_SAMPLE = 20_000


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
