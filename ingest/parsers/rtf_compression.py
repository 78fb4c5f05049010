"""Unpacks the RTF that Outlook keeps in its messages (MS-OXRTFCP)."""

from __future__ import annotations

import struct

from ingest.errors import DamagedFileError

_HEADER = struct.Struct("<IIII")
_COMPRESSED, _PLAIN = 0x75465A4C, 0x414C454D
_WINDOW = 4096
_MAX_RAW = 64 * 1024 * 1024
_DICTIONARY = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
    b"\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0"
    b"\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def decompress(data: bytes) -> bytes:
    """The RTF; raises DamagedFileError."""
    if len(data) < _HEADER.size:
        raise DamagedFileError
    _, size, kind, _ = _HEADER.unpack_from(data)
    body = data[_HEADER.size :]
    if kind == _PLAIN:
        return body[:size]
    if kind != _COMPRESSED or size > _MAX_RAW:
        raise DamagedFileError
    return _unpacked(body, size)


def _unpacked(body: bytes, size: int) -> bytes:
    window = bytearray(_DICTIONARY.ljust(_WINDOW, b" "))
    end = len(_DICTIONARY)
    out = bytearray()
    position = 0
    while position < len(body) and len(out) < size:
        control = body[position]
        position += 1
        for bit in range(8):
            if position >= len(body):
                break
            if control & (1 << bit):
                pair = int.from_bytes(body[position : position + 2], "big")
                position += 2
                source, length = pair >> 4, (pair & 15) + 2
                if source == end:
                    return bytes(out[:size])
            else:
                source, length = -1, 1
            for step in range(length):
                byte = body[position] if source < 0 else window[(source + step) % _WINDOW]
                out.append(byte)
                window[end] = byte
                end = (end + 1) % _WINDOW
            position += source < 0
    return bytes(out[:size])
