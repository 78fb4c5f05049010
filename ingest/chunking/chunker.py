"""Cuts a document into chunks along its structure.

A chunk is a stretch of the document's own text (`text[start:end]`, exactly), stays within a page, keeps
headings with what follows them, list items, table rows and sentences whole, and never has more tokens than
the embedder reads: nothing is cut off unseen. What it lacks by being cut out (the title, the section path,
the header row of its table) stands in `context`, which is embedded and indexed but not shown.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import groupby

from ingest.chunking.installed import StartFinder
from ingest.chunking.packing import find_common_section, pack
from ingest.chunking.units import (
    CHARS_PER_TOKEN,
    ChunkUnit,
    TokenCounter,
    join_whole_units,
    split_at,
    split_units,
)
from ingest.loaded import LoadedDocument, SheetRow
from rag.cells import name_cell_range
from rag.document import SECTION_SEPARATOR, Box, Chunk

__all__ = ["CHUNKER_VERSION", "TokenCounter", "chunk"]

CHUNKER_VERSION = "4"
"""Part of an index's identity: other cuts mean that every document is cut anew."""

CONTEXT_SHARE = 0.25
"""At most this share of a chunk's tokens goes to title and section path, as much to a table's header."""


def chunk(
    document: LoadedDocument,
    *,
    title: str,
    max_tokens: int,
    count_tokens: TokenCounter,
    find_starts: StartFinder | None = None,
) -> tuple[Chunk, ...]:
    """Cut a document into chunks, in the order of its text.

    `max_tokens` bounds `Chunk.embedded_text`, context included, in the tokens of `count_tokens`; the
    special tokens that an embedder adds come on top. Every character that is not white space is in
    exactly one chunk.

    `find_starts` says where a chunk has to begin: none goes on across such a position, and what stands
    between two of them is one chunk where it fits and is on one page. Raises ValueError for positions that
    are not in the text.
    """
    if document.is_empty:
        return ()
    contexts = _Contexts(title, max_tokens, count_tokens)
    starts = _starts(document.text, find_starts) if find_starts else []
    whole = list(split_at(join_whole_units(document), starts))
    contexts.prepare(whole)
    units = split_units(document.text, whole, contexts.room_for, count_tokens)
    builder = _Builder(document, contexts)
    pieces = groupby(units, key=lambda unit: bisect_right(starts, unit.start))
    parts = (part for _, piece in pieces for part in pack(list(piece), contexts.room))
    chunks = [builder.chunk(part) for part in parts]
    return tuple(_bounded([c for c in chunks if c], document, max_tokens, count_tokens))


def _starts(text: str, find_starts: StartFinder) -> list[int]:
    """The positions that a chunker names, in rising order."""
    starts = sorted(set(find_starts(text)))
    if not all(isinstance(start, int) and 0 <= start <= len(text) for start in starts):
        raise ValueError("the chunker names a position that is not in the text")
    return starts


class _Contexts:
    """What is embedded in front of a chunk, and how much room it leaves."""

    def __init__(self, title: str, max_tokens: int, count_tokens: TokenCounter) -> None:
        self.limit = max(1, int(max_tokens * CONTEXT_SHARE))
        self._max_tokens = max_tokens
        self._count = count_tokens
        self._title = " ".join(title.split())
        self._paths: dict[tuple[str, ...], str] = {}
        self._headers: dict[str, str] = {"": ""}
        self._tokens: dict[str, int] = {"": 0}

    def prepare(self, units: Sequence[ChunkUnit]) -> None:
        """Work out every context that can occur, with one call of the tokenizer."""
        sections = {
            unit.section[:depth] for unit in units for depth in range(len(unit.section) + 1)
        }
        for section in sections:
            self._paths[section] = self._path(section)
        self._headers |= {unit.header: unit.header for unit in units}
        texts = [text for text in {*self._paths.values(), *self._headers.values()} if text]
        self._tokens |= dict(zip(texts, self._count(texts), strict=True))
        self._paths = {key: self._shortened(text) for key, text in self._paths.items()}
        self._headers = {key: self._shortened(text) for key, text in self._headers.items()}

    def of(self, section: tuple[str, ...], header: str) -> str:
        """The context of a chunk in `section`, continuing the table with this `header`."""
        parts = (self._paths[section], self._headers[header])
        return "\n".join(part for part in parts if part)

    def room(self, section: tuple[str, ...], first: ChunkUnit) -> int:
        used = self._tokens[self._paths[section]] + self._tokens[self._headers[first.header]]
        return self._max_tokens - used

    def room_for(self, unit: ChunkUnit) -> int:
        """How many tokens a unit may have: as many as fit when a chunk begins with it."""
        return self.room(unit.section, unit)

    def _path(self, section: tuple[str, ...]) -> str:
        parts = [self._title] if self._title else []
        # What the title says already is not said again.
        parts += [part for part in section if part.casefold() not in self._title.casefold()]
        return SECTION_SEPARATOR.join(parts)

    def _shortened(self, text: str) -> str:
        """The text, or as many of its first and last words as the limit allows."""
        while self._tokens[text] > self.limit or len(text) > self.limit * CHARS_PER_TOKEN:
            keep = min(int(len(text) * 0.8), self.limit * CHARS_PER_TOKEN)
            half = keep // 2 - 2
            text = f"{text[:half].rstrip()} … {text[-half:].lstrip()}" if half > 4 else ""
            if text not in self._tokens:
                self._tokens[text] = self._count([text])[0]
        return text


class _Builder:
    def __init__(self, document: LoadedDocument, contexts: _Contexts) -> None:
        self._document = document
        self._contexts = contexts
        self._line_starts = [line.start for line in document.lines]
        self._row_starts = [row.start for row in document.rows]

    def chunk(self, units: Sequence[ChunkUnit]) -> Chunk | None:
        start, end = units[0].start, units[-1].end
        text = self._document.text[start:end]
        stripped = text.strip()
        if not stripped:
            return None
        start += len(text) - len(text.lstrip())
        end = start + len(stripped)
        section = find_common_section(units)
        return Chunk(
            start,
            end,
            stripped,
            page=units[0].page,
            section=(*section, *self.cells(start, end, section)),
            context=self._contexts.of(section, units[0].header),
            boxes=tuple(self.boxes(start, end)),
        )

    def cells(self, start: int, end: int, section: tuple[str, ...]) -> tuple[str, ...]:
        """The range of cells that `text[start:end]` is made of; of several sheets, each with its name."""
        rows = self._document.rows
        first = max(0, bisect_right(self._row_starts, start) - 1)
        sheets: dict[str, list[SheetRow]] = {}
        for row in rows[first : bisect_left(self._row_starts, end)]:
            if row.end > start:
                sheets.setdefault(row.sheet, []).append(row)
        if len(sheets) == 1 and (not (sheet := next(iter(sheets))) or sheet in section):
            return (_range(sheets[sheet]),)
        named = ", ".join(f"{sheet}!{_range(of_it)}" for sheet, of_it in sheets.items())
        return (named,) if named else ()

    def boxes(self, start: int, end: int) -> Iterator[Box]:
        """The rectangles of the lines that hold `text[start:end]`."""
        lines = self._document.lines
        first = max(0, bisect_right(self._line_starts, start) - 1)
        # The two rows of a hyphenated line have the same start.
        first = bisect_left(self._line_starts, lines[first].start) if lines else 0
        for index in range(first, bisect_left(self._line_starts, end)):
            if lines[index].end > start:
                yield lines[index].box


def _range(rows: Sequence[SheetRow]) -> str:
    first, last = min(row.first for row in rows), max(row.last for row in rows)
    return name_cell_range(first, rows[0].row, last, rows[-1].row)


def _bounded(
    chunks: Sequence[Chunk],
    document: LoadedDocument,
    max_tokens: int,
    count_tokens: TokenCounter,
) -> Iterator[Chunk]:
    """The chunks, halved where their parts' tokens do not add up: not every tokenizer is additive."""
    builder = _Builder(document, _Contexts("", max_tokens, count_tokens))
    counts = count_tokens([chunk.embedded_text for chunk in chunks])
    for chunk_, tokens in zip(chunks, counts, strict=True):
        if tokens <= max_tokens or len(chunk_.text) < 2:
            yield chunk_
            continue
        half = len(chunk_.text) // 2 + 1
        middle = chunk_.text.rfind("\n", half // 2, half)  # rather between rows than within one
        middle = middle if middle > 0 else chunk_.text.rfind(" ", 1, half)
        middle = middle if middle > 0 else len(chunk_.text) // 2
        halves = []
        for start, end in ((0, middle), (middle, len(chunk_.text))):
            text = chunk_.text[start:end]
            start += len(text) - len(text.lstrip())
            text = text.strip()
            if text:
                begin = chunk_.start + start
                halves.append(
                    Chunk(
                        begin,
                        begin + len(text),
                        text,
                        page=chunk_.page,
                        section=chunk_.section,
                        context=chunk_.context,
                        boxes=tuple(builder.boxes(begin, begin + len(text))),
                    )
                )
        yield from _bounded(halves, document, max_tokens, count_tokens)
