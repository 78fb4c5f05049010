"""PDF, through PDFium (pypdfium2): exact pages, lines with their rectangles, headings by type size."""

from __future__ import annotations

from typing import Any

from ingest.errors import DamagedFileError, EncryptedFileError, OcrError
from ingest.loaded import LoadedDocument
from ingest.media_type import PDF
from ingest.ocr import Ocr
from ingest.parsers.context import Context
from ingest.parsers.pdf_lines import RawLine, page_lines
from ingest.parsers.pdf_text import PdfText
from ingest.parsers.scan import has_content, read_pdf_page

_END = b"%%EOF"
_END_WITHIN = 64 * 1024


def open_pdf(data: bytes) -> Any:
    """The `pypdfium2.PdfDocument`, to be closed; raises DamagedFileError or EncryptedFileError."""
    import pypdfium2

    if _END not in data[-_END_WITHIN:]:
        # PDFium would rebuild what is left, and nobody would know that pages are missing.
        raise DamagedFileError("is truncated: its end is missing")
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as exc:
        raise _open_error(exc) from exc


def parse_pdf(data: bytes, context: Context) -> LoadedDocument:
    document = open_pdf(data)
    try:
        reader = _Reader(document, context.ocr)
        pages = [reader.page(index) for index in range(len(document))]
        if not pages:
            raise DamagedFileError("has no pages")
        if all(page is None for page in pages):
            raise DamagedFileError
        metadata = document.get_metadata_dict(skip_empty=True)
    finally:
        document.close()
    text = PdfText([page or [] for page in pages])
    return LoadedDocument(
        text.text,
        PDF,
        title=metadata.get("Title"),
        blocks=tuple(text.blocks),
        pages=tuple(text.pages),
        lines=tuple(text.lines),
        gaps=tuple(reader.gaps),
        metadata={"author": metadata["Author"]} if "Author" in metadata else {},
    )


class _Reader:
    """Reads page by page; `gaps` are the pages that text recognition could not read, and why."""

    def __init__(self, document: Any, ocr: Ocr) -> None:
        self._document, self._ocr = document, ocr
        self.gaps: list[str] = []

    def page(self, index: int) -> list[RawLine] | None:
        """The page's lines; None for a page that PDFium cannot load, which then counts as without text."""
        import pypdfium2

        try:
            page = self._document[index]
        except pypdfium2.PdfiumError:
            return None
        try:
            return page_lines(page, index + 1) or self._recognised(page, index + 1)
        except pypdfium2.PdfiumError:
            return None
        finally:
            page.close()

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
            return read_pdf_page(page, number, self._ocr)
        except OcrError as exc:
            self.gaps.append(f"has a page {number} that {exc.reason}")
            return []


def _open_error(exc: Exception) -> Exception:
    import pypdfium2.raw as pdfium

    code = getattr(exc, "err_code", None)
    if code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
        return EncryptedFileError()
    return DamagedFileError()
