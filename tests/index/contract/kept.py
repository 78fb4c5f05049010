"""An index behind the protocols alone, and brute force to hold its searches against."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from rag.document import Document
from rag.index import Filter, IndexStore, Snapshot, StoreWriter
from rag.index.search.vectors import Float32
from rag.testing import HashingEmbedder
from tests.index.world import IndexedChunk, document, nearest, record


@dataclass
class KeptIndex:
    """An index in some store, and the documents that its newest generation should hold."""

    store: IndexStore
    embedder: HashingEmbedder = field(default_factory=HashingEmbedder)
    documents: dict[str, Document] = field(default_factory=dict)

    def writer(self, **options: Any) -> StoreWriter:
        return self.store.open_writer(self.embedder.identity.to_json(), **options)

    def stage(self, writer: StoreWriter, documents: Iterable[Document]) -> None:
        for item in documents:
            texts = writer.missing([chunk.embedded_text for chunk in item.chunks])
            writer.put_vectors(texts, self.embedder.embed_documents(texts))
            writer.put(item, replace(record(item), root=item.root or "/"))

    def publish(self, *documents: Document, remove: Sequence[str] = (), **options: Any) -> int:
        """One run: put these documents, remove those uris; returns the generation."""
        with self.writer(**options) as writer:
            self.stage(writer, documents)
            for uri in remove:
                writer.remove(uri)
            generation = writer.publish({"added": len(documents)})
        self.documents |= {item.uri: item for item in documents}
        for uri in remove:
            self.documents.pop(uri, None)
        return generation

    def snapshot(self) -> Snapshot:
        return self.store.open_reader().snapshot()

    def rows(self, snapshot: Snapshot) -> list[IndexedChunk]:
        """What the snapshot should hold, in order of id, from the documents that were put."""
        rows = []
        for uri, document_id in ((d.uri, d.document_id) for d in snapshot.list_documents()):
            item = self.documents[uri]
            texts = snapshot.chunk_texts(document_id)
            assert tuple(texts.values()) == tuple(chunk.text for chunk in item.chunks)
            vectors = self.embedder.embed_documents(list(texts.values())).astype(np.float16)
            rows += [
                IndexedChunk(
                    chunk_id, document_id, text, vector, uri, item.media_type, item.tags,
                    item.readers, item.modified_at,
                )
                for (chunk_id, text), vector in zip(texts.items(), vectors, strict=True)
            ]  # fmt: skip
        return sorted(rows, key=lambda row: row.chunk_id)


def texts_of(snapshot: Snapshot) -> dict[str, tuple[str, ...]]:
    """The passages of each document, by uri, as the snapshot's search and its lists show them alike."""
    every = snapshot.chunks(
        snapshot.dense(HashingEmbedder().embed_query("alpha"), 999, Filter()).chunk_ids.tolist()
    )
    ordered = sorted(every.values(), key=lambda row: (row.uri, row.ordinal))
    by_search = {
        uri: tuple(row.text for row in ordered if row.uri == uri)
        for uri in {row.uri for row in ordered}
    }
    by_list = {
        item.uri: tuple(snapshot.chunk_texts(item.document_id).values())
        for item in snapshot.list_documents()
    }
    assert by_search == by_list
    return by_search


def scores_by_words(
    rows: Sequence[IndexedChunk], query: Sequence[str], filter: Filter
) -> dict[int, float]:
    """BM25 by hand over single words in English: the permitted chunks that have any of them, by id.

    k1 = 1.2, b = 0.75; the inverse document frequency is ln(1 + (N - n + 0.5) / (n + 0.5)) over what the
    asker may read, the mean length over all. A word counts once as it is stemmed, half as it stands.
    """
    access = filter.access()
    words = {row.chunk_id: row.text.split() for row in rows}
    readable = [row.chunk_id for row in rows if row.passes(access)]
    mean = sum(map(len, words.values())) / len(words)

    def weight(word: str, chunk_id: int) -> float:
        count, length = Counter(words[chunk_id])[word], len(words[chunk_id])
        having = sum(word in words[other] for other in readable)
        idf = math.log(1 + (len(readable) - having + 0.5) / (having + 0.5))
        return 1.5 * idf * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * length / mean))

    return {
        row.chunk_id: sum(weight(word, row.chunk_id) for word in query)
        for row in rows
        if row.passes(filter) and set(query) & set(words[row.chunk_id])
    }


WORDS = ("boiler", "valve", "pump", "filter", "sensor", "bearing", "fan", "motor")


def varied(count: int, passages: int = 4, seed: int = 7) -> list[Document]:
    """Documents over three folders, with readers, tags, types and times of many kinds; equal chunks too."""
    random = np.random.default_rng(seed)
    documents = []
    for number in range(count):
        texts = [
            f"{' '.join(random.choice(WORDS, random.integers(3, 9)))} part{random.integers(60)}"
            for _ in range(passages)
        ]
        readers = [("*",), ("staff",), ("board",), ("staff", "board"), ()][number % 5]
        documents.append(
            document(
                f"/{('hr', 'it', 'it/old')[number % 3]}/{number}.txt",
                texts,
                readers=readers if number % 97 else ("one",),
                tags=("new",) if number % 4 == 0 else ("old", "signed"),
                media_type=("text/plain", "application/pdf")[number % 2],
                modified_at=None if number % 7 == 0 else 1000.0 * number,
            )
        )
    return documents


def nearest_ids(rows: Sequence[IndexedChunk], query: Float32, k: int, filter: Filter) -> list[int]:
    """Brute force: ids of the k best permitted chunks, ties by id."""
    return nearest(rows, query, k, filter)
