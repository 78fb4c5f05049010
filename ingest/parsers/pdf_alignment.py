"""Tables and text columns of a PDF page without rules, told by how the words stand below each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise
from statistics import median

from ingest.parsers.pdf_lines import RawLine, cut, join_segments
from ingest.parsers.pdf_rules import Rule
from ingest.parsers.pdf_table import CURRENCY, Item, PdfCell, PdfTable, is_figure, make_table

LEADER = re.compile(r"(?P<title>\S.*?)\s?(?:[.…·_]\s?){4,}(?P<page>[\w.\-–]{1,9})")
"""A line of a table of contents, with dots that lead to the page."""
_MIN_LEADERS = 3
_OPEN_ROWS = 12
"""So many rows up a line beside another one is looked for; a page's columns are further apart in order."""
_ROW_GAP = 2.0
"""Rows of a table are not further apart than this many type heights."""
_LONE_ROWS = 2
"""So many rows with one cell may stand between others."""
_MAX_LONE_WORDS = 12
_LARGER = 1.15
_MARKER = re.compile(
    r"[•·▪◦‣○●■□☐☒☑✓–—*\uf000-\uf0ff\-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,4})[.)]|\d+(?:\.\d+)+\.?"
)
_BEHIND = re.compile(r"[)%]{1,3}|[$€£¥]|\)?\s*\[\w+\]")
_UNFINISHED = re.compile(
    r"(?:[,&(\-–]|\b(?:and|or|of|the|to|for|in|by|with|und|oder|von|der|die|des|für|et|ou|de|la|y|e))$"
)
_PROSE_WORDS = 4.5
_PROSE_SHARE = 0.6
_MIN_PROSE_ROWS = 4
_MAX_SPANNING = 0.35
_MAX_BAND_ROWS = 8
_MIN_BANDS = 3
_MAX_HEADER_LINES = 4
_LINE_STEP = 1.6
"""The lines of a cell are not further apart than this many type sizes."""
_LEADING = 0.6
"""Lines of one cell are not further apart than this share of their height."""


def aligned_items(items: Sequence[Item], horizontal: Sequence[Rule]) -> list[Item]:
    """The items of a page, with those segments in tables that stand as in one, and columns read one by one.

    Segments of a line that are in no table are put together again.
    """
    result: list[Item] = []
    for is_text, group in groupby(items, key=lambda item: isinstance(item, RawLine)):
        if not is_text:
            result += group
            continue
        rows = _rows([item for item in group if isinstance(item, RawLine)])
        for is_list, part in _listings(rows):
            result += [_contents(part)] if is_list else _regions(part, horizontal)
    return result


@dataclass(slots=True)
class _Row:
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


def _place_above(rows: Sequence[_Row], segment: RawLine, first_open: int) -> int | None:
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


def _lines(segments: list[tuple[int, RawLine]]) -> Iterator[RawLine]:
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
    return max(one.size, other.size) < _LARGER * min(one.size, other.size)


def _rows(segments: Sequence[RawLine]) -> list[_Row]:
    rows: list[_Row] = []
    first_open = 0
    for order, segment in enumerate(segments):
        if segment.is_turned:
            rows.append(_Row([(order, segment)], begins_stream=True))
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
            rows.insert(index, _Row([(order, segment)], rows[index].begins_stream))
            rows[index + 1].begins_stream = False
            continue
        if jumps:
            first_open = len(rows)
        rows.append(_Row([(order, segment)], begins_stream=jumps or not rows))
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


def _listings(rows: Sequence[_Row]) -> Iterator[tuple[bool, list[_Row]]]:
    """Stretches of rows, and whether each is a table of contents."""
    for leads, group in groupby(rows, key=_leads):
        stretch = list(group)
        yield leads and len(stretch) >= _MIN_LEADERS, stretch


def _leads(row: _Row) -> bool:
    text = " ".join(segment.text for _, segment in row.segments)
    return (
        "...." in text.replace(" ", "").replace("…", "....") and LEADER.fullmatch(text) is not None
    )


def _contents(rows: Sequence[_Row]) -> PdfTable:
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


def _regions(rows: Sequence[_Row], horizontal: Sequence[Rule]) -> Iterator[Item]:
    start = 0
    loose: list[tuple[int, RawLine]] = []
    while start < len(rows):
        end = _end_of_region(rows, start)
        region = _region(rows[start:end], horizontal) if end - start > 1 else None
        if region is None:
            loose += rows[start].segments
            start += 1
            continue
        yield from _lines(loose)
        loose = []
        items, used = region
        yield from items
        start += used
    yield from _lines(loose)


def _end_of_region(rows: Sequence[_Row], start: int) -> int:
    """Where rows that may belong to one table end: after the last with several cells."""
    if rows[start].is_lone and not (_names_columns(rows, start) or _begins_header(rows, start)):
        return start + 1
    end = start
    lone = 0
    size = 0.0
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
            is_long = len(text.split()) > _MAX_LONE_WORDS and not _goes_on_below(rows, at)
            if lone > _LONE_ROWS or is_long or row.segments[0][1].is_turned:
                break
            if size and row.size > size * _LARGER:
                break
        else:
            if size and not size / _LARGER <= row.size <= size * _LARGER and lone:
                break
            lone = 0
            size = row.size
            end = at + 1
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


def _begins_header(rows: Sequence[_Row], at: int) -> bool:
    """Whether a row with one cell is the first line of a column's name that has more than its neighbours."""
    if at + 1 >= len(rows) or rows[at + 1].is_lone or rows[at + 1].begins_stream:
        return False
    lone, below = rows[at].segments[0][1], rows[at + 1]
    covered = [
        s for _, s in below.segments if min(s.right, lone.right) - max(s.left, lone.left) > 0
    ]
    is_tight = below.bottom - rows[at].bottom <= _LINE_STEP * below.size
    return is_tight and len(covered) == 1 and lone.left > below.segments[0][1].right


def _goes_on_below(rows: Sequence[_Row], at: int) -> bool:
    """Whether a row with one cell is the beginning of a label that ends in a row below."""
    if at + 1 >= len(rows) or rows[at + 1].begins_stream:
        return False
    row, below = rows[at], rows[at + 1]
    label = below.segments[0][1]
    if below.is_lone and not (at + 2 < len(rows) and not rows[at + 2].is_lone):
        return False
    return (
        _is_one_label(row.segments[0][1], label)
        and label.left >= row.segments[0][1].left - 1
        and below.bottom - row.bottom <= _LINE_STEP * row.size
    )


def _is_one_label(above: RawLine, below: RawLine) -> bool:
    """Whether the words of a label go on in the line below."""
    if above.text.endswith((":", ".")):
        return False
    is_long = len(above.text.split()) > _MAX_LONE_WORDS
    hangs = is_long and 0 < below.left - above.left < 2 * below.height
    return below.text[:1].islower() or hangs or _UNFINISHED.search(above.text) is not None


def _names_columns(rows: Sequence[_Row], at: int) -> bool:
    """Whether a row with one cell is centred over columns of the row below: "Year ended 31 December"."""
    if at + 1 >= len(rows) or rows[at + 1].is_lone or rows[at + 1].begins_stream:
        return False
    lone, below = rows[at].segments[0][1], rows[at + 1]
    if below.top - lone.bottom > lone.height or len(lone.text.split()) > 8:
        return False
    covered = [
        s for _, s in below.segments if min(s.right, lone.right) - max(s.left, lone.left) > 0
    ]
    return len(covered) > 1 and lone.left > below.segments[0][1].right


@dataclass(slots=True, eq=False)
class _Column:
    left: float
    right: float
    rows: set[int] = field(default_factory=set)
    members: list[tuple[int, int, RawLine]] = field(default_factory=list)

    def overlap(self, segment: RawLine) -> float:
        return min(self.right, segment.right) - max(self.left, segment.left)

    def add(self, row: int, order: int, segment: RawLine) -> None:
        self.left, self.right = min(self.left, segment.left), max(self.right, segment.right)
        self.rows.add(row)
        self.members.append((row, order, segment))

    def absorb(self, other: _Column) -> None:
        self.left, self.right = min(self.left, other.left), max(self.right, other.right)
        self.rows |= other.rows
        self.members += other.members


_Spanning = list[tuple[int, int, RawLine, list[_Column]]]


def _columns(rows: Sequence[_Row]) -> tuple[list[_Column], _Spanning]:
    """The columns that the rows' segments stand in, from the narrowest on, and those that span several."""
    placed = [(index, order, s) for index, row in enumerate(rows) for order, s in row.segments]
    columns: list[_Column] = []
    spanning: _Spanning = []
    for index, order, segment in sorted(placed, key=lambda entry: entry[2].right - entry[2].left):
        hits = [
            column
            for column in columns
            if column.overlap(segment)
            > 0.2 * min(column.right - column.left, segment.right - segment.left)
        ]
        if not hits:
            columns.append(_Column(segment.left, segment.right))
            columns[-1].add(index, order, segment)
        elif len(hits) == 1:
            hits[0].add(index, order, segment)
        elif _are_apart(hits) and not any(index in column.rows for column in hits):
            for other in hits[1:]:
                hits[0].absorb(other)
                columns.remove(other)
            hits[0].add(index, order, segment)
        elif is_figure(segment.text) and any(index not in column.rows for column in hits):
            # A figure stands in one column, however far the name of the one beside it reaches.
            free = [column for column in hits if index not in column.rows]
            max(free, key=lambda column: column.overlap(segment)).add(index, order, segment)
        else:
            spanning.append((index, order, segment, hits))
    columns.sort(key=lambda column: column.left)
    return _merged(columns, spanning), spanning


def _are_apart(columns: Sequence[_Column]) -> bool:
    """Whether no two columns have a cell in the same row, so that they may be one."""
    seen: set[int] = set()
    for column in columns:
        if seen & column.rows:
            return False
        seen |= column.rows
    return True


def _merged(columns: list[_Column], spanning: _Spanning) -> list[_Column]:
    """The columns, those as one that stand side by side and never in one row: a figure and its dash."""
    result = columns[:1]
    for column in columns[1:]:
        last = result[-1]
        height = column.members[0][2].height
        if column.left - last.right < 1.5 * height and not last.rows & column.rows:
            last.absorb(column)
            for entry in spanning:
                entry[3][:] = list(dict.fromkeys(last if c is column else c for c in entry[3]))
        else:
            result.append(column)
    return result


def _region(rows: Sequence[_Row], horizontal: Sequence[Rule]) -> tuple[list[Item], int] | None:
    """The items that the rows make, and how many rows; None if they are neither table nor columns."""
    columns, spanning = _columns(rows)
    several = [row for row in rows if not row.is_lone]
    if len(columns) < 2 or len(several) < 2:
        return None
    if _is_prose(columns, len(rows)):
        return _column_by_column(rows, columns, spanning), len(rows)
    in_several = [entry for entry in spanning if not rows[entry[0]].is_lone]
    if len(in_several) > _MAX_SPANNING * sum(len(row.segments) for row in several):
        return _narrower(rows, horizontal)
    matrix = _matrix(rows, columns, spanning)
    if matrix is None:
        return _narrower(rows, horizontal)
    heights = [(row.top, row.bottom) for row in rows]
    merged = _bands(matrix, heights, horizontal, columns) or _wrapped(matrix, rows)
    table = make_table(merged, [column.left for column in columns])
    if table is None or not _is_filled(table):
        return None
    return [table], len(rows)


def _narrower(rows: Sequence[_Row], horizontal: Sequence[Rule]) -> tuple[list[Item], int] | None:
    """The same of fewer rows: those above the widest gap."""
    if len(rows) < 4:
        return None
    gaps = [below.top - above.bottom for above, below in pairwise(rows)]
    at = max(range(1, len(gaps)), key=lambda index: (gaps[index], -abs(index - len(gaps) / 2))) + 1
    return _region(rows[:at], horizontal)


def _is_prose(columns: Sequence[_Column], count: int) -> bool:
    """Whether the columns are those of a page: running text that fills them, line by line."""
    if count < _MIN_PROSE_ROWS:
        return False
    wordy = 0
    for column in columns:
        lines = [segment for _, _, segment in column.members]
        words = sum(len(line.text.split()) for line in lines) / len(lines)
        full = sum(line.right - line.left for line in lines) / len(lines)
        is_running = words >= _PROSE_WORDS and full > _PROSE_SHARE * (column.right - column.left)
        wordy += is_running and len(lines) >= _MIN_PROSE_ROWS
    return wordy >= 2 and wordy >= len(columns) - 1


def _column_by_column(
    rows: Sequence[_Row], columns: Sequence[_Column], spanning: _Spanning
) -> list[Item]:
    """Text columns one after the other; what spans them cuts them."""
    cuts = sorted({index for index, _, _, _ in spanning})
    items: list[Item] = []
    first = 0
    for after in [*cuts, len(rows)]:
        for column in columns:
            inside = [(i, o, s) for i, o, s in column.members if first <= i < after]
            items += [
                replace(s, line=-1) for _, _, s in sorted(inside, key=lambda entry: entry[:2])
            ]
        if after < len(rows):
            items += _lines(rows[after].segments)
        first = after + 1
    return items


_Matrix = list[list[list[tuple[int, RawLine]]]]


def _matrix(
    rows: Sequence[_Row], columns: Sequence[_Column], spanning: _Spanning
) -> _Matrix | None:
    matrix: _Matrix = [[[] for _ in columns] for _ in rows]
    for at, column in enumerate(columns):
        for index, order, segment in column.members:
            matrix[index][at].append((order, segment))
    for index, order, segment, hits in spanning:
        at = min(columns.index(column) for column in hits if column in columns)
        matrix[index][at].append((order, segment))
    for row in matrix:
        for cell in row:
            cell.sort(key=lambda entry: entry[1].left)
    return matrix


def _wrapped(matrix: _Matrix, rows: Sequence[_Row]) -> list[list[PdfCell]]:
    """The rows, with what goes on in the next line put to the cell that it began in."""
    several = [row.bottom for row in rows if not row.is_lone]
    pitch = median([b - a for a, b in pairwise(several)]) if len(several) > 1 else 0.0
    result: _Matrix = []
    whole_until = 0
    for index, row in enumerate(matrix):
        if index < whole_until:
            for cell, more in zip(result[-1], row, strict=True):
                cell += more
            continue
        whole_until = _set_cell_by_cell(matrix, rows, index)
        if whole_until > index + 1:
            result.append([list(cell) for cell in row])
            continue
        step = rows[index].bottom - rows[index - 1].bottom if index else 0.0
        if result and _goes_on(result[-1], row, step, pitch, rows[index].size):
            for cell, more in zip(result[-1], row, strict=True):
                cell += more
        elif result and _begins(result[-1], row, step, rows[index].size):
            first = result.pop()
            result.append([above + own for above, own in zip(first, row, strict=True)])
        else:
            result.append([list(cell) for cell in row])
    return [[PdfCell(tuple(piece for _, piece in cell)) for cell in row] for row in result]


def _set_cell_by_cell(matrix: _Matrix, rows: Sequence[_Row], first: int) -> int:
    """Where the lines end that make one row, since a writer has set each of its cells whole, one by one.

    Its segments then follow each other in the page's order, but those of its first line alone do not.
    """
    orders: list[int] = []
    for index in range(first, min(first + _MAX_BAND_ROWS, len(matrix))):
        if (
            index > first
            and rows[index].bottom - rows[index - 1].bottom > _LINE_STEP * rows[index].size
        ):
            break
        orders += [order for cell in matrix[index] for order, _ in cell]
        if max(orders) - min(orders) + 1 == len(orders):
            # All of the table at once: it was set column by column.
            is_all = index + 1 == len(matrix) and index - first > 1 and first < 2
            return first + 1 if is_all else index + 1
    return first + 1


def _goes_on(
    above: Sequence[list[tuple[int, RawLine]]],
    row: Sequence[list[tuple[int, RawLine]]],
    step: float,
    pitch: float,
    size: float,
) -> bool:
    """Whether every cell of a row continues the one above it."""
    filled = [at for at, cell in enumerate(row) if cell]
    if step > _LINE_STEP * size or sum(map(bool, above)) < 2 or not all(above[at] for at in filled):
        return False
    # A writer that sets cell by cell has a cell's lines one after the other.
    in_order = all(row[at][0][0] == above[at][-1][0] + 1 for at in filled)
    if any(is_figure(row[at][0][1].text) for at in filled):
        return False
    is_tight = step < 0.85 * pitch
    lower = all(row[at][0][1].text[:1].islower() for at in filled)
    return lower or (filled[0] > 0 and (is_tight or in_order))


def _begins(
    above: Sequence[list[tuple[int, RawLine]]],
    row: Sequence[list[tuple[int, RawLine]]],
    step: float,
    size: float,
) -> bool:
    """Whether a label began in the line above, where nothing else stands."""
    if sum(map(bool, above)) != 1 or not above[0] or not row[0] or step > _LINE_STEP * size:
        return False
    return _is_one_label(above[0][-1][1], row[0][0][1])


def _bands(
    matrix: _Matrix,
    heights: Sequence[tuple[float, float]],
    horizontal: Sequence[Rule],
    columns: Sequence[_Column],
) -> list[list[PdfCell]] | None:
    """The rows put together as lines are drawn between them; None where lines do not tell rows apart."""
    left, right = columns[0].left, columns[-1].right
    drawn = sorted(
        {
            rule.at
            for rule in horizontal
            if min(rule.end, right) - max(rule.start, left) > 0.8 * (right - left)
            and heights[0][0] - 12 < rule.at < heights[-1][1] + 12
        }
    )
    inner = [at for at in drawn if heights[0][1] - 3 < at < heights[-1][0] + 3]
    if len(inner) < 2:
        return None
    groups: list[list[int]] = [[]]
    edges = iter([*inner, float("inf")])
    edge = next(edges)
    for index, (top, bottom) in enumerate(heights):
        while (top + bottom) / 2 > edge:
            edge = next(edges)
            groups.append([])
        groups[-1].append(index)
    groups = [group for group in groups if group]
    if len(groups) < _MIN_BANDS:
        return None
    for group in groups:
        if len(group) > _MAX_BAND_ROWS:
            return None
        for upper, lower in pairwise(group):
            if heights[lower][0] - heights[upper][1] > _LEADING * (
                heights[lower][1] - heights[lower][0]
            ):
                return None
        for at in range(len(columns)):
            if sum(any(is_figure(s.text) for _, s in matrix[index][at]) for index in group) > 1:
                return None
    return [
        [
            PdfCell(tuple(piece for index in group for _, piece in matrix[index][at]))
            for at in range(len(columns))
        ]
        for group in groups
    ]


def _is_filled(table: PdfTable) -> bool:
    """Whether there are enough cells with words for a table."""
    filled = sum(1 for row in table.rows for cell in row if cell.pieces)
    return filled >= 0.25 * len(table.rows) * len(table.columns) and filled >= 4
