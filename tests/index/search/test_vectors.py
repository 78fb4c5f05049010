"""The dense half against brute force."""

from __future__ import annotations

import numpy as np
import pytest

from rag.errors import EmbeddingError, UsageError
from rag.index import Filter, IndexWriter
from rag.index.search.vectors import Float32
from rag.testing import HashingEmbedder
from tests.index.world import SmallIndex, document, every_row, nearest, unit_vectors

DIMENSION = 24


def random_world(
    world: SmallIndex, chunks: int, seed: int, *, per_document: int = 10
) -> SmallIndex:
    """Documents with random vectors, a tenth of them equal to another; filters of every kind."""
    world.embedder = HashingEmbedder("random", DIMENSION)
    random = np.random.default_rng(seed)
    vectors = unit_vectors(random, chunks, DIMENSION)
    vectors[random.integers(0, chunks, chunks // 10)] = vectors[0]
    texts = [f"passage {number}" for number in range(chunks)]
    documents = [
        document(
            f"/f{number % 4}/g{number % 3}/d{number}.txt",
            texts[number * per_document : (number + 1) * per_document],
            readers=[(), ("*",), ("hr",), ("it", "hr")][number % 4],
            tags=("red",) if number % 100 == 0 else ("blue", "green"),
            media_type="application/pdf" if number % 10 == 0 else "text/plain",
            modified_at=None if number % 7 == 0 else 1000.25 * number,
        )
        for number in range(chunks // per_document)
    ]
    world.publish(*documents, vectors=dict(zip(texts, vectors, strict=True)))
    return world


FILTERS = [
    Filter(),
    Filter(media_types=("application/pdf",)),
    Filter(tags=("red",)),
    Filter(tags=("red", "blue")),
    Filter(document_ids=(3,)),
    Filter(document_ids=()),
    Filter(document_ids=(-1, 10**30, 5)),
    Filter(readers=frozenset()),
    Filter(readers=frozenset({"it"})),
    Filter(readers=frozenset({"nobody's"})),
    Filter(folders=("/f1",)),
    Filter(folders=("/f1/g2/", "/f0//g0/./")),
    Filter(folders=("/f",)),
    Filter(folders=("/",)),
    Filter(modified_from=1000.25 * 40),
    Filter(modified_until=1000.25 * 40 - 0.001),
    Filter(modified_from=20_000, modified_until=30_000.5, readers=frozenset({"hr"})),
]


@pytest.mark.parametrize("seed", [1, 2])
def test_the_exact_index_gives_brute_forces_ids_in_its_order(world: SmallIndex, seed: int) -> None:
    """For filters that pass 100 %, 10 %, 1 % and 0.1 %, and of every other kind, ties by id."""
    random_world(world, 3000, seed)
    snapshot, rows = world.snapshot(), every_row(world)
    queries = [*unit_vectors(np.random.default_rng(seed + 9), 4, DIMENSION), rows[0].vector]
    for filter in FILTERS:
        for query in queries:
            for k in (1, 10, 400):
                candidates = snapshot.dense(query.astype(np.float32), k, filter)
                assert candidates.chunk_ids.tolist() == nearest(rows, query, k, filter), (filter, k)


def test_scores_are_inner_products_with_the_stored_vectors(world: SmallIndex) -> None:
    """Scores are those of the vectors in half precision, best first."""
    random_world(world, 500, 3)
    rows = {row.chunk_id: row for row in every_row(world)}
    query = unit_vectors(np.random.default_rng(4), 1, DIMENSION)[0]
    candidates = world.snapshot().dense(query, 20, Filter())
    expected = [
        float(rows[i].vector.astype(np.float64) @ query) for i in candidates.chunk_ids.tolist()
    ]
    assert np.allclose(candidates.scores, expected, atol=1e-7)
    assert (np.diff(candidates.scores) <= 0).all()


@pytest.mark.parametrize("k", [0, 30, 31, 10_000])
def test_k_of_0_or_larger_than_the_index_gives_what_there_is(world: SmallIndex, k: int) -> None:
    random_world(world, 30, 5)
    query = unit_vectors(np.random.default_rng(6), 1, DIMENSION)[0]
    for filter in (Filter(), Filter(document_ids=(1,)), Filter(document_ids=(99,))):
        ids = world.snapshot().dense(query, k, filter).chunk_ids.tolist()
        assert ids == nearest(every_row(world), query, k, filter)


def test_a_negative_k_is_an_error(world: SmallIndex) -> None:
    random_world(world, 30, 5)
    with pytest.raises(UsageError, match="k is -1"):
        world.snapshot().dense(np.ones(DIMENSION, np.float32), -1, Filter())
    with pytest.raises(UsageError, match="k is -1"):
        world.snapshot().lexical("passage", -1, Filter())


@pytest.mark.parametrize(
    "query",
    [np.ones(DIMENSION + 1), np.ones((1, DIMENSION)), np.full(DIMENSION, np.nan), np.empty(0)],
)
def test_a_query_that_is_no_vector_of_the_index_is_an_error(
    world: SmallIndex, query: Float32
) -> None:
    random_world(world, 30, 5)
    with pytest.raises(EmbeddingError, match=r"query's vector"):
        world.snapshot().dense(query, 3, Filter())


@pytest.mark.parametrize(
    ("vectors", "what"),
    [
        (np.full((1, 16), np.nan), "not finite"),
        (np.full((1, 16), np.inf), "not finite"),
        (np.ones((1, 16)), "length 4.000, not 1"),
        (np.zeros((1, 16)), "length 0.000, not 1"),
        (np.ones((1, 15)), r"\(1, 15\), not \(1, 16\)"),
        (np.ones((2, 16)), r"\(2, 16\), not \(1, 16\)"),
    ],
)
def test_a_vector_that_cannot_be_right_is_refused(
    world: SmallIndex, vectors: Float32, what: str
) -> None:
    with world.writer() as writer, pytest.raises(EmbeddingError, match=what):
        writer.put_vectors(["text"], vectors.astype(np.float32))


def test_an_index_of_nothing_answers_with_nothing(world: SmallIndex) -> None:
    """A document that was removed leaves an index that can be searched."""
    world.publish(document("/a.txt", ["one word"]))
    world.publish(remove=["/a.txt"])
    snapshot = world.snapshot()
    assert snapshot.generation.chunks == 0
    assert len(snapshot.dense(world.embedder.embed_query("one"), 5, Filter()).chunk_ids) == 0
    assert len(snapshot.lexical("one", 5, Filter()).chunk_ids) == 0


def test_what_came_after_the_faiss_file_is_searched_beside_it(world: SmallIndex) -> None:
    """A small run leaves the file as it is; additions, changes and deletions count all the same."""
    random_world(world, 600, 7)
    folder = world.snapshot().vectors.source.path
    world.embedder = HashingEmbedder("random", DIMENSION)
    vectors = dict(
        zip(["new 1", "new 2"], unit_vectors(np.random.default_rng(8), 2, DIMENSION), strict=True)
    )
    world.publish(
        document("/f1/new.txt", ["new 1", "new 2"]),
        document("/f1/g1/d1.txt", ["new 1"]),
        remove=["/f2/g2/d2.txt"],
        vectors=vectors,
    )
    snapshot, rows = world.snapshot(), every_row(world)
    assert snapshot.vectors.source.path == folder
    assert snapshot.tail_share == pytest.approx((3 + 20) / 600)
    for query in vectors.values():
        for filter in FILTERS:
            ids = snapshot.dense(query, 12, filter).chunk_ids.tolist()
            assert ids == nearest(rows, query, 12, filter)


def test_the_faiss_file_is_rewritten_past_the_stated_share_of_change(world: SmallIndex) -> None:
    """REWRITE_SHARE is 10 %: 10 of 100 chunks are searched beside the file, 11 are not."""
    world.publish(document("/base.txt", [f"word{n}" for n in range(100)]))
    first = world.snapshot().vectors.source.path
    world.publish(document("/more.txt", [f"extra{n}" for n in range(10)]))
    assert world.snapshot().vectors.source.path == first
    world.publish(document("/one.txt", ["another"]))
    snapshot = world.snapshot()
    assert snapshot.vectors.source.path != first
    assert not first.exists()
    assert snapshot.tail_share == 0
    assert len(snapshot.vectors) == 111


def test_search_is_the_same_from_many_threads(world: SmallIndex) -> None:
    """One snapshot, eight threads: everyone gets the answer that one alone gets."""
    from concurrent.futures import ThreadPoolExecutor

    random_world(world, 1000, 11)
    snapshot, rows = world.snapshot(), every_row(world)
    queries = unit_vectors(np.random.default_rng(12), 40, DIMENSION)

    def ask(number: int) -> bool:
        filter = FILTERS[number % len(FILTERS)]
        ids = snapshot.dense(queries[number], 15, filter).chunk_ids.tolist()
        present = snapshot.chunks(ids)
        return set(present) == set(ids) and ids == nearest(rows, queries[number], 15, filter)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(40)))


def test_a_writer_that_was_told_no_embedder_takes_the_indexs_own(world: SmallIndex) -> None:
    world.publish(document("/a.txt", ["one word"]))
    with IndexWriter(world.data) as writer:
        world.stage(writer, document("/b.txt", ["two words"]))
        assert writer.publish({}) == 2
