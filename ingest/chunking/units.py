"""Cuts blocks into units: the smallest stretches that the chunker moves around.

A unit is a whole block where it fits, else its sentences, else halves at white space, else at characters.
All work is linear in the text: nothing longer than a window is ever tokenized as one string.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from ingest.loaded import Block, BlockKind, LoadedDocument
from rag.document import squeeze_padding

TokenCounter = Callable[[Sequence[str]], Sequence[int]]
"""Token counts of many strings, in their order, as the embedder's tokenizer cuts them, without the special
tokens that it adds once per text."""

CHARS_PER_TOKEN = 8
"""No chunk has more characters than this per token it may have. A tokenizer may call a megabyte of
unbroken letters one unknown token; as evidence it would be useless."""

_BATCH = 2048
_SENTENCE_END = re.compile(r"(?<=[.!?…:;])[\"'”’»)\]]*\s+|(?<=[。！？｡؟۔।॥])|\n")


@dataclass(slots=True)
class ChunkUnit:
    """A stretch that stays whole. `header` is the header row of the table it is a row of."""

    start: int
    end: int
    kind: BlockKind
    section: tuple[str, ...]
    page: int | None
    header: str = ""
    is_continuation: bool = False
    tokens: int = field(default=0)


def split_units(
    text: str,
    whole: Iterable[ChunkUnit],
    limit: Callable[[ChunkUnit], int],
    count_tokens: TokenCounter,
) -> list[ChunkUnit]:
    """The units, those with more tokens than `limit` says cut into smaller ones, in order."""
    units = [
        window
        for unit in whole
        for window in _windows(text, unit, max(1, limit(unit)) * CHARS_PER_TOKEN)
    ]
    _count(text, units, count_tokens)
    while any(unit.tokens > limit(unit) for unit in units):
        smaller: list[ChunkUnit] = []
        fresh: list[ChunkUnit] = []
        for unit in units:
            if unit.tokens <= limit(unit):
                smaller.append(unit)
            else:
                parts = list(_parts(text, unit))
                fresh += parts
                smaller += parts
        _count(text, fresh, count_tokens)
        units = smaller
    return units


def split_at(units: Iterable[ChunkUnit], positions: Sequence[int]) -> Iterator[ChunkUnit]:
    """The units, cut at each of these positions (in rising order) that is inside of one."""
    for unit in units:
        inside = positions[bisect_right(positions, unit.start) : bisect_left(positions, unit.end)]
        for start, end in zip([unit.start, *inside], [*inside, unit.end], strict=True):
            yield replace(unit, start=start, end=end)


def join_whole_units(document: LoadedDocument) -> Iterator[ChunkUnit]:
    """One unit per block, cut at page breaks, with its section path."""
    page_starts = [page.start for page in document.pages]
    path: list[tuple[int, str]] = []
    header, header_end = "", -1
    for block in _covering(document):
        if block.kind is BlockKind.HEADING:
            while path and path[-1][0] >= block.level:
                path.pop()
            path.append((block.level, block.title))
        if block.start == block.end:
            continue
        section = tuple(title for _, title in path if title)
        if block.kind is BlockKind.TABLE_HEADER:
            header = _header_words(document.text[block.start : block.end])
        elif (
            block.kind is not BlockKind.TABLE_ROW
            or "\n\n" in document.text[header_end : block.start]
        ):
            header = ""
        header_end = block.end
        is_row = block.kind is BlockKind.TABLE_ROW
        start = block.start
        while start < block.end:
            index = bisect_right(page_starts, start) - 1
            end = block.end
            if index + 1 < len(page_starts):
                end = min(end, max(page_starts[index + 1], start + 1))
            page = document.pages[index].number if index >= 0 else None
            yield ChunkUnit(start, end, block.kind, section, page, header if is_row else "")
            start = end


def _covering(document: LoadedDocument) -> Iterator[Block]:
    """The blocks, and a paragraph for any words that a parser left between them."""
    position = 0
    end_of_text = Block(BlockKind.PARAGRAPH, len(document.text), len(document.text))
    for block in (*document.blocks, end_of_text):
        between = document.text[position : block.start]
        if between and not between.isspace():
            lead = len(between) - len(between.lstrip())
            yield Block(BlockKind.PARAGRAPH, position + lead, position + len(between.rstrip()))
        yield block
        position = max(position, block.end)


def _header_words(header: str) -> str:
    """A table's header row without the rule that is drawn below it."""
    return "\n".join(line for line in header.split("\n") if line.strip(" |:-+=\t"))


def _windows(text: str, unit: ChunkUnit, max_chars: int) -> Iterator[ChunkUnit]:
    """The unit itself, or windows of at most `max_chars` cut at the last good place in each."""
    start = unit.start
    while unit.end - start > max_chars:
        end = _good_cut(text, start, start + max_chars)
        yield _part(unit, start, end)
        start = end
    if start < unit.end:
        yield _part(unit, start, unit.end)


def _good_cut(text: str, start: int, end: int) -> int:
    """The last sentence end, else white space, in the second half of a window; else its end."""
    middle = (start + end) // 2
    cut = 0
    for match in _SENTENCE_END.finditer(text, middle, end):
        cut = match.end()
    if not cut:
        cut = max(text.rfind(" ", middle, end), text.rfind("\n", middle, end)) + 1
    return cut if cut > start else end


def _parts(text: str, unit: ChunkUnit) -> Iterator[ChunkUnit]:
    """A unit's sentences, or its two halves where it is one sentence."""
    cuts = [
        match.end()
        for match in _SENTENCE_END.finditer(text, unit.start, unit.end)
        if unit.start < match.end() < unit.end
    ]
    if not cuts:
        middle = (unit.start + unit.end) // 2
        before = text.rfind(" ", unit.start + 1, middle) + 1
        after = text.find(" ", middle, unit.end - 1) + 1
        cuts = [
            min((c for c in (before, after) if c), key=lambda c: abs(c - middle), default=middle)
        ]
    for start, end in zip([unit.start, *cuts], [*cuts, unit.end], strict=True):
        yield _part(unit, start, end)


def _part(unit: ChunkUnit, start: int, end: int) -> ChunkUnit:
    return ChunkUnit(
        start,
        end,
        unit.kind,
        unit.section,
        unit.page,
        unit.header,
        is_continuation=unit.is_continuation or start > unit.start,
    )


def _count(text: str, units: Sequence[ChunkUnit], count_tokens: TokenCounter) -> None:
    for batch in _batches(units):
        counts = count_tokens([squeeze_padding(text[unit.start : unit.end]) for unit in batch])
        for unit, tokens in zip(batch, counts, strict=True):
            length = unit.end - unit.start
            # A unit of one character cannot be made smaller, whatever its tokens.
            unit.tokens = max(tokens, -(-length // CHARS_PER_TOKEN)) if length > 1 else 1


def _batches(units: Sequence[ChunkUnit]) -> Iterable[Sequence[ChunkUnit]]:
    for start in range(0, len(units), _BATCH):
        yield units[start : start + _BATCH]
