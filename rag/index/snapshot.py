"""One generation of the index, open for search."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw
import numpy as np

from rag.errors import EmbeddingError, IndexDamagedError, UsageError
from rag.index.catalog import database, lookup, rows, vector_rows
from rag.index.filter import Filter
from rag.index.identity import check_embedder
from rag.index.search.analysis import shared_words
from rag.index.search.lexical import LexicalIndex, PermittedWords
from rag.index.search.row_sets import RowMask
from rag.index.search.vectors import (
    Batch,
    Candidates,
    ExactVectors,
    Float32,
    Int64,
    VectorIndex,
)
from rag.index.views.documents import (
    FolderDocumentView,
    ListedDocument,
    find_present,
    list_documents,
    page_at,
)
from rag.index.views.files import FolderFileList
from rag.index.views.inventory import (
    ChunkPositions,
    DocumentRecord,
    list_records,
    read_positions,
    read_texts,
)

_KEPT_FILTERS = 64
_KEPT_BEGINNINGS = 4096
_ABOUT_EMBEDDER = "Look at the embedder that made it: inhouse doctor"
_Masks = tuple[RowMask | None, RowMask | None]
"""What passes in the vector structure, and beside it; None: all."""


class FolderSnapshot:
    """Generation g: it answers for exactly that state, while the catalogue keeps it.

    Rows of the vector structure that are not in g are masked; chunks of g that it does not hold yet are
    searched beside it. The lexical structure is always g's own. Safe to share between threads.
    `embedder` is the identity of the embedder whose vectors it holds.
    """

    def __init__(
        self,
        path: Path,
        connection: apsw.Connection,
        generation: rows.Generation,
        vectors: VectorIndex,
        lexical: LexicalIndex,
    ) -> None:
        self.generation = generation
        self.embedder = rows.read_embedder_identity(connection, generation.embedder_id)
        self._path = path
        self._local = threading.local()
        self.vectors, self._lexical = vectors, lexical
        changed = rows.difference(connection, vectors.source.stamp.origin.generation, generation.id)
        gone = np.isin(vectors.document_ids, changed.removed) if len(changed.removed) else None
        self._alive: RowMask | None = None if gone is None else RowMask(~gone)
        self._tail = _Tail.of(
            vector_rows.read_vector_batches(connection, generation, changed.added),
            vectors.dimension,
        )
        count = self._count_alive() + len(self._tail.chunk_ids)
        if not count == len(lexical) == generation.chunks:
            raise IndexDamagedError(
                f"Generation {generation.id} has {generation.chunks} chunks; {count} of them have "
                f"vectors and {len(lexical)} have words.",
                hint="Mend it with: inhouse verify",
            )
        self._masks: dict[Filter, _Masks] = {}
        self._beginnings: dict[int, str] = {}
        self._lock = threading.Lock()

    def _count_alive(self) -> int:
        return len(self.vectors) if self._alive is None else self._alive.count

    @property
    def tail_share(self) -> float:
        """Share of the chunks that are searched beside the vector structure, or masked in it."""
        masked = len(self.vectors) - self._count_alive()
        return (len(self._tail.chunk_ids) + masked) / max(1, len(self.vectors))

    def check_embedder(self, identity: Mapping[str, Any]) -> None:
        """Raise EmbedderMismatchError unless this embedder made the generation's vectors."""
        check_embedder(self._path.parent, self.embedder, identity)

    def dense(self, query: Float32, k: int, filter: Filter) -> Candidates:
        """The k chunks nearest to the query vector among those that pass the filter.

        `query`: (dimension,) float32, L2-normalised. Raises EmbeddingError for what is no such vector.
        """
        check_k(k)
        query = np.ascontiguousarray(query, np.float32)
        if query.shape != (self.vectors.dimension,):
            raise EmbeddingError(
                f"The query's vector has the shape {query.shape}, not {(self.vectors.dimension,)}.",
                hint=_ABOUT_EMBEDDER,
            )
        if not np.isfinite(query).all():
            raise EmbeddingError(
                "The query's vector has a value that is not finite.", hint=_ABOUT_EMBEDDER
            )
        in_file, in_tail = self._mask(filter)

        def load(vector_ids: Int64) -> Float32:
            with self._reading() as connection:
                return vector_rows.load_vectors(connection, self.generation, vector_ids)

        candidates = self.vectors.search(query, k, permitted=in_file, load_vectors=load)
        tail = self._tail
        if not len(tail.chunk_ids):
            return candidates
        beside = tail.vectors.search(query, k, in_tail)
        chunk_ids = np.concatenate([candidates.chunk_ids, beside.chunk_ids])
        scores = np.concatenate([candidates.scores, beside.scores])
        order = np.lexsort((chunk_ids, -scores))[:k]
        return Candidates(chunk_ids[order], scores[order])

    def lexical(self, query: str, k: int, filter: Filter) -> Candidates:
        """The k chunks that share most with the words of the query, among those that pass."""
        check_k(k)
        # Where all of the generation passes, to test each chunk takes longer than the search itself.
        needed = Filter() if self._mask(filter)[0] is self._alive else filter
        return self._lexical.search(query, k, self._for_words(needed))

    def documents_with_words(self, words: Iterable[str], filter: Filter) -> frozenset[int]:
        """Ids of the documents that pass the filter and hold each of these words, as they stand.

        `words` as `rag.index.words.plain_words` makes them.
        """
        return self._lexical.documents_with_words(words, self._for_words(filter))

    def documents_with_stem(self, word: str, filter: Filter) -> frozenset[int]:
        """Ids of the documents that pass the filter and hold a form of the word, in their language."""
        return self._lexical.documents_with_stem(word, self._for_words(filter))

    def known_words(self, filter: Filter) -> PermittedWords:
        """The words of the documents that an asker with this filter may read."""
        return self._lexical.known_words(filter)

    def shared_words(self, query: str, text: str) -> tuple[str, ...]:
        """The words of the query for which the lexical half finds this text."""
        return shared_words(query, text, self._lexical.languages)

    def _for_words(self, filter: Filter) -> Filter:
        """The filter as the lexical index understands it, which does not know what is said of documents."""
        if not filter.has_metadata:
            return filter
        return filter.limited_to(tuple(self.document_ids(filter).tolist()))

    def count(self, filter: Filter) -> Count:
        """How many documents and chunks pass the filter."""
        if filter.is_empty:
            return Count(self.generation.documents, self.generation.chunks)
        in_file, in_tail = self._mask(filter)
        chunks = len(self.vectors) if in_file is None else in_file.count
        chunks += len(self._tail.chunk_ids) if in_tail is None else in_tail.count
        return Count(len(self.document_ids(filter)), chunks)

    def chunks(self, chunk_ids: Iterable[int]) -> dict[int, rows.ChunkRow]:
        """The rows of these chunks, by id."""
        with self._reading() as connection:
            return rows.chunk_rows(connection, self.generation.id, chunk_ids)

    def neighbours(
        self, chunk_ids: Iterable[int], reach: int
    ) -> dict[tuple[int, int], rows.ChunkSummary]:
        """These chunks and those up to `reach` places around them, by (document id, place)."""
        with self._reading() as connection:
            return rows.neighbours(connection, self.generation.id, chunk_ids, reach)

    def names(self, document_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
        """Uri and title of these documents, by id."""
        with self._reading() as connection:
            return rows.names(connection, document_ids)

    def find(self, uris: Iterable[str]) -> dict[tuple[str, int], int]:
        """Chunk ids of the documents with these uris, by (uri, place in the document)."""
        with self._reading() as connection:
            return lookup.find_chunks(connection, self.generation.id, uris)

    def metadata(self, document_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
        """What is said of these documents, by id."""
        with self._reading() as connection:
            return lookup.read_metadata(connection, document_ids)

    def beginnings(self, document_ids: Iterable[int]) -> dict[int, str]:
        """How the texts of these documents begin, by id. Read once: a generation's documents stay."""
        asked_for, known = set(document_ids), self._beginnings
        texts = {document: known[document] for document in asked_for & known.keys()}
        if missing := asked_for - texts.keys():
            with self._reading() as connection:
                read = lookup.read_beginnings(connection, missing)
            texts |= {document: read.get(document, "") for document in missing}
            self._beginnings = texts if len(known) > _KEPT_BEGINNINGS else known | texts
        return texts

    def given_metadata(self, document_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
        """What whoever put these documents said of them, by id; others are missing from the result."""
        with self._reading() as connection:
            return lookup.read_given_metadata(connection, document_ids)

    def stored_vectors(self, chunk_ids: Sequence[int]) -> Float32:
        """The vectors of these chunks, in their order: (n, dimension) float32."""
        with self._reading() as connection:
            return lookup.read_vectors(connection, self.generation, chunk_ids)

    @property
    def path(self) -> Path:
        """The catalogue's file."""
        return self._path

    def slice(self, document_id: int, start: int, end: int) -> str:
        """Characters `start` to `end` of a document of this generation."""
        with self._reading() as connection:
            return rows.read_document_slice(connection, document_id, start, end)

    def document_ids(self, filter: Filter | None = None) -> Int64:
        """Ids of the documents of this generation that pass the filter, ascending."""
        with self._reading() as connection:
            return rows.documents(connection, self.generation.id, filter or Filter())

    def chunk_texts(self, document_id: int) -> dict[int, str]:
        """The text of each chunk of a document of this generation, by chunk id, in order."""
        with self._reading() as connection:
            return rows.chunk_texts(connection, document_id)

    def text(self, document_id: int) -> str:
        """The whole text of a document of this generation."""
        with self._reading() as connection:
            return rows.read_document_text(connection, document_id)

    def file_list(self, filter: Filter) -> FolderFileList:
        """The documents and the ledger, to be listed for whoever has this filter."""
        return FolderFileList(self, filter)

    def document_view(self, filter: Filter) -> FolderDocumentView:
        """The documents, to be opened by whoever has this filter."""
        return FolderDocumentView(self, filter)

    def list_documents(self) -> list[ListedDocument]:
        """Every document, whoever may read it, in order of URI."""
        return list_documents(self)

    def list_records(self, filter: Filter) -> list[DocumentRecord]:
        """The documents that pass the filter, with their labels, in order of URI."""
        return list_records(self, filter)

    def find_present(self, uris: Iterable[str], filter: Filter) -> frozenset[str]:
        """Those of these documents that are there and pass the filter."""
        return find_present(self, uris, filter)

    def read_texts(self, document_ids: Iterable[int]) -> Iterator[tuple[int, str]]:
        """Id and whole text of these documents, in the order of their ids."""
        return read_texts(self, document_ids)

    def read_positions(self, document_id: int) -> ChunkPositions:
        """Where the chunks of a document stand, in order."""
        return read_positions(self, document_id)

    def page_at(self, document_id: int, position: int) -> int | None:
        """The 1-based page on which a character of a document stands; None where it has no pages."""
        return page_at(self, document_id, position)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[apsw.Connection]:
        """Reading rows of the catalogue. Raises GenerationGoneError if they were let go of meanwhile."""
        connection = self.connection()
        with database.map_errors(self._path):
            try:
                yield connection
            finally:
                # Afterwards: if it is kept now, it was when the rows were read.
                rows.require_kept(connection, self.generation)

    def connection(self) -> apsw.Connection:
        """This thread's own read-only connection."""
        connection: apsw.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = database.connect(self._path)
        return connection

    def _mask(self, filter: Filter) -> _Masks:
        with self._lock:
            if filter not in self._masks:
                while len(self._masks) >= _KEPT_FILTERS:
                    del self._masks[next(iter(self._masks))]
                self._masks[filter] = self._make_mask(filter)
            return self._masks[filter]

    def _make_mask(self, filter: Filter) -> _Masks:
        """What passes in the vector structure and beside it; `_alive` itself if that is everything."""
        if filter.is_empty:
            return self._mask_of_all()
        with self._reading() as connection:
            documents = rows.documents(connection, self.generation.id, filter)
        if len(documents) == self.generation.documents:
            return self._mask_of_all()
        in_file, in_tail = self.vectors.document_ids, self._tail.document_ids
        highest = max(int(ids.max(initial=0)) for ids in (in_file, in_tail, documents))
        passes = np.zeros(highest + 1, np.bool_)
        passes[documents] = True
        return RowMask(passes[in_file]), RowMask(passes[in_tail])

    def _mask_of_all(self) -> _Masks:
        return self._alive, None


@dataclass(frozen=True, slots=True)
class Count:
    """How much of the index somebody may see."""

    documents: int
    chunks: int


@dataclass(frozen=True, slots=True)
class _Tail:
    """Chunks that the vector structure does not hold yet."""

    chunk_ids: Int64
    document_ids: Int64
    vectors: ExactVectors

    @classmethod
    def of(cls, batches: Iterable[Batch], dimension: int) -> _Tail:
        batches_ = list(batches)
        chunk_ids, document_ids = (
            np.concatenate([np.empty(0, np.int64), *(getattr(batch, name) for batch in batches_)])
            for name in ("chunk_ids", "document_ids")
        )
        vectors = np.empty((0, dimension), np.float32)
        vectors = np.concatenate([vectors, *(batch.vectors for batch in batches_)])
        return cls(chunk_ids, document_ids, ExactVectors.of(chunk_ids, vectors))


def check_k(k: int) -> None:
    """Raise UsageError for a number of results below 0."""
    if k < 0:
        raise UsageError(f"k is {k}; it cannot be less than 0.", hint="Ask for one result or more.")
