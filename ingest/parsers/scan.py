"""Pages that are pictures: rendered, recognised, and turned into lines like those of any other page."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

from ingest.ocr import Ocr, OcrLine
from ingest.parsers.pdf_lines import RawLine

DPI = 200
_MAX_PIXELS = 40_000_000
_HEADING = 1.5
"""Type is taken for larger than the body's only if it clearly is: a line's height depends on its letters."""


def read_pdf_page(page: Any, ocr: Ocr) -> list[RawLine]:
    """The lines of a `pypdfium2.PdfPage` that has none of its own; raises OcrError."""
    width, height = page.get_size()
    dpi = min(DPI, int((_MAX_PIXELS * 72 * 72 / max(width * height, 1)) ** 0.5))
    bitmap = page.render(scale=dpi / 72, grayscale=True, no_smoothtext=False)
    try:
        picture = _pgm(bitmap)
    finally:
        bitmap.close()
    lines = [line for page_lines in ocr.pages(picture, dpi) for line in page_lines]
    return read_raw_lines(lines, 72 / dpi)


def has_content(page: Any) -> bool:
    """Whether anything is drawn on the page."""
    import pypdfium2.raw as pdfium

    return int(pdfium.FPDFPage_CountObjects(page.raw)) > 0


def read_raw_lines(lines: Sequence[OcrLine], scale: float) -> list[RawLine]:
    """Recognised lines in points; `scale` is points per pixel. Type of the usual size is of size 0."""
    usual = median(line.word_height for line in lines) if lines else 0.0
    result = []
    for line in lines:
        size = line.word_height if line.word_height > usual * _HEADING else 0.0
        edges = (line.left, line.top, line.right, line.bottom)
        left, top, right, bottom = (round(edge * scale, 1) for edge in edges)
        result.append(
            RawLine(line.text, left, top, right, bottom, round(size * scale, 1), cells=line.cells)
        )
    return result


def _pgm(bitmap: Any) -> bytes:
    """A grey bitmap as a PGM file: what every program reads, without a picture library."""
    width, height, stride = bitmap.width, bitmap.height, bitmap.stride
    data = bytes(bitmap.buffer)
    if stride != width:
        data = b"".join(data[row * stride : row * stride + width] for row in range(height))
    return b"P5\n%d %d\n255\n" % (width, height) + data
