"""The vector store and its folder, and who else is at work there."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.indexing import InMemoryRecordManager, index

from ingest import Content, ingest
from rag import Assistant, InhouseVectorStore
from rag.errors import (
    EmbeddingError,
    IndexLockedError,
    UsageError,
)
from rag.index import Filter, IndexWriter
from rag.index.maintenance.rollback import rollback
from rag.index.maintenance.verify import verify
from rag.settings import IngestSettings, Settings
from rag.testing import HashingEmbedder
from tests.index.world import SmallIndex
from tests.vectorstore.conftest import open_store


def texts_of(documents: list[Document]) -> list[str]:
    return [document.page_content for document in documents]


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
    store = InhouseVectorStore(store._store.folder, embedder, settings=Settings())
    world = SmallIndex(store._store.folder)
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
    assert [document.id for document in store.similarity_search("leave me here", k=1)] == ["1"]
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
            seen.append({document.id or "" for document in store.similarity_search("alpha", k=99)})

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


def test_a_run_waits_for_another_as_long_as_it_is_told_to(tmp_path: Path) -> None:
    """Until it may write; without waiting it is refused at once."""
    data, settings = tmp_path / "data", Settings.model_validate({"index": {"wait_s": 60}})
    waiting = InhouseVectorStore(data, HashingEmbedder(), settings=settings)
    with IndexWriter(data, HashingEmbedder().identity.to_json()):
        with pytest.raises(IndexLockedError):
            open_store(data).add_texts(["alpha"])
        writing = threading.Thread(target=waiting.add_texts, args=(["alpha"],))
        writing.start()
        writing.join(0.5)
        assert writing.is_alive()
    writing.join()
    assert texts_of(waiting.similarity_search("alpha")) == ["alpha"]


def test_langchain_s_index_keeps_it_up_to_date(store: InhouseVectorStore) -> None:
    """Its function hands over a batch size, finds what is unchanged, and deletes what is gone."""
    record = InMemoryRecordManager("test")
    record.create_schema()

    def index_texts(*texts: str) -> tuple[int, int, int]:
        documents = [Document(text, metadata={"source": text}) for text in texts]
        done = index(
            documents, record, store, batch_size=2, cleanup="full", key_encoder="sha256"
        )  # fmt: skip
        return done["num_added"], done["num_skipped"], done["num_deleted"]

    assert index_texts("alpha", "bravo", "gamma") == (3, 0, 0)
    assert index_texts("alpha", "delta") == (1, 1, 2)
    assert sorted(texts_of(store.similarity_search("alpha", k=9))) == ["alpha", "delta"]


@pytest.mark.parametrize("name", ["tags", "readers"])
def test_a_text_where_a_list_belongs_is_not_taken_for_its_letters(
    store: InhouseVectorStore, name: str
) -> None:
    """Neither where it is added nor in a filter, an asker's tokens, or a program's document."""
    calls = (
        lambda: store.add_texts(["alpha"], **{name: "notice"}),
        lambda: Filter(**{name: "notice"}),
        lambda: Content("wiki:a", "text", **{name: "notice"}).labels,
    )
    for call in calls:
        with pytest.raises(UsageError, match=f"{name} is the text 'notice', not a list"):
            call()


def test_an_asker_is_a_list_of_tokens(store: InhouseVectorStore, tmp_path: Path) -> None:
    store.add_texts(["alpha"])
    assistant = Assistant.open(tmp_path / "data", settings=Settings(), embedder=HashingEmbedder())
    with pytest.raises(UsageError, match="not a list"):
        assistant.for_readers("group:hr")


def test_a_text_longer_than_the_embedder_reads_is_said(
    store: InhouseVectorStore, caplog: pytest.LogCaptureFixture
) -> None:
    longest = HashingEmbedder().identity.max_tokens
    store.add_texts(["word " * longest, "short"])
    assert not caplog.records
    store.add_texts(["word " * (longest + 1), "another"])
    assert f"1 of the texts are longer than the {longest} tokens" in caplog.text
