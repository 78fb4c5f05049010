"""Tables and text columns of a PDF page without rules, told by how the words stand below each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from ingest.parsers.pdf_columns import arrange_region
from ingest.parsers.pdf_lines import RawLine, join_segments
from ingest.parsers.pdf_rows import (
    LARGER,
    LINE_STEP,
    MAX_LONE_WORDS,
    PageRow,
    is_one_label,
    join_lines,
    make_rows,
)
from ingest.parsers.pdf_rules import Rule
from ingest.parsers.pdf_table import Item, PdfCell, PdfTable, is_figure

LEADER = re.compile(r"(?P<title>\S.*?)\s?(?:[.…·_]\s?){4,}(?P<page>[\w.\-–]{1,9})")
"""A line of a table of contents, with dots that lead to the page."""
_MIN_LEADERS = 3
_ROW_GAP = 2.0
"""Rows of a table are not further apart than this many type heights."""
_LONE_ROWS = 2
"""So many rows with one cell may stand between others."""
_MAX_LABELS = 6
"""So many labels without figures may stand above a row whose figures are in the columns of the table."""
_SMALLER_NAMES = 1.4
"""The names of columns are often set smaller than the figures: by up to this factor."""


def read_aligned_items(items: Sequence[Item], horizontal: Sequence[Rule]) -> list[Item]:
    """The items of a page, with those segments in tables that stand as in one, and columns read one by one.

    Segments of a line that are in no table are put together again.
    """
    result: list[Item] = []
    for is_text, group in groupby(items, key=lambda item: isinstance(item, RawLine)):
        if not is_text:
            result += group
            continue
        rows = make_rows([item for item in group if isinstance(item, RawLine)])
        for is_list, part in _listings(rows):
            result += [_contents(part)] if is_list else _regions(part, horizontal)
    return result


def _listings(rows: Sequence[PageRow]) -> Iterator[tuple[bool, list[PageRow]]]:
    """Stretches of rows, and whether each is a table of contents."""
    for leads, group in groupby(rows, key=_leads):
        stretch = list(group)
        yield leads and len(stretch) >= _MIN_LEADERS, stretch


def _leads(row: PageRow) -> bool:
    text = " ".join(segment.text for _, segment in row.segments)
    return (
        "...." in text.replace(" ", "").replace("…", "....") and LEADER.fullmatch(text) is not None
    )


def _contents(rows: Sequence[PageRow]) -> PdfTable:
    """A table of contents: title and page."""
    cells: list[tuple[PdfCell, PdfCell]] = []
    for row in rows:
        line = join_segments([segment for _, segment in row.segments])
        match = LEADER.fullmatch(line.text)
        if match is None:  # `_leads` has found one in the row
            continue
        page = match["page"].lstrip(".")
        edge = max(word.left for word in line.words) if line.words else line.right
        cells.append(
            (
                PdfCell((replace(line, text=match["title"], right=edge, words=()),)),
                PdfCell((replace(line, text=page, left=edge, words=()),)),
            )
        )
    lines = [piece for row in cells for piece in row[0].pieces]
    left, right = min(line.left for line in lines), max(row[1].pieces[0].right for row in cells)
    edges = (left, min(row[1].pieces[0].left for row in cells))
    return PdfTable(tuple(cells), 0, edges, left, lines[0].top, right, lines[-1].bottom)


def _regions(rows: Sequence[PageRow], horizontal: Sequence[Rule]) -> Iterator[Item]:
    start = 0
    loose: list[tuple[int, RawLine]] = []
    while start < len(rows):
        end = _end_of_region(rows, start)
        region = arrange_region(rows[start:end], horizontal) if end - start > 1 else None
        if region is None:
            loose += rows[start].segments
            start += 1
            continue
        yield from join_lines(loose)
        loose = []
        items, used = region
        yield from items
        start += used
    yield from join_lines(loose)


def _end_of_region(rows: Sequence[PageRow], start: int) -> int:
    """Where rows that may belong to one table end: after the last with several cells."""
    if rows[start].is_lone and not (_names_columns(rows, start) or _begins_header(rows, start)):
        return start + 1
    end = start
    lone = 0
    size = 0.0
    has_figures = False
    for at in range(start, len(rows)):
        row = rows[at]
        if at > start:
            above = rows[at - 1]
            gap = row.top - above.bottom
            if row.begins_stream or gap > _ROW_GAP * max(size, row.size) or gap < -row.size:
                break
        if row.is_lone:
            lone += 1
            text = row.segments[0][1].text
            is_long = len(text.split()) > MAX_LONE_WORDS and not _goes_on_below(rows, at)
            is_turned = row.segments[0][1].is_turned
            if is_long or is_turned:
                break
            if lone > _LONE_ROWS and not (has_figures and _is_among(rows, start, at)):
                break
            if (
                size
                and row.size > size * LARGER
                and (has_figures or not _is_below_names(rows, start, at))
            ):
                break
        else:
            is_alike = not size or size / LARGER <= row.size <= size * LARGER
            if not is_alike and lone and (has_figures or not _is_below_names(rows, start, at)):
                break
            lone = 0
            size = row.size
            end = at + 1
            has_figures = has_figures or _has_figures(row)
    last = rows[end - 1]
    for row in rows[end : end + _LONE_ROWS]:
        # The last row's cells may go on below it, right of the label.
        above, segment = rows[end - 1], row.segments[0][1]
        gap = row.top - above.bottom
        is_right = segment.left > last.segments[0][1].right
        # A sum below the last figures may be further away.
        is_sum = is_figure(segment.text) and any(
            abs(segment.right - figure.right) < segment.height / 2 for _, figure in above.segments
        )
        room = _ROW_GAP if is_sum else 0.5
        if not row.is_lone or row.begins_stream or not is_right or not -1 < gap < room * row.size:
            break
        end += 1
    return max(end, start + 1)


def _has_figures(row: PageRow) -> bool:
    return any(is_figure(segment.text) for _, segment in row.segments[1:])


def _is_among(rows: Sequence[PageRow], start: int, at: int) -> bool:
    """Whether a row of one cell is a label between two rows whose figures are in the same columns."""
    edges = [
        segment.right
        for row in rows[start:at]
        for _, segment in row.segments[1:]
        if is_figure(segment.text)
    ]
    for below in range(at, min(at + _MAX_LABELS, len(rows))):
        row, above = rows[below], rows[below - 1]
        is_loose = row.top - above.bottom > LINE_STEP * row.size - row.segments[0][1].height
        if row.begins_stream or is_loose or row.size > LARGER * rows[at].size:
            return False
        if not row.is_lone:
            figures = [s for _, s in row.segments[1:] if is_figure(s.text)]
            return len(figures) > 1 and all(
                any(abs(figure.right - edge) < figure.height / 2 for edge in edges)
                for figure in figures
            )
        if len(row.segments[0][1].text.split()) > MAX_LONE_WORDS:
            return False
    return False


def _is_below_names(rows: Sequence[PageRow], start: int, at: int) -> bool:
    """Whether only names of columns stand above a row, in smaller type, and their figures follow."""
    names = [segment for row in rows[start:at] for _, segment in row.segments]
    if rows[at].size > _SMALLER_NAMES * max(segment.size for segment in names):
        return False
    figures = next((row for row in rows[at : at + _LONE_ROWS + 1] if _has_figures(row)), None)
    if figures is None:
        return False
    below = [segment for _, segment in figures.segments[1:] if is_figure(segment.text)]
    return all(
        any(name.left < figure.right and figure.left < name.right for name in names)
        for figure in below
    )


def _begins_header(rows: Sequence[PageRow], at: int) -> bool:
    """Whether a row with one cell is the first line of a column's name that has more than its neighbours."""
    if at + 1 >= len(rows) or rows[at + 1].is_lone or rows[at + 1].begins_stream:
        return False
    lone, below = rows[at].segments[0][1], rows[at + 1]
    covered = [
        s for _, s in below.segments if min(s.right, lone.right) - max(s.left, lone.left) > 0
    ]
    is_tight = below.bottom - rows[at].bottom <= LINE_STEP * below.size
    return is_tight and len(covered) == 1 and lone.left > below.segments[0][1].right


def _goes_on_below(rows: Sequence[PageRow], at: int) -> bool:
    """Whether a row with one cell is the beginning of a label that ends in a row below."""
    if at + 1 >= len(rows) or rows[at + 1].begins_stream:
        return False
    row, below = rows[at], rows[at + 1]
    label = below.segments[0][1]
    if below.is_lone and not (at + 2 < len(rows) and not rows[at + 2].is_lone):
        return False
    return (
        is_one_label(row.segments[0][1], label)
        and label.left >= row.segments[0][1].left - 1
        and below.bottom - row.bottom <= LINE_STEP * row.size
    )


def _names_columns(rows: Sequence[PageRow], at: int) -> bool:
    """Whether a row with one cell is centred over columns of the row below: "Year ended 31 December"."""
    if at + 1 >= len(rows) or rows[at + 1].is_lone or rows[at + 1].begins_stream:
        return False
    lone, below = rows[at].segments[0][1], rows[at + 1]
    if below.top - lone.bottom > lone.height or len(lone.text.split()) > 8:
        return False
    covered = [
        s for _, s in below.segments if min(s.right, lone.right) - max(s.left, lone.left) > 0
    ]
    if lone.left <= below.segments[0][1].right:
        return False
    return len(covered) > 1 or _is_centred(lone, [s for _, s in below.segments])


def _is_centred(lone: RawLine, below: Sequence[RawLine]) -> bool:
    """Whether a line stands in the middle of several columns, with or without the first one's label."""
    middle = (lone.left + lone.right) / 2
    return any(
        len(columns) > 1 and abs((columns[0].left + columns[-1].right) / 2 - middle) < lone.height
        for columns in (below, below[1:])
    )
