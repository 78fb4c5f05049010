"""What is said of a text comes back as it was, and a call that makes no sense is refused."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_core.documents import Document

from rag import InhouseVectorStore
from rag.errors import (
    UsageError,
)
from tests.vectorstore.conftest import open_store

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False,
    allow_infinity=False) | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@pytest.fixture(scope="module")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> InhouseVectorStore:
    return open_store(tmp_path_factory.mktemp("shared") / "data")


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    metadata=st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), json_values),
    name=st.text(st.characters(codec="utf-8"), min_size=1, max_size=12),
    text=st.text(st.characters(codec="utf-8"), max_size=30),
)
def test_metadata_id_and_text_come_back_as_they_were(
    shared_store: InhouseVectorStore, metadata: dict[str, Any], name: str, text: str
) -> None:
    """For whatever JSON can say and UTF-8 can write: by id, and as the result of a search."""
    shared_store.add_texts([text], [metadata], ids=[name])
    expected = Document(text, id=name, metadata=metadata)
    assert shared_store.get_by_ids([name]) == [expected]
    assert expected in shared_store.similarity_search(text, k=1000)


@pytest.mark.parametrize(
    ("metadata", "what"),
    [
        ({"at": dt.date(2026, 1, 1)}, "not JSON serializable"),
        ({"n": float("nan")}, "not JSON compliant"),
        ({"v": np.float32(1)}, "not JSON serializable"),
    ],
)
def test_metadata_that_json_cannot_say_is_refused(
    store: InhouseVectorStore, metadata: dict[str, Any], what: str
) -> None:
    with pytest.raises(UsageError, match=f"metadata of seven cannot be kept.*{what}"):
        store.add_texts(["alpha"], [metadata], ids=["seven"])
    assert store.similarity_search("alpha") == []


@pytest.mark.parametrize(
    "arguments",
    [
        {"texts": ["a", "b"], "ids": ["1"]},
        {"texts": ["a"], "metadatas": [{}, {}]},
        {"texts": ["a"], "ids": [7]},
        {"texts": ["a\ud800"]},
        {"texts": ["a"], "ids": ["\udfff"]},
        {"texts": [None]},
        {"texts": ["a"], "namespace": "x"},
    ],
)
def test_calls_that_make_no_sense_are_refused_in_one_sentence(
    store: InhouseVectorStore, arguments: dict[str, Any]
) -> None:
    """A ValueError, as LangChain says, and nothing is added."""
    with pytest.raises(UsageError) as caught:
        store.add_texts(**arguments)
    assert isinstance(caught.value, ValueError)
    assert "\n" not in str(caught.value)
    assert store.similarity_search("a") == []


def test_of_one_id_given_twice_the_last_counts(store: InhouseVectorStore) -> None:
    assert store.add_texts(["alpha", "bravo"], ids=["1", "1"]) == ["1", "1"]
    assert store.get_by_ids(["1", "1"]) == [Document("bravo", id="1")]
