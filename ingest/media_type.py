"""What a file is by its name: the media types that are read, and the suffixes that stand for them.

What its content shows is `ingest.parsers.sniffing`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ingest.errors import UnsupportedFileError
from ingest.parsers.installed import ExtendedMapping, find_installed_suffixes

MARKDOWN = "text/markdown"
PLAIN_TEXT = "text/plain"
RST = "text/x-rst"
ASCIIDOC = "text/asciidoc"
ORG = "text/org"
HTML = "text/html"
MHTML = "multipart/related"
CSV = "text/csv"
TSV = "text/tab-separated-values"
EMAIL = "message/rfc822"
MBOX = "application/mbox"
MSG = "application/vnd.ms-outlook"
PDF = "application/pdf"
DOC = "application/msword"
PPT = "application/vnd.ms-powerpoint"
XLS = "application/vnd.ms-excel"
XLSB = "application/vnd.ms-excel.sheet.binary.macroenabled.12"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ODT = "application/vnd.oasis.opendocument.text"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
ODP = "application/vnd.oasis.opendocument.presentation"
RTF = "application/rtf"
EPUB = "application/epub+zip"
JSON = "application/json"
XML = "application/xml"
NOTEBOOK = "application/x-ipynb+json"
PNG, JPEG, TIFF = "image/png", "image/jpeg", "image/tiff"
GIF, BMP, WEBP = "image/gif", "image/bmp", "image/webp"

PICTURES = frozenset({PNG, JPEG, TIFF, GIF, BMP, WEBP})
"""Formats whose words only text recognition can read."""

_BUILT_IN: Mapping[str, str] = MappingProxyType(
    {
        ".adoc": ASCIIDOC,
        ".asciidoc": ASCIIDOC,
        ".bmp": BMP,
        ".csv": CSV,
        ".doc": DOC,
        ".docm": DOCX,
        ".docx": DOCX,
        ".dotm": DOCX,
        ".dot": DOC,
        ".dotx": DOCX,
        ".eml": EMAIL,
        ".epub": EPUB,
        ".gif": GIF,
        ".htm": HTML,
        ".html": HTML,
        ".ipynb": NOTEBOOK,
        ".jpeg": JPEG,
        ".jpg": JPEG,
        ".json": JSON,
        ".log": PLAIN_TEXT,
        ".markdown": MARKDOWN,
        ".mbox": MBOX,
        ".md": MARKDOWN,
        ".mht": MHTML,
        ".mhtml": MHTML,
        ".msg": MSG,
        ".odp": ODP,
        ".ods": ODS,
        ".odt": ODT,
        ".org": ORG,
        ".otp": ODP,
        ".ots": ODS,
        ".ott": ODT,
        ".pdf": PDF,
        ".png": PNG,
        ".pot": PPT,
        ".potm": PPTX,
        ".potx": PPTX,
        ".ppsm": PPTX,
        ".pps": PPT,
        ".ppsx": PPTX,
        ".ppt": PPT,
        ".pptm": PPTX,
        ".pptx": PPTX,
        ".rst": RST,
        ".rtf": RTF,
        ".srt": PLAIN_TEXT,
        ".text": PLAIN_TEXT,
        ".tif": TIFF,
        ".tiff": TIFF,
        ".tsv": TSV,
        ".txt": PLAIN_TEXT,
        ".vtt": PLAIN_TEXT,
        ".webp": WEBP,
        ".xhtml": HTML,
        ".xls": XLS,
        ".xlsb": XLSB,
        ".xlsm": XLSX,
        ".xlsx": XLSX,
        ".xlt": XLS,
        ".xltm": XLSX,
        ".xltx": XLSX,
        ".xml": XML,
    }
)
SUPPORTED = ExtendedMapping(_BUILT_IN, find_installed_suffixes)
"""Suffix (lower case) to media type, for every format that `ingest.loader.load` reads."""
FORMATS = frozenset(_BUILT_IN.values())
"""The media types that are read without another distribution."""
SUFFIXES = ExtendedMapping(
    {media_type: suffix for suffix, media_type in reversed(list(_BUILT_IN.items()))},
    lambda: {media_type: suffix for suffix, media_type in find_installed_suffixes().items()},
)
"""The first suffix of each media type."""


def guess_media_type(suffix: str) -> str:
    """The media type that a file with this suffix should have; raises UnsupportedFileError."""
    try:
        return SUPPORTED[suffix.lower()]
    except KeyError:
        raise UnsupportedFileError("is of a format that is not supported yet") from None
