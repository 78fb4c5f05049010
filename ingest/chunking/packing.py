"""Puts units together into chunks: within a section and a page, of even size, cut at the best places."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from ingest.chunking.units import ChunkUnit
from ingest.loaded import ATTACHMENT, BlockKind

SMALL_SHARE = 0.5
"""A section below this share of a chunk is packed together with its neighbours."""

Room = Callable[[tuple[str, ...], ChunkUnit], int]
"""How many tokens of text fit into a chunk of this section that begins with this unit."""


def pack(units: Sequence[ChunkUnit], room: Room) -> Iterator[list[ChunkUnit]]:
    """Lists of consecutive units, each of which makes one chunk."""
    for _, page in groupby(units, key=lambda unit: unit.page):
        sections = [list(group) for _, group in groupby(page, key=lambda unit: unit.section)]
        for group in _pack_small(sections, room):
            yield from _cut(group, room)


def find_common_section(units: Sequence[ChunkUnit]) -> tuple[str, ...]:
    """The section path that all the units share."""
    shared = units[0].section
    for unit in units[1:]:
        if unit.section is not shared and unit.section != shared:
            length = 0
            for ours, unit_heading in zip(shared, unit.section, strict=False):
                if ours != unit_heading:
                    break
                length += 1
            shared = shared[:length]
    return shared


def _pack_small(sections: Sequence[list[ChunkUnit]], room: Room) -> Iterator[list[ChunkUnit]]:
    """Join neighbouring sections where one is small, they belong together, and both fit."""
    current: list[ChunkUnit] = []
    current_tokens = 0
    for section in sections:
        tokens = sum(unit.tokens for unit in section)
        if current:
            space = room(find_common_section([current[0], section[0]]), current[0])
            small = min(current_tokens, tokens) < SMALL_SHARE * space
            if small and current_tokens + tokens <= space and _related(current, section):
                current = [*current, *section]
                current_tokens += tokens
                continue
            yield current
        current, current_tokens = section, tokens
    if current:
        yield current


def _related(before: Sequence[ChunkUnit], after: Sequence[ChunkUnit]) -> bool:
    """Whether two sections are siblings, or one is inside the other; not if one is in another file."""
    if _attached(before[0]) != _attached(after[0]):
        return False
    shared = len(find_common_section([before[0], after[0]]))
    return shared >= min(len(before[0].section), len(after[0].section)) - 1


def _attached(unit: ChunkUnit) -> list[str]:
    return [title for title in unit.section if title.startswith(ATTACHMENT)]


def _cut(group: list[ChunkUnit], room: Room) -> Iterator[list[ChunkUnit]]:
    """One chunk where the group fits, else chunks of about the same size."""
    section = find_common_section(group)
    remaining = sum(unit.tokens for unit in group)
    first = 0
    while first < len(group):
        space = room(section, group[first])
        if remaining <= space:
            yield group[first:]
            return
        pieces = -(-remaining // max(space, 1))
        last = _best_cut(group, first, space, remaining / pieces)
        yield group[first:last]
        remaining -= sum(unit.tokens for unit in group[first:last])
        first = last


def _best_cut(group: Sequence[ChunkUnit], first: int, space: int, target: float) -> int:
    """Where the chunk that begins at `first` ends: at a good break, and not far from `target`."""
    tokens = 0
    best, best_cost = first + 1, float("inf")
    for index in range(first, len(group)):
        tokens += group[index].tokens
        if tokens > space and index > first:
            break
        cost = abs(tokens - target) / max(target, 1) + _break_cost(group, index + 1)
        if cost <= best_cost:
            best, best_cost = index + 1, cost
    return best


def _break_cost(group: Sequence[ChunkUnit], index: int) -> float:
    """How bad it is to begin a chunk at `index`, in shares of a chunk's size."""
    if index >= len(group):
        return 0.0
    before, after = group[index - 1], group[index]
    if before.kind is BlockKind.HEADING:
        return 2.0
    if before.kind is BlockKind.TABLE_HEADER:
        return 1.0
    if after.is_continuation:
        return 0.35
    if after.kind is BlockKind.TABLE_ROW and before.kind is BlockKind.TABLE_ROW:
        return 0.2
    if after.kind is BlockKind.LIST_ITEM:
        return 0.15
    return 0.0 if after.kind is BlockKind.HEADING else 0.05
