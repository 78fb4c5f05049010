"""The plain text of a Word file of before 2007, from its table of pieces (MS-DOC 2.4.1).

The second reader of .doc: paragraphs without headings and tables. It also gives the notes, comments and text
boxes, which office-oxide leaves out.
"""

from __future__ import annotations

import io
import re
import struct
from dataclasses import dataclass

from ingest.errors import DamagedFileError, EncryptedFileError
from ingest.loaded import LoadedDocument
from ingest.media_type import DOC
from ingest.parsers.archive import FAULTS
from ingest.text_builder import TextBuilder

_MAGIC = 0xA5EC
_ENCRYPTED, _TABLE_1 = 0x0100, 0x0200
_FLAGS, _LENGTHS, _PIECES = 0x0A, 0x4C, 0x01A2
_COMPRESSED = 0x40000000  # a piece of one byte a character
_PARTS = ("main", "footnotes", "headers", "macros", "comments", "endnotes", "boxes", "header_boxes")
_FIELD_CODE = re.compile("\x13[^\x13\x14\x15]*\x14?|\x15")
_MARKS = {0x07: "\n", 0x0B: "\n", 0x0C: "\n", 0x0D: "\n", 0x1E: "-", 0x1F: None, 0x01: None,
          0x02: None, 0x03: None, 0x04: None, 0x05: None, 0x08: None}  # fmt: skip
_FAULTS: tuple[type[Exception], ...] = (*FAULTS, struct.error)


@dataclass(frozen=True, slots=True)
class DocText:
    """The paragraphs of the text, and of what stands outside its flow: notes, comments, text boxes."""

    main: list[str]
    outside: list[str]


def read_text(data: bytes) -> DocText:
    """Raises EncryptedFileError, and DamagedFileError for a file whose pieces make no sense."""
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as storage:
            document = storage.openstream("WordDocument").read()
            magic, flags = (struct.unpack_from("<H", document, n)[0] for n in (0, _FLAGS))
            if magic != _MAGIC:
                raise DamagedFileError
            if flags & _ENCRYPTED:
                raise EncryptedFileError
            table = storage.openstream("1Table" if flags & _TABLE_1 else "0Table").read()
        text = _text(document, table)
    except _FAULTS as exc:
        raise DamagedFileError from exc
    lengths = struct.unpack_from("<8i", document, _LENGTHS)
    parts: dict[str, list[str]] = {}
    start = 0
    for name, length in zip(_PARTS, lengths, strict=True):
        parts[name] = _paragraphs(text[start : start + max(length, 0)])
        start += max(length, 0)
    outside = [parts[name] for name in ("footnotes", "endnotes", "comments", "boxes")]
    return DocText(parts["main"], [paragraph for part in outside for paragraph in part])


def _text(document: bytes, table: bytes) -> str:
    start, length = struct.unpack_from("<II", document, _PIECES)
    pieces = table[start : start + length]
    offset = 0
    while pieces[offset] == 1:  # formats, which come first
        offset += 3 + struct.unpack_from("<H", pieces, offset + 1)[0]
    (size,) = struct.unpack_from("<I", pieces, offset + 1)
    pieces = pieces[offset + 5 : offset + 5 + size]
    number = (size - 4) // 12
    ends = struct.unpack_from(f"<{number + 1}I", pieces)
    parts = []
    for index in range(number):
        (where,) = struct.unpack_from("<I", pieces, 4 * (number + 1) + 8 * index + 2)
        count = ends[index + 1] - ends[index]
        if where & _COMPRESSED:
            begin = (where & ~_COMPRESSED) // 2
            parts.append(document[begin : begin + count].decode("cp1252", "replace"))
        else:
            parts.append(document[where : where + 2 * count].decode("utf-16-le", "replace"))
    return "".join(parts)


def _paragraphs(text: str) -> list[str]:
    lines = _FIELD_CODE.sub("", text).translate(_MARKS).split("\n")
    return [line for line in lines if line.strip()]


def parse_doc_pieces(data: bytes) -> LoadedDocument:
    text = read_text(data)
    builder = TextBuilder()
    for paragraph in [*text.main, *text.outside]:
        builder.paragraph(paragraph)
    return builder.document(DOC)
