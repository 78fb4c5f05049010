"""Cells of a binary workbook (.xlsb) that leave out their column, written out: calamine passes over them.

Of a cell that stands right of the one before it, a program may write all but the column (BrtShortBlank to
BrtShortIsst, [MS-XLSB] 2.4). SheetJS does so, Excel does not, and calamine has no word for it.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator

_SHEET = re.compile(r"xl/worksheets/[^/]*\.bin")
_ROW = 0
_CELLS = range(1, 12)
_SHORT_CELLS = range(12, 19)
_LEFT_OUT = 11  # between the number of a kind of short cell and that of the same with its column
_COLUMN_BYTES = 4


def with_columns(data: bytes) -> bytes:
    """The workbook with the column of every cell; the same bytes where none lacks it.

    Raises what `zipfile` raises, and IndexError for a part that ends in the middle of a record.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        sheets = {name: archive.read(name) for name in names if _SHEET.fullmatch(name)}
        written_out = {name: _written_out(part) for name, part in sheets.items()}
        if written_out == sheets:
            return data
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as target:
            for name in names:
                target.writestr(name, written_out.get(name) or archive.read(name))
    return made.getvalue()


def _written_out(part: bytes) -> bytes:
    made = bytearray()
    column = -1
    for kind, first, start, end in _records(part):
        if kind == _ROW:
            column = -1
        elif kind in _CELLS:
            column = int.from_bytes(part[start : start + _COLUMN_BYTES], "little")
        elif kind in _SHORT_CELLS:
            column += 1
            made.append(kind - _LEFT_OUT)
            made += _size(end - start + _COLUMN_BYTES)
            made += column.to_bytes(_COLUMN_BYTES, "little")
            made += part[start:end]
            continue
        made += part[first:end]
    return bytes(made)


def _records(part: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Each record's kind, and where it, its content and what follows it begin."""
    place = 0
    while place < len(part):
        first = place
        kind, place = _number(part, place, 2)
        size, place = _number(part, place, 4)
        yield kind, first, place, place + size
        place += size


def _number(part: bytes, place: int, most_bytes: int) -> tuple[int, int]:
    """A number in groups of seven bits, the lowest first; and where what follows it begins."""
    found = 0
    for group in range(most_bytes):
        byte = part[place]
        place += 1
        found |= (byte & 0x7F) << 7 * group
        if byte < 0x80:
            break
    return found, place


def _size(number: int) -> bytes:
    made = bytearray()
    while number > 0x7F:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    made.append(number)
    return bytes(made)
