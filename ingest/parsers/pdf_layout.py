"""What the lines of a PDF are: headings, list items, rows of figures; and the order to read them in.

A PDF says none of this; it is read off the type and the places. Each rule errs towards plain paragraphs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from ingest.loaded import BlockKind
from ingest.parsers.pdf_alignment import read_aligned_items
from ingest.parsers.pdf_frame import Frame
from ingest.parsers.pdf_furniture import without_furniture
from ingest.parsers.pdf_lines import REGULAR, RawLine
from ingest.parsers.pdf_rules import Rule
from ingest.parsers.pdf_table import Item, PdfCell, PdfTable
from rag.document import Box

WORD = re.compile(r"[^\W\d_]+")
_BULLET = re.compile(
    r"(?:[•·▪◦‣○●■□–—*\uf000-\uf0ff\-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,4})[.)])\s+\S"
)
_FIGURE = r"(?:[$€£¥]\s?)?(?:[(+−-]{0,2}[$€£¥]?\d(?:[\d,.]*\d)?(?:\s?[%)]){0,2}|[—–-](?:\s?[%)])?)"
_FIGURES_AT_END = re.compile(rf"(?:(?:^|(?<=\s)){_FIGURE}\s+)+{_FIGURE}$")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_SENTENCE_END = re.compile(r"[.;:,]$")
_NO_HEADING = re.compile(
    r"(?:\. ?){4}|^\S+(?:\.\w+)+(?:/\S*)?$|\S@\S"
    r"|^\W?(?:table|figure|fig\.|tab\.|tabelle|abbildung|abb\.|tableau|tabla|figura|[表图図표그림]+)\s*\d",
    re.IGNORECASE,
)
"""Leader dots, nothing but an address, or a table's or figure's caption."""
_UNIT = re.compile(
    r"\W{0,2}(?:(?:all|alle|amounts?|figures?|numbers?|values?|dollars?|euros?|pounds?|unaudited|angaben|"
    r"beträge|werte|zahlen|montants?|importes?|cifras|valores|valori|importi|in|en|em|us|usd|eur|chf|gbp)\b"
    r"[^.;]{0,40}?|[$€£¥]\s?)?\b(?:(?:hundred )?thousands?|millions?|billions?|tausend|millionen|milliarden|"
    r"mio|tsd|mrd|teur|tchf|milliers|milliards|miles|millones|milh(?:ões|ares)|migliaia|milioni|miliardi|mln|"
    r"[$€£]?000s?)\b[^;]{0,60}",
    re.IGNORECASE,
)
"""A line that says in what a table's figures are counted."""
_MAX_UNIT_WORDS = 12
_MAX_ABBREVIATION = 4
"""Characters of a word with a full stop that does not end a sentence: "Tsd.", "Mio."."""
_UNIT_GAP = 3.0
"""Such a line stands above its table by less than so many of its heights."""
_DIGITS = re.compile(r"\d+")
_LARGER = 1.12
_MUCH_LARGER = 1.5
_SAME_SIZE = 0.05
_HEAVIER = 2
"""By how many weights a heading in the body's size is heavier: bold beside regular, medium beside light."""
_MIN_SHARE_OF_BODY = 0.25
_MAX_HEADING_CHARS = 120
_INSET = 0.06
"""A font's height leaves room above its letters: so much less shows them whole, and no other line's."""
_MAX_HEADING_LINES = 3
_MAX_HEADINGS = 2
"""So many headings may follow each other without text between; more are a list, such as that of a cover."""
_MIN_RECURRING = 3
_MAX_FIGURES_CHARS = 200
_MAX_LABEL_WORDS = 20


@dataclass(slots=True)
class PageLayout:
    """A page's items in reading order. `frame` is the one that they are placed in, `shown` the page's own.

    Without frames, places are points of the page as it is shown. `horizontal` are the rules drawn across it.
    """

    number: int
    items: list[Item] = field(default_factory=list)
    frame: Frame | None = None
    shown: Frame | None = None
    horizontal: Sequence[Rule] = ()

    def box(self, line: RawLine) -> Box | None:
        """The rectangle of a line on the page as it is shown; None for a line beside the page."""
        inset = _INSET * line.height if line.words or not line.is_turned else 0.0
        edges = (line.left, line.top + inset, line.right, line.bottom - inset)
        if self.frame is not None and self.shown is not None:
            if self.frame.angle != self.shown.angle:
                edges = self.shown.place(*self.frame.back(*edges))
            edges = self.shown.clipped(*edges)
        left, top, right, bottom = (round(edge, 1) for edge in edges)
        return Box(self.number, left, top, right, bottom) if left < right and top < bottom else None


def lay_out(pages: Sequence[PageLayout]) -> TypeSizes:
    """Put the items of each page in order and tables together, without running headers; the type's sizes."""
    sizes = TypeSizes([page.items for page in pages])
    kept = without_furniture([page.items for page in pages], sizes.body)
    for page, items in zip(pages, kept, strict=True):
        page.items = _with_units(_in_place(read_aligned_items(items, page.horizontal)))
    return sizes


def _in_place(items: list[Item]) -> list[Item]:
    """The items, each table above what stands below it: some writers draw all tables of a page last."""
    result: list[Item] = []
    for item in items:
        at = len(result)
        if isinstance(item, PdfTable):
            while at and _is_below(result[at - 1], item):
                at -= 1
        result.insert(at, item)
    return result


def _is_below(item: Item, table: PdfTable) -> bool:
    overlap = min(item.right, table.right) - max(item.left, table.left)
    return item.top >= table.bottom - 2 and overlap > 0


def _with_units(items: Sequence[Item]) -> list[Item]:
    """The items, a line such as "(in millions)" above a table as part of the table's header."""
    result: list[Item] = []
    for item in items:
        above = result[-1] if result else None
        if isinstance(item, PdfTable) and isinstance(above, RawLine) and _is_unit_of(above, item):
            result.pop()
            first, *others = item.rows
            corner = PdfCell((above, *first[0].pieces))
            item = replace(item, rows=((corner, *first[1:]), *others), top=above.top)
        result.append(item)
    return result


def _is_unit_of(line: RawLine, table: PdfTable) -> bool:
    is_near = 0 <= table.top - line.bottom < _UNIT_GAP * line.height
    words = line.text.split()
    is_sentence = words[-1].endswith(".") and len(words[-1]) > _MAX_ABBREVIATION
    is_short = len(words) <= _MAX_UNIT_WORDS and not line.is_turned and not is_sentence
    return table.header > 0 and is_near and is_short and _UNIT.fullmatch(line.text) is not None


class TypeSizes:
    """The document's type: its body's size and weight, and a heading level for each clearly larger size."""

    def __init__(self, pages: Iterable[Iterable[Item]]) -> None:
        counts: Counter[float] = Counter()
        weights: Counter[int] = Counter()
        self._margins: Counter[str] = Counter()
        for line in (line for items in pages for item in items for line in _lines(item)):
            if not line.is_turned:
                counts[line.size] += len(line.text)
                weights[line.weight] += len(line.text)
            if line.in_margin:
                self._margins[_without_digits(line.text)] += 1
        # Size 0 is the usual type of scanned pages: it is the body's where hardly any other is.
        scanned = counts.pop(0.0, 0)
        body, chars = counts.most_common(1)[0] if counts else (0.0, 0)
        self.body = body if chars > _MIN_SHARE_OF_BODY * scanned else 0.0
        self.weight = weights.most_common(1)[0][0] if weights else REGULAR
        self.levels: dict[float, int] = {}
        level, reference = 0, 0.0
        # Sizes within 5 % of each other are one level; below the fourth all are alike.
        for size in sorted((size for size in counts if size >= self.body * _LARGER), reverse=True):
            if not reference or size < reference * 0.95:
                level, reference = min(level + 1, 4), size
            self.levels[size] = level

    def heading_level(self, line: RawLine, below: RawLine | None = None) -> int:
        """1 for the largest type; heavy type of the body's size is one level below the sizes; else 0.

        Where the line `below` is known, heavy type of about its size will do: a box may be set smaller.
        """
        text = line.text
        if len(text) > _MAX_HEADING_CHARS or line.is_turned or _NO_HEADING.search(text):
            return 0
        letters = sum(map(str.isalpha, text))
        if letters < 2 or letters <= sum(map(str.isdigit, text)) or self._is_recurring(line):
            return 0
        if below and line.size < self.body * _MUCH_LARGER and _is_beside(line, below):
            return 0  # a name or a date, not a heading above its text
        if line.size in self.levels:
            is_label = text[-1] in ":;," and line.size < self.body * _MUCH_LARGER
            return 0 if is_label else self.levels[line.size]
        is_heavy = line.weight >= max(self.weight + _HEAVIER, REGULAR + 1)
        body = (
            min(self.body, below.size * 1.01) if below and below.weight < line.weight else self.body
        )
        if is_heavy and line.size >= body * 0.95 and not _SENTENCE_END.search(text):
            return max(self.levels.values(), default=0) + 1
        return 0

    def _is_recurring(self, line: RawLine) -> bool:
        """Whether it stands at the edge of several pages, but for its numbers: no chapter begins so."""
        return line.in_margin and self._margins[_without_digits(line.text)] >= _MIN_RECURRING


def _is_beside(line: RawLine, below: RawLine) -> bool:
    return below.left > line.right or below.right < line.left


def _without_digits(text: str) -> str:
    return _DIGITS.sub("", text).strip()


def _lines(item: Item) -> Iterable[RawLine]:
    return item.pieces if isinstance(item, PdfTable) else (item,)


def classify_line(items: Sequence[Item], index: int, sizes: TypeSizes) -> tuple[BlockKind, int]:
    """What a line of a page begins or is, and its level where it is a heading."""
    line = _line(items, index)
    if is_table_row(line.text):
        return BlockKind.TABLE_ROW, 0
    following = [item for item in items[index + 1 : index + 4] if isinstance(item, RawLine)]
    if is_table_header(line.text) and any(is_table_row(below.text) for below in following):
        return BlockKind.TABLE_HEADER, 0
    is_item = _BULLET.match(line.text) is not None
    level = sizes.heading_level(line, _line_at(items, index + 1))
    if level and _stands_apart(items, index, sizes):
        return BlockKind.HEADING, level
    return (BlockKind.LIST_ITEM if is_item else BlockKind.PARAGRAPH), 0


def is_same_type(one: RawLine, other: RawLine) -> bool:
    """Whether two lines are set alike, as the lines of one heading are."""
    return abs(one.size - other.size) <= _SAME_SIZE * one.size and one.weight == other.weight


def is_same_heading(above: RawLine, below: RawLine) -> bool:
    """Whether a heading goes on in the line below it."""
    alike = is_same_type(above, below) or (
        above.weight == below.weight > REGULAR
        and max(above.size, below.size) < _LARGER * min(above.size, below.size)
    )
    return alike and 0 < below.bottom - above.bottom < 1.6 * above.size


def _stands_apart(items: Sequence[Item], index: int, sizes: TypeSizes) -> bool:
    """Whether a line set as a heading is short, has text below it, and is in no paragraph and no list."""
    first, last = index, index
    while (above := _line_at(items, first - 1)) and is_same_heading(above, _line(items, first)):
        first -= 1
    while (below := _line_at(items, last + 1)) and is_same_heading(_line(items, last), below):
        last += 1
    if last - first >= _MAX_HEADING_LINES or (
        below is None and above and above.top > _line(items, last).bottom
    ):
        return False
    if above and below and not sizes.heading_level(above) and not sizes.heading_level(below):
        top, bottom = _line(items, first), _line(items, last)
        is_close = 0 < top.bottom - above.bottom < 1.35 * top.size
        if is_close and 0 < below.bottom - bottom.bottom < 1.35 * bottom.size:
            return False
    return _headings_alike(items, first, sizes) <= _MAX_HEADINGS


def _headings_alike(items: Sequence[Item], index: int, sizes: TypeSizes) -> int:
    """How many headings set alike follow each other, of which the line is one."""
    count = 1
    for step in (-1, 1):
        at = index
        while count <= _MAX_HEADINGS and (other := _line_at(items, at + step)):
            own = _line(items, at)
            if not is_same_type(own, other) or not sizes.heading_level(other):
                break
            upper, lower = (other, own) if step < 0 else (own, other)
            count += not is_same_heading(upper, lower)
            at += step
    return count


def _line(items: Sequence[Item], index: int) -> RawLine:
    line = items[index]
    if isinstance(line, PdfTable):
        raise TypeError("a table is no line")
    return line


def _line_at(items: Sequence[Item], index: int) -> RawLine | None:
    item = items[index] if 0 <= index < len(items) else None
    return item if isinstance(item, RawLine) else None


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


def measure_usual_pitch(items: Sequence[Item]) -> float:
    """The most frequent distance between the bottoms of two lines of a page, in points."""
    pitches = Counter(
        round(below.bottom - above.bottom)
        for above, below in pairwise(items)
        if 2 < below.bottom - above.bottom < 60
    )
    return float(pitches.most_common(1)[0][0]) if pitches else 12.0


def is_gap(above: Item, below: RawLine, pitch: float) -> bool:
    """Whether there is more room between two lines than within a paragraph, or a jump upwards."""
    distance = below.bottom - above.bottom
    return distance > max(pitch, below.size) * 1.35 or distance < -2
