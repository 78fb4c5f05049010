"""Tables of a PDF page that are drawn with rules: a grid, whose cells hold the words between its lines."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.parsers.pdf_lines import HYPHEN, PdfWord, RawLine, cut
from ingest.parsers.pdf_rules import Rule, snap

FIGURE = re.compile(
    r"[(+\-−–~≈<>≤≥±]*\s*(?:[$€£¥]|US\$|EUR|USD|CHF|Rs\.?)?\s*[(+\-−–]?\s*\d[\d.,'’:\s\u202f]*"
    r"\s*(?:[%‰)*]|[$€£¥]|EUR|USD|CHF|bps|pts?|x|bn|mn?|[kK])*(?:\s*\[\w+\])?|[—–\-−]+\s*[%)]?|n/?[am]\.?",
    re.IGNORECASE,
)
CURRENCY = re.compile(r"[$€£¥]|US\$|[A-Z]{3}")
_YEAR = re.compile(
    r"(?:FY|Q[1-4]|H[12])?\W{0,2}(?:19|20)\d\d(?:[-–/]\d{2,4})?\W{0,2}(?:[A-Z]{1,2})?",
    re.IGNORECASE,
)
_TOUCH = 3.5
"""Points by which lines that meet may miss each other."""
_MAX_RULES = 1_500
"""Horizontal or vertical: a page with more of them is a drawing."""
_MIN_FILLED = 0.3
"""Share of a grid's cells with words: in charts and diagrams it is lower."""
_MAX_HEADER_ROWS = 4
_LOOSE = 1.2
"""Lines of two rows are so much further apart than those within a cell."""
_OPEN_SIDE = 20.0
"""Points by which lines stick out of a grid that is open on this side: room for a word."""
_MIN_STRIPES = 3
_STRIPED = 0.8
"""Share of a grid's height that the sides of coloured rows leave uncovered in part."""
_MIN_SPLIT = 3
"""So many lines with a label and something beside it are rows, though no rule is between them."""


@dataclass(frozen=True, slots=True)
class PdfCell:
    """The pieces of lines that stand in a cell, in reading order."""

    pieces: tuple[RawLine, ...] = ()

    @property
    def text(self) -> str:
        return " ".join(piece.text for piece in self.pieces).replace(HYPHEN + " ", HYPHEN)


@dataclass(frozen=True, slots=True)
class PdfTable:
    """Rows of as many cells each; the first `header` rows name the columns. `columns` are the left edges."""

    rows: tuple[tuple[PdfCell, ...], ...]
    header: int
    columns: tuple[float, ...]
    left: float
    top: float
    right: float
    bottom: float
    in_margin: bool = False

    @property
    def pieces(self) -> Iterator[RawLine]:
        return (piece for row in self.rows for cell in row for piece in cell.pieces)


Item = RawLine | PdfTable


def make_table(rows: Sequence[Sequence[PdfCell]], columns: Sequence[float]) -> PdfTable | None:
    """A table without its empty rows and columns; None if that leaves none."""
    rows = [row for row in rows if any(cell.pieces for cell in row)]
    kept = [at for at in range(len(columns)) if any(row[at].pieces for row in rows)]
    rows = [[row[at] for at in kept] for row in rows]
    if len(kept) < 2 or sum(1 for row in rows if sum(bool(c.pieces) for c in row) > 1) < 2:
        return None
    pieces = [piece for row in rows for cell in row for piece in cell.pieces]
    return PdfTable(
        tuple(tuple(row) for row in rows),
        _header_rows(rows),
        tuple(columns[at] for at in kept),
        min(piece.left for piece in pieces),
        min(piece.top for piece in pieces),
        max(piece.right for piece in pieces),
        max(piece.bottom for piece in pieces),
        all(piece.in_margin for piece in pieces),
    )


def is_figure(text: str) -> bool:
    """Whether a cell's words are an amount, and no year."""
    return FIGURE.fullmatch(text) is not None and _YEAR.fullmatch(text) is None


def _header_rows(rows: Sequence[Sequence[PdfCell]]) -> int:
    """How many rows at the top name the columns: those above the first that holds figures.

    Without figures it is the first row, unless its labels end in colons: such a row is a label and its value.
    """
    texts = [[cell.text for cell in row] for row in rows]
    bold = next((at for at, row in enumerate(rows) if not _is_bold(row)), 0)
    figures = (at for at, row in enumerate(texts) if any(map(is_figure, row[1:])))
    bold = min(bold, next(figures, bold))
    if 0 < bold <= _MAX_HEADER_ROWS and sum(map(bool, texts[0])) > 1:
        return _named(texts[:bold])[-1] + 1
    if any(text.endswith(":") for text in texts[0]):
        return 0
    for index, row in enumerate(texts[: _MAX_HEADER_ROWS + 1]):
        if any(is_figure(text) for text in row):
            named = _named(texts[:index])
            end = named[-1] + 1 if named else 0
            return end if _is_below(texts[:end], end) else min(end, 1)
    return (
        1 if not any(character.isdigit() for character in "".join(texts[0])) or all(texts[0]) else 0
    )


def _named(texts: Sequence[Sequence[str]]) -> list[int]:
    """The rows that can name columns: those with several cells. One alone is a group's heading."""
    return [at for at, row in enumerate(texts) if sum(map(bool, row)) > 1]


def _is_bold(row: Sequence[PdfCell]) -> bool:
    return all(piece.bold for cell in row for piece in cell.pieces)


def _is_below(header: Sequence[Sequence[str]], count: int) -> bool:
    """Whether the rows above the figures are all of a header: their first cells are no labels of rows."""
    return count <= 1 or sum(bool(row[0]) for row in header) <= 1


def find_ruled_tables(
    segments: Sequence[RawLine], horizontal: Sequence[Rule], vertical: Sequence[Rule]
) -> list[Item]:
    """The segments in their order, those in a drawn grid as a table where the first of them stood."""
    items: list[Item] = list(segments)
    if max(len(horizontal), len(vertical)) > _MAX_RULES:
        return items
    for rules in _meshes(horizontal, vertical):
        grid = _Grid(*_closed(*rules))
        if grid.columns * grid.rows < 2 or grid.is_shading:
            continue
        inside = [
            at for at, item in enumerate(items) if isinstance(item, RawLine) and grid.has(item)
        ]
        lines = [items[at] for at in inside]
        table, rest = grid.table([line for line in lines if isinstance(line, RawLine)])
        if table is not None:
            gone = set(inside)
            items = [
                *(item for at, item in enumerate(items[: inside[0]]) if at not in gone),
                table,
                *rest,
                *(item for at, item in enumerate(items) if at > inside[0] and at not in gone),
            ]
    return items


def _meshes(
    horizontal: Sequence[Rule], vertical: Sequence[Rule]
) -> Iterator[tuple[list[Rule], list[Rule]]]:
    """Groups of rules that hang together by crossing or touching each other."""
    groups = list(range(len(horizontal) + len(vertical)))

    def root(at: int) -> int:
        while groups[at] != at:
            groups[at] = groups[groups[at]]
            at = groups[at]
        return at

    for i, h in enumerate(horizontal):
        for j, v in enumerate(vertical, len(horizontal)):
            if (
                h.start - _TOUCH <= v.at <= h.end + _TOUCH
                and v.start - _TOUCH <= h.at <= v.end + _TOUCH
            ):
                groups[root(j)] = root(i)
    members: dict[int, tuple[list[Rule], list[Rule]]] = defaultdict(lambda: ([], []))
    for i, rule in enumerate((*horizontal, *vertical)):
        members[root(i)][i >= len(horizontal)].append(rule)
    for crossing in members.values():
        if len(crossing[0]) > 1 and crossing[1]:
            yield crossing


def _closed(horizontal: list[Rule], vertical: list[Rule]) -> tuple[list[Rule], list[Rule]]:
    """The rules of a grid, with a side where most lines across go on beyond the outermost one down."""
    left, right = min(rule.at for rule in vertical), max(rule.at for rule in vertical)
    top, bottom = min(rule.at for rule in horizontal), max(rule.at for rule in horizontal)
    outside = (
        [rule.start for rule in horizontal if rule.start < left - _OPEN_SIDE],
        [rule.end for rule in horizontal if rule.end > right + _OPEN_SIDE],
    )
    sides = [
        Rule(ends[0], top, bottom)
        for ends in outside
        if len(ends) > len(horizontal) / 2 and max(ends) - min(ends) < _OPEN_SIDE
    ]
    return horizontal, [*vertical, *sides]


class _Grid:
    """The cells between rules that cross."""

    def __init__(self, horizontal: list[Rule], vertical: list[Rule]) -> None:
        self.xs = snap([rule.at for rule in vertical])
        self.ys = snap([rule.at for rule in horizontal])
        self.columns, self.rows = len(self.xs) - 1, len(self.ys) - 1
        self._across = _by_place(horizontal, self.ys)
        self._down = _by_place(vertical, self.xs)

    @property
    def is_shading(self) -> bool:
        """Whether the sides are those of cells that are coloured in every other row, and no lines."""
        # The outer sides of a drawn grid are whole, those of stripes are not.
        sides = (self._down[0], self._down[-1])
        stripes = 2 if any(self._is_broken(side, 2) for side in sides) else _MIN_STRIPES
        inner = self._down[1:-1]
        broken = [lane for lane in inner if self._is_broken(lane, stripes)]
        return bool(broken) and len(broken) >= len(inner) / 2

    def _is_broken(self, lane: Sequence[Rule], stripes: int) -> bool:
        covered = sum(rule.end - rule.start for rule in lane)
        return len(lane) >= stripes and covered < _STRIPED * (self.ys[-1] - self.ys[0])

    def has(self, line: RawLine) -> bool:
        x, y = (line.left + line.right) / 2, (line.top + line.bottom) / 2
        return self.xs[0] <= x <= self.xs[-1] and self.ys[0] <= y <= self.ys[-1]

    def table(self, lines: Sequence[RawLine]) -> tuple[PdfTable | None, list[RawLine]]:
        """The lines as a table, and what of them is outside of it; None if this is no table."""
        origins = self._origins()
        cells: dict[tuple[int, int], list[RawLine]] = defaultdict(list)
        rest: list[RawLine] = []
        for line in lines:
            for cell, piece in self._pieces(line):
                (cells[origins[cell]] if cell else rest).append(piece)
        if len(cells) < max(4, _MIN_FILLED * len(set(origins.values()))):
            return None, []
        rows: list[list[PdfCell]] = []
        for row in range(self.rows):
            rows += self._split(
                [sorted(cells[row, at], key=_reading) for at in range(self.columns)]
            )
        rows = [_with_signs(row) for row in self._labelled(rows, origins)]
        return make_table(rows, self.xs[:-1]), rest

    def _pieces(self, line: RawLine) -> Iterator[tuple[tuple[int, int] | None, RawLine]]:
        """The stretches of a line that stand in a cell each, with the cell, or None for outside."""
        row = min(max(bisect_right(self.ys, (line.top + line.bottom) / 2) - 1, 0), self.rows - 1)
        if not line.words:
            yield (row, self._column((line.left + line.right) / 2)), line
            return
        pending: list[PdfWord] = []
        at = -2
        for word in line.words:
            column = self._column((word.left + word.right) / 2)
            if pending and column != at and self._is_open(row, at, column):
                column = at
            if pending and column != at:
                yield ((row, at) if at >= 0 else None), cut(line, pending)
                pending = []
            pending.append(word)
            at = column
        yield ((row, at) if at >= 0 else None), cut(line, pending)

    def _column(self, x: float) -> int:
        column = bisect_right(self.xs, x) - 1
        return column if column < self.columns else -1

    def _is_open(self, row: int, one: int, other: int) -> bool:
        """Whether no line is drawn between two neighbouring columns in a row."""
        if min(one, other) < 0:
            return False
        return not any(
            self._is_drawn(self._down[at], (self.ys[row] + self.ys[row + 1]) / 2)
            for at in range(min(one, other) + 1, max(one, other) + 1)
        )

    def _origins(self) -> dict[tuple[int, int], tuple[int, int]]:
        """For each place in the grid the first one of the cell that it is part of."""
        origins: dict[tuple[int, int], tuple[int, int]] = {}
        for row in range(self.rows):
            y = (self.ys[row] + self.ys[row + 1]) / 2
            for column in range(self.columns):
                x = (self.xs[column] + self.xs[column + 1]) / 2
                if column and not self._is_drawn(self._down[column], y):
                    origins[row, column] = origins[row, column - 1]
                elif row and not self._is_drawn(self._across[row], x):
                    origins[row, column] = origins[row - 1, column]
                else:
                    origins[row, column] = (row, column)
        return origins

    @staticmethod
    def _is_drawn(rules: Sequence[Rule], at: float) -> bool:
        return any(rule.start - 1 <= at <= rule.end + 1 for rule in rules)

    @staticmethod
    def _split(row: Sequence[Sequence[RawLine]]) -> list[list[PdfCell]]:
        """A row between two rules, as several where they are told apart by the distance of their lines."""
        lines = _baselines(piece for cell in row for piece in cell)
        starts = _row_starts(row, lines)
        result = []
        for first, after in pairwise([*starts, float("inf")]):
            cells = [
                tuple(piece for piece in cell if first - 1 <= piece.bottom < after - 1)
                for cell in row
            ]
            result.append([PdfCell(cell) for cell in cells])
        return result

    def _labelled(
        self,
        rows: list[list[PdfCell]],
        origins: dict[tuple[int, int], tuple[int, int]],
    ) -> list[list[PdfCell]]:
        """The rows, each with the label of a first cell that reaches down to it."""
        if len(rows) != self.rows:
            return rows
        for row in range(1, self.rows):
            for column in range(min(2, self.columns)):
                above, at = origins[row, column]
                is_label = at == column and above < row and not rows[row][column].pieces
                if is_label and any(cell.pieces for cell in rows[row]):
                    rows[row][column] = rows[above][column]
        return rows


def _with_signs(row: Sequence[PdfCell]) -> list[PdfCell]:
    """The cells, with a currency sign put to its figure where a line is drawn between them."""
    cells = list(row)
    for at, (cell, after) in enumerate(pairwise(row)):
        is_sign = cell.pieces and CURRENCY.fullmatch(cell.pieces[-1].text)
        if is_sign and after.pieces and is_figure(after.pieces[0].text):
            cells[at] = PdfCell(cells[at].pieces[:-1])
            cells[at + 1] = PdfCell((cell.pieces[-1], *after.pieces))
    return cells


def _by_place(rules: Iterable[Rule], places: Sequence[float]) -> list[list[Rule]]:
    lanes: list[list[Rule]] = [[] for _ in places]
    for rule in rules:
        lanes[max(0, bisect_right(places, rule.at + 0.001) - 1)].append(rule)
    return lanes


def _reading(piece: RawLine) -> tuple[int, float]:
    return round(piece.bottom / 3), piece.left


def _baselines(pieces: Iterable[RawLine]) -> list[float]:
    """The heights on which lines stand."""
    heights: list[float] = []
    for bottom in sorted(piece.bottom for piece in pieces):
        if not heights or bottom - heights[-1] > _TOUCH:
            heights.append(bottom)
    return heights


def _row_starts(row: Sequence[Sequence[RawLine]], lines: Sequence[float]) -> Sequence[float]:
    """On which of the lines in a drawn row one of the table begins: there is often no rule between them."""
    if sum(map(bool, row)) < 2 or len(lines) < 2:
        return lines[:1]
    if any(sum(is_figure(piece.text) for piece in cell) > 1 for cell in row):
        return lines
    labels = [piece for piece in row[0] if not piece.text[:1].islower()]
    beside = {
        line
        for line in lines
        if sum(any(abs(piece.bottom - line) < _TOUCH for piece in cell) for cell in row) > 1
    }
    begun = [
        line
        for line in lines
        if line in beside and any(abs(p.bottom - line) < _TOUCH for p in labels)
    ]
    steps = [after - before for before, after in pairwise(lines)]
    apart = {
        line for line, step in zip(lines[1:], steps, strict=True) if step > _LOOSE * min(steps)
    }
    if len(begun) < _MIN_SPLIT or (apart and not set(begun[1:]) <= apart):
        return lines[:1] if not apart else [lines[0], *(line for line in begun if line in apart)]
    return [lines[0], *(line for line in begun if line != lines[0])]
