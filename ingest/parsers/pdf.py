"""PDF, through PDFium (pypdfium2): exact pages, lines with their rectangles, headings by type size."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import Any

from ingest.errors import DamagedFileError, EncryptedFileError, OcrError
from ingest.loaded import LoadedDocument
from ingest.media_type import PDF
from ingest.ocr import Ocr
from ingest.parsers.context import ParserContext
from ingest.parsers.pdf_annotations import (
    Annotation,
    add_missing_values,
    count_attached_to_page,
    flatten,
    list_attached_files,
    prepare_forms,
    read_annotations,
)
from ingest.parsers.pdf_frame import find_frame
from ingest.parsers.pdf_layout import PageLayout
from ingest.parsers.pdf_line_reader import page_text
from ingest.parsers.pdf_lines import RawLine
from ingest.parsers.pdf_rules import page_rules
from ingest.parsers.pdf_table import Item, find_ruled_tables
from ingest.parsers.pdf_text import PdfText
from ingest.parsers.scan import has_content, read_pdf_page
from ingest.unread import Unread

_START = b"%PDF-"
_START_WITHIN = 8 * 1024
_END = b"%%EOF"
_END_WITHIN = 64 * 1024
_MAX_WORDS_OF_A_CELL = 12
_MIN_BESIDE = 2
"""A page with fewer lines beside others has no table, and its rules need not be read."""
_POINTER = re.compile(rb"startxref\s+(\d{1,12})\s*\Z")


def open_pdf(data: bytes) -> Any:
    """The `pypdfium2.PdfDocument`, to be closed; raises DamagedFileError or EncryptedFileError."""
    import pypdfium2

    data = _trimmed(data)
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as exc:
        raise _open_error(exc) from exc


def _trimmed(data: bytes) -> bytes:
    """The file without what a transfer has put before or behind it; raises DamagedFileError if it is cut off.

    PDFium would rebuild what is left of that, and nobody would know that pages are missing.
    """
    start = data.find(_START, 0, _START_WITHIN)
    data = data[start:] if start > 0 else data
    end = data.rfind(_END)
    if end < len(data) - _END_WITHIN:
        # Behind the end there may be anything, but for another part of a PDF.
        if end >= 0 and b"endobj" not in data[end:]:
            return data[: end + len(_END)]
    elif end >= 0:
        return data
    pointer = _POINTER.search(data[-64:].rstrip(b"\0\r\n\t "))
    if pointer is None or int(pointer[1]) >= len(data):
        raise DamagedFileError("is truncated: its end is missing")
    return data


def parse_pdf(data: bytes, context: ParserContext) -> LoadedDocument:
    document = open_pdf(data)
    try:
        prepare_forms(document)
        reader = _PageReader(document, context.ocr)
        pages = [reader.page(index) for index in range(len(document))]
        if not pages:
            raise DamagedFileError("has no pages")
        if all(page is None for page in pages):
            raise DamagedFileError
        reader.unread += list_attached_files(document)
        metadata = document.get_metadata_dict(skip_empty=True)
    finally:
        document.close()
    text = PdfText([page or PageLayout(number) for number, page in enumerate(pages, 1)])
    return LoadedDocument(
        text.text,
        PDF,
        title=metadata.get("Title"),
        blocks=tuple(text.blocks),
        pages=tuple(text.pages),
        lines=tuple(text.lines),
        gaps=tuple(reader.gaps),
        unread=reader.unread,
        metadata={"author": metadata["Author"]} if "Author" in metadata else {},
    )


class _PageReader:
    """Reads page by page; `gaps` are the pages that text recognition could not read, and why."""

    def __init__(self, document: Any, ocr: Ocr) -> None:
        self._document, self._ocr = document, ocr
        self.gaps: list[str] = []
        self.unread: Counter[Unread] = Counter()

    def page(self, index: int) -> PageLayout | None:
        """The page's lines and drawn tables; None for one that PDFium cannot load, which counts as empty."""
        import pypdfium2

        try:
            page = self._document[index]
        except pypdfium2.PdfiumError:
            return None
        try:
            annotations = read_annotations(self._document, page)
            self.unread[Unread.ATTACHMENT] += count_attached_to_page(page)
            if flatten(page):
                page.close()
                page = self._document[index]
            return self._written(page, index + 1, annotations)
        except pypdfium2.PdfiumError:
            return None
        finally:
            page.close()

    def _written(self, page: Any, number: int, annotations: list[Annotation]) -> PageLayout:
        """The page by its own text, or by text recognition where it has none or only codes of glyphs."""
        text = page_text(page)
        if not text.segments or text.is_doubtful:
            lines: list[Item] = [*self._recognised(page, number)]
            if lines or not text.segments:
                beside = [annotation.place(text.frame) for annotation in annotations]
                return PageLayout(number, [*lines, *beside])
            self.gaps.append(
                f"has a page {number} whose text is codes of glyphs, not letters; tesseract would read it"
            )
        self.unread[Unread.CHARACTER] += text.codes
        self.unread[Unread.HIDDEN_TEXT] += text.hidden
        segments = text.segments
        add_missing_values(segments, annotations, text.frame)
        visible_frame = find_frame(page, page.get_rotation())
        items: list[Item] = list(segments)
        heights = {round(segment.bottom / 3) for segment in segments}
        if len(heights) > len(segments) - _MIN_BESIDE:
            return PageLayout(number, [_slim(item) for item in items], text.frame, visible_frame)
        horizontal, vertical = page_rules(page, text.frame)
        items = find_ruled_tables(segments, horizontal, vertical)
        return PageLayout(
            number, [_slim(item) for item in items], text.frame, visible_frame, horizontal
        )

    def _recognised(self, page: Any, number: int) -> list[RawLine]:
        if not has_content(page) or not self._ocr.is_ready():
            return []
        if not self._ocr.has_time:
            if not self.gaps or not self.gaps[-1].startswith("took"):
                self.gaps.append(
                    f"took tesseract more than {self._ocr.seconds:g} s: page {number} and what follows "
                    "are not read (see ingest.ocr_timeout_s)"
                )
            return []
        try:
            return read_pdf_page(page, self._ocr)
        except OcrError as exc:
            self.gaps.append(f"has a page {number} that {exc.reason}")
            return []


def _slim(item: Item) -> Item:
    """A long line without its words' places: only cells are cut at them, and a file has many lines."""
    is_long = isinstance(item, RawLine) and len(item.words) > _MAX_WORDS_OF_A_CELL
    return replace(item, words=()) if is_long and isinstance(item, RawLine) else item


def _open_error(exc: Exception) -> Exception:
    import pypdfium2.raw as pdfium

    code = getattr(exc, "err_code", None)
    if code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
        return EncryptedFileError()
    return DamagedFileError()
