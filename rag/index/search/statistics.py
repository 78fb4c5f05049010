"""How often words stand in what one asker may read: what BM25 and the repair of misspellings go by.

tantivy weighs a word by its inverse document frequency in all chunks. To somebody who may read a part of
them, that would tell which words stand in the others. Each word's clause is therefore boosted by

    idf(permitted) / idf(all),  idf = ln(1 + (N - n + 0.5) / (n + 0.5))

so that the factor which knows of the other chunks cancels out. What is left of them is the average length of
a chunk in words, one number for the whole index.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

_KEPT_WORDS = 50_000
"""About 10 MB: one number for each word and asker group that were asked for last."""
ROUNDED_TO = 4
"""Decimals of a score; the boost's own error in 32-bit numbers is below 0.00005 for scores up to 100."""


class Statistics:
    """Chunk counts of words for one set of permitted chunks. Safe to share between threads."""

    def __init__(
        self,
        chunk_count: int,
        count_chunks: Callable[[str, str], int],
        all_chunks: int,
        count_all: Callable[[str, str], int],
    ) -> None:
        """`count_chunks` and `count_all` take a field and a word; the latter is the library's own count.

        `all_chunks`: how many the library counts for its own idf.
        """
        self.chunk_count = chunk_count
        self._count_chunks, self._count_all, self._all_chunks = count_chunks, count_all, all_chunks
        self._known: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._lock = threading.Lock()

    def count(self, field: str, word: str) -> int:
        """How many permitted chunks have the word in this field."""
        key = (field, word)
        with self._lock:
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
                return known
        count = self._count_chunks(field, word)
        with self._lock:
            self._known[key] = count
            while len(self._known) > _KEPT_WORDS:
                self._known.popitem(last=False)
        return count

    def knows(self, field: str, word: str) -> bool:
        """Whether the word was counted before."""
        with self._lock:
            return (field, word) in self._known

    def remember(self, field: str, word: str, count: int) -> None:
        """Take note of a count that was made together with others."""
        with self._lock:
            self._known[field, word] = count

    def boost(self, field: str, word: str) -> float:
        """What the library's score for the word is multiplied by; 0 if no permitted chunk has it."""
        return self.boost_as(field, word, self.count(field, word))

    def boost_as(self, field: str, word: str, count: int) -> float:
        """The same, as if `count` permitted chunks had the word."""
        if count == 0:
            return 0.0
        own = idf(self.chunk_count, min(count, self.chunk_count))
        return own / idf(self._all_chunks, self._count_all(field, word))


def idf(chunks: int, having: int) -> float:
    """The inverse document frequency as tantivy computes it, in 32 bits: else it would not cancel out."""
    half = np.float32(0.5)
    odds = (np.float32(chunks - having) + half) / (np.float32(having) + half)
    return float(np.log(np.float32(1) + odds))


def read_stored_chunks(folder: Path) -> int:
    """How many chunks tantivy counts for its idf: also deleted ones whose segment was not merged yet."""
    meta: dict[str, Any] = json.loads((folder / "meta.json").read_text("utf-8"))
    return sum(int(segment["max_doc"]) for segment in meta["segments"])
