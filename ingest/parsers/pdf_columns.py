"""The columns that a region's rows stand in, and the table or the text columns that they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import median

from ingest.parsers.pdf_lines import RawLine
from ingest.parsers.pdf_rows import LINE_STEP, PageRow, is_one_label, join_lines
from ingest.parsers.pdf_rules import Rule
from ingest.parsers.pdf_table import Item, PdfCell, PdfTable, is_figure, make_table

_PROSE_WORDS = 4.5
_PROSE_SHARE = 0.6
_MIN_PROSE_ROWS = 4
_MAX_SPANNING = 0.35
_MAX_BAND_ROWS = 8
_MIN_BANDS = 3
_LEADING = 0.6
"""Lines of one cell are not further apart than this share of their height."""


@dataclass(slots=True, eq=False)
class TextColumn:
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

    def absorb(self, other: TextColumn) -> None:
        self.left, self.right = min(self.left, other.left), max(self.right, other.right)
        self.rows |= other.rows
        self.members += other.members


_Spanning = list[tuple[int, int, RawLine, list[TextColumn]]]


def _columns(rows: Sequence[PageRow]) -> tuple[list[TextColumn], _Spanning]:
    """The columns that the rows' segments stand in, from the narrowest on, and those that span several."""
    placed = [(index, order, s) for index, row in enumerate(rows) for order, s in row.segments]
    columns: list[TextColumn] = []
    spanning: _Spanning = []
    for index, order, segment in sorted(placed, key=lambda entry: entry[2].right - entry[2].left):
        hits = [
            column
            for column in columns
            if column.overlap(segment)
            > 0.2 * min(column.right - column.left, segment.right - segment.left)
        ]
        if not hits:
            columns.append(TextColumn(segment.left, segment.right))
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


def _are_apart(columns: Sequence[TextColumn]) -> bool:
    """Whether no two columns have a cell in the same row, so that they may be one."""
    seen: set[int] = set()
    for column in columns:
        if seen & column.rows:
            return False
        seen |= column.rows
    return True


def _merged(columns: list[TextColumn], spanning: _Spanning) -> list[TextColumn]:
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


def arrange_region(
    rows: Sequence[PageRow], horizontal: Sequence[Rule]
) -> tuple[list[Item], int] | None:
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


def _narrower(rows: Sequence[PageRow], horizontal: Sequence[Rule]) -> tuple[list[Item], int] | None:
    """The same of fewer rows: those above the widest gap."""
    if len(rows) < 4:
        return None
    gaps = [below.top - above.bottom for above, below in pairwise(rows)]
    at = max(range(1, len(gaps)), key=lambda index: (gaps[index], -abs(index - len(gaps) / 2))) + 1
    return arrange_region(rows[:at], horizontal)


def _is_prose(columns: Sequence[TextColumn], count: int) -> bool:
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
    rows: Sequence[PageRow], columns: Sequence[TextColumn], spanning: _Spanning
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
            items += join_lines(rows[after].segments)
        first = after + 1
    return items


_Matrix = list[list[list[tuple[int, RawLine]]]]


def _matrix(
    rows: Sequence[PageRow], columns: Sequence[TextColumn], spanning: _Spanning
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


def _wrapped(matrix: _Matrix, rows: Sequence[PageRow]) -> list[list[PdfCell]]:
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


def _set_cell_by_cell(matrix: _Matrix, rows: Sequence[PageRow], first: int) -> int:
    """Where the lines end that make one row, since a writer has set each of its cells whole, one by one.

    Its segments then follow each other in the page's order, but those of its first line alone do not.
    """
    orders: list[int] = []
    for index in range(first, min(first + _MAX_BAND_ROWS, len(matrix))):
        if (
            index > first
            and rows[index].bottom - rows[index - 1].bottom > LINE_STEP * rows[index].size
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
    if step > LINE_STEP * size or sum(map(bool, above)) < 2 or not all(above[at] for at in filled):
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
    if sum(map(bool, above)) != 1 or not above[0] or not row[0] or step > LINE_STEP * size:
        return False
    return is_one_label(above[0][-1][1], row[0][0][1])


def _bands(
    matrix: _Matrix,
    heights: Sequence[tuple[float, float]],
    horizontal: Sequence[Rule],
    columns: Sequence[TextColumn],
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
