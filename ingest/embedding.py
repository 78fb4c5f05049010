"""Embeds the texts of a run in parts: like with like, about two seconds each, several at once."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from ingest.chunking.units import TokenCounter
from rag.embedder import Embedder, Float32

PART_CHUNKS = 32, 256
"""A part has at least and at most so many texts."""

PART_S = 2.0
"""How long a part should take: what a run that is stopped may still do."""

PARTS_UNDER_WAY = 2
"""While one part ends with fewer batches than there are cores, the other fills them."""

_Part = tuple[list[str], Float32]


class PartEmbedder:
    """Embeds many texts part by part; how many make a part is learnt from how long the last took."""

    def __init__(
        self, embedder: Embedder, count_tokens: TokenCounter, under_way: int = PARTS_UNDER_WAY
    ) -> None:
        """`under_way`: parts that are embedded at once."""
        self._embedder, self._count_tokens = embedder, count_tokens
        self._most_under_way = under_way
        self._size = PART_CHUNKS[0]

    def parts(self, texts: Sequence[str], stopped: Callable[[], bool]) -> Iterator[_Part]:
        """The texts, those with the most tokens first, with their vectors: (n, dimension) float32.

        When `stopped` turns true, the parts that are under way are the last.
        """
        # By tokens, not characters: a batch is padded to its longest text, and figures are many tokens.
        counts = self._count_tokens(texts)
        order = sorted(range(len(texts)), key=lambda row: -counts[row])
        under_way: deque[Future[_Part]] = deque()
        start = 0
        with ThreadPoolExecutor(self._most_under_way, thread_name_prefix="embed") as pool:
            while True:
                while (
                    len(under_way) < self._most_under_way and start < len(texts) and not stopped()
                ):
                    part = [texts[row] for row in order[start : start + self._size]]
                    start += len(part)
                    under_way.append(pool.submit(self._embed, part))
                if not under_way:
                    return
                yield under_way.popleft().result()

    def _embed(self, part: list[str]) -> _Part:
        started = time.monotonic()
        vectors = self._embedder.embed_documents(part)
        fitting = len(part) * PART_S / max(time.monotonic() - started, 1e-6)
        self._size = round(min(max(fitting, PART_CHUNKS[0]), PART_CHUNKS[1]))
        return part, vectors
