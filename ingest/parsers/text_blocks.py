"""The blocks of a text that is marked up with characters: headings, paragraphs, list items, tables, code.

Each of these languages is known as far as cutting a text well needs; what is not recognised is a paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.loaded import Block, BlockKind

_EMPHASIS = re.compile(r"(\*\*|__|`|\*(?=\S)|(?<=\S)\*)|\[([^\]]*)\]\([^)]*\)|\\(?=[^\w\s])")
_RULE_MARKS = "|-: \t\n"
_MAX_HEADING = 400
_NEVER = re.compile(r"(?!)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Syntax:
    """How a language marks its blocks. Every pattern is of a whole line.

    `heading` has groups `marks`, as long as the heading is deep, and `title`. `underlines` are characters
    of lines below a title, the highest first, or if `by_first_use`, as deep as they come first in a text.
    `fence` begins code, which ends at `fence_end`, or without one where its group `fence` comes again.
    `row` is one of a table, whose first is its header; if `needs_rule`, only with a `rule` below it. Any
    other `rule` belongs to the row above it. Between two `bound` lines, a table may have empty lines.
    """

    heading: re.Pattern[str] = _NEVER
    underlines: str = ""
    by_first_use: bool = False
    item: re.Pattern[str] = re.compile(r"[ \t]*(?:[-*+•]|\d{1,9}[.)]|#\.)[ \t]+\S.*")
    no_item: re.Pattern[str] = _NEVER
    fence: re.Pattern[str] = _NEVER
    fence_end: re.Pattern[str] | None = None
    row: re.Pattern[str] = _NEVER
    rule: re.Pattern[str] = _NEVER
    needs_rule: bool = False
    bound: re.Pattern[str] = _NEVER


PLAIN = Syntax(underlines="=-")
MARKDOWN = Syntax(
    heading=re.compile(r"(?P<marks>#{1,6})(?:[ \t]+(?P<title>.*?))??(?:[ \t]+#+)?[ \t]*"),
    underlines="=-",
    no_item=re.compile(r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})"),
    fence=re.compile(r" {0,3}(?P<fence>`{3,}|~{3,})[^`]*"),
    row=re.compile(r"[ \t]*\|.*\|[ \t]*"),
    rule=re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*"),
    needs_rule=True,
)
RESTRUCTURED_TEXT = Syntax(
    underlines="=-`:.'\"~^_*+#",
    by_first_use=True,
    row=re.compile(r"[ \t]*\|.*\|[ \t]*"),
    rule=re.compile(r"[ \t]*\+(?:[-=]+\+)+[ \t]*"),
)
ASCIIDOC = Syntax(
    heading=re.compile(r"(?P<marks>={1,6})[ \t]+(?P<title>.+?)[ \t]*"),
    item=re.compile(r"[ \t]*(?:\*+|\.+|-|\d+\.)[ \t]+\S.*"),
    fence=re.compile(r"(?P<fence>-{4,}|\.{4,})[ \t]*"),
    row=re.compile(r"\|(?!={3}).*"),
    bound=re.compile(r"\|={3,}[ \t]*"),
)
ORG = Syntax(
    heading=re.compile(
        r"(?P<marks>\*+)[ \t]+(?:(?:TODO|DONE)[ \t]+)?(?P<title>.+?)(?:[ \t]+:[\w@#%:]+:)?[ \t]*"
    ),
    fence=re.compile(r"[ \t]*(?P<fence>#\+)begin_\w+.*", re.IGNORECASE),
    fence_end=re.compile(r"[ \t]*#\+end_\w+[ \t]*", re.IGNORECASE),
    row=re.compile(r"[ \t]*\|(?!-).*\|[ \t]*"),
    rule=re.compile(r"[ \t]*\|-[-+|]*[ \t]*"),
)


def blocks(text: str, syntax: Syntax, start: int = 0) -> Iterator[Block]:
    """The blocks from `start` on, in one pass over the lines."""
    scanner = _Scanner(text, syntax)
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield from scanner.line(start, end)
        start = end + 1
    yield from scanner.flush()


class _Scanner:
    """Groups lines into blocks."""

    def __init__(self, text: str, syntax: Syntax) -> None:
        self.text, self.syntax = text, syntax
        self.kind = BlockKind.PARAGRAPH
        self.start = -1
        self.end = -1
        self.fence = ""
        self.in_table = self.is_bounded = self.has_rule = False
        self.levels: dict[str, int] = {}

    def line(self, start: int, end: int) -> Iterator[Block]:
        syntax = self.syntax
        line = self.text[start : min(end, start + _MAX_HEADING)]
        if self.fence:
            self._extend(start, end)
            if self._ends_fence(line):
                self.fence = ""
                yield from self.flush()
            return
        if not line.strip() and not self.text[start:end].strip():
            self.in_table = self.in_table and self.is_bounded
            yield from self.flush()
        elif fence := syntax.fence.fullmatch(line):
            yield from self._begin(BlockKind.CODE, start, end)
            self.fence = fence["fence"]
        elif heading := syntax.heading.fullmatch(line):
            yield from self.flush()
            yield self._heading(start, end, len(heading["marks"]), heading["title"] or "")
        elif (titled := self._underlined(line, start)) is not None:
            level, title = titled
            yield self._heading(self.start, end, level, title)
            self.start = -1
        elif syntax.row.fullmatch(self.text, start, end):
            yield from self._table_line(start, end)
        elif syntax.bound.fullmatch(line):
            self.is_bounded, self.in_table = not self.is_bounded, False
            yield from self.flush()
        elif self.in_table and not syntax.needs_rule and syntax.rule.fullmatch(line):
            self._extend(start, end)
        elif syntax.item.match(line) and not syntax.no_item.fullmatch(line):
            yield from self._begin(BlockKind.LIST_ITEM, start, end)
        elif self.start < 0 or self.kind in (BlockKind.TABLE_ROW, BlockKind.TABLE_HEADER):
            yield from self._begin(BlockKind.PARAGRAPH, start, end)
        else:
            self._extend(start, end)

    def flush(self) -> Iterator[Block]:
        if self.start >= 0:
            yield Block(self.kind, self.start, self.end)
        self.start = -1

    def _begin(self, kind: BlockKind, start: int, end: int) -> Iterator[Block]:
        yield from self.flush()
        self.kind, self.start, self.end = kind, start, end

    def _extend(self, start: int, end: int) -> None:
        if self.start < 0:
            self.start = start
        self.end = end

    def _ends_fence(self, line: str) -> bool:
        if self.syntax.fence_end:
            return self.syntax.fence_end.fullmatch(line) is not None
        marks = line.strip()
        return marks.startswith(self.fence) and not marks.strip(self.fence[0])

    def _heading(self, start: int, end: int, level: int, title: str) -> Block:
        return Block(BlockKind.HEADING, start, end, level, strip_emphasis(title))

    def _underlined(self, line: str, start: int) -> tuple[int, str] | None:
        """Depth and words of the heading that this line makes of the one before it; None if it does not."""
        mark = line.rstrip(" \t")
        if not (
            self.start >= 0
            and self.kind is BlockKind.PARAGRAPH
            and self.end == start - 1
            and self.end - self.start <= _MAX_HEADING
            and mark
            and mark[0] in self.syntax.underlines
            and not mark.strip(mark[0])
        ):
            return None
        above, _, title = self.text[self.start : self.end].rpartition("\n")
        if not self.syntax.by_first_use:
            return None if above else (self.syntax.underlines.index(mark[0]) + 1, title)
        is_whole = len(mark) >= len(title.strip()) and title.strip(mark[0] + " \t")
        if not is_whole or above.rstrip() not in ("", mark):
            return None
        # A line above it as well is another mark than one below alone.
        return self.levels.setdefault(mark[0] * (2 if above else 1), len(self.levels) + 1), title

    def _table_line(self, start: int, end: int) -> Iterator[Block]:
        if not self.in_table:
            self.in_table, self.has_rule = True, False
            yield from self._begin(BlockKind.TABLE_HEADER, start, end)
            return
        if self.kind is BlockKind.TABLE_HEADER and self.start >= 0 and self.syntax.needs_rule:
            if not self.has_rule and self.syntax.rule.fullmatch(self.text, start, end):
                self.has_rule = True
                self._extend(start, end)
                return
            if not self.has_rule:  # without a rule below it the row before was no header after all
                self.kind = BlockKind.TABLE_ROW
            elif not self.text[self.start : self.end].strip(_RULE_MARKS):
                # Converters leave the header empty where none is marked: the first row is it.
                self.start, self.end = start, end
                return
        yield from self._begin(BlockKind.TABLE_ROW, start, end)


def strip_emphasis(title: str) -> str:
    """A heading's words without emphasis, code marks, links and escapes."""
    return " ".join(_EMPHASIS.sub(lambda match: match[2] or "", title).split())
