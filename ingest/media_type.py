"""What a file is: by its name, and by its first bytes.

The name decides which parser is tried, the content whether it may: a file whose content is something else
than its name says is refused with a reason, because half of it read as the wrong format is worse than none.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from types import MappingProxyType

from ingest.errors import (
    DamagedFileError,
    EncryptedFileError,
    MislabelledFileError,
    UnsupportedFileError,
)

MARKDOWN = "text/markdown"
PLAIN_TEXT = "text/plain"
HTML = "text/html"
CSV = "text/csv"
TSV = "text/tab-separated-values"
EMAIL = "message/rfc822"
PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

SUPPORTED: Mapping[str, str] = MappingProxyType(
    {
        ".csv": CSV,
        ".docx": DOCX,
        ".eml": EMAIL,
        ".htm": HTML,
        ".html": HTML,
        ".log": PLAIN_TEXT,
        ".markdown": MARKDOWN,
        ".md": MARKDOWN,
        ".pdf": PDF,
        ".pptx": PPTX,
        ".text": PLAIN_TEXT,
        ".tsv": TSV,
        ".txt": PLAIN_TEXT,
        ".xhtml": HTML,
        ".xlsx": XLSX,
    }
)
"""Suffix (lower case) to media type, for every format that `ingest.loader.load` reads."""

_OFFICE_PARTS = {
    "word/document.xml": DOCX,
    "ppt/presentation.xml": PPTX,
    "xl/workbook.xml": XLSX,
}
_NAMES = {
    PDF: "a PDF",
    HTML: "a web page",
    DOCX: "a Word document",
    PPTX: "a PowerPoint presentation",
    XLSX: "an Excel workbook",
    "application/zip": "a ZIP archive",
    "application/x-ole-storage": "an Office file of before 2007",
    "application/rtf": "an RTF document",
    "application/gzip": "a gzip archive",
    "application/x-7z-compressed": "a 7-Zip archive",
    "application/x-executable": "a program",
    "image/png": "a PNG picture",
    "image/jpeg": "a JPEG picture",
    "image/gif": "a GIF picture",
    "image/tiff": "a TIFF picture",
    "application/octet-stream": "binary data",
}
_MAGIC = (
    (b"{\\rtf", "application/rtf"),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\x7fELF", "application/x-executable"),
    (b"MZ", "application/x-executable"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def media_type_of_name(suffix: str) -> str:
    """The media type that a file with this suffix should have; raises UnsupportedFileError."""
    try:
        return SUPPORTED[suffix.lower()]
    except KeyError:
        raise UnsupportedFileError("is of a format that is not supported yet") from None


def sniff(data: bytes) -> str:
    """The media type that the content itself shows; `text/plain` for anything that looks like text."""
    head = data[:1024]
    if b"%PDF-" in head:
        return PDF
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _sniff_zip(data)
    if head.startswith(_OLE):
        return "application/x-ole-storage"
    # "MZ" and "GIF8" are letters as well: only what also holds control bytes is not text.
    for magic, media_type in _MAGIC:
        if head.startswith(magic) and (magic[0] in b"{" or _looks_binary(head)):
            return media_type
    if _looks_binary(data[:65536]):
        return "application/octet-stream"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return HTML
    return PLAIN_TEXT


def check_content(data: bytes, media_type: str, suffix: str = "") -> None:
    """Raise MislabelledFileError, EncryptedFileError or DamagedFileError unless `data` can be that type."""
    found = sniff(data)
    if found == media_type:
        return
    is_office = media_type in _OFFICE_PARTS.values()
    if is_office and found == "application/x-ole-storage":
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise EncryptedFileError
    elif is_office and found == "application/zip":
        raise DamagedFileError(f"is {_name(found)} without the parts of {_name(media_type)}")
    if media_type.startswith(("text/", "message/")) and found in (PLAIN_TEXT, HTML):
        return
    called = f"it is called {suffix}" if suffix else f"it should be {_name(media_type)}"
    if found == PLAIN_TEXT:
        found_name = "text"
    elif found == "application/octet-stream" and not media_type.startswith(("text/", "message/")):
        raise DamagedFileError(
            f"is truncated or damaged: it does not begin like {_name(media_type)}"
        )
    else:
        found_name = _name(found)
    raise MislabelledFileError(f"is {found_name}, although {called}")


def _name(media_type: str) -> str:
    return _NAMES.get(media_type, media_type)


def _sniff_zip(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as exc:
        raise DamagedFileError from exc
    for part, media_type in _OFFICE_PARTS.items():
        if part in names:
            return media_type
    return "application/zip"


def _looks_binary(sample: bytes) -> bool:
    if sample.startswith(_BOMS) or not sample:
        return False
    nul = sample.count(0)
    if nul:
        # UTF-16 without a mark: every other byte of Latin text is zero.
        half = len(sample) // 2
        fewer, more = sorted((sample[0::2].count(0), sample[1::2].count(0)))
        return more < half * 0.4 or fewer > half * 0.05
    control = sum(sample.count(code) for code in range(1, 32) if code not in (9, 10, 12, 13, 27))
    return control > len(sample) * 0.05
