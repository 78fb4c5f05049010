"""Whether anybody sees a line of a PDF page: what is set faintly is looked up in a picture of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ingest.parsers.pdf_frame import Frame, find_frame
from ingest.parsers.pdf_lines import RawLine

_SCALE = 1.5
"""Pixels a point: type of six points is nine pixels high."""
_MAX_PIXELS = 4_000_000
_CONTRAST = 24
"""Of 255: grey that differs less from what is around it is not read as a letter."""
_INSET = 0.2
"""Share of a line's height at its edges, where the ink of its neighbours may be."""


def list_seen(page: Any, frame: Frame, lines: Sequence[RawLine]) -> list[RawLine]:
    """The lines without those that are set faintly and where nothing is drawn on a `pypdfium2.PdfPage`.

    The invisible text of a scan stands on the picture of its words, so it is seen. A page of nothing but
    faint lines keeps them all.
    """
    faint = [line for line in lines if line.is_faint]
    if not faint or len(faint) == len(lines):
        return list(lines)
    picture = _draw(page)
    if picture is None:
        return list(lines)
    return [line for line in lines if not line.is_faint or picture.has_ink(frame, line)]


class _Picture:
    """A page in grey, to be looked at at the places of its lines."""

    def __init__(self, page: Any, bitmap: Any, scale: float) -> None:
        self._width, self._height, self._stride = bitmap.width, bitmap.height, bitmap.stride
        self._grey = bytes(bitmap.buffer)
        self._scale = scale
        self._visible_frame = find_frame(page, page.get_rotation())

    def has_ink(self, frame: Frame, line: RawLine) -> bool:
        """Whether the picture is not of one grey where the line stands."""
        inset = line.height * _INSET
        corners = frame.back(line.left, line.top + inset, line.right, line.bottom - inset)
        edges = [round(edge * self._scale) for edge in self._visible_frame.place(*corners)]
        left, right = max(edges[0], 0), min(edges[2] + 1, self._width)
        top, bottom = max(edges[1], 0), min(edges[3] + 1, self._height)
        rows = [
            self._grey[row * self._stride + left : row * self._stride + right]
            for row in range(top, bottom)
        ]
        if not rows or not rows[0]:
            return False
        return max(map(max, rows)) - min(map(min, rows)) > _CONTRAST


def _draw(page: Any) -> _Picture | None:
    """The page as it is shown; None where PDFium cannot draw it."""
    import pypdfium2

    width, height = page.get_size()
    scale = min(_SCALE, (_MAX_PIXELS / max(width * height, 1)) ** 0.5)
    try:
        bitmap = page.render(scale=scale, grayscale=True)
    except (pypdfium2.PdfiumError, ValueError):
        return None
    try:
        return _Picture(page, bitmap, scale)
    finally:
        bitmap.close()
