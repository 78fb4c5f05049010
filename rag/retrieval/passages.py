"""Chunks that were found, joined with their neighbours into passages that can be read by themselves.

Short chunks are good to find (they are about one thing), long ones are good to read. So a chunk that was
found grows, within its page, by the neighbour that fits the question better, up to about `GROWN` characters.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rag.cells import join_cell_ranges
from rag.index.catalog.rows import ChunkRow, ChunkSummary
from rag.retrieval.fusion import Place

GROWN = 600
"""Characters that a passage grows to; measured, see docs/retrieval.md."""
FIRST, GROWN_LATER = 3, 800
"""Behind the first few, which is all that a small model reads, passages grow to this."""
SLACK = 1.35
"""A neighbour is taken whole or not at all, so a passage may end up this much longer."""
WHOLE, WHOLE_LATER = 2400, 1050
"""Where the embedder's vocabulary is made for another language, a chunk of so many tokens holds half as many
words, and paragraphs are cut that would be one chunk in English. What was cut is put together again up to
this many characters, in the first few passages and behind them. Measured: Spanish coverage .955 at 1050 and
1050, .985 at 1600 and 1050, .99 here."""
_OF_THE_VOCABULARY = frozenset({"", "en"})
_DENSE, _DENSITY = frozenset({"ja", "ko", "zh"}), 3
"""Languages that say as much in a character as others do in about three."""
REACH = 3
HEAD = 5
"""Passages in which as many documents as possible should have a word; then order is by score alone."""
REPEATED = 0.2
"""What each earlier passage of the same document, and once more of the same page, takes off a passage's
score in the head."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Neighbouring chunks of one document, in order; `found` is the one that was found."""

    found: ChunkSummary
    chunks: tuple[ChunkSummary, ...]
    score: float


def find_shared_section(chunks: Sequence[ChunkRow]) -> tuple[str, ...]:
    """The section path that all the chunks share, and for a sheet the range of all their cells."""
    paths = [chunk.section for chunk in chunks]
    shared = 0
    for names in zip(*paths, strict=False):
        if len(set(names)) > 1:
            break
        shared += 1
    if any(len(path) != shared + 1 for path in paths):
        return paths[0][:shared]
    cells = join_cell_ranges([path[-1] for path in paths])
    return (*paths[0][:shared], cells) if cells else paths[0][:shared]


def join(
    ranked: Sequence[tuple[int, float]], spots: Mapping[Place, ChunkSummary], k: int
) -> list[Passage]:
    """The first k passages of `ranked` chunks (id, score), best first; no chunk is in two.

    `spots` holds the ranked chunks and up to REACH neighbours on each side.
    """
    places = {row.chunk_id: position for position, row in spots.items()}
    scores = {places[chunk_id]: score for chunk_id, score in ranked if chunk_id in places}
    taken: set[Place] = set()
    passages: list[Passage] = []
    for start, score in scores.items():
        if start in taken:
            continue
        size, whole = (GROWN, WHOLE) if len(passages) < FIRST else (GROWN_LATER, WHOLE_LATER)
        grown = _grow(start, spots, scores, taken, size, whole)
        taken.update(grown)
        passages.append(
            Passage(spots[start], tuple(spots[neighbour] for neighbour in grown), score)
        )
        if len(passages) == k:
            break
    return passages


def diversify(passages: Sequence[Passage]) -> list[Passage]:
    """The passages with the first HEAD of them spread over documents and pages, as their scores allow.

    Who reads the first few wants to know where it stands; the third passage of one document tells less of
    that than the first of another that fits almost as well.
    """
    left = list(passages)
    head: list[Passage] = []
    seen: Counter[tuple[int, int | None]] = Counter()

    def worth(passage: Passage) -> float:
        document, page = passage.found.document_id, passage.found.page
        repeated = seen[document, None] + (seen[document, page] if page is not None else 0)
        return passage.score - REPEATED * repeated

    while left and len(head) < HEAD:
        best = max(left, key=worth)
        left.remove(best)
        head.append(best)
        for page in {None, best.found.page}:
            seen[best.found.document_id, page] += 1
    # What was moved back is shown with what it was worth there: scores fall from rank to rank.
    lowest, placed = math.inf, []
    for passage in head + left:
        lowest = min(lowest, passage.score)
        placed.append(replace(passage, score=lowest))
    return placed


def _grow(
    start: Place,
    spots: Mapping[Place, ChunkSummary],
    scores: Mapping[Place, float],
    taken: set[Place],
    most: int,
    whole: int,
) -> list[Place]:
    document, first = start
    last, size = first, spots[start].size
    while True:
        # The one behind comes second, so that of two that fit equally well the one ahead is taken.
        candidates = [
            other
            for other, beside in (
                ((document, last + 1), (document, last)),
                ((document, first - 1), (document, first)),
            )
            if (row := spots.get(other)) is not None
            and other not in taken
            and row.page == spots[start].page
            and size + row.size <= _limit(size, spots[beside], row, most, whole) * SLACK
        ]
        if not candidates:
            break
        best = max(candidates, key=lambda other: scores.get(other, 0.0))
        size += spots[best].size
        first, last = min(first, best[1]), max(last, best[1])
    return [(document, ordinal) for ordinal in range(first, last + 1)]


def _limit(size: int, beside: ChunkSummary, other: ChunkSummary, most: int, whole: int) -> int:
    """How far a passage of `size` characters may grow by the chunk `other`, which stands next to `beside`."""
    gap = max(beside.start, other.start) - min(beside.end, other.end)
    is_cut = gap <= 1 and beside.language not in _OF_THE_VOCABULARY
    if beside.language in _DENSE:
        whole //= _DENSITY
    if is_cut and size < whole:
        return max(most, whole)
    return most if size < most else 0
