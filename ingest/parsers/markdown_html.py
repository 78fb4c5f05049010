"""HTML in Markdown: what a reader would see of it takes its place, tables as Markdown tables."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.parsers.html import parse_html

_BLOCK = re.compile(r"^[ \t>*+-]*<(?:[a-zA-Z]|!--)", re.MULTILINE)
"""A line that may begin a block of HTML: a text without one is not parsed at all."""
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_TABLE_TAG = re.compile(r"<(/?)table\b[^>]*>", re.IGNORECASE)
_LONGEST_TABLE = 2_000
"""Lines after which a table that is not closed ends where Markdown says that the block does."""


def replace_html_blocks(text: str) -> str:
    """The text with its blocks of HTML as a reader sees them; HTML inside a line or in code stays."""
    if not _BLOCK.search(text):
        return text
    # Markdown counts lines by \n alone: other characters at which `splitlines` breaks stand inside of one.
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    pieces, position = [], 0
    for first, end in _html_blocks(lines):
        pieces += lines[position:first]
        visible = parse_html("\n".join(lines[first:end]).encode()).text.strip()
        pieces.append(f"\n{visible}\n" if visible else "")
        position = end
    return "\n".join([*pieces, *lines[position:]])


def _html_blocks(lines: list[str]) -> Iterator[tuple[int, int]]:
    """The first line of each block and the line after it. A table with blank lines is one block."""
    from markdown_it import MarkdownIt

    position = 0
    for token in MarkdownIt("commonmark").parse("\n".join(lines)):
        if token.type != "html_block" or not token.map or token.map[0] < position:
            continue
        first, end = token.map
        position = _end_of_table(lines, first, end)
        yield first, position


def _end_of_table(lines: list[str], first: int, end: int) -> int:
    """The line after the table that begins in this block; the block's own end where none is left open."""
    open_tables = _open_tables(lines[first:end])
    if open_tables <= 0:
        return end
    for number in range(end, min(len(lines), end + _LONGEST_TABLE)):
        open_tables += _open_tables([lines[number]])
        if open_tables <= 0:
            return number + 1
    return end


def _open_tables(lines: list[str]) -> int:
    """How many more tables begin than end in these lines; what stands in comments does not count."""
    visible = _COMMENT.sub("", "\n".join(lines))
    return sum(-1 if tag[1] else 1 for tag in _TABLE_TAG.finditer(visible))
