"""Messages as Outlook 97 to 2002 saved them, made of those of a later one."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import olefile

_END = 0xFFFFFFF0
_STRING = "__substg1.0_"
_PROPERTIES = "__properties_version1.0"
_MESSAGE_CODE_PAGE, _INTERNET_CODE_PAGE = 0x3FFD, 0x3FDE


def in_ansi(data: bytes, code_page: int) -> bytes:
    """The message with its strings in cp1252; it names `code_page` as theirs, or none if that is 0."""
    out = bytearray(data)
    with olefile.OleFileIO(io.BytesIO(data)) as storage:
        storage.loadminifat()
        for path in storage.listdir():
            entry = storage.direntries[storage._find(path)]
            content = storage.openstream(path).read()
            if path[-1].startswith(_STRING) and path[-1].endswith("001F"):
                text = content.decode("utf-16-le").encode("cp1252")
                _write(out, storage, entry, text)
                place = _place_of_entry(storage, entry)
                out[place + 2 * (len(path[-1]) - 1)] = ord("E")
                out[place + 120 : place + 124] = struct.pack("<I", len(text))
            elif path[-1] == _PROPERTIES:
                header = 32 if len(path) == 1 else 8
                _write(out, storage, entry, _retyped(content, header, code_page))
    return bytes(out)


def _retyped(properties: bytes, header: int, code_page: int) -> bytes:
    """The list of properties with strings of 8 bits for those of 16."""
    changed = bytearray(properties)
    for at in range(header, len(changed) - 15, 16):
        kind, number = struct.unpack_from("<HH", changed, at)
        (value,) = struct.unpack_from("<I", changed, at + 8)
        if kind == 0x1F:
            struct.pack_into("<H", changed, at, 0x1E)
            struct.pack_into("<I", changed, at + 8, value // 2)
        elif number == _MESSAGE_CODE_PAGE:
            struct.pack_into("<I", changed, at + 8, code_page)
    return bytes(changed)


def _place_of_entry(storage: olefile.OleFileIO, entry: olefile.OleDirectoryEntry) -> int:
    sectors = _chain(storage.first_dir_sector, storage.fat.__getitem__)
    at = entry.sid * 128
    return _place(storage, sectors[at // storage.sector_size]) + at % storage.sector_size


def _write(
    out: bytearray, storage: olefile.OleFileIO, entry: olefile.OleDirectoryEntry, content: bytes
) -> None:
    is_small = entry.size < storage.mini_stream_cutoff_size
    table = storage.minifat if is_small else storage.fat
    step = 64 if is_small else storage.sector_size
    mini_stream = _chain(storage.root.isectStart, storage.fat.__getitem__)
    for number, sector in enumerate(_chain(entry.isectStart, table.__getitem__)):
        part = content[number * step : (number + 1) * step]
        if is_small:
            outer, inner = divmod(sector * step, storage.sector_size)
            place = _place(storage, mini_stream[outer]) + inner
        else:
            place = _place(storage, sector)
        out[place : place + len(part)] = part


def _chain(first: int, following: Callable[[int], int]) -> list[int]:
    sectors = []
    while first < _END:
        sectors.append(first)
        first = following(first)
    return sectors


def _place(storage: olefile.OleFileIO, sector: int) -> int:
    size: int = storage.sector_size
    return (sector + 1) * size
