"""The inverted file, which takes the exact index's place above a size, against brute force."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from rag.index.search import derived, vectors
from rag.index.search.row_sets import Mask, RowMask, RowSets
from rag.index.search.vectors import Batch, Candidates, Float32, Int64, VectorIndex
from tests.index.world import unit_vectors

ROWS, DIMENSION, QUERIES = 12_000, 32, 40


@dataclass(frozen=True)
class Inverted:
    """An inverted file of ROWS chunks: row r is chunk 7 r, its vector is number r + 5 of the catalogue."""

    index: VectorIndex
    vectors: Float32
    queries: Float32

    def search(self, query: Float32, k: int, permitted: RowMask | None) -> Candidates:
        return self.index.search(query, k, permitted=permitted, load_vectors=self.load)

    def load(self, vector_ids: Int64) -> Float32:
        return self.vectors[vector_ids - 5]

    def nearest(self, query: Float32, k: int, rows: Mask) -> list[int]:
        """Brute force: ids of the k best permitted chunks, ties by id."""
        scores = (self.vectors.astype(np.float64) @ query).astype(np.float32)
        order = np.lexsort((np.arange(ROWS), -scores))
        return (7 * order[rows[order]][:k]).tolist()


@pytest.fixture(scope="module")
def inverted(tmp_path_factory: pytest.TempPathFactory) -> Inverted:
    """Clusters that run into each other, as texts of related topics do."""
    random = np.random.default_rng(5)
    topics = random.standard_normal((60, DIMENSION))
    strewn = topics[random.integers(0, 60, ROWS)] + random.standard_normal((ROWS, DIMENSION))
    halves = (strewn / np.linalg.norm(strewn, axis=1, keepdims=True)).astype(np.float16)
    stored = halves.astype(np.float32)
    numbers = np.arange(ROWS)
    batches = [
        Batch(7 * part, part // 10, part + 5, stored[part]) for part in np.array_split(numbers, 5)
    ]
    built = vectors.build(
        tmp_path_factory.mktemp("inverted"), derived.Origin("i", 1, "t"), DIMENSION, ROWS, lambda: batches,
        exact_rows=1_000,
    )  # fmt: skip
    queries = stored[random.integers(0, ROWS, QUERIES)] + 0.5 * unit_vectors(
        random, QUERIES, DIMENSION
    )
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    return Inverted(VectorIndex(built), stored, queries.astype(np.float32))


def everything() -> Mask:
    return np.ones(ROWS, np.bool_)


def share(of: float) -> Callable[[], Mask]:
    """Whole documents, at random."""

    def rows() -> Mask:
        passes = np.random.default_rng(9).random(ROWS // 10) < of
        return np.repeat(passes, 10)

    return rows


def one_side(of: float, inverted: Inverted) -> Mask:
    """What lies in one direction: far from most queries, and in few lists."""
    towards = inverted.vectors @ inverted.vectors[0]
    mask: Mask = towards > np.quantile(towards, 1 - of)
    return mask


def test_a_large_index_is_an_inverted_file(inverted: Inverted) -> None:
    assert not inverted.index.is_exact
    assert len(inverted.index) == ROWS


@pytest.mark.parametrize(
    "rows", [everything, share(0.5), share(0.1), share(0.01), share(0.001)],
    ids=["all", "50 %", "10 %", "1 %", "0.1 %"],
)  # fmt: skip
@pytest.mark.parametrize("times", [1, 2])
def test_recall_at_10_is_at_least_99_percent(
    inverted: Inverted, rows: Callable[[], Mask], times: int
) -> None:
    """With every filter, at its first use and at the second; no chunk is found that it does not pass."""
    mask = rows()
    permitted = None if mask.all() else RowMask(mask)
    for _ in range(times):
        candidates = [inverted.search(query, 10, permitted) for query in inverted.queries]
    expected = [inverted.nearest(query, 10, mask) for query in inverted.queries]
    hits = [
        len(set(result.chunk_ids.tolist()) & set(true))
        for result, true in zip(candidates, expected, strict=True)
    ]
    assert sum(hits) >= 0.99 * sum(map(len, expected))
    assert all(mask[result.chunk_ids // 7].all() for result in candidates)
    assert all(len(result.chunk_ids) == min(10, mask.sum()) for result in candidates)


@pytest.mark.parametrize("of", [0.2, 0.02])
def test_what_passes_may_lie_far_from_the_question(inverted: Inverted, of: float) -> None:
    mask = one_side(of, inverted)
    permitted = RowMask(mask)
    expected = [inverted.nearest(query, 10, mask) for query in inverted.queries]
    for _ in range(2):
        id_lists = [inverted.search(q, 10, permitted).chunk_ids.tolist() for q in inverted.queries]
        hits = [len(set(ids) & set(true)) for ids, true in zip(id_lists, expected, strict=True)]
        assert sum(hits) >= 0.99 * 10 * QUERIES


def test_scores_are_those_of_the_stored_vectors(inverted: Inverted) -> None:
    """The 8-bit codes find the candidates; what is said of them comes from the catalogue's vectors."""
    for query in inverted.queries:
        candidates = inverted.search(query, 50, None)
        exact = inverted.vectors[candidates.chunk_ids // 7].astype(np.float64) @ query
        assert np.allclose(candidates.scores, exact, atol=1e-7)
        assert (np.diff(candidates.scores) <= 0).all()


@pytest.mark.parametrize("k", [1, 10, 60, 500])
def test_a_small_filter_that_comes_again_gives_brute_forces_ids_in_its_order(
    inverted: Inverted, k: int
) -> None:
    mask = share(0.005)()
    permitted = RowMask(mask)
    inverted.search(inverted.queries[0], 1, permitted)
    for query in inverted.queries:
        ids = inverted.search(query, k, permitted).chunk_ids.tolist()
        assert ids == inverted.nearest(query, k, mask)


def test_a_filter_that_nothing_passes_finds_nothing(inverted: Inverted) -> None:
    permitted = RowMask(np.zeros(ROWS, np.bool_))
    for _ in range(3):
        assert len(inverted.search(inverted.queries[0], 10, permitted).chunk_ids) == 0


def test_k_larger_than_what_passes_gives_all_of_it(inverted: Inverted) -> None:
    mask = share(0.001)()
    permitted = RowMask(mask)
    for _ in range(2):
        ids = inverted.search(inverted.queries[0], 10_000, permitted).chunk_ids
        assert sorted(ids.tolist()) == (7 * np.flatnonzero(mask)).tolist()


def test_small_sets_keep_those_used_last() -> None:
    """Room for 250 rows: of sets of 100, the two used last are kept, and none that nobody holds."""
    sets: RowSets[str] = RowSets(held_rows=250)
    gathered: list[str] = []

    def gather(name: str) -> str:
        gathered.append(name)
        return name

    known = {name: RowMask(np.ones(100, np.bool_)) for name in "abc"}
    for name, permitted in known.items():
        assert sets.get(permitted, lambda: name) is None, "once is no reason to gather it"  # noqa: B023
    for name in "abaca":
        assert sets.get(known[name], lambda: gather(name)) == name  # noqa: B023
    assert gathered == ["a", "b", "c"]
    assert sets.get(known["b"], lambda: gather("b")) == "b"
    assert gathered == ["a", "b", "c", "b"], "it had made room for c"
    del permitted, known
    gc.collect()
    assert len(sets) == 0


def test_a_set_that_is_not_small_is_not_gathered() -> None:
    sets: RowSets[str] = RowSets(most_rows=99)
    permitted = RowMask(np.ones(100, np.bool_))
    assert [sets.get(permitted, lambda: "gathered") for _ in range(3)] == [None] * 3


def test_a_search_leaves_faiss_its_threads(inverted: Inverted) -> None:
    """A query keeps to one thread; what is built afterwards has them all."""
    import faiss

    before = faiss.omp_get_max_threads()
    inverted.search(inverted.queries[0], 10, None)
    assert faiss.omp_get_max_threads() == before
