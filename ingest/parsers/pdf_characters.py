"""The characters of a PDF page as PDFium has them: their text, places, sizes, weights and angles.

A character is named by PDFium's number for it; -1 stands for one that PDFium does not have.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator, Sequence
from typing import Any

from ingest.parsers.pdf_frame import find_frame
from ingest.parsers.pdf_lines import REGULAR
from rag.document import Box

_FONT_NAME_BYTES = 96
_WEIGHTS = (
    ("thin", 1), ("light", 1), ("medium", 3), ("semi", 4), ("demi", 4), ("black", 6), ("heavy", 6),
    ("bold", 5),
)  # fmt: skip
"""Weights by a word in the font's name, the last that fits; 2 without one. "SemiBold" counts as bold."""
_SAMPLES = 40
_NEARLY_WHITE = 235
"""Of 255: what is darker is seen on white paper."""
_NEARLY_CLEAR = 20
"""Of 255, the alpha of type that is seen nowhere."""
_ASLANT = 5.0

Place = tuple[float, float, float, float]
"""Left, top, right, bottom."""


class PdfCharacters:
    """The characters of one page, asked of PDFium one by one.

    `frame` is the page as a reader has it before them, turned as most of its text is. `get_box`, `handle` and
    `rect` are PDFium's own function, page and rectangle, for a loop that has no time for a method.
    """

    def __init__(self, page: Any, textpage: Any) -> None:
        import pypdfium2.raw as pdfium

        self._pdfium = pdfium
        self.handle = textpage.raw
        self.get_box = pdfium.FPDFText_GetLooseCharBox
        self.rect = pdfium.FS_RECTF()
        self._rotation = page.get_rotation()
        self._count = max(0, pdfium.FPDFText_CountChars(self.handle))
        self._edges = tuple(ctypes.c_double() for _ in range(4))
        self._flags = ctypes.c_int()
        self._colour = tuple(ctypes.c_uint() for _ in range(4))
        self._mark = (ctypes.c_ushort * 8)()
        self._mark_bytes = ctypes.c_ulong()
        self._matrix = pdfium.FS_MATRIX()
        self._weights: dict[bytes, int] = {}
        self._name = ctypes.create_string_buffer(_FONT_NAME_BYTES)
        self.frame = find_frame(page, self._usual_angle())

    def text(self) -> str:
        """All characters in PDFium's order, with its line breaks."""
        if not self._count:
            return ""
        buffer = (ctypes.c_ushort * (2 * self._count + 2))()
        units = self._pdfium.FPDFText_GetText(self.handle, 0, self._count, buffer)
        data = ctypes.string_at(buffer, 2 * max(units - 1, 0))
        return data.decode("utf-16-le", "surrogatepass").replace("\r", " ")

    def lines(self, text: str) -> Iterator[tuple[str, Sequence[int]]]:
        """The lines of `text` with the numbers of their characters."""
        wide = max(text, default="") > "\uffff"  # then a place in the text is not one in PDFium's
        exact = not wide and len(text) == self._count
        position = 0
        for raw in text.split("\n"):
            yield raw, self._indexes(raw, position, wide=wide, exact=exact)
            position += (_units(raw) if wide else len(raw)) + 1

    def _indexes(self, raw: str, start: int, *, wide: bool, exact: bool) -> Sequence[int]:
        """For each character of a line the number of PDFium's; -1 where it has none."""
        if exact:
            return range(start, start + len(raw))
        of = self._pdfium.FPDFText_GetCharIndexFromTextIndex
        first = of(self.handle, start)
        if (
            not wide
            and first >= 0
            and of(self.handle, start + len(raw) - 1) == first + len(raw) - 1
        ):
            return range(first, first + len(raw))
        indexes, unit = [], start
        for char in raw:
            indexes.append(of(self.handle, unit))
            unit += 2 if char > "\uffff" else 1
        return indexes

    def _usual_angle(self) -> int:
        """The angle of most of the page's text, of some samples."""
        step = max(1, self._count // _SAMPLES)
        angles = [self.angle(index) for index in range(0, self._count, step)]
        known = [angle for angle in angles if angle is not None and angle >= 0]
        return max(set(known), key=known.count) if known else self._rotation

    def angle(self, index: int) -> int | None:
        """A character's angle, against the clock: 0, 90, 180, 270, or -1 for aslant.

        None for those that PDFium adds, which have none.
        """
        if self._pdfium.FPDFText_IsGenerated(self.handle, index) == 1:
            return None
        radians = self._pdfium.FPDFText_GetCharAngle(self.handle, index)
        if radians < 0:
            return None
        degrees = math.degrees(-radians) % 360  # PDFium's angles run with the clock
        quarter = round(degrees / 90) * 90
        return quarter % 360 if abs(degrees - quarter) < _ASLANT else -1

    def size(self, index: int, height: float) -> float:
        """The type's size at a character: condensed type is as high as any other; `height` if it has none."""
        size = float(self._pdfium.FPDFText_GetFontSize(self.handle, index))
        if size > 0 and self._pdfium.FPDFText_GetMatrix(self.handle, index, self._matrix):
            size *= math.hypot(self._matrix.c, self._matrix.d)
            if size > 0:
                return round(size, 1)
        return round(height, 1)

    def weight(self, first: int, last: int) -> int:
        """The weight of a whole segment's type: a word in bold at its beginning does not count."""
        weight = self._weight_at(first)
        return weight if weight <= REGULAR or first == last else min(weight, self._weight_at(last))

    def _weight_at(self, index: int) -> int:
        self._name.value = b""
        self._pdfium.FPDFText_GetFontInfo(
            self.handle, index, self._name, _FONT_NAME_BYTES, self._flags
        )
        name = self._name.value
        if name not in self._weights:
            self._weights[name] = _weight_of(name.decode("utf-8", "replace"))
        return self._weights[name]

    def is_faint(self, index: int) -> bool:
        """Whether a character is set without ink, in white, or in a layer that may be switched off."""
        pdfium = self._pdfium
        if pdfium.FPDFText_GetFillColor(self.handle, index, *self._colour):
            *colours, alpha = (part.value for part in self._colour)
            if min(colours) >= _NEARLY_WHITE or alpha <= _NEARLY_CLEAR:
                return True
        drawn = pdfium.FPDFText_GetTextObject(self.handle, index)
        if not drawn:
            return False
        if pdfium.FPDFTextObj_GetTextRenderMode(drawn) in (
            pdfium.FPDF_TEXTRENDERMODE_INVISIBLE,
            pdfium.FPDF_TEXTRENDERMODE_CLIP,
        ):
            return True
        return any(
            self._is_layer(pdfium.FPDFPageObj_GetMark(drawn, mark))
            for mark in range(pdfium.FPDFPageObj_CountMarks(drawn))
        )

    def _is_layer(self, mark: Any) -> bool:
        """Whether a mark around content says that it belongs to a layer: it is called "OC"."""
        buffer, size = self._mark, self._mark_bytes
        if not self._pdfium.FPDFPageObjMark_GetName(mark, buffer, ctypes.sizeof(buffer), size):
            return False
        return size.value == 6 and bytes(buffer)[:4] == b"O\0C\0"

    def place(self, index: int) -> Place | None:
        """A character's left, top, right and bottom; the height is its font's, not its own."""
        rect = self.rect
        if index < 0:
            return None
        if not self._pdfium.FPDFText_GetLooseCharBox(self.handle, index, rect):
            return None
        if rect.right - rect.left > 0.01 and abs(rect.top - rect.bottom) > 0.01:
            return self.frame.place(rect.left, rect.top, rect.right, rect.bottom)
        return self.glyph_place(index)

    def glyph_place(self, index: int) -> Place | None:
        """The same of the ink alone."""
        left, right, bottom, top = self._edges
        if not self._pdfium.FPDFText_GetCharBox(self.handle, index, left, right, bottom, top):
            return None
        return self.frame.place(left.value, top.value, right.value, bottom.value)


def find_stretch_boxes(
    page: Any, textpage: Any, number: int, first: int, count: int
) -> tuple[Box, ...]:
    """The rectangle of each line that `count` characters from PDFium's character `first` on stand in."""
    import pypdfium2.raw as pdfium

    visible_frame = find_frame(page, page.get_rotation())
    edges = tuple(ctypes.c_double() for _ in range(4))
    rows: list[list[float]] = []
    for index in range(pdfium.FPDFText_CountRects(textpage.raw, first, count)):
        pdfium.FPDFText_GetRect(textpage.raw, index, *edges)
        left, top, right, bottom = visible_frame.place(*(edge.value for edge in edges))
        # The same row as before, unless most of this rectangle is below it: a comma is not.
        if rows and (top + bottom) / 2 < rows[-1][3] + 1 and bottom > rows[-1][1]:
            row = rows[-1]
            row[:] = min(row[0], left), min(row[1], top), max(row[2], right), max(row[3], bottom)
        else:
            rows.append([left, top, right, bottom])
    return tuple(Box(number, *(round(edge, 1) for edge in row)) for row in rows)


def _weight_of(font: str) -> int:
    """How heavy a font is by its name."""
    name, weight = font.lower(), REGULAR
    for part, value in _WEIGHTS:
        if part in name:
            weight = value
    return weight


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
