"""The dense half of the index: FAISS over the catalogue's vectors, one row a chunk.

Up to EXACT_ROWS the vectors are compared one by one in half precision; above, an inverted file with 8-bit
codes finds candidates, which are ranked again with the exact stored vectors.
"""

from __future__ import annotations

import contextlib
import functools
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from rag.errors import IndexDamagedError
from rag.index.search import derived
from rag.index.search.row_sets import RowMask, RowSets

Float32 = npt.NDArray[np.float32]
Int64 = npt.NDArray[np.int64]
LoadVectors = Callable[[Int64], Float32]

NAME = "vectors"
LAYOUT = 2
EXACT_ROWS = 250_000
_TRAINING_ROWS_PER_LIST = 40
PROBE_SHARE = 1 / 24
"""Share of an inverted file's rows that a query is compared with, by looking into the nearest lists."""
_LEAST_COMPARED = 2_000
_MORE_CANDIDATES = 32


@dataclass(frozen=True, slots=True)
class Candidates:
    """Chunk ids with their inner product with the query, best first, ties by id."""

    chunk_ids: Int64
    scores: Float32


NOTHING = Candidates(np.empty(0, np.int64), np.empty(0, np.float32))


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of the catalogue: ids (n,), vectors (n, dimension) float32, L2-normalised.

    `vector_ids` say where the catalogue keeps each vector.
    """

    chunk_ids: Int64
    document_ids: Int64
    vector_ids: Int64
    vectors: Float32


def build(
    data_dir: Path,
    origin: derived.Origin,
    dimension: int,
    rows: int,
    batches: Callable[[], Iterable[Batch]],
    *,
    exact_rows: int = EXACT_ROWS,
) -> derived.Derived:
    """Write a new vector structure of `rows` rows; `batches` gives them, chunk ids ascending over all.

    It is called twice where an inverted file is made: to choose the lists, and to fill them.
    """
    import faiss

    with derived.work_folder(data_dir, NAME) as work:
        is_exact = rows <= exact_rows
        index = _exact_index(dimension) if is_exact else _lists(dimension, rows, batches())
        ids: list[Batch] = []
        for batch in batches():
            ids.append(Batch(batch.chunk_ids, batch.document_ids, batch.vector_ids, _NONE))
            index.add(batch.vectors)
        # Through files of our own: one that does not close is no error to FAISS, and none to NumPy.
        with (work / "index.faiss").open("wb") as file:
            faiss.write_index(index, faiss.PyCallbackIOWriter(file.write))
        for name in _ID_FILES:
            column = np.concatenate([np.empty(0, np.int64), *(getattr(b, name) for b in ids)])
            encoded = io.BytesIO()
            np.save(encoded, column, allow_pickle=False)
            (work / f"{name}.npy").write_bytes(encoded.getbuffer())
        files = {file.name: derived.sha256(file) for file in sorted(work.iterdir())}
        stamp = derived.Stamp(LAYOUT, origin, int(index.ntotal), files, {"dimension": dimension})
        return derived.publish(work, data_dir, NAME, stamp)


_NONE = np.empty((0, 0), np.float32)
_ID_FILES = ("chunk_ids", "document_ids", "vector_ids")


def _exact_index(dimension: int) -> Any:
    import faiss

    return faiss.IndexScalarQuantizer(
        dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    )


def _lists(dimension: int, rows: int, batches: Iterable[Batch]) -> Any:
    """An inverted file without rows, its lists chosen by a sample from all over the index.

    What stands first in the catalogue will not do: that is one folder, about one thing. Raises
    IndexDamagedError if there are fewer vectors than lists.
    """
    import faiss

    lists = min(rows, int(4 * np.sqrt(rows)))
    coarse = faiss.IndexFlatIP(dimension)
    index = faiss.IndexIVFScalarQuantizer(
        coarse, dimension, lists, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    )
    index.own_fields = True
    coarse.this.disown()
    # Points are assigned to one list by their nearest centroid; ten rounds are enough for that.
    index.cp.niter, index.cp.min_points_per_centroid = 10, 1
    share, random = _TRAINING_ROWS_PER_LIST * lists / rows, np.random.default_rng(rows)
    parts = [batch.vectors[random.random(len(batch.vectors)) < share] for batch in batches]
    sample = np.concatenate([np.empty((0, dimension), np.float32), *parts])
    if len(sample) < lists:
        raise IndexDamagedError(f"The catalogue holds vectors for few of its {rows:,} chunks.")
    index.train(sample)
    return index


class ExactVectors:
    """Vectors of chunks in half precision, compared one by one. Safe to share between threads."""

    def __init__(self, chunk_ids: Int64, index: Any) -> None:
        """`index`: FAISS's, whose row n is the vector of chunk `chunk_ids[n]`."""
        self._chunk_ids, self._index = chunk_ids, index

    @classmethod
    def of(cls, chunk_ids: Int64, vectors: Float32) -> ExactVectors:
        """`vectors`: (n, dimension) float32, that half precision holds."""
        index = _exact_index(vectors.shape[1])
        index.add(vectors)
        return cls(chunk_ids, index)

    def search(self, query: Float32, k: int, permitted: RowMask | None) -> Candidates:
        """The k best permitted rows, see `VectorIndex.search`."""
        k = min(k, len(self._chunk_ids) if permitted is None else permitted.count)
        if k == 0:
            return NOTHING
        with _one_thread():
            rows = self._scan(query, k, permitted)
            return rank(self._chunk_ids[rows], self.vectors(rows), query, k)

    def vectors(self, rows: Int64) -> Float32:
        """The vectors of these rows: (n, dimension) float32."""
        import faiss

        # `reconstruct_batch` does the same in twice the time.
        size = self._index.code_size
        codes = faiss.rev_swig_ptr(self._index.codes.data(), self._index.ntotal * size)
        decoded: Float32 = self._index.sa_decode(codes.reshape(-1, size)[rows])
        return decoded

    def _scan(self, query: Float32, k: int, permitted: RowMask | None) -> Int64:
        """At least the k best rows, with everything that ties with the last of them."""
        import faiss

        parameters = faiss.SearchParameters(sel=permitted.selector) if permitted else None
        most = permitted.count if permitted else len(self._chunk_ids)
        target = min(most, k + 8)
        while True:
            scores, rows = self._index.search(query[None], target, params=parameters)
            # FAISS adds up in its own order, so equal vectors may differ in the last bits.
            if target == most or scores[0, k - 1] - scores[0, -1] > 1e-6:
                positions: Int64 = np.sort(rows[0])
                return positions
            target = min(most, target * 4)


class VectorIndex:
    """A published vector structure, open for search; immutable and safe to share between threads."""

    def __init__(self, source: derived.Derived) -> None:
        """Open `source`. Raises IndexDamagedError if its parts do not belong together."""
        import faiss

        self.source = source
        try:
            path = str(source.path / "index.faiss")
            self._index = faiss.read_index(path, faiss.IO_FLAG_MMAP_IFC)
            self.chunk_ids, self.document_ids, self.vector_ids = (
                np.load(source.path / f"{name}.npy", allow_pickle=False) for name in _ID_FILES
            )
        except (OSError, ValueError, RuntimeError) as exc:
            raise IndexDamagedError(
                f"{source.path} cannot be opened: {exc}.", hint=derived.MEND
            ) from exc
        columns = (self.chunk_ids, self.document_ids, self.vector_ids)
        counts = {self._index.ntotal, source.stamp.rows, *map(len, columns)}
        if len(counts) != 1:
            raise IndexDamagedError(
                f"{source.path} holds {sorted(counts)} rows at once.", hint=derived.MEND
            )
        self._lists: int = getattr(self._index, "nlist", 0)
        self._exact = None if self._lists else ExactVectors(self.chunk_ids, self._index)
        self._small_sets: RowSets[ExactVectors] = RowSets()

    def __len__(self) -> int:
        return len(self.chunk_ids)

    @property
    def dimension(self) -> int:
        """Length of the vectors."""
        return int(self._index.d)

    @property
    def is_exact(self) -> bool:
        """Whether every permitted vector is compared, rather than those of the nearest lists."""
        return self._exact is not None

    def search(
        self, query: Float32, k: int, *, permitted: RowMask | None, load_vectors: LoadVectors
    ) -> Candidates:
        """The k best permitted rows (None: all are) for `query`: (dimension,) float32, L2-normalised.

        `load_vectors` gives the catalogue's exact vectors by their ids, for ranking an inverted file's
        candidates again.
        """
        if self._exact is not None:
            return self._exact.search(query, k, permitted)

        def gather() -> ExactVectors:
            rows = np.flatnonzero(cast(RowMask, permitted).rows)
            return ExactVectors.of(self.chunk_ids[rows], load_vectors(self.vector_ids[rows]))

        if permitted and (few := self._small_sets.get(permitted, gather)):
            return few.search(query, k, None)
        k = min(k, len(self) if permitted is None else permitted.count)
        if k == 0:
            return NOTHING
        with _one_thread():
            rows = self._probe(query, k, permitted)
        return rank(self.chunk_ids[rows], load_vectors(self.vector_ids[rows]), query, k)

    def vectors(self, rows: Int64) -> Float32:
        """The vectors as this structure holds them: (n, dimension) float32."""
        if self._exact is not None:
            return self._exact.vectors(rows)
        self._index.make_direct_map(True)
        decoded: Float32 = self._index.reconstruct_batch(rows)
        return decoded

    def _probe(self, query: Float32, k: int, permitted: RowMask | None) -> Int64:
        """Rows that hold the best ones, as far as 8-bit codes and the nearest lists can tell."""
        import faiss

        most = permitted.count if permitted else len(self)
        # 8-bit codes exchange neighbours in rank, seldom what stands further apart.
        target = min(most, k + k // 4 + _MORE_CANDIDATES)
        probes = int(self._lists * self._compared(len(self)) / max(1, len(self))) or 1
        parameters = faiss.SearchParametersIVF(nprobe=probes)
        if permitted:
            parameters.nprobe = self._probes_for(query, permitted)
            parameters.sel = permitted.selector
        _, rows = self._index.search(query[None], target, params=parameters)
        candidates: Int64 = rows[0][rows[0] >= 0]
        if len(candidates) < k:
            parameters.nprobe = self._lists
            _, rows = self._index.search(query[None], target, params=parameters)
            candidates = rows[0]
        return candidates

    @staticmethod
    def _compared(rows: float) -> float:
        """With how many of so many rows a query is compared."""
        return min(rows, max(rows * PROBE_SHARE, _LEAST_COMPARED))

    def _probes_for(self, query: Float32, permitted: RowMask) -> int:
        """How many of the nearest lists hold enough permitted rows, whichever lists those are.

        A filter may pass just what is far from the query: a share of the lists alone would miss it. Enough
        is what is compared without a filter, down to half of that where few rows pass; measured for filters
        that pass 3 to 50 % (recall@150 0.995 or better).
        """
        enough = self._compared((len(self) + permitted.count) / 2)
        if permitted.count <= enough:
            return self._lists
        if permitted.per_list is None:
            permitted.per_list = np.bincount(
                self._list_of_row[permitted.rows], minlength=self._lists
            )
        _, nearest = self._index.quantizer.search(query[None], self._lists)
        return int(np.searchsorted(np.cumsum(permitted.per_list[nearest[0]]), enough)) + 1

    @functools.cached_property
    def _list_of_row(self) -> npt.NDArray[np.int32]:
        import faiss

        lists = self._index.invlists
        list_of_row = np.empty(len(self), np.int32)
        for number in range(self._lists):
            size = lists.list_size(number)
            if size:
                list_of_row[faiss.rev_swig_ptr(lists.get_ids(number), size)] = number
        return list_of_row


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Keep FAISS to this thread: one query has no work for more.

    It would wake a thread for each core all the same, wait until the busy ones have a turn for theirs, and
    leave them spinning.
    """
    import faiss

    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def rank(chunk_ids: Int64, vectors: Float32, query: Float32, k: int) -> Candidates:
    """The k best by inner product, computed in double precision; equal scores in order of id."""
    # Not a matrix product: that adds up a row in another order in another batch.
    scores = np.einsum("nd,d->n", vectors, query, dtype=np.float64).astype(np.float32)
    order = np.lexsort((chunk_ids, -scores))[:k]
    return Candidates(chunk_ids[order], scores[order])
