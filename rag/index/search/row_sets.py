"""What is gathered for filters that pass few rows of an inverted file, for as long as it is of use.

Rows that a filter passes are strewn over all lists; to look for them there costs more than to compare them
all where they stand side by side. Gathering them takes longer than one search, so it is done at the second.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

_MOST_ROWS = 40_000
_HELD_ROWS = 100_000

Set = TypeVar("Set")


class RowSets(Generic[Set]):
    """The sets that were used last, as many as `held_rows` allow; one of more than `most_rows` is not small.

    Safe to share between threads.
    """

    def __init__(self, most_rows: int = _MOST_ROWS, held_rows: int = _HELD_ROWS) -> None:
        self._most_rows, self._held_rows = most_rows, held_rows
        self._lock = threading.Lock()
        self._seen: weakref.WeakSet[RowMask] = weakref.WeakSet()
        self._sets: weakref.WeakKeyDictionary[RowMask, Set] = weakref.WeakKeyDictionary()

    def __len__(self) -> int:
        return len(self._sets)

    def get(self, permitted: RowMask, gather: Callable[[], Set]) -> Set | None:
        """The set of these rows; None if it is not small, asked for the first time, or being gathered."""
        if permitted.count > self._most_rows or not self._lock.acquire(blocking=False):
            return None
        try:
            if permitted not in self._seen:
                self._seen.add(permitted)
                return None
            row_set = self._sets.pop(permitted) if permitted in self._sets else gather()
            self._sets[permitted] = row_set  # the one that was used last stands last
            self._drop()
            return row_set
        finally:
            self._lock.release()

    def _drop(self) -> None:
        masks = list(self._sets)
        excess = sum(permitted.count for permitted in masks) - self._held_rows
        for permitted in masks[:-1]:
            if excess <= 0:
                return
            del self._sets[permitted]
            excess -= permitted.count


Mask = npt.NDArray[np.bool_]


class RowMask:
    """The rows that a search may return, prepared once for many searches."""

    def __init__(self, rows: Mask) -> None:
        import faiss

        self.rows = rows
        self.count = int(np.count_nonzero(rows))
        self.selector = faiss.IDSelectorBitmap(np.packbits(rows, bitorder="little"))
        self.per_list: npt.NDArray[np.int64] | None = None
        """How many of them stand in each list of an inverted file, once that was counted."""
