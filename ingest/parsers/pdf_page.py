"""A page of a PDF as a picture, and where on it a quote stands."""

from __future__ import annotations

import base64
import hashlib
import io
import string
import unicodedata
from typing import Any

from ingest.errors import DamagedFileError
from ingest.parsers.pdf import open_pdf
from ingest.parsers.pdf_characters import find_stretch_boxes
from ingest.parsers.pdf_page_text import PlacedLine, read_placed_lines

MAX_PIXELS = 12_000_000
MAX_WIDTH = 2_400
_WHITE = (255, 255, 255, 255)
_LEADS = (160, 40, 0)
"""Letters before a quote that are looked for with it, so that of two equal ones the right one is found."""


def draw_page(data: bytes, number: int, width: int, quote: str, before: str) -> dict[str, Any]:
    """Page `number` (from 1), `width` pixels wide, as a PNG; all values fit in JSON.

    `boxes` are [left, top, right, bottom] of the lines of `quote`, as shares of the page's width and
    height. If the quote is not on that page, the next one is looked at, since a passage may run over;
    if it is on neither, there are no boxes. `before` is the text in front of the quote. `lines` are the
    page's text: see `read_placed_lines`.
    Raises DamagedFileError for a page that is not there or cannot be drawn.
    """
    document = open_pdf(data)
    try:
        pages = len(document)
        if not 1 <= number <= pages:
            raise DamagedFileError(f"has {pages} pages; there is no page {number}")
        boxes: list[list[float]] = []
        page_number = number
        for candidate in (number, number + 1):
            if quote and not boxes and candidate <= pages:
                boxes = _boxes(document, candidate, quote, before)
                page_number = candidate if boxes else number
        page = _page(document, page_number)
        picture = _picture(page, width)
        lines = _lines(page)
        page.close()
    finally:
        document.close()
    return {
        "sha256": hashlib.sha256(data).hexdigest(),
        "page": page_number,
        "pages": pages,
        "width": picture.width,
        "height": picture.height,
        "boxes": boxes,
        "lines": lines,
        "png": _png(picture),
    }


def _page(document: Any, number: int) -> Any:
    import pypdfium2

    try:
        return document[number - 1]
    except pypdfium2.PdfiumError as exc:
        raise DamagedFileError(f"has a damaged page {number}") from exc


def _picture(page: Any, width: int) -> Any:
    import pypdfium2

    across, down = page.get_size()
    if across <= 0 or down <= 0:
        raise DamagedFileError("has a page without a size")
    scale = min(width, MAX_WIDTH) / across
    scale = min(scale, (MAX_PIXELS / (across * down)) ** 0.5)
    try:
        return page.render(scale=scale, fill_color=_WHITE).to_pil().convert("RGB")
    except (pypdfium2.PdfiumError, ValueError) as exc:
        raise DamagedFileError("has a page that cannot be drawn") from exc


def _png(picture: Any) -> str:
    buffer = io.BytesIO()
    # Level 4 takes half the time of the default and makes a page of text a tenth larger.
    picture.save(buffer, "PNG", compress_level=4)
    return base64.b64encode(buffer.getvalue()).decode()


def _lines(page: Any) -> list[PlacedLine]:
    text = page.get_textpage()
    try:
        return read_placed_lines(page, text)
    finally:
        text.close()


def _boxes(document: Any, number: int, quote: str, before: str) -> list[list[float]]:
    """The quote's lines on this page; none if it does not stand there."""
    page = _page(document, number)
    text = page.get_textpage()
    try:
        letters, places = _letters(text)
        span = _find(letters, _only_letters(quote), _only_letters(before))
        if span is None:
            return []
        first, last = places[span[0]], places[span[1] - 1] + _trailing(quote)
        across, down = page.get_size()
        return [
            [
                round(edge / whole, 4)
                for edge, whole in zip(
                    (box.left, box.top, box.right, box.bottom), (across, down) * 2, strict=True
                )
            ]
            for box in find_stretch_boxes(page, text, number, first, last - first + 1)
        ]
    finally:
        text.close()
        page.close()


def _letters(text: Any) -> tuple[str, list[int]]:
    """The page's letters and digits in order, and for each the number of its character in PDFium."""
    import pypdfium2.raw as pdfium

    letters: list[str] = []
    places: list[int] = []
    for index in range(max(0, pdfium.FPDFText_CountChars(text.raw))):
        code = pdfium.FPDFText_GetUnicode(text.raw, index)
        for letter in _only_letters(chr(code)) if code <= 0x10FFFF else "":
            letters.append(letter)
            places.append(index)
    return "".join(letters), places


def _only_letters(text: str) -> str:
    """What is left when blanks, hyphens, dots and forms of letters do not count."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def _trailing(quote: str) -> int:
    """How many characters follow its last letter: a full stop is part of a sentence."""
    return len(quote) - len(quote.rstrip(string.punctuation + "…“”’»"))


def _find(letters: str, quote: str, before: str) -> tuple[int, int] | None:
    if not quote:
        return None
    for length in _LEADS:
        lead = before[len(before) - length :] if length else ""
        at = letters.find(lead + quote)
        if at >= 0:
            return at + len(lead), at + len(lead) + len(quote)
    return None
