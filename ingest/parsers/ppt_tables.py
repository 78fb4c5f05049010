"""The tables of a PowerPoint file of before 2007 (MS-PPT, MS-ODRAW), which office-oxide gives as loose words.

A table is a group of shapes with a property of its own; each cell is a shape, whose place says its row.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.errors import DamagedFileError
from ingest.parsers.archive import FAULTS

_HEADER = struct.Struct("<HHI")
_GROUP, _SHAPE, _ANCHOR, _TEXTBOX, _PROPERTIES = 0xF003, 0xF004, 0xF00F, 0xF00D, 0xF122
_TEXT_CHARS, _TEXT_BYTES = 0x0FA0, 0x0FA8
_IS_TABLE = 0x039F
_CONTAINER = 0xF
_MAX_DEPTH = 32


@dataclass(frozen=True, slots=True)
class Record:
    """A record's kind, its number among those of its kind, and where its content begins and ends."""

    kind: int
    instance: int
    is_container: bool
    start: int
    end: int


def read_tables(data: bytes) -> list[list[list[str]]]:
    """Rows of cells of each table, in the order of the file; a cell's lines are parted by line breaks."""
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as storage:
            stream = storage.openstream("PowerPoint Document").read()
    except FAULTS as exc:
        raise DamagedFileError from exc
    return [rows for group in _groups(stream, 0, len(stream), 0) if (rows := _rows(stream, group))]


def read_records(stream: bytes, start: int, end: int) -> Iterator[Record]:
    while start + _HEADER.size <= end:
        version, kind, length = _HEADER.unpack_from(stream, start)
        start += _HEADER.size
        stop = min(start + length, end)
        yield Record(kind, version >> 4, version & _CONTAINER == _CONTAINER, start, stop)
        start = stop


def _groups(stream: bytes, start: int, end: int, depth: int) -> Iterator[Record]:
    """The groups of shapes that are tables."""
    for record in read_records(stream, start, end):
        if not record.is_container or depth > _MAX_DEPTH:
            continue
        if record.kind == _GROUP and _is_table(stream, record):
            yield record
        else:
            yield from _groups(stream, record.start, record.end, depth + 1)


def _is_table(stream: bytes, group: Record) -> bool:
    first = next(read_records(stream, group.start, group.end), None)
    if first is None or first.kind != _SHAPE:
        return False
    for record in read_records(stream, first.start, first.end):
        if record.kind == _PROPERTIES:
            names = (
                struct.unpack_from("<H", stream, record.start + 6 * number)[0] & 0x3FFF
                for number in range(min(record.instance, (record.end - record.start) // 6))
            )
            return _IS_TABLE in names
    return False


def _rows(stream: bytes, group: Record) -> list[list[str]]:
    rows: dict[int, list[tuple[int, str]]] = {}
    for shape in read_records(stream, group.start, group.end):
        if shape.kind != _SHAPE:
            continue
        parts = {record.kind: record for record in read_records(stream, shape.start, shape.end)}
        anchor, textbox = parts.get(_ANCHOR), parts.get(_TEXTBOX)
        if anchor is None or textbox is None or anchor.end - anchor.start < 16:
            continue  # the lines between the cells
        left, top = struct.unpack_from("<ii", stream, anchor.start)
        rows.setdefault(top, []).append((left, _text(stream, textbox)))
    return [[text for _, text in sorted(rows[top])] for top in sorted(rows)]


def _text(stream: bytes, textbox: Record) -> str:
    for record in read_records(stream, textbox.start, textbox.end):
        raw = stream[record.start : record.end]
        if record.kind == _TEXT_CHARS:
            return raw.decode("utf-16-le", "replace").replace("\r", "\n").replace("\v", "\n")
        if record.kind == _TEXT_BYTES:
            return raw.decode("latin-1").replace("\r", "\n").replace("\v", "\n")
    return ""
