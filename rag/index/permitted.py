"""The rows of the vector structure that a filter passes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]


class Permitted:
    """The rows that a search may return, prepared once for many searches."""

    def __init__(self, rows: Mask) -> None:
        import faiss

        self.rows = rows
        self.count = int(np.count_nonzero(rows))
        self.selector = faiss.IDSelectorBitmap(np.packbits(rows, bitorder="little"))
        self.per_list: npt.NDArray[np.int64] | None = None
        """How many of them stand in each list of an inverted file, once that was counted."""
