"""What the lines of a PDF are: running headers, headings, list items, table rows, cells of a row.

A PDF says none of this; it is read off the type and the places. Each rule errs towards plain paragraphs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from ingest.loaded import BlockKind
from ingest.parsers.pdf_lines import RawLine

WORD = re.compile(r"[^\W\d_]+")
_BULLET = re.compile(
    r"(?:[•·▪◦‣○●■□–—*\uf000-\uf0ff\-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,4})[.)])\s+\S"
)
_FIGURE = r"(?:[$€£¥]\s?)?(?:[(+−-]{0,2}[$€£¥]?\d(?:[\d,.]*\d)?(?:\s?[%)]){0,2}|[—–-](?:\s?[%)])?)"
_FIGURES_AT_END = re.compile(rf"(?:(?:^|(?<=\s)){_FIGURE}\s+)+{_FIGURE}$")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_SENTENCE_END = re.compile(r"[.;:,]$")
_LEADER = re.compile(r"(?:\. ?){4}")
_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(r"\W{0,3}(\d{1,4})\W{0,3}")
_LARGER = 1.12
_MIN_SHARE_OF_BODY = 0.25
_MAX_FURNITURE_CHARS = 200
_MAX_FURNITURE_SIZE = 1.25
_MIN_PAGES_OF_FURNITURE = 3
_MAX_HEADING_CHARS = 120
_MAX_FIGURES_CHARS = 200
_MAX_LABEL_WORDS = 20
_CELLS_AHEAD = 6


def without_furniture(pages: Sequence[list[RawLine]], sizes: TypeSizes) -> list[list[RawLine]]:
    """The pages without running headers, footers and page numbers.

    These are lines in the margins, in hardly larger type than the body, that come again at the same height on
    at least three pages and a third of all: the same words, and the same numbers or ones that keep pace
    with the page's. The first of each is kept if it has words, since a company's name may stand nowhere
    else. For a lone number that keeps pace, two pages are enough.
    """
    counts: Counter[tuple[str, int]] = Counter()
    for index, lines in enumerate(pages):
        for line in lines:
            counts.update(_identities(line, index, sizes))
    needed = max(_MIN_PAGES_OF_FURNITURE, len(pages) // 3)
    seen: set[tuple[str, int]] = set()
    result = []
    for index, lines in enumerate(pages):
        kept = []
        for line in lines:
            identities = _identities(line, index, sizes)
            often = max((counts[identity] for identity in identities), default=0)
            is_number = _PAGE_NUMBER.fullmatch(line.text) is not None
            if (often >= needed or (is_number and often > 1)) and (
                len(WORD.findall(line.text)) < 2 or seen & identities
            ):
                continue
            seen |= identities
            kept.append(line)
        result.append(kept)
    return result


def _identities(line: RawLine, index: int, sizes: TypeSizes) -> set[tuple[str, int]]:
    """By what a line in the margins is known again: its words with their numbers, fixed or keeping pace."""
    if (
        not line.in_margin
        or line.size > sizes.body * _MAX_FURNITURE_SIZE
        or len(line.text) > _MAX_FURNITURE_CHARS
    ):
        return set()
    height = round(line.top / 4)
    text = line.text
    pace = _DIGITS.sub(lambda n: f"#{int(n[0]) - index}" if len(n[0]) <= 4 else n[0], text)
    # A lone number is a page's only if it keeps pace.
    return {(pace, height)} if _PAGE_NUMBER.fullmatch(text) else {(text, height), (pace, height)}


def cell_rows(lines: Sequence[RawLine]) -> list[int]:
    """For each line of a page the number of the table row that it is a cell of, or -1.

    Cells are lines that stand beside each other and near each other in reading order (the columns of a
    page are beside each other too, but far apart in order), and what continues such a line below it.
    """
    rows = [-1] * len(lines)
    row_count = 0
    for index, line in enumerate(lines):
        if (
            rows[index] < 0
            and index
            and rows[index - 1] >= 0
            and _continues(lines[index - 1], line)
        ):
            rows[index] = rows[index - 1]
        for other in range(index + 1, min(index + 1 + _CELLS_AHEAD, len(lines))):
            if _beside(line, lines[other]):
                if rows[index] < 0:
                    rows[index], row_count = row_count, row_count + 1
                for between in range(index + 1, other + 1):
                    rows[between] = rows[index]
    return rows


def _beside(line: RawLine, other: RawLine) -> bool:
    overlap = min(line.bottom, other.bottom) - max(line.top, other.top)
    height = min(line.bottom - line.top, other.bottom - other.top)
    # A cell may run over its edge a little.
    return overlap > height / 2 and other.left > line.right - (line.right - line.left) / 4


def _continues(above: RawLine, below: RawLine) -> bool:
    return abs(above.left - below.left) < 2 and 0 < below.top - above.top < 1.5 * below.size


class TypeSizes:
    """The document's type sizes: that of its body, and a heading level for each clearly larger one."""

    def __init__(self, pages: Sequence[list[RawLine]]) -> None:
        counts: Counter[float] = Counter()
        for lines in pages:
            for line in lines:
                counts[line.size] += len(line.text)
        # Size 0 is the usual type of scanned pages: it is the body's where hardly any other is.
        scanned = counts.pop(0.0, 0)
        body, chars = counts.most_common(1)[0] if counts else (0.0, 0)
        self.body = body if chars > _MIN_SHARE_OF_BODY * scanned else 0.0
        self.levels: dict[float, int] = {}
        level, reference = 0, 0.0
        # Sizes within 5 % of each other are one level; below the fourth all are alike.
        for size in sorted((size for size in counts if size >= self.body * _LARGER), reverse=True):
            if not reference or size < reference * 0.95:
                level, reference = min(level + 1, 4), size
            self.levels[size] = level

    def heading_level(self, line: RawLine) -> int:
        """1 for the largest type; bold type of the body's size is one level below the sizes; else 0."""
        text = line.text
        if len(text) > _MAX_HEADING_CHARS or not WORD.search(text) or _LEADER.search(text):
            return 0
        if line.size in self.levels:
            return self.levels[line.size]
        if line.bold and line.size >= self.body * 0.95 and not _SENTENCE_END.search(text):
            return max(self.levels.values(), default=0) + 1
        return 0


def line_kind(lines: Sequence[RawLine], index: int, sizes: TypeSizes) -> tuple[BlockKind, int]:
    """What a line of a page begins or is, and its level where it is a heading."""
    line = lines[index]
    if is_table_row(line.text):
        return BlockKind.TABLE_ROW, 0
    following = lines[index + 1 : index + 4]
    if is_table_header(line.text) and any(is_table_row(below.text) for below in following):
        return BlockKind.TABLE_HEADER, 0
    is_item = _BULLET.match(line.text) is not None
    if line.cells > 1 and not is_item:
        above_has_cells = index > 0 and lines[index - 1].cells > 1
        below_has_cells = any(below.cells > 1 for below in following[:1])
        if below_has_cells and not above_has_cells and not _DIGITS.search(line.text):
            return BlockKind.TABLE_HEADER, 0
        if above_has_cells or below_has_cells:
            return BlockKind.TABLE_ROW, 0
    level = sizes.heading_level(line)
    if level:
        return BlockKind.HEADING, level
    return (BlockKind.LIST_ITEM if is_item else BlockKind.PARAGRAPH), 0


def row_kind(lines: Sequence[RawLine], rows: Sequence[int], index: int) -> BlockKind:
    """Whether the row whose first cell is at `index` is its table's header: no digits, more rows below."""
    row = rows[index]
    if index and rows[index - 1] >= 0:
        return BlockKind.TABLE_ROW
    after = index
    while after < len(lines) and rows[after] == row:
        if _DIGITS.search(lines[after].text):
            return BlockKind.TABLE_ROW
        after += 1
    has_more = after < len(lines) and rows[after] >= 0
    return BlockKind.TABLE_HEADER if has_more else BlockKind.TABLE_ROW


def is_table_row(text: str) -> bool:
    """Whether a line is a label with figures: it ends in at least two, and the label is short."""
    figures = _FIGURES_AT_END.search(text[-_MAX_FIGURES_CHARS:])
    if figures is None or _names_years(figures[0]):
        return False
    label = text[: len(text) - len(figures[0])]
    return len(WORD.findall(label)) <= _MAX_LABEL_WORDS


def is_table_header(text: str) -> bool:
    """Whether a line names columns by their years or dates."""
    return len(text) < 160 and not _SENTENCE_END.search(text) and _names_years(text)


def _names_years(text: str) -> bool:
    """Whether the line has years, and no number besides but days of a month."""
    if not _YEAR.search(text) or len(WORD.findall(text)) > 16:
        return False
    rest = _DIGITS.findall(_YEAR.sub(" ", text))
    return all(len(number) <= 2 and int(number) <= 31 for number in rest)


def usual_pitch(lines: Sequence[RawLine]) -> float:
    """The most frequent distance between the bottoms of two lines of a page, in points."""
    pitches = Counter(
        round(below.bottom - above.bottom)
        for above, below in pairwise(lines)
        if 2 < below.bottom - above.bottom < 60
    )
    return float(pitches.most_common(1)[0][0]) if pitches else 12.0


def is_gap(above: RawLine, below: RawLine, pitch: float) -> bool:
    """Whether there is more room between two lines than within a paragraph, or a jump upwards."""
    distance = below.boxes[0].bottom - above.bottom
    return distance > max(pitch, below.size) * 1.35 or distance < -2
