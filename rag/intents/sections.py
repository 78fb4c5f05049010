"""The sections of a document's text, by its headings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.index.views.inventory import ChunkPositions
from rag.language.sentences import spans

_MARKDOWN = re.compile(r"^(#{1,6})[ \t]+(\S.*?)[ \t]*#*$", re.MULTILINE)
_NUMBERED = re.compile(
    r"^(\d{1,2}(?:\.\d{1,2}){0,3})\.?[ \t]+([^\W\d_][^\n]{1,70}[^\s.:;,!?])$", re.MULTILINE
)
_CAPITALS = re.compile(r"^(?=.*[^\W\d_]{3})([^a-zß-öø-ÿ\n|]{4,70}[^\s.:;,!?|])$", re.MULTILINE)
_CONTENTS = re.compile(r"(?:…|\.{2,}|[ \t]{2,})[ \t.]*\d+$")
"""A line of a table of contents: a heading with the page that it is on."""
_TABLE = re.compile(r"^[ \t]*\|.*\n[ \t]*\|[-:| \t]+\n(?:[ \t]*\|.*(?:\n|$))+", re.MULTILINE)
_FEWEST = 2
"""Headings of a kind that make a structure; a single one is the title."""
_RULE = re.compile(r"[|:\s=_*-]*")
"""A line that only draws: the rule of a table."""


@dataclass(frozen=True, slots=True)
class DocumentSection:
    """A section: `start` to `end` are the characters of what stands under its heading, subsections left out.

    `level` is 1 for the outermost. `heading` is "" for what stands before the first one.
    """

    heading: str
    level: int
    start: int
    end: int


def split_sections(text: str, positions: ChunkPositions) -> list[DocumentSection]:
    """The sections of a text, in order.

    By its Markdown headings, which most readers of files write; else by numbered lines ("4.2 Draining"), by
    lines in capitals, or by the headings and pages that its chunks are known to stand under.
    """
    for headings in (_markdown(text), _numbered(text), _capitals(text)):
        if len(headings) >= _FEWEST:
            return _between(headings, text)
    return _by_chunks(text, positions)


def read_sentences(text: str, section: DocumentSection) -> Iterator[tuple[int, int]]:
    """The character spans of a section's sentences, list items and table rows."""
    for start, end in spans(text[section.start : section.end]):
        yield section.start + start, section.start + end


def _markdown(text: str) -> list[tuple[int, int, int, str]]:
    return [
        (match.start(), match.end(), len(match[1]), match[2]) for match in _MARKDOWN.finditer(text)
    ]


def _numbered(text: str) -> list[tuple[int, int, int, str]]:
    """Numbered lines whose numbers rise, so that an enumeration within the text is no structure."""
    headings: list[tuple[int, int, int, str]] = []
    last: tuple[int, ...] = ()
    for match in _NUMBERED.finditer(text):
        number = tuple(map(int, match[1].split(".")))
        if _CONTENTS.search(match[2]):
            continue
        if number > last and (
            number[:-1] == last[: len(number) - 1] or number[-1] == 1 or len(number) == 1
        ):
            headings.append((match.start(), match.end(), len(number), f"{match[1]} {match[2]}"))
            last = number
    return headings


def _capitals(text: str) -> list[tuple[int, int, int, str]]:
    return [(match.start(), match.end(), 1, match[1]) for match in _CAPITALS.finditer(text)]


def _between(headings: Sequence[tuple[int, int, int, str]], text: str) -> list[DocumentSection]:
    first = headings[0][0]
    sections = [DocumentSection("", 1, 0, first)] if text[:first].strip() else []
    ends = [start for start, *_ in headings[1:]] + [len(text)]
    highest = min(level for _, _, level, _ in headings)
    sections += [
        DocumentSection(heading, level - highest + 1, end, following)
        for (_, end, level, heading), following in zip(headings, ends, strict=True)
    ]
    return sections


def _by_chunks(text: str, positions: ChunkPositions) -> list[DocumentSection]:
    """Neighbouring chunks with the same headings are one section; without headings, a page is."""
    sections: list[DocumentSection] = []
    last: object = None
    for position in positions.all:
        key = position.section or position.page
        if sections and key == last:
            before = sections[-1]
            sections[-1] = DocumentSection(before.heading, before.level, before.start, position.end)
        else:
            heading = position.section[-1] if position.section else ""
            sections.append(
                DocumentSection(
                    heading, max(1, len(position.section)), position.start, position.end
                )
            )
        last = key
    return sections or [DocumentSection("", 1, 0, len(text))]


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table: its cells, and the characters of the text that it is."""

    cells: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class MarkdownTable:
    """A table with the names of its columns."""

    header: tuple[str, ...]
    rows: tuple[TableRow, ...]


def read_tables(text: str) -> Iterator[MarkdownTable]:
    """The Markdown tables of a text, as most readers of files write tables."""
    for match in _TABLE.finditer(text):
        lines = [
            TableRow(
                tuple(cell.strip() for cell in line[0].strip().strip("|").split("|")),
                match.start() + line.start(),
                match.start() + line.end(),
            )
            for line in re.finditer(r"[^\n]+", match[0])
        ]
        yield MarkdownTable(lines[0].cells, tuple(lines[2:]))


def is_drawn(text: str) -> bool:
    """Whether a line says nothing, such as the rule under a table's header."""
    return _RULE.fullmatch(text) is not None
