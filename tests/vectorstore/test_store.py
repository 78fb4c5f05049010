"""The vector store beyond LangChain's own suite: the folder, metadata, filters, and who else is there."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding, Embeddings

from ingest import ingest
from rag import Assistant, Filter, InhouseVectorStore, LangChainEmbedder, reembed
from rag.errors import (
    EmbedderMismatchError,
    EmbeddingError,
    IndexLockedError,
    InhouseError,
    UsageError,
)
from rag.index import IndexWriter
from rag.index.rollback import rollback
from rag.index.verify import verify
from rag.settings import IngestSettings, Settings
from rag.testing import HashingEmbedder
from tests.index.world import World
from tests.vectorstore.conftest import open_store


def texts_of(documents: list[Document]) -> list[str]:
    return [document.page_content for document in documents]


# The folder


def test_what_was_added_is_there_for_whoever_opens_the_folder(
    store: InhouseVectorStore, tmp_path: Path
) -> None:
    """A store and an Assistant of another process would find the same."""
    store.add_texts(["alpha one", "bravo two"], [{"n": 1}, {"title": "Two"}], ids=["1", "2"])
    other = open_store(tmp_path / "data")
    assert other.get_by_ids(["2", "1"]) == [
        Document("bravo two", id="2", metadata={"title": "Two"}),
        Document("alpha one", id="1", metadata={"n": 1}),
    ]
    assistant = Assistant.open(tmp_path / "data", settings=Settings(), embedder=HashingEmbedder())
    (hit,) = assistant.search("bravo", k=1)
    assert (hit.uri, hit.title, hit.text) == ("langchain:2", "Two", "bravo two")


def test_a_call_is_a_generation_and_the_same_again_is_none(store: InhouseVectorStore) -> None:
    """Adding publishes once; what is there already is neither embedded nor written again."""
    embedder = HashingEmbedder()
    store = InhouseVectorStore(store._data_dir, embedder, settings=Settings())
    world = World(store._data_dir)
    store.add_texts(["alpha", "bravo"], ids=["1", "2"])
    store.add_texts(["alpha", "gamma"], ids=["1", "2"])
    assert world.snapshot().generation.id == 2
    assert embedder.texts == ["alpha", "bravo", "gamma"]

    def files() -> dict[str, str]:
        return {n: sha for n, sha in world.files().items() if not n.endswith(("-wal", "-shm"))}

    before = files()
    store.add_texts(["alpha", "gamma"], ids=["1", "2"])
    store.delete(["3"])
    assert store.add_texts([]) == []
    assert files() == before
    assert world.snapshot().generation.id == 2
    store.add_texts(["alpha"], [{"now": "said"}], ids=["1"])
    assert world.snapshot().generation.id == 3
    assert embedder.texts == ["alpha", "bravo", "gamma"]


def test_it_is_an_index_like_any_other(store: InhouseVectorStore, tmp_path: Path) -> None:
    """It verifies in full, and rolls back; then adding brings the newer state back, unembedded."""
    store.add_texts(["alpha", "bravo"], ids=["1", "2"])
    store.add_texts(["gamma"], ids=["1"])
    store.delete(["2"])
    assert verify(tmp_path / "data", full=True).ok
    rollback(tmp_path / "data", 1)
    assert texts_of(store.get_by_ids(["1", "2"])) == ["alpha", "bravo"]
    embedder = HashingEmbedder()
    again = InhouseVectorStore(tmp_path / "data", embedder, settings=Settings())
    again.add_texts(["gamma"], ids=["1"])
    assert texts_of(again.get_by_ids(["1", "2"])) == ["gamma", "bravo"]
    assert embedder.texts == []
    assert verify(tmp_path / "data", full=True).ok


def test_looking_into_a_folder_without_an_index_makes_none(tmp_path: Path) -> None:
    store = open_store(tmp_path / "data")
    assert store.similarity_search("alpha") == []
    assert store.max_marginal_relevance_search("alpha") == []
    assert store.get_by_ids(["1"]) == []
    assert store.delete(["1"])
    assert store.delete()
    assert not (tmp_path / "data").exists()


def test_what_fails_while_embedding_adds_nothing(tmp_path: Path) -> None:
    class Failing(DeterministicFakeEmbedding):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            if "bad" in texts:
                raise ConnectionError("no route")
            return super().embed_documents(texts)

    store = InhouseVectorStore(tmp_path, Failing(size=4), settings=Settings())
    store.add_texts(["good"], ids=["1"])
    with pytest.raises(EmbeddingError, match="Failing failed: no route") as caught:
        store.add_texts(["fine", "bad"], ids=["1", "2"])
    assert isinstance(caught.value.__cause__, ConnectionError)
    assert store.get_by_ids(["1", "2"]) == [Document("good", id="1")]


# Beside others


def test_files_and_added_texts_live_in_one_index(store: InhouseVectorStore, tmp_path: Path) -> None:
    """Each side finds both, and neither takes the other's away."""
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "leave.md").write_text("# Leave\n\nParental leave is 16 weeks.\n")
    store.add_texts(["leave me here"], ids=["1"])

    def run() -> None:
        settings = Settings(ingest=IngestSettings(max_delete=1))
        ingest([docs], data_dir=tmp_path / "data", embedder=HashingEmbedder(), settings=settings)

    run()
    assert [each.id for each in store.similarity_search("leave me here", k=1)] == ["1"]
    (passage,) = store.similarity_search("Parental leave is 16 weeks.", k=1)
    assert passage.id == f"file://{docs}/leave.md#0"
    assert passage.metadata["source"] == str(docs / "leave.md")
    text = (docs / "leave.md").read_text()
    assert text[passage.metadata["start"] : passage.metadata["end"]] == passage.page_content
    assert store.get_by_ids([passage.id, "1"])[0] == passage
    for refused in (store.delete, lambda ids: store.add_texts(["x"], ids=ids)):
        with pytest.raises(UsageError, match="which only ingest changes"):
            refused([passage.id])
    assert store.delete()
    assert store.get_by_ids(["1"]) == []
    assert store.get_by_ids([passage.id]) == [passage]
    store.add_texts(["leave me here"], ids=["1"])
    (docs / "leave.md").unlink()
    run()
    assert store.get_by_ids([passage.id, "1"]) == [Document("leave me here", id="1")]


def test_threads_may_add_and_search_at_once(store: InhouseVectorStore) -> None:
    """Twelve calls at once, each whole; searches meanwhile see whole calls only."""
    store.add_texts(["alpha", "alpha"], ids=["a0", "b0"])
    seen: list[set[str]] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            seen.append({each.id or "" for each in store.similarity_search("alpha", k=99)})

    thread = threading.Thread(target=look)
    thread.start()

    async def add() -> None:
        calls = (store.aadd_texts(["alpha", "alpha"], ids=[f"a{n}", f"b{n}"]) for n in range(1, 12))
        await asyncio.gather(*calls)

    asyncio.run(add())
    stop.set()
    thread.join()
    assert len(store.similarity_search("alpha", k=99)) == 24
    assert seen
    for ids in seen:
        assert {name.replace("a", "b") for name in ids} == {name for name in ids if "b" in name}


def test_a_run_elsewhere_keeps_writers_out_and_readers_in(
    store: InhouseVectorStore, tmp_path: Path
) -> None:
    store.add_texts(["alpha"], ids=["1"])
    with IndexWriter(tmp_path / "data"):
        with pytest.raises(IndexLockedError):
            store.add_texts(["bravo"])
        with pytest.raises(IndexLockedError):
            store.delete(["1"])
        assert texts_of(store.similarity_search("bravo")) == ["alpha"]


# Metadata

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


# Filters


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
        wanted = min(k, len(expected))
        found = [each.id for each in filled.similarity_search("alpha", k, filter=filter)]
        assert len(found) == wanted
        assert set(found) <= set(expected)
    vector = HashingEmbedder().embed_query("alpha").tolist()
    for found_by in (
        filled.similarity_search_by_vector(vector, 8, filter=filter),
        filled.max_marginal_relevance_search("alpha", 8, filter=filter),
        [each for each, _ in filled.similarity_search_with_score("alpha", 8, filter=filter)],
        filled.as_retriever(search_kwargs={"k": 8, "filter": filter}).invoke("alpha"),
    ):
        assert {each.id for each in found_by} == set(expected)


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


# Scores


def test_scores_are_cosines_best_first_and_ties_by_age(store: InhouseVectorStore) -> None:
    """ "ab" is at position 3, "b" at 2, "c" at 3: "ab b" and "c b" are (0,0,1,1)/√2, "ab" is (0,0,0,1)."""
    store.add_texts(["ab b", "b", "ab", "c b"], ids=["1", "2", "3", "4"])
    found = store.similarity_search_with_score("ab", 4)
    assert [each.id for each, _ in found] == ["3", "1", "4", "2"]
    assert [score for _, score in found] == pytest.approx([1, 2**-0.5, 2**-0.5, 0], abs=1e-3)
    vector = 7 * HashingEmbedder().embed_query("ab")
    assert store.similarity_search_with_score_by_vector(vector.tolist(), 4) == found
    relevance = store.similarity_search_with_relevance_scores("ab", 4)
    assert [score for _, score in relevance] == pytest.approx(
        [(1 + score) / 2 for _, score in found]
    )
    assert len(store.similarity_search_with_relevance_scores("ab", 4, score_threshold=0.8)) == 3


def test_marginal_relevance_prefers_what_differs(store: InhouseVectorStore) -> None:
    store.add_texts(["ab b", "ab b ", "ab d"], ids=["1", "2", "3"])
    near = store.max_marginal_relevance_search("ab b", 2, lambda_mult=1.0)
    assert [each.id for each in near] == ["1", "2"]
    varied = store.max_marginal_relevance_search("ab b", 2, lambda_mult=0.1)
    assert [each.id for each in varied] == ["1", "3"]


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


# Embedders


def test_any_langchain_embedder_serves_the_whole_program(tmp_path: Path) -> None:
    """`ingest`, `Assistant`, the store and `reembed` take it as it is."""
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "leave.md").write_text("# Leave\n\nParental leave is 16 weeks.\n")
    embeddings = DeterministicFakeEmbedding(size=12)
    report = ingest([docs], data_dir=tmp_path / "data", embedder=embeddings, settings=Settings())
    assert (report.added, report.chunks_embedded) == (1, 1)
    assistant = Assistant.open(tmp_path / "data", embedder=embeddings, settings=Settings())
    assert assistant.search("leave")[0].uri == str(docs / "leave.md")
    assert InhouseVectorStore(tmp_path / "data", embeddings).similarity_search("leave")
    other = DeterministicFakeEmbedding(size=20)
    with pytest.raises(EmbedderMismatchError, match=r"dimension 12\), not with .*rag\.reembed"):
        Assistant.open(tmp_path / "data", embedder=other, settings=Settings())
    assert reembed(tmp_path / "data", other).embedded == 1
    assert Assistant.open(tmp_path / "data", embedder=other, settings=Settings()).search("leave")


def test_a_store_that_is_open_notices_another_embedder(tmp_path: Path) -> None:
    """Vectors of one embedder are never compared with those of another, of the same length or not."""
    store = InhouseVectorStore(tmp_path, HashingEmbedder("one"), settings=Settings())
    store.add_texts(["alpha"])
    assistant = Assistant.open(tmp_path, embedder=HashingEmbedder("one"), settings=Settings())
    assert assistant.search("alpha")
    reembed(tmp_path, HashingEmbedder("two"))
    for refused in (
        lambda: store.similarity_search("alpha"),
        lambda: store.add_texts(["bravo"]),
        lambda: assistant.search("alpha"),
        lambda: assistant.ask("alpha"),
    ):
        with pytest.raises(EmbedderMismatchError, match="embedder two, not with one"):
            refused()


class Strange(Embeddings):
    """Gives what it is told to."""

    def __init__(self, documents: Any, query: Any) -> None:
        self.documents, self.query = documents, query

    def embed_documents(self, texts: list[str]) -> Any:
        return self.documents

    def embed_query(self, text: str) -> Any:
        return self.query


@pytest.mark.parametrize(
    "embeddings",
    [
        Strange([[1.0, 0.0]], [1.0, 0.0, 0.0]),
        Strange([[1.0, 0.0], [0.0, 1.0]], [1.0, 0.0]),
        Strange([[0.0, 0.0]], [1.0, 0.0]),
        Strange([[float("nan"), 0.0]], [1.0, 0.0]),
        Strange([], [1.0, 0.0]),
        Strange(None, [1.0, 0.0]),
        Strange([[1.0, 0.0], [1.0]], [1.0, 0.0]),
        Strange([["x", "y"]], [1.0, 0.0]),
        Strange([[1.0, 0.0]], []),
        Strange([[1.0, 0.0]], 7),
    ],
)
def test_an_embedder_that_gives_something_else_is_refused(
    tmp_path: Path, embeddings: Strange
) -> None:
    store = InhouseVectorStore(tmp_path, embeddings, settings=Settings())
    with pytest.raises(InhouseError, match="embedder"):
        store.add_texts(["alpha"])


def test_an_embedder_s_name_says_its_model() -> None:
    class Named(DeterministicFakeEmbedding):
        model: str = "small-3"

    assert LangChainEmbedder(Named(size=3)).identity.name == "Named:small-3"
    assert LangChainEmbedder(DeterministicFakeEmbedding(size=3)).identity.dimension == 3
    given = LangChainEmbedder(Strange(None, None), name="mine", dimension=8, max_tokens=99)
    assert (given.identity.name, given.identity.dimension) == ("mine", 8)
    assert given.identity != LangChainEmbedder(Strange(None, None), name="my", dimension=8).identity


def test_tokens_are_estimated_for_an_embedder_without_a_tokenizer() -> None:
    """ "Overtime" is 2 tokens of four letters, "is", "paid", "." and each of 東京 one."""
    embedder = LangChainEmbedder(DeterministicFakeEmbedding(size=3))
    assert len(embedder.tokenizer.encode("Overtime is paid. 東京").ids) == 7
