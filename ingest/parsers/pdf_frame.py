"""From PDFium's coordinates to points from the top left corner of a page that is turned to be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

_EDGE = 1.0
"""Points by which text may stand over the page's edge."""


class HasEdges(Protocol):
    """Anything with edges, in points from the top left corner."""

    @property
    def left(self) -> float: ...
    @property
    def top(self) -> float: ...
    @property
    def right(self) -> float: ...
    @property
    def bottom(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Frame:
    """A page turned so that text at `angle` (degrees against the clock, by 90) runs from left to right.

    `width` and `height` are the page's when it is turned so; `box` is its left, bottom, right and top in
    PDFium's coordinates.
    """

    angle: int
    width: float
    height: float
    box: tuple[float, float, float, float]

    def place(
        self, x0: float, y0: float, x1: float, y1: float
    ) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the rectangle between two corners."""
        left, bottom, right, top = self.box
        if self.angle == 0:
            x0, y0, x1, y1 = x0 - left, top - y0, x1 - left, top - y1
        elif self.angle == 90:
            x0, y0, x1, y1 = y0 - bottom, x0 - left, y1 - bottom, x1 - left
        elif self.angle == 180:
            x0, y0, x1, y1 = right - x0, y0 - bottom, right - x1, y1 - bottom
        else:
            x0, y0, x1, y1 = top - y0, right - x0, top - y1, right - x1
        if x0 > x1:
            x0, x1 = x1, x0
        if y0 > y1:
            y0, y1 = y1, y0
        return x0, y0, x1, y1

    def holds(self, placed: HasEdges) -> bool:
        """Whether the middle of something is on the page."""
        x, y = (placed.left + placed.right) / 2, (placed.top + placed.bottom) / 2
        return -_EDGE <= x <= self.width + _EDGE and -_EDGE <= y <= self.height + _EDGE

    def back(
        self, left: float, top: float, right: float, bottom: float
    ) -> tuple[float, float, float, float]:
        """PDFium's coordinates of a rectangle of the frame: two corners."""
        page_left, page_bottom, page_right, page_top = self.box
        if self.angle == 0:
            return left + page_left, page_top - top, right + page_left, page_top - bottom
        if self.angle == 90:
            return top + page_left, left + page_bottom, bottom + page_left, right + page_bottom
        if self.angle == 180:
            return page_right - left, top + page_bottom, page_right - right, bottom + page_bottom
        return page_right - top, page_top - left, page_right - bottom, page_top - right

    def clipped(
        self, left: float, top: float, right: float, bottom: float
    ) -> tuple[float, float, float, float]:
        """What of a rectangle is on the page."""
        return max(left, 0.0), max(top, 0.0), min(right, self.width), min(bottom, self.height)


def find_frame(page: Any, angle: int) -> Frame:
    """The frame of a `pypdfium2.PdfPage`; with its rotation for an angle, the page as it is shown."""
    left, bottom, right, top = page.get_bbox()
    width, height = right - left, top - bottom
    if angle % 180:
        width, height = height, width
    return Frame(angle, width, height, (left, bottom, right, top))
