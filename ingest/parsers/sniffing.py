"""What a file is by its first bytes, and whether that fits its name.

The name decides which parser is tried, the content whether it may: a file whose content is something else
than its name says is refused with a reason, because half of it read as the wrong format is worse than none.
Only where the programs that wrote them do not care either (a Word document is often called .doc, whichever of
three formats it has) does the content decide.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib

from ingest.encoding import decode, looks_binary
from ingest.errors import DamagedFileError, EncryptedFileError, MislabelledFileError
from ingest.media_type import (
    BMP,
    CSV,
    DOC,
    DOCX,
    EPUB,
    GIF,
    HTML,
    JPEG,
    JSON,
    MBOX,
    MHTML,
    MSG,
    NOTEBOOK,
    ODP,
    ODS,
    ODT,
    PDF,
    PLAIN_TEXT,
    PNG,
    PPT,
    PPTX,
    RTF,
    TIFF,
    WEBP,
    XLS,
    XLSB,
    XLSX,
    XML,
)
from ingest.parsers.installed import MEDIA_TYPE_PREFIX

_ZIP = "application/zip"
_OLE_STORAGE = "application/x-ole-storage"
_BINARY = "application/octet-stream"
_MAIN_PARTS = {
    b"wordprocessingml.document.main": DOCX,
    b"wordprocessingml.template.main": DOCX,
    b"ms-word.document.macroenabled": DOCX,
    b"ms-word.template.macroenabled": DOCX,
    b"presentationml.presentation.main": PPTX,
    b"presentationml.slideshow.main": PPTX,
    b"presentationml.template.main": PPTX,
    b"ms-powerpoint.presentation.macroenabled": PPTX,
    b"ms-powerpoint.slideshow.macroenabled": PPTX,
    b"ms-powerpoint.template.macroenabled": PPTX,
    b"spreadsheetml.sheet.main": XLSX,
    b"spreadsheetml.template.main": XLSX,
    b"ms-excel.sheet.macroenabled": XLSX,
    b"ms-excel.template.macroenabled": XLSX,
    b"ms-excel.sheet.binary.macroenabled": XLSB,
}
"""What [Content_Types].xml calls the part that a package is about, in lower case."""
_USUAL_PARTS = (
    ("word/document", ".xml", DOCX),
    ("ppt/presentation", ".xml", PPTX),
    ("xl/workbook", ".xml", XLSX),
    ("xl/workbook", ".bin", XLSB),
)
"""How the main part's name begins and ends as a rule, in lower case."""
_MAX_CONTENT_TYPES = 4 * 1024 * 1024
_OLE_STREAMS = {
    "WordDocument": DOC,
    "PowerPoint Document": PPT,
    "Workbook": XLS,
    "Book": XLS,
    "__properties_version1.0": MSG,
    "EncryptedPackage": _OLE_STORAGE,
}
_OPEN_DOCUMENT = {
    f"{media_type}{suffix}": media_type
    for media_type in (ODT, ODS, ODP)
    for suffix in ("", "-template", "-master")
}
_PACKAGES = frozenset({*_MAIN_PARTS.values(), *_OLE_STREAMS.values(), ODT, ODS, ODP, EPUB})
_ALIKE = (
    frozenset({DOC, DOCX, RTF}),
    frozenset({XLS, XLSX, XLSB}),
    frozenset({PPT, PPTX}),
    frozenset({PNG, JPEG, TIFF, GIF, BMP, WEBP}),
)
"""Within one of these a wrong suffix is not worth a word: every program opens such a file."""
_EXPORTS = {DOC: (XML, HTML, MHTML), XLS: (XML, HTML, MHTML, CSV)}
"""What other programs write for Word and Excel under their suffixes; both open it."""
_NAMES = {
    PDF: "a PDF",
    HTML: "a web page",
    DOC: "a Word document of before 2007",
    PPT: "a PowerPoint presentation of before 2007",
    XLS: "an Excel workbook of before 2007",
    XLSB: "a binary Excel workbook",
    DOCX: "a Word document",
    PPTX: "a PowerPoint presentation",
    XLSX: "an Excel workbook",
    ODT: "an OpenDocument text",
    ODS: "an OpenDocument spreadsheet",
    ODP: "an OpenDocument presentation",
    EPUB: "an EPUB book",
    MSG: "an Outlook message",
    RTF: "an RTF document",
    JSON: "JSON",
    XML: "XML",
    NOTEBOOK: "a notebook",
    PNG: "a PNG picture",
    JPEG: "a JPEG picture",
    GIF: "a GIF picture",
    TIFF: "a TIFF picture",
    BMP: "a BMP picture",
    WEBP: "a WebP picture",
    _ZIP: "a ZIP archive",
    _OLE_STORAGE: "a container of Microsoft's",
    "application/gzip": "a gzip archive",
    "application/x-7z-compressed": "a 7-Zip archive",
    "application/x-executable": "a program",
    _BINARY: "binary data",
}
_MAGIC = (
    (b"{\\rtf", RTF),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\x7fELF", "application/x-executable"),
    (b"MZ", "application/x-executable"),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"GIF8", GIF),
    (b"BM", BMP),
    (b"II*\x00", TIFF),
    (b"MM\x00*", TIFF),
)
_OFFICE_2003 = re.compile(
    r"<\?mso-application|schemas\.microsoft\.com/office/word/2003/wordml"
    r"|<(?:\w+:)?workbook\b[^>]*urn:schemas-microsoft-com:office:spreadsheet",
    re.IGNORECASE,
)
_HTML_BEGIN = re.compile(r"<(?:html|head|body|table|meta|style|div)\b", re.IGNORECASE)
_MIME_VERSION = re.compile(r"^mime-version:", re.IGNORECASE | re.MULTILINE)
_WITH_PAGES = re.compile(
    r"^content-type:\s*(?:multipart/related|text/html)", re.IGNORECASE | re.MULTILINE
)
_HEAD = 4096
_ROWS = 20
"""So many rows have to agree on their cells before a text called .xls is taken for a table."""
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PDF_WITHIN = 8 * 1024
"""Some downloads keep the headers of the transfer in front of the file."""


def list_formats_like(media_type: str) -> frozenset[str]:
    """The media type and those that a file may have under the same name: .doc may be RTF or HTML."""
    alike = (formats for formats in _ALIKE if media_type in formats)
    return frozenset({media_type, *_EXPORTS.get(media_type, ())}).union(*alike)


def sniff(data: bytes) -> str:
    """The media type that the content itself shows; `text/plain` for anything that looks like text."""
    head = data[:1024]
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _sniff_zip(data)
    if head.startswith(_OLE):
        return _sniff_ole(data)
    # "MZ", "BM" and "GIF8" are letters as well: only what also holds control bytes is not text.
    for magic, media_type in _MAGIC:
        if head.startswith(magic) and (magic[0] in b"{" or looks_binary(head)):
            return media_type
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return WEBP
    if b"%PDF-" in head:
        return PDF
    if looks_binary(data[:65536]):
        return _BINARY
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return HTML
    return PLAIN_TEXT


def check_content(data: bytes, media_type: str, suffix: str = "") -> str:
    """The media type to read `data` as: `media_type`, or one so like it that every program opens both.

    Raises MislabelledFileError, EncryptedFileError or DamagedFileError where it can be neither.
    """
    if media_type.startswith(MEDIA_TYPE_PREFIX):
        return media_type  # its own parser knows
    sniffed = sniff(data)
    if sniffed == media_type or any({sniffed, media_type} <= alike for alike in _ALIKE):
        return sniffed
    if media_type == PDF and b"%PDF-" in data[:_PDF_WITHIN]:
        return PDF
    if (
        media_type in _EXPORTS
        and sniffed in (PLAIN_TEXT, HTML)
        and (kind := _export(data, media_type))
    ):
        return kind
    is_package = media_type in _PACKAGES
    if sniffed == _OLE_STORAGE and "EncryptedPackage".encode("utf-16-le") in data:
        raise EncryptedFileError
    if is_package and sniffed == _ZIP:
        raise DamagedFileError(f"is {_name(sniffed)} without the parts of {_name(media_type)}")
    if is_package and sniffed == _OLE_STORAGE and media_type in _OLE_STREAMS.values():
        raise DamagedFileError(f"holds nothing of {_name(media_type)}")
    if _is_textual(media_type) and sniffed in (PLAIN_TEXT, HTML):
        return media_type
    called = f"it is called {suffix}" if suffix else f"it should be {_name(media_type)}"
    if sniffed == PLAIN_TEXT:
        found_name = "text"
    elif sniffed == _BINARY and not _is_textual(media_type):
        raise DamagedFileError(
            f"is truncated or damaged: it does not begin like {_name(media_type)}"
        )
    else:
        found_name = _name(sniffed)
    raise MislabelledFileError(f"is {found_name}, although {called}")


def _export(data: bytes, media_type: str) -> str:
    """What a text with the suffix of Word or Excel is; empty if it is nothing that these open."""
    head = decode(data[:_HEAD]).lstrip()
    if _OFFICE_2003.search(head):
        return XML
    if head.startswith("<") and _HTML_BEGIN.search(head):
        return HTML
    if _MIME_VERSION.search(head) and _WITH_PAGES.search(head):
        return MHTML
    lines = [line for line in head.splitlines() if line.strip()][:-1] or [head]
    counts = ({line.count(delimiter) for line in lines[:_ROWS]} for delimiter in "\t;,")
    is_table = media_type == XLS and any(len(count) == 1 and 0 not in count for count in counts)
    return CSV if is_table else ""


def _is_textual(media_type: str) -> bool:
    return media_type.startswith(("text/", "message/")) or media_type in (
        MBOX,
        MHTML,
        JSON,
        NOTEBOOK,
        XML,
    )


def _name(media_type: str) -> str:
    return _NAMES.get(media_type, media_type)


def _sniff_zip(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            declared = _declared_type(archive, names)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RuntimeError) as exc:
        raise DamagedFileError from exc
    if declared:
        return declared
    parts = [name.replace("\\", "/").lstrip("/").lower() for name in names]
    for begin, end, kind in _USUAL_PARTS:
        if any(part.startswith(begin) and part.endswith(end) for part in parts):
            return kind
    return _ZIP


def _declared_type(archive: zipfile.ZipFile, names: set[str]) -> str:
    """What a package says of itself: in its list of content types, or in its part "mimetype"; else empty."""
    listed = next((n for n in names if n.lower().lstrip("/") == "[content_types].xml"), None)
    if listed and archive.getinfo(listed).file_size <= _MAX_CONTENT_TYPES:
        content = _part(archive, listed).lower()
        for declared_part, kind in _MAIN_PARTS.items():
            if declared_part in content:
                return kind
    if "mimetype" not in names or archive.getinfo("mimetype").file_size > 200:
        return EPUB if "META-INF/container.xml" in names and "mimetype" not in names else ""
    declared = _part(archive, "mimetype").decode("ascii", "replace").strip()
    return EPUB if declared == EPUB else _OPEN_DOCUMENT.get(declared, "")


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    """A part of a package; empty where it is damaged or needs a password, which its parser will say."""
    try:
        return archive.read(name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        return b""


def _sniff_ole(data: bytes) -> str:
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as storage:
            for name in storage.listdir():
                storage.openstream(name)
            # olefile goes on without what is missing, and only takes a note of it.
            if any("incomplete" in str(issue).lower() for _, issue in storage.parsing_issues):
                raise DamagedFileError("is truncated: its end is missing")
            for stream, media_type in _OLE_STREAMS.items():
                if storage.exists(stream):
                    return media_type
    # olefile meets hostile directories with any of these.
    except (
        OSError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        ArithmeticError,
        RecursionError,
    ) as exc:
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise EncryptedFileError from exc
        raise DamagedFileError from exc
    return _OLE_STORAGE
