"""Writes the lines of all pages as one text, and remembers where each line and block stands."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.loaded import Block, BlockKind, Line, Page
from ingest.parsers.pdf_layout import (
    WORD,
    TypeSizes,
    cell_rows,
    is_gap,
    line_kind,
    row_kind,
    usual_pitch,
    without_furniture,
)
from ingest.parsers.pdf_lines import HYPHEN, RawLine

_BROKEN_WORD = re.compile(rf"(\w{{0,64}}){HYPHEN}(\w{{0,64}})")
_LEADER = re.compile(r"(?:\. ?){4,}")
_SYMBOL_BULLET = re.compile(r"^[\uf000-\uf0ff](?=\s)")
"""A bullet of Word's, which takes it from a font of symbols."""
_PAGE_BREAK = "\n\n"


class PdfText:
    """The text of a PDF; `text`, `blocks`, `pages` and `lines` are the result."""

    def __init__(self, pages: Sequence[list[RawLine]]) -> None:
        self.blocks: list[Block] = []
        self.pages: list[Page] = []
        self.lines: list[Line] = []
        self._parts: list[str] = []
        self._length = 0
        self._vocabulary = _vocabulary(pages)
        self._sizes = TypeSizes(pages)
        for number, lines in enumerate(without_furniture(pages, self._sizes), 1):
            self._page(number, lines)
        self.text = "".join(self._parts)

    def _page(self, number: int, lines: list[RawLine]) -> None:
        if lines and self._length:
            self._write(_PAGE_BREAK)
        start = self._length
        pitch = usual_pitch(lines)
        rows = cell_rows(lines)
        previous: RawLine | None = None
        for index, line in enumerate(lines):
            if rows[index] >= 0:
                kind, level = row_kind(lines, rows, index), 0
            else:
                kind, level = line_kind(lines, index, self._sizes)
            if previous is None:
                self._block("", line, kind, level)
            elif rows[index] >= 0 and rows[index] == rows[index - 1]:
                self._extend(" ", line)
            else:
                gap = is_gap(previous, line, pitch)
                in_row = rows[index] >= 0 or rows[index - 1] >= 0
                if not gap and not in_row and self._goes_on(previous, line, kind):
                    self._extend("\n", line)
                else:
                    apart = gap or BlockKind.HEADING in (kind, self.blocks[-1].kind)
                    self._block("\n\n" if apart else "\n", line, kind, level)
            previous = line
        self.pages.append(Page(number, start, self._length))

    def _goes_on(self, previous: RawLine, line: RawLine, kind: BlockKind) -> bool:
        """Whether a line that follows closely belongs to the block before it."""
        open_kind = self.blocks[-1].kind
        if kind is BlockKind.HEADING:
            same_type = previous.size == line.size and previous.bold == line.bold
            return open_kind is BlockKind.HEADING and same_type
        if kind is BlockKind.TABLE_HEADER:
            return open_kind is BlockKind.TABLE_HEADER
        flowing = (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM)
        return kind is BlockKind.PARAGRAPH and open_kind in flowing

    def _block(self, separator: str, line: RawLine, kind: BlockKind, level: int) -> None:
        start, text = self._line(separator, line)
        title = text if kind is BlockKind.HEADING else ""
        self.blocks.append(Block(kind, start, self._length, level, title))

    def _extend(self, separator: str, line: RawLine) -> None:
        _, text = self._line(separator, line)
        last = self.blocks.pop()
        title = f"{last.title} {text}" if last.title else ""
        self.blocks.append(Block(last.kind, last.start, self._length, last.level, title))

    def _line(self, separator: str, line: RawLine) -> tuple[int, str]:
        self._write(separator)
        start = self._length
        text = self._mend(line.text)
        self._write(text)
        self.lines += [Line(start, self._length, box) for box in line.boxes]
        return start, text

    def _mend(self, text: str) -> str:
        """Put words together that were hyphenated at a line's end; one sign for a row of leader dots."""
        text = _SYMBOL_BULLET.sub("•", _LEADER.sub("… ", text))
        return _BROKEN_WORD.sub(self._mend_word, text) if HYPHEN in text else text

    def _mend_word(self, match: re.Match[str]) -> str:
        first, second = match[1], match[2]
        if f"{first}{second}".lower() in self._vocabulary:
            return first + second
        known = first.lower() in self._vocabulary and second.lower() in self._vocabulary
        if known or not first or not second or second[0].isupper() or second[0].isdigit():
            return f"{first}-{second}"
        return first + second

    def _write(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)


def _vocabulary(pages: Sequence[list[RawLine]]) -> frozenset[str]:
    """The words of the document, leaving out the halves of broken ones."""
    return frozenset(
        word.lower()
        for lines in pages
        for line in lines
        for word in WORD.findall(
            _BROKEN_WORD.sub(" ", line.text) if HYPHEN in line.text else line.text
        )
    )
