"""One generation of an index in PostgreSQL, open for search.

An index of the server proposes, the catalogue decides: each candidate is joined with its document, under the
filter and in the generation, in the statement that finds it. A fault of an index can cost recall; it can show
nobody what they may not read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rag.index.catalog.rows import Generation
from rag.index.filter import Filter
from rag.index.postgres import views
from rag.index.postgres.database import ReadConnections
from rag.index.postgres.generation_rows import GenerationRows
from rag.index.postgres.vector_search import VectorSearch
from rag.index.postgres.word_search import WordSearch
from rag.index.search.analysis import shared_words
from rag.index.search.lexical import PermittedWords
from rag.index.search.vectors import Candidates, Float32


class PostgresSnapshot(GenerationRows):
    """Generation g of an index in PostgreSQL: it answers for exactly that state, while the index keeps it.

    Safe to share between threads.
    """

    def __init__(
        self,
        connections: ReadConnections,
        generation: Generation,
        identity: dict[str, Any],
        index_id: str,
    ) -> None:
        """`index_id` tells this index from every other one."""
        super().__init__(connections, generation, identity, index_id)
        self._vectors, self._words = VectorSearch(self), WordSearch(self)
        self.languages = self._words.languages

    def dense(self, query: Float32, k: int, filter: Filter) -> Candidates:
        """The k permitted chunks nearest to the query: (dimension,) float32, L2-normalised.

        Raises EmbeddingError for what is no such vector.
        """
        return self._vectors.dense(query, k, filter)

    def lexical(self, query: str, k: int, filter: Filter) -> Candidates:
        """The k permitted chunks that share most with the words of the query.

        The query is plain text: nothing in it is an operator.
        """
        return self._words.lexical(query, k, filter)

    def documents_with_words(self, words: Iterable[str], filter: Filter) -> frozenset[int]:
        """Ids of the permitted documents that hold each of these words in one of their chunks."""
        return self._words.documents_with_words(words, filter)

    def documents_with_stem(self, word: str, filter: Filter) -> frozenset[int]:
        """Ids of the permitted documents that hold a form of the word, by its stem in their language."""
        return self._words.documents_with_stem(word, filter)

    def known_words(self, filter: Filter) -> PermittedWords:
        """The words of the documents that an asker with this filter may read."""
        return PermittedWords(self.languages, self._words.statistics_of(filter.access()))

    def shared_words(self, query: str, text: str) -> tuple[str, ...]:
        """The words of the query for which the lexical half finds this text."""
        return shared_words(query, text, self.languages)

    def file_list(self, filter: Filter) -> views.PostgresFileList:
        """The documents and the ledger, to be listed for whoever has this filter."""
        return views.PostgresFileList(self, filter)

    def document_view(self, filter: Filter) -> views.PostgresDocumentView:
        """The documents, to be opened by whoever has this filter."""
        return views.PostgresDocumentView(self, filter)
