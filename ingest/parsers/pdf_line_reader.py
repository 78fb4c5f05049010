"""Reads the lines of a PDF page as PDFium sees them, cut at wide gaps, with their place and type.

PDFium's own line order is kept: it follows the file, which follows the writer. Per word only two calls are
made, never one per character, but for the few words whose characters have to be looked at one by one.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from ingest.parsers.office.raised_text import superscript
from ingest.parsers.pdf_characters import PdfCharacters, Place
from ingest.parsers.pdf_frame import Frame
from ingest.parsers.pdf_ink import list_seen
from ingest.parsers.pdf_lines import HYPHEN, PdfWord, RawLine, join_segments

_MARGIN = 0.12
_WORD = re.compile(rf"[^\s{HYPHEN}]+{HYPHEN}?|{HYPHEN}")
_GAP = 1.0
"""A gap wider than the type is high is one between cells or columns: no writer sets words that far apart."""
_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
_RIGHT_TO_LEFT_GAPS = 3
"""Gaps may be so much wider in such a line: words in another script stand out of order in it."""
_RAISED = 0.88
"""Type below this share of the size beside it is a superscript's if it is raised."""
_OTHER_TYPE = 1.5
"""Type so much larger or smaller is another line's, though it stands beside this one's."""
_CODES = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd\ue000-\uf8ff\U000f0000-\U0010ffff]")
"""Characters that stand for a glyph and for no letter: of a font that does not say what its glyphs mean."""
_MAX_CODES = 0.1
"""Share of a page's characters. Fonts without a table of meanings show up by their blanks, one in six."""
_SPECIAL = re.compile(f"{_CODES.pattern[:-1]}{_RIGHT_TO_LEFT.pattern[1:]}")
_FLOATS = struct.Struct("4f")
"""PDFium's FS_RECTF: left, top, right, bottom."""
_BULLET = re.compile("[\uf000-\uf0ff]")
"""A bullet of Word's, which takes it from a font of symbols."""
_LONG = 18
_TIGHT = re.compile(rf"[^\W\d_]{{{_LONG},}}")
"""Longer than nearly all words: perhaps several without spaces."""
_SPACED = re.compile(r"(?:\w ){3,}\w\b")
_ALEF_LAM = re.compile(r"[اأإآ]ل")


_AT_END = ".,;:)]" + HYPHEN


@dataclass(frozen=True, slots=True)
class PageText:
    """A page's segments in PDFium's order, and the frame that they are placed in.

    `codes` counts characters that are codes of glyphs and no letters, `hidden` segments that nobody sees.
    """

    segments: list[RawLine]
    frame: Frame
    codes: int = 0
    hidden: int = 0

    @property
    def is_doubtful(self) -> bool:
        """Whether so much of the text is codes that the rest is none either."""
        letters = sum(len(segment.text) for segment in self.segments)
        return self.codes > _MAX_CODES * (letters + self.codes)


def page_text(page: Any) -> PageText:
    """The text of a `pypdfium2.PdfPage`."""
    textpage = page.get_textpage()
    try:
        reader = _LineReader(page, textpage)
        segments = list(_continued(reader.segments()))
    finally:
        textpage.close()
    frame = reader.frame
    on_page = list_seen(page, frame, [segment for segment in segments if frame.holds(segment)])
    hidden = len(segments) - len(on_page) if on_page else 0
    # A page whose whole text stands beside it has a wrong box: better read than lost.
    segments = on_page or segments
    if frame.angle != page.get_rotation():
        segments.sort(key=lambda segment: (round(segment.bottom / 3), segment.left))
    return PageText(segments, frame, reader.codes, hidden)


def _continued(segments: Iterable[RawLine]) -> Iterator[RawLine]:
    """The segments, those of two lines as one where PDFium has broken a line at a raised character."""
    pending: RawLine | None = None
    for segment in segments:
        if pending is None:
            pending = segment
        elif (
            segment.line != pending.line
            and abs(segment.bottom - pending.bottom) < 0.15 * pending.size
            and -0.3 * pending.size < segment.left - pending.right < 0.5 * pending.size
            and not pending.text.endswith(HYPHEN)
            and not pending.is_turned
        ):
            pending = replace(
                join_segments([pending, replace(segment, line=pending.line)]), cells=1
            )
        else:
            yield pending
            pending = segment
    if pending is not None:
        yield pending


class _LineReader:
    """Puts a page's characters together to words, and its words to segments of lines."""

    def __init__(self, page: Any, textpage: Any) -> None:
        self._characters = PdfCharacters(page, textpage)
        self._is_special = False
        self.codes = 0
        """How many characters of the page are codes of glyphs."""
        self.frame = self._characters.frame

    def segments(self) -> Iterator[RawLine]:
        text = self._characters.text()
        self._is_special = _SPECIAL.search(text) is not None
        for number, (raw, indexes) in enumerate(self._characters.lines(text)):
            if raw and not raw.isspace():
                yield from self._line(raw, indexes, number)

    def _line(self, raw: str, indexes: Sequence[int], number: int) -> Iterator[RawLine]:
        first = next(
            (i for i, c in zip(indexes, raw, strict=True) if i >= 0 and not c.isspace()), -1
        )
        if first < 0:
            return
        if (self._characters.angle(first) or 0) != self.frame.angle:
            yield from self._turned(raw, indexes, number)
            return
        words: list[PdfWord] = []
        top = bottom = right = size = 0.0
        letters = 0
        lead = tail = longest = first
        wide = _GAP
        is_special = self._is_special and _SPECIAL.search(raw) is not None
        if is_special and _RIGHT_TO_LEFT.search(raw):
            wide *= _RIGHT_TO_LEFT_GAPS
        for word, box, index in self._placed_words(raw, indexes, is_special=is_special):
            _, above, _, below = box
            high = below - above
            if words and not (
                # Most words follow the one before on the same line and in the same type.
                -0.1 < above - top < 0.1
                and -0.1 < below - bottom < 0.1
                and -size < word.left - right <= wide * size
                and word.right >= right
                and words[-1].text[-1] != HYPHEN
            ):
                apart = max(word.left - right, words[-1].left - word.right)
                overlap = min(bottom, box[3]) - max(top, box[1])
                if (
                    apart > wide * size
                    or (max(high, size) > _OTHER_TYPE * min(high, size) and len(word.text) > 3)
                    or overlap < min(bottom - top, high) / 2
                    or words[-1].text.endswith(HYPHEN)
                ):
                    yield self._segment(words, top, bottom, (lead, tail, longest), number)
                    words = []
            if not words:
                top, bottom, size, lead, letters = box[1], box[3], high, index, 0
            elif high > size * 1.05 and len(words[0].text) < 3:
                top, bottom, size, lead = box[1], box[3], high, index  # a mark came first
            words.append(word)
            right, tail = word.right, index
            if len(word.text) > letters:
                longest, letters = index, len(word.text)
        if words:
            yield self._segment(words, top, bottom, (lead, tail, longest), number)

    def _placed_words(
        self, raw: str, indexes: Sequence[int], *, is_special: bool
    ) -> Iterator[tuple[PdfWord, Place, int]]:
        """The words of a line with their first character's place and number.

        Most take two calls: their first and last character are set alike. This loop is what a PDF costs.
        """
        characters, unpack = self._characters, _FLOATS.unpack
        get, text, rect = characters.get_box, characters.handle, characters.rect
        edge, _, _, ceiling = self.frame.box
        is_plain = self.frame.angle == 0 and not is_special
        for match in _WORD.finditer(raw):
            begin, end = match.span()
            index, tail = indexes[begin], indexes[end - 1]
            word = match[0]
            if is_plain and index >= 0 and tail >= 0 and get(text, index, rect):
                left, top, right, bottom = unpack(rect)
                first_top, first_bottom, high = top, bottom, top - bottom
                if tail != index and get(text, tail, rect):
                    _, top, right, bottom = unpack(rect)
                if (
                    right - left > 0.01
                    and high > 0.01
                    and -0.05 * high < top - first_top < 0.05 * high
                    and -0.05 * high < bottom - first_bottom < 0.05 * high
                    and right - left <= _GAP * high * len(word)
                    and len(word) < _LONG
                    and not (word[-1] in _AT_END and word[-2:-1].isdigit() and word[0] != "(")
                ):
                    above = ceiling - first_top
                    box = (left - edge, above, right - edge, above + high)
                    yield PdfWord(word, left - edge, right - edge), box, index
                    continue
            for one, box in self._words(word, indexes[begin:end]):
                if is_special and (kept := self._without_codes(one)) is not None:
                    yield kept, box, index
                elif not is_special:
                    yield one, box, index

    def _without_codes(self, word: PdfWord) -> PdfWord | None:
        if _BULLET.fullmatch(word.text):
            return word._replace(text="•")
        text, count = _CODES.subn("", word.text)
        self.codes += count
        return word._replace(text=text) if text else None

    def _segment(
        self,
        words: list[PdfWord],
        top: float,
        bottom: float,
        marks: tuple[int, int, int],
        number: int,
    ) -> RawLine:
        text = " ".join(word.text for word in words)
        if _SPACED.search(text):
            words = _closed_up(words)
            text = " ".join(word.text for word in words)
        margin = self.frame.height * _MARGIN
        left, right = words[0].left, words[-1].right
        if self._is_special:
            left = min(left, *(word.left for word in words))
            right = max(right, *(word.right for word in words))
        return RawLine(
            text,
            left,
            top,
            right,
            bottom,
            self._characters.size(marks[2], bottom - top),
            self._characters.weight(*marks[:2]),
            in_margin=bottom < margin or top > self.frame.height - margin,
            line=number,
            words=tuple(words),
            is_faint=self._characters.is_faint(marks[0]),
        )

    def _words(self, text: str, indexes: Sequence[int]) -> Iterator[tuple[PdfWord, Place]]:
        """A word with its edges and its first character's place; more than one where it has wide gaps."""
        first = self._characters.place(indexes[0])
        if first is None:
            return
        length = len(text.rstrip(_AT_END)) or 1
        last = first if length == 1 else self._characters.place(indexes[length - 1]) or first
        end = last if length in (1, len(text)) else self._characters.place(indexes[-1]) or last
        size = first[3] - first[1]
        left, right = min(first[0], last[0]), max(first[2], last[2])
        if end[1] < last[3] and end[3] > last[1]:
            right = max(right, end[2])
        if length > 1:
            if right - left > _GAP * size * len(text) and length > 1:
                yield from self._apart(text, indexes, size)
                return
            if last[3] - last[1] < _RAISED * size and _is_raised(last, first):
                text = self._with_mark(text, indexes, length, size)
            elif length >= _LONG and _TIGHT.search(text):
                text = self._spaced(text, indexes, size)
            elif _ALEF_LAM.search(text):
                text = self._ligatures(text, indexes)
        yield PdfWord(text, left, right), first

    def _apart(
        self, text: str, indexes: Sequence[int], size: float
    ) -> Iterator[tuple[PdfWord, Place]]:
        """The parts of a word between whose characters there are gaps."""
        start, begin, edge = 0, self._characters.place(indexes[0]), 0.0
        for at, index in enumerate(indexes):
            box = self._characters.place(index)
            if box is None or begin is None:
                continue
            if at > start and box[0] - edge > _GAP * size:
                yield PdfWord(text[start:at], begin[0], edge), begin
                start, begin = at, box
            edge = box[2]
        if begin is not None:
            yield PdfWord(text[start:], begin[0], max(edge, begin[2])), begin

    def _with_mark(self, text: str, indexes: Sequence[int], length: int, size: float) -> str:
        """The word with its superscript told apart: "10^6", and a note's mark as " [2]"."""
        at, after = length - 1, length
        while at > 1 and self._is_small(indexes[at - 1], size):
            at -= 1
        while after < len(text) and self._is_small(indexes[after], size):
            after += 1
        return text[:at] + superscript(text[:at], text[at:after]) + text[after:]

    def _is_small(self, index: int, size: float) -> bool:
        box = self._characters.place(index)
        return box is not None and box[3] - box[1] < _RAISED * size

    def _ligatures(self, text: str, indexes: Sequence[int]) -> str:
        """Lam-alef is one glyph; PDFium turns the two letters in it round with the rest of the word."""
        chars = list(text)
        for match in _ALEF_LAM.finditer(text):
            at = match.start()
            alef, lam = (
                self._characters.glyph_place(indexes[at]),
                self._characters.glyph_place(indexes[at + 1]),
            )
            if alef and lam and abs(alef[0] - lam[0]) < 0.5 and abs(alef[2] - lam[2]) < 0.5:
                chars[at], chars[at + 1] = chars[at + 1], chars[at]
        return "".join(chars)

    def _spaced(self, text: str, indexes: Sequence[int], size: float) -> str:
        """A very long word with spaces where its letters stand apart: tight type has narrow ones."""
        places = [self._characters.glyph_place(index) for index in indexes]
        gaps = [
            max(0.0, after[0] - before[2]) if before and after else 0.0
            for before, after in pairwise(places)
        ]
        usual = sorted(gaps)[len(gaps) // 2]
        parts, start = [], 0
        for at, gap in enumerate(gaps, 1):
            if gap > usual + 0.1 * size:
                parts.append(text[start:at])
                start = at
        return " ".join([*parts, text[start:]])

    def _turned(self, raw: str, indexes: Sequence[int], number: int) -> Iterator[RawLine]:
        """A line that runs another way than the page's text: one segment without words."""
        places = [
            p
            for p in map(self._characters.glyph_place, (i for i in indexes if i >= 0))
            if p and p[2] > p[0]
        ]
        if not places:
            return
        left, top = min(p[0] for p in places), min(p[1] for p in places)
        right, bottom = max(p[2] for p in places), max(p[3] for p in places)
        size = round(min(right - left, bottom - top), 1)
        text = " ".join(raw.split())
        yield RawLine(text, left, top, right, bottom, size, line=number, is_turned=True)


def _is_raised(mark: tuple[float, ...], base: tuple[float, ...]) -> bool:
    """Whether a smaller character stands above the line that the other one stands on."""
    return base[3] - mark[3] > 0.15 * (base[3] - base[1])


def _closed_up(words: Sequence[PdfWord]) -> list[PdfWord]:
    """Words that were spaced out, letter by letter, put together again."""
    gaps = sorted(
        after.left - before.right
        for before, after in pairwise(words)
        if len(before.text) == len(after.text) == 1
    )
    usual = gaps[len(gaps) // 2] if gaps else 0.0
    result = [words[0]]
    for before, word in pairwise(words):
        letters = len(before.text) == len(word.text) == 1
        if letters and word.left - before.right <= usual * 1.5:
            last = result.pop()
            word = PdfWord(last.text + word.text, last.left, word.right)
        result.append(word)
    return result
