"""What stands on one height of a PDF page, put together to rows in reading order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ingest.parsers.pdf_lines import RawLine, cut, join_segments
from ingest.parsers.pdf_table import CURRENCY, is_figure

_OPEN_ROWS = 12
"""So many rows up a line beside another one is looked for; a page's columns are further apart in order."""
_MAX_HEADER_LINES = 4
LINE_STEP = 1.6
"""The lines of a cell are not further apart than this many type sizes."""
MAX_LONE_WORDS = 12
LARGER = 1.15
_MARKER = re.compile(
    r"[•·▪◦‣○●■□☐☒☑✓–—*\uf000-\uf0ff\-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,4})[.)]|\d+(?:\.\d+)+\.?"
)
_BEHIND = re.compile(r"[)%]{1,3}|[$€£¥]|\)?\s*\[\w+\]")
_UNFINISHED = re.compile(
    r"(?:[,&(\-–]|\b(?:and|or|of|the|to|for|in|by|with|und|oder|von|der|die|des|für|et|ou|de|la|y|e))$"
)


@dataclass(slots=True)
class PageRow:
    """What stands on one height: segments from left to right, each with its place in the page's order."""

    segments: list[tuple[int, RawLine]]
    begins_stream: bool = False
    top: float = 0.0
    bottom: float = 0.0

    def __post_init__(self) -> None:
        self.top = min(segment.top for _, segment in self.segments)
        self.bottom = max(segment.bottom for _, segment in self.segments)

    @property
    def size(self) -> float:
        return max(segment.size or segment.height for _, segment in self.segments)

    @property
    def is_lone(self) -> bool:
        return len(self.segments) == 1

    def add(self, order: int, segment: RawLine) -> None:
        self.segments.append((order, segment))
        self.top, self.bottom = min(self.top, segment.top), max(self.bottom, segment.bottom)

    def has_room_for(self, segment: RawLine) -> bool:
        if segment.top >= self.bottom or segment.bottom <= self.top:
            return False
        overlap = min(self.bottom, segment.bottom) - max(self.top, segment.top)
        if overlap <= min(self.bottom - self.top, segment.height) / 2:
            return False
        return all(
            segment.left >= other.right - 1 or segment.right <= other.left + 1
            for _, other in self.segments
        )


def _place_above(rows: Sequence[PageRow], segment: RawLine, first_open: int) -> int | None:
    """Where a line goes that begins a higher cell right of a row: the last rows end on one height."""
    beside = max(other.right for _, other in rows[-1].segments) < segment.left
    if not beside or rows[-1].top - segment.bottom > _MAX_HEADER_LINES * segment.height:
        return None
    index = len(rows)
    while index > first_open and rows[index - 1].top > segment.bottom - segment.height / 2:
        index -= 1
    is_first = index == first_open
    free = not is_first and rows[index - 1].bottom <= segment.top + segment.height / 2
    return index if is_first or free else None


def _find_higher_place(rows: Sequence[PageRow], segment: RawLine, first_open: int) -> int:
    """Where a line goes that stands half a line above the last row, beside it: a name of several lines."""
    index = len(rows)
    while index > first_open and segment.bottom < rows[index - 1].bottom - segment.height / 2:
        index -= 1
    return index


def join_lines(segments: list[tuple[int, RawLine]]) -> Iterator[RawLine]:
    """Segments in the page's order, those of one line put together where they are set alike."""
    line: list[RawLine] = []
    for _, segment in sorted(segments, key=lambda entry: entry[0]):
        if line and not _is_one_line(line[-1], segment):
            yield join_segments(line)
            line = []
        line.append(segment)
    if line:
        yield join_segments(line)


def _is_one_line(before: RawLine, after: RawLine) -> bool:
    level = abs(after.bottom - before.bottom) < before.height / 2
    return after.line == before.line >= 0 and level and _are_alike(before, after)


def _are_alike(one: RawLine, other: RawLine) -> bool:
    return max(one.size, other.size) < LARGER * min(one.size, other.size)


def make_rows(segments: Sequence[RawLine]) -> list[PageRow]:
    rows: list[PageRow] = []
    first_open = 0
    for order, segment in enumerate(segments):
        if segment.is_turned:
            rows.append(PageRow([(order, segment)], begins_stream=True))
            first_open = len(rows)
            continue
        beside = next(
            (
                row
                for row in reversed(rows[max(first_open, len(rows) - _OPEN_ROWS) :])
                if row.has_room_for(segment)
            ),
            None,
        )
        if beside is not None:
            beside.add(order, segment)
            continue
        jumps = bool(rows) and segment.bottom < rows[-1].top
        if jumps and (index := _place_above(rows, segment, first_open)) is not None:
            rows.insert(index, PageRow([(order, segment)], rows[index].begins_stream))
            rows[index + 1].begins_stream = False
            continue
        if jumps:
            first_open = len(rows)
        elif (index := _find_higher_place(rows, segment, first_open)) < len(rows):
            rows.insert(index, PageRow([(order, segment)], rows[index].begins_stream))
            rows[index + 1].begins_stream = False
            continue
        rows.append(PageRow([(order, segment)], begins_stream=jumps or not rows))
    for row in rows:
        row.segments.sort(key=lambda entry: entry[1].left)
        row.segments = _with_signs(row.segments)
    return rows


def _with_signs(segments: list[tuple[int, RawLine]]) -> list[tuple[int, RawLine]]:
    """The segments, with currency and per cent signs put to their figures, and a marker to its item."""
    if len(segments) == 1:
        return segments
    result: list[tuple[int, RawLine]] = []
    segments = list(_signs_apart(segments))
    for at, (order, segment) in enumerate(segments):
        after = segments[at + 1][1].text if at + 1 < len(segments) else ""
        if result:
            before = result[-1][1]
            is_sign = CURRENCY.fullmatch(before.text) and is_figure(segment.text)
            is_behind = _BEHIND.fullmatch(segment.text) and is_figure(before.text)
            if CURRENCY.fullmatch(segment.text) and is_figure(after):
                is_behind = None
            if is_sign or is_behind:
                result[-1] = (result[-1][0], replace(join_segments([before, segment]), cells=1))
                continue
        result.append((order, segment))
    if len(result) == 2 and _MARKER.fullmatch(result[0][1].text):
        (order, marker), (_, item) = result
        if order + 1 == result[1][0] and item.left - marker.right < 6 * marker.height:
            return [(order, replace(join_segments([marker, item]), cells=1))]
    return result


def _signs_apart(segments: Sequence[tuple[int, RawLine]]) -> Iterator[tuple[int, RawLine]]:
    """The segments, without a currency sign at the end of a figure that belongs to the next one."""
    for at, (order, segment) in enumerate(segments):
        after = segments[at + 1][1].text if at + 1 < len(segments) else ""
        *words, sign = segment.words or (None,)
        if words and sign and CURRENCY.fullmatch(sign.text) and is_figure(after):
            figure = cut(segment, words)
            if is_figure(figure.text):
                yield order, figure
                yield order, cut(segment, [sign])
                continue
        yield order, segment


def is_one_label(above: RawLine, below: RawLine) -> bool:
    """Whether the words of a label go on in the line below."""
    if above.text.endswith((":", ".")):
        return False
    is_long = len(above.text.split()) > MAX_LONE_WORDS
    hangs = is_long and 0 < below.left - above.left < 2 * below.height
    return below.text[:1].islower() or hangs or _UNFINISHED.search(above.text) is not None
