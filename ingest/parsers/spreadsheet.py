"""Delimited text: a table."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter

from ingest.encoding import decode
from ingest.errors import DamagedFileError
from ingest.loaded import LoadedDocument
from ingest.media_type import CSV, TSV
from ingest.parsers.sheet import trim_row, write_sheet
from ingest.text_builder import TextBuilder

_SAMPLE = 20_000
_SAMPLE_ROWS = 200
_DELIMITERS = "\t;|,"
"""The comma last: where two fit equally, it is the decimal sign between semicolons."""
_EXCEL_SEPARATOR = re.compile(r"\"?sep=(.)\"?[ \t]*(?:\n|$)", re.IGNORECASE)


def parse_csv(data: bytes) -> LoadedDocument:
    text = decode(data)
    if declared := _EXCEL_SEPARATOR.match(text):
        return _delimited(text[declared.end() :], declared[1], CSV, first_row=2)
    return _delimited(text, _delimiter(text[:_SAMPLE]), CSV)


def parse_tsv(data: bytes) -> LoadedDocument:
    return _delimited(decode(data), "\t", TSV)


def _delimiter(sample: str) -> str:
    """The sign that splits most rows into the same number of cells; the comma where none does."""
    scores = {delimiter: _regularity(sample, delimiter) for delimiter in _DELIMITERS}
    best = max(scores, key=lambda delimiter: scores[delimiter])
    return best if scores[best] else ","


def _regularity(sample: str, delimiter: str) -> float:
    """Share of the rows with words that have the usual number of cells, two or more."""
    rows = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    try:
        widths = [len(row) for row in itertools.islice(rows, _SAMPLE_ROWS) if any(row)]
    except csv.Error:
        return 0.0
    several = Counter(width for width in widths if width > 1)
    return max(several.values(), default=0) / len(widths) if widths else 0.0


def _delimited(text: str, delimiter: str, media_type: str, *, first_row: int = 1) -> LoadedDocument:
    csv.field_size_limit(max(len(text), 131_072))
    builder = TextBuilder()
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        write_sheet(builder, (trim_row(n, cells) for n, cells in enumerate(reader, first_row)))
    except csv.Error as exc:
        raise DamagedFileError(f"is not a sound table: {exc}") from exc
    return builder.document(media_type)
