"""HTML in Markdown: what a reader would see of it takes its place, tables as Markdown tables."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.parsers.html import parse_html

_BLOCK = re.compile(r"^[ \t>*+-]*<(?:[a-zA-Z]|!--)", re.MULTILINE)
"""A line that may begin a block of HTML: a text without one is not parsed at all."""
_OPEN_TABLE = re.compile(r"<table\b", re.IGNORECASE)
_CLOSED_TABLE = re.compile(r"</table\s*>", re.IGNORECASE)


def replace_html_blocks(text: str) -> str:
    """The text with its blocks of HTML as a reader sees them; HTML inside a line or in code stays."""
    if not _BLOCK.search(text):
        return text
    lines = text.splitlines(keepends=True)
    pieces, position = [], 0
    for first, end in _html_blocks(text, lines):
        pieces += lines[position:first]
        visible = parse_html("".join(lines[first:end]).encode()).text.strip()
        pieces.append(f"\n{visible}\n\n" if visible else "\n")
        position = end
    return "".join([*pieces, *lines[position:]])


def _html_blocks(text: str, lines: list[str]) -> Iterator[tuple[int, int]]:
    """The first line of each block and the line after it. A table with blank lines is one block."""
    from markdown_it import MarkdownIt

    position = 0
    for token in MarkdownIt("commonmark").parse(text):
        if token.type != "html_block" or not token.map or token.map[0] < position:
            continue
        first, position = token.map
        block = "".join(lines[first:position])
        missing = len(_OPEN_TABLE.findall(block)) - len(_CLOSED_TABLE.findall(block))
        while missing > 0 and position < len(lines):
            line = lines[position]
            missing += len(_OPEN_TABLE.findall(line)) - len(_CLOSED_TABLE.findall(line))
            position += 1
        yield first, position
