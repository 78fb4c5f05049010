"""The lines that are drawn on a PDF page: horizontal and vertical ones, and the edges of rectangles."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ingest.parsers.pdf_frame import Frame

MAX_OBJECTS = 20_000
"""A page with more objects is a drawing or a map."""
_MAX_SEGMENTS = 2_000
_MAX_DEPTH = 3
_THICK = 4.0
"""A thicker bar is an area. In points, as the next."""
_SHORT = 6.0
_SNAP = 2.5
"""Lines closer than this are one: a double rule, or two cells' own borders."""
_BRIDGE = 3.5
"""A gap in a line that is drawn cell by cell."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A drawn line: `at` its height (or, vertical, its place across), from `start` to `end`."""

    at: float
    start: float
    end: float


def page_rules(page: Any, frame: Frame) -> tuple[list[Rule], list[Rule]]:
    """The horizontal and the vertical rules of a `pypdfium2.PdfPage`, merged where they go on."""
    horizontal: list[Rule] = []
    vertical: list[Rule] = []
    for corners in _RuleReader().rectangles(page):
        left, top, right, bottom = frame.clipped(*frame.place(*corners))
        if bottom - top <= _THICK and right - left >= _SHORT:
            horizontal.append(Rule((top + bottom) / 2, left, right))
        elif right - left <= _THICK and bottom - top >= _SHORT:
            vertical.append(Rule((left + right) / 2, top, bottom))
        elif right - left >= _SHORT and bottom - top >= _SHORT:
            horizontal += [Rule(top, left, right), Rule(bottom, left, right)]
            vertical += [Rule(left, top, bottom), Rule(right, top, bottom)]
    return _merged(horizontal), _merged(vertical)


def snap(places: Sequence[float]) -> list[float]:
    """Places in order, those that are nearly the same as one."""
    result: list[float] = []
    for position in sorted(places):
        if not result or position - result[-1] > _SNAP:
            result.append(position)
    return result


def _merged(rules: list[Rule]) -> list[Rule]:
    lanes = snap([rule.at for rule in rules])
    by_lane: dict[float, list[Rule]] = {lane: [] for lane in lanes}
    index = 0
    for rule in sorted(rules, key=lambda rule: rule.at):
        while rule.at - lanes[index] > _SNAP:
            index += 1
        by_lane[lanes[index]].append(rule)
    merged = []
    for lane, members in by_lane.items():
        members.sort(key=lambda rule: rule.start)
        start, end = members[0].start, members[0].end
        for rule in members[1:]:
            if rule.start <= end + _BRIDGE:
                end = max(end, rule.end)
            else:
                merged.append(Rule(lane, start, end))
                start, end = rule.start, rule.end
        merged.append(Rule(lane, start, end))
    return merged


class _RuleReader:
    """Yields the corners of what is drawn as straight lines and rectangles, in PDFium's coordinates."""

    def __init__(self) -> None:
        import pypdfium2.raw as pdfium

        self._pdfium = pdfium
        self._edges = tuple(ctypes.c_float() for _ in range(4))
        self._fill, self._stroke = ctypes.c_int(), ctypes.c_int()
        self._color = tuple(ctypes.c_uint() for _ in range(4))
        self._seen = 0

    def rectangles(self, page: Any) -> Iterator[tuple[float, float, float, float]]:
        count = self._pdfium.FPDFPage_CountObjects(page.raw)
        if count <= MAX_OBJECTS:
            get = self._pdfium.FPDFPage_GetObject
            yield from self._objects((get(page.raw, index) for index in range(count)), 0)

    def _objects(
        self, objects: Iterator[Any], depth: int
    ) -> Iterator[tuple[float, float, float, float]]:
        pdfium = self._pdfium
        kind, path, form = (
            pdfium.FPDFPageObj_GetType, pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_FORM,
        )  # fmt: skip
        for item in objects:
            of_kind = kind(item)
            if of_kind == path:
                yield from self._path(item)
            elif of_kind == form and depth < _MAX_DEPTH:
                yield from self._form(item, depth)

    def _form(self, form: Any, depth: int) -> Iterator[tuple[float, float, float, float]]:
        pdfium = self._pdfium
        count = pdfium.FPDFFormObj_CountObjects(form)
        self._seen += max(count, 0)
        if count <= 0 or self._seen > MAX_OBJECTS:
            return
        matrix = pdfium.FS_MATRIX()
        pdfium.FPDFPageObj_GetMatrix(form, matrix)
        inner = (pdfium.FPDFFormObj_GetObject(form, index) for index in range(count))
        for x0, y0, x1, y1 in self._objects(inner, depth + 1):
            yield (
                matrix.a * x0 + matrix.c * y0 + matrix.e,
                matrix.b * x0 + matrix.d * y0 + matrix.f,
                matrix.a * x1 + matrix.c * y1 + matrix.e,
                matrix.b * x1 + matrix.d * y1 + matrix.f,
            )

    def _path(self, path: Any) -> Iterator[tuple[float, float, float, float]]:
        pdfium = self._pdfium
        left, bottom, right, top = self._edges
        if not pdfium.FPDFPageObj_GetBounds(path, left, bottom, right, top):
            return
        x0, y0, x1, y1 = left.value, bottom.value, right.value, top.value
        is_thin = x1 - x0 <= _THICK or y1 - y0 <= _THICK
        if is_thin and max(x1 - x0, y1 - y0) < _SHORT:
            return
        segments = pdfium.FPDFPath_CountSegments(path)
        if segments > _MAX_SEGMENTS or self._is_invisible(path, is_thin):
            return
        if is_thin:
            yield x0, y0, x1, y1
        else:
            yield from self._sides(path, segments)

    def _is_invisible(self, path: Any, is_thin: bool) -> bool:
        """Whether a path is neither filled nor stroked, or is a white area: what lies below is not cells."""
        pdfium = self._pdfium
        if not pdfium.FPDFPath_GetDrawMode(path, self._fill, self._stroke):
            return False
        if self._stroke.value:
            return False
        if not self._fill.value:
            return True
        if is_thin or not pdfium.FPDFPageObj_GetFillColor(path, *self._color):
            return False
        return all(part.value >= 254 for part in self._color[:3])

    def _sides(self, path: Any, segments: int) -> Iterator[tuple[float, float, float, float]]:
        """The straight sides of a path, in the page's coordinates; a curve's ends are no side."""
        pdfium = self._pdfium
        matrix = pdfium.FS_MATRIX()
        if not pdfium.FPDFPageObj_GetMatrix(path, matrix):
            return
        x, y = ctypes.c_float(), ctypes.c_float()
        first = last = (0.0, 0.0)
        for index in range(segments):
            segment = pdfium.FPDFPath_GetPathSegment(path, index)
            kind = pdfium.FPDFPathSegment_GetType(segment)
            pdfium.FPDFPathSegment_GetPoint(segment, x, y)
            point = (
                matrix.a * x.value + matrix.c * y.value + matrix.e,
                matrix.b * x.value + matrix.d * y.value + matrix.f,
            )
            if kind == pdfium.FPDF_SEGMENT_MOVETO:
                first = point
            elif kind == pdfium.FPDF_SEGMENT_LINETO and _is_straight(last, point):
                yield *last, *point
            if pdfium.FPDFPathSegment_GetClose(segment) and _is_straight(point, first):
                yield *point, *first
            last = point


def _is_straight(one: tuple[float, float], other: tuple[float, float]) -> bool:
    across, down = abs(one[0] - other[0]), abs(one[1] - other[1])
    return min(across, down) < 1 and max(across, down) >= _SHORT
