"""Text of any encoding, marked up or not: the document's text is the file's own, decoded."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.encoding import decode
from ingest.loaded import Block, BlockKind, LoadedDocument, Page
from ingest.media_type import ASCIIDOC, MARKDOWN, ORG, PLAIN_TEXT, RST
from ingest.parsers import text_blocks
from ingest.parsers.front_matter import find_end_of_front_matter, parse_front_matter
from ingest.parsers.markdown_html import replace_html_blocks
from ingest.parsers.text_blocks import PLAIN, RESTRUCTURED_TEXT, blocks

_ORG_TITLE = re.compile(r"^#\+title:[ \t]*(.+?)[ \t]*$", re.MULTILINE | re.IGNORECASE)
_HEAD = 2000
_MAX_LONE_LINE = 80
_PAGE_END = "\n\n"


def parse_plain_text(data: bytes) -> LoadedDocument:
    text, pages = _paged(decode(data))
    parsed = tuple(_lone_lines_as_headings(text, list(blocks(text, PLAIN))))
    return LoadedDocument(text, PLAIN_TEXT, blocks=parsed, pages=pages)


def parse_markdown(data: bytes) -> LoadedDocument:
    text = decode(data)
    front = find_end_of_front_matter(text)
    fields = parse_front_matter(text[4 : front - 5]) if front else {}
    text = text[:front] + replace_html_blocks(text[front:])
    head = [Block(BlockKind.CODE, 0, len(text[:front].rstrip()))] if front else []
    title = fields.get("title")
    return LoadedDocument(
        text,
        MARKDOWN,
        title=str(title) if title and not isinstance(title, list) else None,
        blocks=(*head, *blocks(text, text_blocks.MARKDOWN, front)),
        front_matter=fields,
    )


def parse_restructured_text(data: bytes) -> LoadedDocument:
    text = decode(data)
    return LoadedDocument(text, RST, blocks=tuple(blocks(text, RESTRUCTURED_TEXT)))


def parse_asciidoc(data: bytes) -> LoadedDocument:
    text = decode(data)
    return LoadedDocument(text, ASCIIDOC, blocks=tuple(blocks(text, text_blocks.ASCIIDOC)))


def parse_org(data: bytes) -> LoadedDocument:
    text = decode(data)
    title = _ORG_TITLE.search(text, 0, _HEAD)
    return LoadedDocument(
        text, ORG, title=title[1] if title else None, blocks=tuple(blocks(text, text_blocks.ORG))
    )


def _paged(text: str) -> tuple[str, tuple[Page, ...]]:
    """A text for a printer, whose pages end with form feeds, and those pages; none where there is no feed."""
    sheets = text.rstrip("\f\n ").split("\f")
    if len(sheets) == 1:
        return text.replace("\f", "\n"), ()
    pages, start = [], 0
    for number, sheet in enumerate(sheets, 1):
        end = start + len(sheet) + len(_PAGE_END)
        pages.append(Page(number, start, end))
        start = end
    return "".join(f"{sheet}{_PAGE_END}" for sheet in sheets), tuple(pages)


def _lone_lines_as_headings(text: str, parsed: list[Block]) -> Iterator[Block]:
    """In plain text a short line by itself, not a sentence, with text below it, is a heading."""
    for index, block in enumerate(parsed):
        words = text[block.start : block.end].strip()
        is_lone = (
            block.kind is BlockKind.PARAGRAPH
            and "\n" not in words
            and len(words) <= _MAX_LONE_LINE
            and words[:1].isalnum()
            and not words.endswith((".", ",", ";", "!", "?"))
            and any(char.isalpha() for char in words)
            and index + 1 < len(parsed)
        )
        if is_lone:
            yield Block(BlockKind.HEADING, block.start, block.end, 2 if index else 1, words)
        else:
            yield block
