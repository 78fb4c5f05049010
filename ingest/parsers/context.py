"""What some parsers need beside the bytes: a reader for the files within a file, and text recognition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ingest.loaded import LoadedDocument
from ingest.ocr import Ocr


@dataclass(frozen=True, slots=True)
class ParserContext:
    """`read` makes a document of an attached file, by content and name; raises UnreadableFileError."""

    read: Callable[[bytes, str], LoadedDocument]
    ocr: Ocr = field(default_factory=Ocr)
