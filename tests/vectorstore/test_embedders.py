"""Any LangChain embedder in front of the index."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding, Embeddings

from ingest import ingest
from rag import Assistant, InhouseVectorStore, LangChainEmbedder, reembed
from rag.errors import (
    EmbedderMismatchError,
    InhouseError,
)
from rag.settings import Settings
from rag.testing import HashingEmbedder


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
