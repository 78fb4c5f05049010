"""LangChain's own standard suites, over an index in each kind of store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langchain_tests.integration_tests import (
    RetrieversIntegrationTests,
    VectorStoreIntegrationTests,
)

from rag import Assistant, InhouseVectorStore
from rag.langchain.retriever import InhouseRetriever
from rag.settings import Settings


class TestStoredVectors(VectorStoreIntegrationTests):
    """Adding, replacing, deleting and finding, each also with `await`."""

    @pytest.fixture
    def vectorstore(self, location: str | Path, tmp_path: Path) -> InhouseVectorStore:
        settings = Settings(data=tmp_path / "beside")
        return InhouseVectorStore(location, self.get_embeddings(), settings=settings)


class TestStoredRetriever(RetrieversIntegrationTests):
    """`Assistant.as_retriever`, whose index a vector store filled."""

    @pytest.fixture(autouse=True)
    def _index(self, location: str | Path, tmp_path: Path) -> None:
        embeddings = VectorStoreIntegrationTests.get_embeddings()
        settings = Settings(data=tmp_path / "beside")
        texts = [f"passage number {number}" for number in range(6)]
        InhouseVectorStore.from_texts(
            texts, embeddings, data_dir=location, settings=settings, ids=list("abcdef")
        )
        self.assistant = Assistant.open(location, settings=settings, embedder=embeddings)

    @property
    def retriever_constructor(self) -> type[InhouseRetriever]:
        return InhouseRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"assistant": self.assistant}

    @property
    def retriever_query_example(self) -> str:
        return "passage number 3"
