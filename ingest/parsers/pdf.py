"""PDF, through PDFium (pypdfium2): exact pages, lines with their rectangles, headings by type size."""

from __future__ import annotations

from typing import Any

from ingest.errors import DamagedFileError, EncryptedFileError
from ingest.loaded import LoadedDocument
from ingest.media_type import PDF
from ingest.parsers.pdf_lines import RawLine, page_lines
from ingest.parsers.pdf_text import PdfText

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


def parse_pdf(data: bytes) -> LoadedDocument:
    document = open_pdf(data)
    try:
        pages = [_read_page(document, index) for index in range(len(document))]
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
        metadata={"author": metadata["Author"]} if "Author" in metadata else {},
    )


def _read_page(document: Any, index: int) -> list[RawLine] | None:
    """The page's lines; None for a page that PDFium cannot load, which then counts as without text."""
    import pypdfium2

    try:
        page = document[index]
    except pypdfium2.PdfiumError:
        return None
    try:
        return page_lines(page, index + 1)
    except pypdfium2.PdfiumError:
        return None
    finally:
        page.close()


def _open_error(exc: Exception) -> Exception:
    import pypdfium2.raw as pdfium

    code = getattr(exc, "err_code", None)
    if code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
        return EncryptedFileError()
    return DamagedFileError()
