"""The lines of a PDF page's text with their places, so that text can be selected on a picture of the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ingest.parsers.pdf_characters import Place
from ingest.parsers.pdf_frame import Frame, find_frame

MAX_LINES = 5_000
MAX_LINE_CHARACTERS = 1_000
_MAX_CHARACTERS = 100_000  # a page of small type has 10,000
_GAP = 0.8
"""Blank space, in heights of the type, that ends a line: a word space has a quarter, columns have more."""
_STEP = (
    0.5  # shares of the height by which a character may stand off its line: a raised figure does
)
_HYPHENS = {"\x02": "-", "\ufffe": "-"}  # PDFium's signs for a hyphen at a line's end

PlacedLine = tuple[str, float, float, float, float]
"""Text, left, top, right, bottom; the edges are shares of the page's width and height."""


class _Line:
    """A line under construction: its text, the rectangle around its characters, and which way it runs."""

    def __init__(self) -> None:
        self.text = ""
        self.edges: Place | None = None
        self._is_upright: bool | None = None  # not known before the second character

    def add(self, character: str, edges: Place) -> bool:
        """Append a character if it stands beside the others or, in upright text, above or below them."""
        if self.edges is None:
            self.text, self.edges = self.text + character, edges
            return True
        left, top, right, bottom = self.edges
        beside = max(edges[0] - right, left - edges[2]) <= _GAP * (bottom - top) and abs(
            edges[3] - bottom
        ) <= _STEP * (bottom - top)
        below = max(edges[1] - bottom, top - edges[3]) <= _GAP * (right - left) and abs(
            edges[2] - right
        ) <= _STEP * (right - left)
        if self._is_upright is None and (beside or below):
            self._is_upright = not beside
        if not (below if self._is_upright else beside):
            return False
        self.text += character
        self.edges = (
            min(left, edges[0]),
            min(top, edges[1]),
            max(right, edges[2]),
            max(bottom, edges[3]),
        )
        return True


def read_placed_lines(page: Any, textpage: Any) -> list[PlacedLine]:
    """The lines in PDFium's order, for a page as it is shown; at most MAX_LINES."""
    frame = find_frame(page, page.get_rotation())
    across, down = page.get_size()
    lines: list[PlacedLine] = []
    for line in _split(textpage, frame):
        text = line.text.strip()
        if not text or line.edges is None:
            continue
        left, top, right, bottom = line.edges
        if right <= left or bottom <= top:
            continue
        edges = (left / across, top / down, right / across, bottom / down)
        lines.append((text[:MAX_LINE_CHARACTERS], *(round(edge, 4) for edge in edges)))
        if len(lines) == MAX_LINES:
            break
    return lines


def _split(textpage: Any, frame: Frame) -> Iterator[_Line]:
    """The page's characters, in lines: each ends at a line break, at a column's gap or at another height."""
    import pypdfium2.raw as pdfium

    rect, line = pdfium.FS_RECTF(), _Line()
    for index in range(min(pdfium.FPDFText_CountChars(textpage.raw), _MAX_CHARACTERS)):
        character = _character(pdfium.FPDFText_GetUnicode(textpage.raw, index))
        if character in "\r\n":
            if line.text:
                yield line
                line = _Line()
            continue
        if character == " " or not pdfium.FPDFText_GetLooseCharBox(textpage.raw, index, rect):
            line.text += character
            continue
        edges = frame.place(rect.left, rect.top, rect.right, rect.bottom)
        if not line.add(character, edges):
            yield line
            line = _Line()
            line.add(character, edges)
    yield line


def _character(code: int) -> str:
    """The character as it is selected and copied; a blank for what cannot be written."""
    character = chr(code) if 0 < code <= 0x10FFFF else " "
    character = _HYPHENS.get(character, character)
    return character if character.isprintable() or character in "\r\n" else " "
