"""The name of the way that a file was read and cut; with another one it is read again.

Where a file has pictures of text, the name also says in which languages they were read, or that they were
not: such files, and no others, are read again once tesseract is there or reads other languages.
"""

from __future__ import annotations

from ingest.loaded import NO_OCR
from ingest.ocr import tesseract
from rag.settings import IngestSettings

_MARK = "+ocr:"


def with_ocr(recipe: str, ocr: str) -> str:
    """The recipe of a file of which `LoadedDocument.ocr` says this."""
    return f"{recipe}{_MARK}{ocr}" if ocr else recipe


def is_current(recorded: str, recipe: str, settings: IngestSettings) -> bool:
    """Whether a file that was read by `recorded` would be read alike now."""
    base, _, ocr = recorded.partition(_MARK)
    if not ocr:
        return base == recipe
    languages = settings.ocr_languages if settings.ocr == "auto" and tesseract() else NO_OCR
    # What was read stays, also when tesseract is gone.
    return base == recipe and languages in (ocr, NO_OCR)
