"""Pictures of text, read by tesseract: each frame is a page, a pixel counts as a point.

Its library decodes them, below the limits of `ingest.parser_process`: no other is needed for it.
"""

from __future__ import annotations

from ingest.errors import OcrMissingError, UnsupportedFileError
from ingest.loaded import LoadedDocument
from ingest.parsers.context import ParserContext
from ingest.parsers.pdf_layout import PageLayout
from ingest.parsers.pdf_text import PdfText
from ingest.parsers.scan import read_raw_lines
from ingest.parsers.sniffing import sniff


def parse_picture(data: bytes, context: ParserContext) -> LoadedDocument:
    if not context.ocr.is_ready():
        why = "tesseract is not installed" if context.ocr.languages else "ingest.ocr is off"
        raise OcrMissingError(f"is a picture, which is not read: {why}")
    pages = context.ocr.pages(data)
    if not any(pages):
        raise UnsupportedFileError("is a picture in which no words were found")
    text = PdfText(
        [
            PageLayout(number, list(read_raw_lines(lines, 1.0)))
            for number, lines in enumerate(pages, 1)
        ]
    )
    return LoadedDocument(
        text.text,
        sniff(data),
        blocks=tuple(text.blocks),
        pages=tuple(text.pages),
        lines=tuple(text.lines),
    )
