"""Inhouse where LangChain people expect it."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from rag.hit import Hit
from rag.index import Filter


@runtime_checkable
class Searcher(Protocol):
    """What a retriever needs of an `Assistant`."""

    def search(self, query: str, *, k: int = 8, filter: Filter | None = None) -> list[Hit]:
        """The k best passages for `query`, best first."""
        ...


class InhouseRetriever(BaseRetriever):
    """A LangChain retriever over an Inhouse index; `metadata` holds a `Hit` without its text.

    `k` can be given to `invoke` as well; `filter` cannot, since it may be what the asker may see.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    assistant: Searcher
    k: int = 8
    filter: Filter | None = None

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,
        k: int | None = None,
    ) -> list[Document]:
        hits = self.assistant.search(query, k=self.k if k is None else k, filter=self.filter)
        return [
            Document(
                page_content=hit.text,
                metadata={
                    **hit.metadata,
                    "source": hit.uri,
                    **hit.model_dump(exclude={"text"}, mode="json"),
                },
            )
            for hit in hits
        ]
