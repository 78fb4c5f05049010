"""Writes the lines and tables of all pages as one text, and remembers where each line and block stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from ingest.loaded import Block, BlockKind, Line, Page
from ingest.parsers.pdf_layout import (
    WORD,
    PageLayout,
    TypeSizes,
    classify_line,
    is_gap,
    is_same_heading,
    lay_out,
    measure_usual_pitch,
)
from ingest.parsers.pdf_lines import HYPHEN, RawLine
from ingest.parsers.pdf_table import PdfCell, PdfTable

_LEADER = re.compile(r"(?:\. ?){4,}")
_SYMBOL_BULLET = re.compile(r"^[\uf000-\uf0ff](?=\s)")
"""A bullet of Word's, which takes it from a font of symbols."""
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_LAST_WORD = re.compile(r"(\w{0,64})$")
_FIRST_WORD = re.compile(r"\w{0,64}")
_RANGE_BEGUN = re.compile(r"\d[-–]$")
"""How a line ends whose figures go on in the next one: "20-" before "30 minutes"."""
_PAGE_BREAK = "\n\n"
_TIGHT = 0.3
"""Lines of one name are not further apart than this share of their height."""
_COLUMN_SHIFT = 20.0
"""Points by which the columns of a table may be moved on its next page."""
_COMPOUNDS = frozenset(
    ["cross", "full", "half", "high", "long", "low", "non", "self", "short", "well"]
)
"""First parts of words that are written with a hyphen in the middle of a line as well: "well-known"."""
_ENDING = re.compile(r"\w{1,3}|n?ess|ings?|ages?|ments?|ened|ening|ishly|lands?|sense")
"""What is no second part of such a word, but the end of a longer one: "short-age"."""


class PdfText:
    """The text of a PDF; `text`, `blocks`, `pages` and `lines` are the result."""

    def __init__(self, pages: Sequence[PageLayout]) -> None:
        self.blocks: list[Block] = []
        self.pages: list[Page] = []
        self.lines: list[Line] = []
        self._parts: list[str] = []
        self._length = 0
        self._vocabulary = _vocabulary(pages)
        self._sizes: TypeSizes = lay_out(pages)
        self._table: PdfTable | None = None
        """The table that the text written so far ends with."""
        self._held = ""
        """The first half of a word that is broken at the end of the line written last."""
        for page in pages:
            self._page(page)
        self._release()
        self.text = "".join(self._parts)

    def _page(self, page: PageLayout) -> None:
        items = page.items
        goes_on = bool(items) and isinstance(items[0], PdfTable) and self._is_continued(items[0])
        if items and self._length:
            self._release()
            self._write("\n" if goes_on else _PAGE_BREAK)
        start = self._length
        pitch = measure_usual_pitch(items)
        is_first = True
        for index, item in enumerate(items):
            if isinstance(item, PdfTable):
                self._rows(page, item, goes_on=goes_on and is_first, is_first=is_first)
            else:
                self._paragraph(page, index, item, pitch)
            is_first = False
        self._release()
        self.pages.append(Page(page.number, start, self._length))

    def _paragraph(self, page: PageLayout, index: int, line: RawLine, pitch: float) -> None:
        kind, level = classify_line(page.items, index, self._sizes)
        above = page.items[index - 1] if index else None
        self._table = None
        if above is None:
            self._block(page, "", line, kind, level)
            return
        gap = is_gap(above, line, pitch)
        if isinstance(above, RawLine) and self._goes_on(above, line, kind, gap=gap):
            self._extend(page, line)
            return
        apart = gap or isinstance(above, PdfTable)
        apart = apart or BlockKind.HEADING in (kind, self.blocks[-1].kind)
        self._block(page, "\n\n" if apart else "\n", line, kind, level)

    def _goes_on(self, previous: RawLine, line: RawLine, kind: BlockKind, *, gap: bool) -> bool:
        """Whether a line that follows closely belongs to the block before it."""
        open_kind = self.blocks[-1].kind
        if kind is BlockKind.HEADING:
            return open_kind is BlockKind.HEADING and is_same_heading(previous, line)
        if gap and not previous.text.endswith(HYPHEN):
            return False
        if kind is BlockKind.TABLE_HEADER:
            return open_kind is BlockKind.TABLE_HEADER
        flowing = (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM)
        return kind is BlockKind.PARAGRAPH and open_kind in flowing

    def _block(
        self, page: PageLayout, separator: str, line: RawLine, kind: BlockKind, level: int
    ) -> None:
        self._release()
        self._write(separator)
        start = self._length
        self._line(page, line)
        title = self._since(start) if kind is BlockKind.HEADING else ""
        self.blocks.append(Block(kind, start, self._length, level, title))

    def _extend(self, page: PageLayout, line: RawLine) -> None:
        last = self.blocks.pop()
        is_range = line.text[:1].isdigit() and _RANGE_BEGUN.search(self._parts[-1])
        self._line(page, line, "" if is_range else "\n")
        title = " ".join(self._since(last.start).split()) if last.title else ""
        self.blocks.append(Block(last.kind, last.start, self._length, last.level, title))

    def _line(self, page: PageLayout, line: RawLine, separator: str = "") -> None:
        """Write a line; a word that is broken at its end is held back until the rest of it is known."""
        text = _SYMBOL_BULLET.sub("•", _LEADER.sub("… ", line.text))
        if self._held:
            self._join(text)
        else:
            self._write(separator)
        start = self._length
        if text.endswith(HYPHEN):
            text = text[:-1]
            match = _LAST_WORD.search(text)
            self._held = (match[1] if match else "") or "\u200b"
        self._write(text)
        if box := page.box(line):
            self.lines.append(Line(start, self._length, box))

    def _join(self, text: str) -> None:
        """Write what stands between the halves of a broken word: its hyphen, or nothing."""
        first = self._held.strip("\u200b")
        match = _FIRST_WORD.match(text)
        second = match[0] if match else ""
        self._held = ""
        if not self._is_one_word(first, second):
            self._write("-")

    def _is_one_word(self, first: str, second: str) -> bool:
        if f"{first}{second}".lower() in self._vocabulary:
            return True
        known = first.lower() in self._vocabulary and second.lower() in self._vocabulary
        is_compound = known or len(first) < 2
        if first.lower() in _COMPOUNDS and not _ENDING.fullmatch(second.lower()):
            is_compound = True
        return not (is_compound or not second or second[0].isupper() or second[0].isdigit())

    def _release(self) -> None:
        """Write the hyphen of a broken word whose rest does not follow."""
        if self._held:
            self._held = ""
            self._write("-")
            if self.blocks and self.blocks[-1].end == self._length - 1:
                last = self.blocks.pop()
                title = last.title and f"{last.title}-"
                self.blocks.append(Block(last.kind, last.start, self._length, last.level, title))

    def _is_continued(self, table: PdfTable) -> bool:
        """Whether a table at the top of a page goes on with the one at the foot of the page before."""
        last = self._table
        if last is None or len(last.columns) != len(table.columns):
            return False
        near = all(
            abs(one - other) < _COLUMN_SHIFT
            for one, other in zip(last.columns, table.columns, strict=True)
        )
        return near and (not table.header or _header_texts(last) == _header_texts(table))

    def _rows(self, page: PageLayout, table: PdfTable, *, goes_on: bool, is_first: bool) -> None:
        self._table = self._table if goes_on and not table.header else table
        separator = "" if is_first else "\n\n"
        rows = table.rows[table.header :]
        if table.header and not goes_on:
            self._row(page, separator, _header(table), BlockKind.TABLE_HEADER)
            separator = "\n"
        for row in rows:
            self._row(page, separator, [cell.pieces for cell in row], BlockKind.TABLE_ROW)
            separator = "\n"

    def _row(
        self,
        page: PageLayout,
        separator: str,
        cells: Sequence[Sequence[RawLine]],
        kind: BlockKind,
    ) -> None:
        self._release()
        self._write(separator)
        start = self._length
        for cell in cells:
            self._write("| ")
            for index, piece in enumerate(cell):
                self._line(page, _escaped(piece), " " if index else "")
            self._release()
            self._write(" ")
        self._write("|")
        if kind is BlockKind.TABLE_HEADER:
            self._write(f"\n|{' --- |' * len(cells)}")
        self.blocks.append(Block(kind, start, self._length))

    def _since(self, start: int) -> str:
        """What was written from a position on."""
        length, parts = self._length, []
        for part in reversed(self._parts):
            if length <= start:
                break
            length -= len(part)
            parts.append(part)
        return "".join(reversed(parts))

    def _write(self, text: str) -> None:
        if text:
            self._parts.append(text)
            self._length += len(text)


def _header(table: PdfTable) -> list[list[RawLine]]:
    """The header in one row: of several, each cell names all the columns that it stands above."""
    columns: list[list[RawLine]] = [[] for _ in table.columns]
    for row in table.rows[: table.header - 1]:
        for at, pieces in enumerate(_spread(table, row)):
            columns[at] += pieces
    for at, cell in enumerate(table.rows[table.header - 1]):
        columns[at] += cell.pieces
    return columns


def _spread(table: PdfTable, row: Sequence[PdfCell]) -> list[Sequence[RawLine]]:
    """For each column what a header's row names it: its own cell, or the one that reaches over to it.

    A cell reaches to the right up to the next one, and to either side as far as it stands in the middle of
    columns, to the left only of years. One that goes on in the line below it names its own column.
    """
    result: list[Sequence[RawLine]] = [cell.pieces for cell in row]
    named = [at for at, cell in enumerate(row) if cell.pieces and at]
    for at, end in pairwise([*named, len(row)]):
        first, last = _find_span(table, row, at, end)
        result[first : last + 1] = [row[at].pieces] * (last + 1 - first)
    return result


def _find_span(table: PdfTable, row: Sequence[PdfCell], at: int, end: int) -> tuple[int, int]:
    """The first and the last of the columns that the cell at `at` names; the next one stands at `end`."""
    names = table.rows[table.header - 1]
    left, right = _find_edges([row[at]])
    own = _find_edges([names[at]])
    is_year = [_YEAR.search(cell.text) is not None for cell in names]
    leftmost = at
    if names[at].pieces and right - left > own[1] - own[0]:
        while leftmost > 1 and not row[leftmost - 1].pieces and names[leftmost - 1].pieces:
            leftmost -= 1
    for first in range(leftmost, at + 1):
        for last in range(end - 1, at - (first < at), -1):
            has_years = 2 * sum(is_year[first : last + 1]) > last - first
            if (has_years or first == at) and _is_in_middle(table, row[at], first, last):
                return first, last
    below = names[at].pieces
    goes_on = below and below[0].top - row[at].pieces[-1].bottom < _TIGHT * below[0].height
    last = at
    while last + 1 < end and (
        not goes_on or is_year[last + 1] or _find_column_edge(table, last + 1) < right
    ):
        last += 1
    return at, last


def _is_in_middle(table: PdfTable, cell: PdfCell, first: int, last: int) -> bool:
    """Whether a cell of the header is centred over columns, over their names or their cells."""
    for rows in (table.rows[table.header - 1 : table.header], table.rows[table.header :]):
        edges = _find_edges(other for row in rows for other in row[first : last + 1])
        if abs(sum(edges) - sum(_find_edges([cell]))) < 2 * cell.pieces[0].height:
            return True
    return False


def _find_column_edge(table: PdfTable, at: int) -> float:
    """Where a column begins, its last name included."""
    return _find_edges(row[at] for row in table.rows[table.header - 1 :])[0]


def _find_edges(cells: Iterable[PdfCell]) -> tuple[float, float]:
    pieces = [piece for cell in cells for piece in cell.pieces]
    left = min((piece.left for piece in pieces), default=0.0)
    return left, max((piece.right for piece in pieces), default=0.0)


def _header_texts(table: PdfTable) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows[: table.header]]


def _escaped(piece: RawLine) -> RawLine:
    return replace(piece, text=piece.text.replace("|", "\\|")) if "|" in piece.text else piece


def _texts(page: PageLayout) -> Iterator[str]:
    for item in page.items:
        yield from (
            (piece.text for piece in item.pieces) if isinstance(item, PdfTable) else (item.text,)
        )


def _vocabulary(pages: Iterable[PageLayout]) -> frozenset[str]:
    """The words of the document, leaving out the halves of broken ones."""
    words: set[str] = set()
    broken = False
    for page in pages:
        for text in _texts(page):
            matches = WORD.findall(text)
            words.update(
                word.lower() for word in matches[broken : len(matches) - text.endswith(HYPHEN)]
            )
            broken = text.endswith(HYPHEN)
    return frozenset(words)
