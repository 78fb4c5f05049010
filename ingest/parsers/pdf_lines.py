"""The lines of a PDF page with their place and type, as PDFium sees them.

PDFium's own line order is kept: it follows the file, which follows the writer, and it keeps a table row's
label and numbers on one line. Per line only a few calls are made, never one per character.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rag.document import Box

HYPHEN = "\ufffe"
"""What PDFium writes where a line ends in a hyphen and the word goes on in the next one."""

_MARGIN = 0.12
_FONT_NAME_BYTES = 96
_BOLD = ("bold", "black", "heavy", "semibold", "demi")


@dataclass(frozen=True, slots=True)
class RawLine:
    """One line of a page.

    `boxes` has two where a hyphen carries it over to the next line. `cells` counts the stretches between
    gaps wider than the type is high: more than one is how a table row looks. `in_margin` is true of a line
    at the very top or bottom of the page, where running headers and page numbers stand.
    """

    text: str
    boxes: tuple[Box, ...]
    size: float
    bold: bool
    cells: int = 1
    in_margin: bool = False

    @property
    def top(self) -> float:
        return self.boxes[0].top

    @property
    def bottom(self) -> float:
        return self.boxes[-1].bottom

    @property
    def left(self) -> float:
        return self.boxes[0].left

    @property
    def right(self) -> float:
        return max(box.right for box in self.boxes)


def page_lines(page: Any, number: int) -> list[RawLine]:
    """The lines of a `pypdfium2.PdfPage`, in reading order, without empty ones."""
    textpage = page.get_textpage()
    try:
        reader = _LineReader(page, textpage, number)
        return list(reader.lines())
    finally:
        textpage.close()


def stretch_boxes(page: Any, textpage: Any, number: int, first: int, count: int) -> tuple[Box, ...]:
    """The rectangle of each line that `count` characters from PDFium's character `first` on stand in."""
    boxes, _ = _LineReader(page, textpage, number)._boxes(first, count, 0)
    return boxes


class _LineReader:
    def __init__(self, page: Any, textpage: Any, number: int) -> None:
        import pypdfium2.raw as pdfium

        self._pdfium = pdfium
        self._page = page
        self._text = textpage.raw
        self._number = number
        self._height = page.get_height()
        left, bottom, _, _ = page.get_bbox()
        self._upright = not page.get_rotation() and abs(left) < 0.01 and abs(bottom) < 0.01
        self._edges = tuple(ctypes.c_double() for _ in range(4))
        self._loose = pdfium.FS_RECTF()
        self._flags = ctypes.c_int()
        self._name = ctypes.create_string_buffer(_FONT_NAME_BYTES)

    def lines(self) -> Iterator[RawLine]:
        text = self._page_text()
        wide = max(text, default="") > "\uffff"  # then a place in the text is not one in PDFium's
        position = 0
        for raw in text.split("\n"):
            start = position
            position += (_units(raw) if wide else len(raw)) + 1
            stripped = raw.strip()
            if not stripped:
                continue
            lead = len(raw) - len(raw.lstrip())
            length = _units(stripped) if wide else len(stripped)
            line = self._line(stripped, start + lead, start + lead + length - 1)
            if line is not None:
                yield line

    def _page_text(self) -> str:
        count = self._pdfium.FPDFText_CountChars(self._text)
        if count <= 0:
            return ""
        buffer = (ctypes.c_ushort * (2 * count + 2))()
        units = self._pdfium.FPDFText_GetText(self._text, 0, count, buffer)
        data = ctypes.string_at(buffer, 2 * max(units - 1, 0))
        return data.decode("utf-16-le", "surrogatepass").replace("\r", " ")

    def _line(self, text: str, first_unit: int, last_unit: int) -> RawLine | None:
        pdfium = self._pdfium
        first = pdfium.FPDFText_GetCharIndexFromTextIndex(self._text, first_unit)
        last = pdfium.FPDFText_GetCharIndexFromTextIndex(self._text, last_unit)
        if first < 0 or last < first:
            return None
        pdfium.FPDFText_GetLooseCharBox(self._text, first, self._loose)
        size = abs(self._loose.top - self._loose.bottom)
        boxes, cells = self._boxes(first, last - first + 1, size)
        if not boxes:
            return None
        self._name.value = b""
        pdfium.FPDFText_GetFontInfo(self._text, first, self._name, _FONT_NAME_BYTES, self._flags)
        name = self._name.value.decode("utf-8", "replace").lower()
        bold = any(word in name for word in _BOLD)
        margin = self._page.get_height() * _MARGIN
        in_margin = boxes[-1].bottom < margin or boxes[0].top > self._page.get_height() - margin
        return RawLine(text, boxes, round(size, 1), bold, cells, in_margin)

    def _boxes(self, first: int, count: int, size: float) -> tuple[tuple[Box, ...], int]:
        """The rectangle of each row that the characters stand in, and the number of cells.

        Some writers place every character by itself, so this loop is most of what a PDF costs.
        """
        pdfium, edges = self._pdfium, self._edges
        get_rect, text, from_top = pdfium.FPDFText_GetRect, self._text, self._from_top
        left_edge, top_edge, right_edge, bottom_edge = edges
        rows: list[list[float]] = []
        row = [0.0, 0.0, 0.0, 0.0]
        cells = 1
        for index in range(pdfium.FPDFText_CountRects(text, first, count)):
            get_rect(text, index, left_edge, top_edge, right_edge, bottom_edge)
            left, top, right, bottom = from_top(
                left_edge.value, top_edge.value, right_edge.value, bottom_edge.value
            )
            # The same row as before, unless most of this rectangle is below it: a comma is not.
            if rows and (top + bottom) / 2 < row[3] + 1 and bottom > row[1]:
                cells += left - row[2] > size
                if left < row[0]:
                    row[0] = left
                if top < row[1]:
                    row[1] = top
                if right > row[2]:
                    row[2] = right
                if bottom > row[3]:
                    row[3] = bottom
            else:
                row = [left, top, right, bottom]
                rows.append(row)
        boxes = tuple(
            Box(self._number, round(left, 1), round(top, 1), round(right, 1), round(bottom, 1))
            for left, top, right, bottom in rows
        )
        return boxes, cells

    def _from_top(
        self, left: float, top: float, right: float, bottom: float
    ) -> tuple[float, float, float, float]:
        """PDF coordinates to points from the top left corner of the page as it is shown."""
        if self._upright:
            return left, self._height - top, right, self._height - bottom
        corners = [self._to_device(left, top), self._to_device(right, bottom)]
        xs, ys = zip(*corners, strict=True)
        return min(xs), min(ys), max(xs), max(ys)

    def _to_device(self, x: float, y: float) -> tuple[float, float]:
        scale = 100  # the call gives whole pixels
        width, height = self._page.get_size()
        device_x, device_y = ctypes.c_int(), ctypes.c_int()
        self._pdfium.FPDF_PageToDevice(
            self._page.raw,
            0,
            0,
            round(width * scale),
            round(height * scale),
            0,
            x,
            y,
            device_x,
            device_y,
        )
        return device_x.value / scale, device_y.value / scale


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
