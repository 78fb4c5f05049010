"""Filters and scores of the vector store."""

from __future__ import annotations

from typing import Any

import pytest

from rag import Filter, InhouseVectorStore
from rag.errors import (
    EmbeddingError,
    UsageError,
)
from rag.testing import HashingEmbedder


@pytest.fixture
def filled(store: InhouseVectorStore) -> InhouseVectorStore:
    """Eight texts; `n` is their number, `kind` that of 0 to 3 and of 4 to 7, every second has a `half`."""
    for first, tags, readers in ((0, ("low",), ("hr",)), (4, ("high", "it"), ("*",))):
        store.add_texts(
            [f"alpha w{n}" for n in range(first, first + 4)],
            [
                {"n": n, "kind": tags[0], "odd": bool(n % 2)} | ({"half": None} if n % 2 else {})
                for n in range(first, first + 4)
            ],
            ids=[str(n) for n in range(first, first + 4)],
            tags=tags,
            readers=readers,
        )
    return store


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        (None, "01234567"),
        (Filter(), "01234567"),
        (Filter(tags=("low",)), "0123"),
        (Filter(tags=("it", "none")), "4567"),
        (Filter(readers=frozenset({"hr"})), "01234567"),
        (Filter(readers=frozenset({"it"})), "4567"),
        (Filter(readers=frozenset()), ""),
        (Filter(modified_from=0), "01234567"),
        (Filter(modified_until=0), ""),
        (Filter(folders=("/",)), ""),
        (Filter(document_ids=tuple(range(3, 200_000))), "234567"),
        ({}, "01234567"),
        ({"kind": "low"}, "0123"),
        ({"kind": ["low", "high"], "n": [0, 7, 9]}, "07"),
        ({"n": 2.0}, "2"),
        ({"odd": True}, "1357"),
        ({"odd": 1}, ""),
        ({"n": True}, ""),
        ({"half": None}, "1357"),
        ({"kind": []}, ""),
        ({"$.kind": "low"}, ""),
        ({"kind": "' OR TRUE --"}, ""),
    ],
)
def test_filters_act_inside_the_search(
    filled: InhouseVectorStore, filter: Any, expected: str
) -> None:
    """However few pass, they are all found; so with every kind of search."""
    for k in (8, 3):
        expected_count = min(k, len(expected))
        ids = [document.id for document in filled.similarity_search("alpha", k, filter=filter)]
        assert len(ids) == expected_count
        assert set(ids) <= set(expected)
    vector = HashingEmbedder().embed_query("alpha").tolist()
    for found_by in (
        filled.similarity_search_by_vector(vector, 8, filter=filter),
        filled.max_marginal_relevance_search("alpha", 8, filter=filter),
        [
            document
            for document, _ in filled.similarity_search_with_score("alpha", 8, filter=filter)
        ],
        filled.as_retriever(search_kwargs={"k": 8, "filter": filter}).invoke("alpha"),
    ):
        assert {document.id for document in found_by} == set(expected)


@pytest.mark.parametrize("filter", [{"n": {"$gt": 3}}, {7: "x"}, {"n": [[1]]}, "kind=low"])
def test_a_filter_that_is_not_understood_is_refused(
    filled: InhouseVectorStore, filter: Any
) -> None:
    """Not passed over: it may have kept something from someone."""
    with pytest.raises(UsageError):
        filled.similarity_search("alpha", filter=filter)


def test_an_argument_that_is_not_known_is_refused(filled: InhouseVectorStore) -> None:
    for refused in (
        lambda: filled.similarity_search("alpha", where={"n": 1}),
        lambda: filled.max_marginal_relevance_search("alpha", filters={"n": 1}),
        lambda: filled.delete(["1"], namespace="x"),
    ):
        with pytest.raises(UsageError, match="no such argument"):
            refused()


def test_scores_are_cosines_best_first_and_ties_by_age(store: InhouseVectorStore) -> None:
    """ "ab" is at position 3, "b" at 2, "c" at 3: "ab b" and "c b" are (0,0,1,1)/√2, "ab" is (0,0,0,1)."""
    store.add_texts(["ab b", "b", "ab", "c b"], ids=["1", "2", "3", "4"])
    results = store.similarity_search_with_score("ab", 4)
    assert [document.id for document, _ in results] == ["3", "1", "4", "2"]
    assert [score for _, score in results] == pytest.approx([1, 2**-0.5, 2**-0.5, 0], abs=1e-3)
    vector = 7 * HashingEmbedder().embed_query("ab")
    assert store.similarity_search_with_score_by_vector(vector.tolist(), 4) == results
    relevance = store.similarity_search_with_relevance_scores("ab", 4)
    assert [score for _, score in relevance] == pytest.approx(
        [(1 + score) / 2 for _, score in results]
    )
    assert len(store.similarity_search_with_relevance_scores("ab", 4, score_threshold=0.8)) == 3


def test_marginal_relevance_prefers_what_differs(store: InhouseVectorStore) -> None:
    store.add_texts(["ab b", "ab b ", "ab d"], ids=["1", "2", "3"])
    near = store.max_marginal_relevance_search("ab b", 2, lambda_mult=1.0)
    assert [document.id for document in near] == ["1", "2"]
    varied = store.max_marginal_relevance_search("ab b", 2, lambda_mult=0.1)
    assert [document.id for document in varied] == ["1", "3"]


@pytest.mark.parametrize("vector", [[0.0] * 16, [1.0] * 15, [float("nan")] * 16, []])
def test_a_vector_that_has_no_direction_in_this_index_is_refused(
    filled: InhouseVectorStore, vector: list[float]
) -> None:
    with pytest.raises(EmbeddingError):
        filled.similarity_search_by_vector(vector)


def test_a_negative_k_is_refused_and_none_gives_none(filled: InhouseVectorStore) -> None:
    with pytest.raises(UsageError, match="k is -1"):
        filled.similarity_search("alpha", -1)
    assert filled.similarity_search("alpha", 0) == []
    assert filled.max_marginal_relevance_search("alpha", 0) == []
