"""An Inhouse index where LangChain people expect a vector store."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from langchain_core.documents import Document as LangChainDocument
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import VectorStore
from langchain_core.vectorstores.utils import maximal_marginal_relevance

from rag.document import Document
from rag.embedder import Embedder, Float32, LangChainEmbedder, as_embedder, open_embedder
from rag.embedder.vectors import normalise_vectors
from rag.errors import IndexMissingError, UsageError
from rag.index import EVERYBODY, Snapshot, StoreReader, open_store
from rag.index.catalog.retention import Retention
from rag.langchain.documents import (
    SCHEME,
    Shared,
    Wanted,
    check_text,
    place_of,
    to_document,
    to_filter,
    to_langchain,
    to_record,
    uri_of,
)
from rag.readers import check_list
from rag.settings import Settings, load_settings

_BATCH = 512
_log = logging.getLogger(__name__)

Scored = list[tuple[LangChainDocument, float]]


class InhouseVectorStore(VectorStore):
    """A LangChain vector store in the index of `data_dir`. Safe to share between threads.

    Each call that adds or deletes is one run: it is published whole, as one generation, and an id that is
    there already is replaced. Passages of files that `ingest` has read are found as well; their ids are
    `file://PATH#PLACE`, and only `ingest` changes them. It leaves alone what was added here.

    Searches compare vectors alone and are exact in the order of the scores, which are cosines: higher is
    better. `filter` is a `Filter`, or a mapping of metadata names to a value, a list of values or a range,
    all of which have to match (see `Filter.metadata`); either acts inside the search.

    Writing raises IndexLockedError while another run is at work, after `index.wait_s` seconds, and
    EmbedderMismatchError if the index was built with another embedder; so does searching.
    """

    def __init__(
        self,
        data_dir: str | Path | None = None,
        embedding: Embeddings | Embedder | None = None,
        *,
        settings: Settings | None = None,
    ) -> None:
        """`data_dir` and `embedding` left out are those of the settings, `settings` those configured.

        The folder is made by the first text that is added.
        """
        settings = settings or load_settings()
        self._store = open_store(data_dir or settings.location, beside=settings.data)
        self._embedder = (
            open_embedder(settings, self._store.read_embedder())
            if embedding is None
            else as_embedder(embedding)
        )
        self._retention = Retention(settings.index.keep_generations, settings.index.keep_days)
        self._wait_s = settings.index.wait_s
        self._writing, self._opening = threading.Lock(), threading.Lock()
        self._reader: StoreReader | None = None

    @property
    def embeddings(self) -> Embeddings | None:
        """The LangChain embedder that was given, if it was one."""
        embedder = self._embedder
        return embedder.embeddings if isinstance(embedder, LangChainEmbedder) else None

    @classmethod
    def from_texts(
        cls,
        texts: list[str],
        embedding: Embeddings | Embedder | None,
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        data_dir: str | Path | None = None,
        settings: Settings | None = None,
        **kwargs: Any,
    ) -> Self:
        """A store in `data_dir` with these texts added to what it holds; see `add_texts`."""
        store = cls(data_dir, embedding, settings=settings)
        store.add_texts(texts, metadatas, ids=ids, **kwargs)
        return store

    # Writing

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: Sequence[str | None] | None = None,
        tags: Sequence[str] = (),
        readers: Sequence[str] = (EVERYBODY,),
        language: str = "",
        batch_size: int = _BATCH,
        **kwargs: Any,
    ) -> list[str]:
        """Add texts, or replace those with the same id; returns their ids.

        An id that is missing is made up. Metadata is kept as JSON keeps it. `tags`, `readers` (who may
        find them) and `language` (ISO 639-1, for words) are for all of these texts. A text that is there
        already with all of this is left alone. Raises UsageError for lists of different lengths, and for
        what JSON or UTF-8 cannot hold.

        A text is found by its meaning as far as the embedder reads it, which a warning says of longer ones:
        split them before, or add them with `ingest.ingest_texts`. `batch_size`: texts embedded at a time.
        """
        _refuse_unknown(kwargs)
        texts = list(texts)
        named = [given_id or str(uuid.uuid4()) for given_id in (ids or [None] * len(texts))]
        entries = [dict(entry or {}) for entry in (metadatas or [{}] * len(texts))]
        if not len(texts) == len(named) == len(entries):
            raise UsageError(
                f"There are {len(texts)} texts, {len(named)} ids and {len(entries)} metadatas."
            )
        if batch_size < 1:
            raise UsageError(f"batch_size is {batch_size}; it is one at least.")
        shared = Shared(
            tuple(check_list(tags, "tags")), tuple(check_list(readers, "readers")), language
        )
        documents = [
            to_document(name, text, metadata, shared)
            for name, text, metadata in zip(named, texts, entries, strict=True)
        ]
        if documents:
            self._put({document.uri: document for document in documents}, batch_size)
        return named

    def _put(self, documents: Mapping[str, Document], batch_size: int) -> None:
        identity = self._embedder.identity.to_json()
        with (
            self._writing,
            self._store.open_writer(
                identity, retention=self._retention, wait_s=self._wait_s
            ) as writer,
        ):
            known = {record.uri: record.source_sha256 for record in writer.recorded(documents)}
            new = [d for uri, d in documents.items() if known.get(uri) != d.source_sha256]
            self._warn_of_long_texts([document.text for document in new])
            for first in range(0, len(new), batch_size):
                batch = new[first : first + batch_size]
                missing = writer.missing([document.text for document in batch])
                writer.put_vectors(missing, self._embedder.embed_documents(missing))
                for document in batch:
                    writer.put(document, to_record(document))
            if new:
                writer.publish({"added": len(new)})

    def _warn_of_long_texts(self, texts: Sequence[str]) -> None:
        """Only what may be too long is counted: a token has a character at least."""
        limit, name = self._embedder.identity.max_tokens, self._embedder.identity.name
        encode = self._embedder.tokenizer.encode
        too_long = sum(len(text) > limit and len(encode(text).ids) > limit for text in texts)
        if too_long:
            _log.warning(
                "%d of the texts are longer than the %d tokens that %s reads: their ends are found by words "
                "alone. Split them before, or add them with ingest.ingest_texts.",
                too_long, limit, name,
            )  # fmt: skip

    def delete(self, ids: Sequence[str] | None = None, **kwargs: Any) -> bool:
        """Delete what was added here under these ids, or all of it; an id that is not there is none.

        Raises UsageError for the id of a file's passage.
        """
        _refuse_unknown(kwargs)
        uris = None if ids is None else [uri_of(document_id) for document_id in ids]
        try:
            with (
                self._writing,
                self._store.open_writer(retention=self._retention, wait_s=self._wait_s) as writer,
            ):
                gone = writer.files(SCHEME) if uris is None else writer.recorded(uris)
                for record in gone:
                    writer.remove(record.uri)
                if gone:
                    writer.publish({"deleted": len(gone)})
        except IndexMissingError:
            return True  # where nothing was ever added, nothing is left to delete
        return True

    # Reading

    def get_by_ids(self, ids: Sequence[str], /) -> list[LangChainDocument]:
        """What has these ids, in their order; those that are not there are missing from the result."""
        snapshot = self._snapshot()
        if snapshot is None:
            return []
        places = [place_of(document_id) for document_id in dict.fromkeys(ids)]
        chunk_ids = snapshot.find({uri for uri, _ in places})
        found_ids = [chunk_ids[position] for position in places if position in chunk_ids]
        return [document for document in to_langchain(snapshot, found_ids) if document is not None]

    def similarity_search(
        self, query: str, k: int = 4, *, filter: Wanted | None = None, **kwargs: Any
    ) -> list[LangChainDocument]:
        """The k texts nearest to `query`, best first."""
        scored = self.similarity_search_with_score(query, k, filter=filter, **kwargs)
        return [document for document, _ in scored]

    def similarity_search_with_score(
        self, query: str, k: int = 4, *, filter: Wanted | None = None, **kwargs: Any
    ) -> Scored:
        """The k texts nearest to `query` with their cosine, −1 to 1, best first, ties by age."""
        vector = self._embedder.embed_query(check_text(query, "query"))
        return self._nearest(vector, k, filter, kwargs)

    def similarity_search_by_vector(
        self, embedding: list[float], k: int = 4, *, filter: Wanted | None = None, **kwargs: Any
    ) -> list[LangChainDocument]:
        """The k texts nearest to a vector, of whatever length, best first."""
        scored = self.similarity_search_with_score_by_vector(embedding, k, filter=filter, **kwargs)
        return [document for document, _ in scored]

    def similarity_search_with_score_by_vector(
        self, embedding: list[float], k: int = 4, *, filter: Wanted | None = None, **kwargs: Any
    ) -> Scored:
        """The k texts nearest to a vector, of whatever length, with their cosine, best first."""
        vector = normalise_vectors(np.asarray([embedding], np.float32), "of the caller")[0]
        return self._nearest(vector, k, filter, kwargs)

    def max_marginal_relevance_search(
        self,
        query: str,
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        *,
        filter: Wanted | None = None,
        **kwargs: Any,
    ) -> list[LangChainDocument]:
        """k of the `fetch_k` texts nearest to `query` that differ from each other.

        `lambda_mult`: from 0, as different as can be, to 1, as near as can be. The measure is that of
        Carbonell and Goldstein, "The Use of MMR", SIGIR 1998.
        """
        vector = self._embedder.embed_query(check_text(query, "query"))
        return self.max_marginal_relevance_search_by_vector(
            vector.tolist(), k, fetch_k, lambda_mult, filter=filter, **kwargs
        )

    def max_marginal_relevance_search_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        *,
        filter: Wanted | None = None,
        **kwargs: Any,
    ) -> list[LangChainDocument]:
        """k of the `fetch_k` texts nearest to a vector that differ from each other."""
        _refuse_unknown(kwargs)
        vector = normalise_vectors(np.asarray([embedding], np.float32), "of the caller")[0]
        snapshot = self._snapshot()
        if snapshot is None:
            return []
        near = snapshot.dense(vector, max(k, fetch_k), to_filter(filter)).chunk_ids.tolist()
        stored = list(snapshot.stored_vectors(near))
        chosen = [
            near[position]
            for position in maximal_marginal_relevance(vector, stored, lambda_mult, k)
        ]
        return [document for document in to_langchain(snapshot, chosen) if document is not None]

    def _nearest(
        self, vector: Float32, k: int, filter: Wanted | None, unknown: Mapping[str, Any]
    ) -> Scored:
        _refuse_unknown(unknown)
        snapshot = self._snapshot()
        if snapshot is None:
            return []
        candidates = snapshot.dense(vector, k, to_filter(filter))
        documents = to_langchain(snapshot, candidates.chunk_ids.tolist())
        scored = zip(documents, candidates.scores.tolist(), strict=True)
        return [(document, score) for document, score in scored if document is not None]

    def _select_relevance_score_fn(self) -> Any:
        # A cosine as a share of 1; half precision lets it come out a little above.
        return lambda cosine: min(1.0, max(0.0, (1.0 + cosine) / 2))

    def _snapshot(self) -> Snapshot | None:
        """The newest generation; None where nothing was ever added."""
        with self._opening:
            if self._reader is None:
                try:
                    self._reader = self._store.open_reader()
                except IndexMissingError:
                    return None
        snapshot = self._reader.snapshot()
        snapshot.check_embedder(self._embedder.identity.to_json())
        return snapshot


def _refuse_unknown(arguments: Mapping[str, Any]) -> None:
    """An argument that is passed over in silence may have been a filter."""
    if arguments:
        raise UsageError(f"{', '.join(sorted(arguments))}: no such argument is known here.")
