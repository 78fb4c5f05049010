"""The slides of a PowerPoint file of before 2007, record by record (MS-PPT): which are hidden, what they say.

office-oxide tells neither which slides are hidden nor what it has passed over.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from ingest.parsers.archive import FAULTS
from ingest.parsers.ppt_tables import Record, read_records

_CURRENT_EDIT = 16  # where the stream "Current User" says where the last edit is described
_EDIT, _DIRECTORY, _DOCUMENT, _SLIDE = 0x0FF5, 0x1772, 0x03E8, 0x03EE
_SLIDE_TEXTS, _SLIDE_ENTRY, _SLIDE_INFO = 0x0FF0, 0x03F3, 0x03F9
_TEXT_CHARS, _TEXT_BYTES = 0x0FA0, 0x0FA8
_OBJECT = 0x0BC1
_OF_SLIDES = 0  # not of masters or notes
_HIDDEN = 0x0004
_MAX_DEPTH = 40
_MAX_EDITS = 1000
_FAULTS: tuple[type[Exception], ...] = (*FAULTS, struct.error)


@dataclass(slots=True)
class PptSlide:
    """A slide as its records have it; `objects` counts charts and other embedded files."""

    is_hidden: bool = False
    texts: list[str] = field(default_factory=list)
    objects: int = 0


def read_slides(data: bytes) -> list[PptSlide]:
    """The slides in order; none of a file whose records make no sense."""
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as storage:
            stream = storage.openstream("PowerPoint Document").read()
            user = storage.openstream("Current User").read()
        offsets = _live_objects(stream, struct.unpack_from("<I", user, _CURRENT_EDIT)[0])
        return list(_slides(stream, offsets))
    except _FAULTS:
        return []


def _live_objects(stream: bytes, edit: int) -> dict[int, int]:
    """Where each object's newest version begins, by its identifier: a file also keeps the older ones."""
    offsets: dict[int, int] = {}
    for _ in range(_MAX_EDITS):
        record = next(read_records(stream, edit, len(stream)), None)
        if record is None or record.kind != _EDIT:
            break
        last, directory = struct.unpack_from("<II", stream, record.start + 8)
        for entries in read_records(stream, directory, len(stream)):
            if entries.kind == _DIRECTORY:
                _add_offsets(stream[entries.start : entries.end], offsets)
            break
        if not last:
            break
        edit = last
    return offsets


def _add_offsets(directory: bytes, offsets: dict[int, int]) -> None:
    position = 0
    while position + 4 <= len(directory):
        (head,) = struct.unpack_from("<I", directory, position)
        first, number = head & 0xFFFFF, head >> 20
        for index in range(number):
            (offset,) = struct.unpack_from("<I", directory, position + 4 + 4 * index)
            offsets.setdefault(first + index, offset)
        position += 4 + 4 * number


def _slides(stream: bytes, offsets: dict[int, int]) -> Iterator[PptSlide]:
    for offset in offsets.values():
        document = next(read_records(stream, offset, len(stream)), None)
        if document is None or document.kind != _DOCUMENT:
            continue
        for part in read_records(stream, document.start, document.end):
            if part.kind == _SLIDE_TEXTS and part.instance == _OF_SLIDES:
                yield from _listed_slides(stream, part, offsets)


def _listed_slides(stream: bytes, part: Record, offsets: dict[int, int]) -> Iterator[PptSlide]:
    slide: PptSlide | None = None
    for record in read_records(stream, part.start, part.end):
        if record.kind == _SLIDE_ENTRY:
            if slide is not None:
                yield slide
            (identifier,) = struct.unpack_from("<I", stream, record.start)
            slide = PptSlide()
            container = next(read_records(stream, offsets.get(identifier, 0), len(stream)), None)
            if container is not None and container.kind == _SLIDE:
                _read_slide(stream, container, slide, 0)
        elif slide is not None and (text := _text(stream, record)):
            slide.texts.append(text)
    if slide is not None:
        yield slide


def _read_slide(stream: bytes, container: Record, slide: PptSlide, depth: int) -> None:
    for record in read_records(stream, container.start, container.end):
        if record.is_container and depth < _MAX_DEPTH:
            _read_slide(stream, record, slide, depth + 1)
        elif record.kind == _SLIDE_INFO:
            (flags,) = struct.unpack_from("<H", stream, record.start + 10)
            slide.is_hidden = bool(flags & _HIDDEN)
        elif record.kind == _OBJECT:
            slide.objects += 1
        elif text := _text(stream, record):
            slide.texts.append(text)


def _text(stream: bytes, record: Record) -> str:
    raw = stream[record.start : record.end]
    if record.kind == _TEXT_CHARS:
        return raw.decode("utf-16-le", "replace")
    return raw.decode("latin-1") if record.kind == _TEXT_BYTES else ""
