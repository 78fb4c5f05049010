"""An index made of made-up documents, and brute force to hold it against."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw
import numpy as np

from rag.document import Chunk, Document
from rag.index import FileRecord, FileState, Filter, IndexReader, IndexWriter, Snapshot
from rag.index.catalog.checksums import load_checksum_vfs
from rag.index.catalog.database import CATALOG
from rag.index.search.vectors import Float32
from rag.testing import HashingEmbedder

RECIPE = "test/1"


def document(uri: str, passages: Sequence[str], **fields: Any) -> Document:
    """A document whose chunks are its passages, one a line."""
    text, chunks = "", []
    for passage in passages:
        chunks.append(Chunk(len(text), len(text) + len(passage), passage))
        text += passage + "\n"
    digest = hashlib.sha256(json.dumps(passages).encode()).hexdigest()
    known = {"title": Path(uri).stem, "media_type": "text/plain", "language": "en"}
    known |= {"metadata": {"titled_by": "document"}} | fields
    return Document(uri=uri, text=text, source_sha256=digest, chunks=tuple(chunks), **known)


def record(document: Document) -> FileRecord:
    """The ledger's row of a file that was read well."""
    return FileRecord(
        document.uri, "/", FileState.INDEXED, "", len(document.text), 1, document.source_sha256,
        RECIPE, 0.0,
    )  # fmt: skip


@dataclass
class SmallIndex:
    """An index in `data`; its vectors are those of `embedder` unless they are given."""

    data: Path
    embedder: Any = None

    def __post_init__(self) -> None:
        self.embedder = self.embedder or HashingEmbedder()

    def writer(self, **options: Any) -> IndexWriter:
        return IndexWriter(self.data, self.embedder.identity.to_json(), **options)

    def stage(
        self,
        writer: IndexWriter,
        document: Document,
        vectors: Mapping[str, Float32] | None = None,
    ) -> None:
        texts = writer.missing([chunk.embedded_text for chunk in document.chunks])
        embedded = (
            self.embedder.embed_documents(texts)
            if vectors is None
            else np.array([vectors[text] for text in texts], np.float32).reshape(
                len(texts), self.embedder.identity.dimension
            )
        )
        writer.put_vectors(texts, embedded)
        writer.put(document, record(document))

    def publish(
        self,
        *documents: Document,
        remove: Sequence[str] = (),
        vectors: Mapping[str, Float32] | None = None,
        **options: Any,
    ) -> int:
        """One run: put these documents, remove those uris; returns the generation."""
        with self.writer(**options) as writer:
            for item in documents:
                self.stage(writer, item, vectors)
            for uri in remove:
                writer.remove(uri)
            return writer.publish({})

    def reader(self) -> IndexReader:
        return IndexReader(self.data)

    def snapshot(self) -> Snapshot:
        return self.reader().snapshot()

    def rows(self, statement: str, *bindings: Any) -> list[Any]:
        connection = apsw.Connection(str(self.data / CATALOG), vfs=load_checksum_vfs())
        try:
            return connection.execute(statement, bindings).fetchall()
        finally:
            connection.close()

    def files(self) -> dict[str, str]:
        """SHA-256 of every file in the data folder."""
        return {
            str(path.relative_to(self.data)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.data.rglob("*"))
            if path.is_file()
        }


@dataclass(frozen=True)
class IndexedChunk:
    """A chunk with everything that a filter may ask."""

    chunk_id: int
    document_id: int
    text: str
    vector: Float32
    uri: str
    media_type: str
    tags: Sequence[str]
    readers: Sequence[str]
    modified_at: float | None

    def passes(self, filter: Filter) -> bool:
        """The filter's meaning, said once more in the plainest way."""
        if filter.also is not None and not self.passes(filter.also):
            return False
        if filter.readers is not None:
            tokens = filter.readers | {"*"} if filter.readers else set()
            if not tokens & set(self.readers):
                return False
        if filter.folders and not any(
            self.uri.startswith(folder.rstrip("/") + "/") for folder in filter.folders
        ):
            return False
        if filter.tags and not set(filter.tags) & set(self.tags):
            return False
        if filter.media_types and self.media_type not in filter.media_types:
            return False
        if filter.document_ids is not None and self.document_id not in filter.document_ids:
            return False
        low, high = filter.modified_from, filter.modified_until
        if low is None and high is None:
            return True
        return (
            self.modified_at is not None
            and (low is None or self.modified_at >= low)
            and (high is None or self.modified_at <= high)
        )


def every_row(world: SmallIndex) -> list[IndexedChunk]:
    """The chunks of the newest generation, in order of id."""
    rows = world.rows(
        "SELECT c.id, d.id, c.text, v.vector, d.uri, d.media_type, d.tags, d.readers, "
        "d.modified_at FROM chunks c JOIN documents d ON d.id = c.document_id "
        "JOIN generations g ON g.id = (SELECT max(id) FROM generations) "
        "JOIN vectors v ON v.key = c.key AND v.embedder_id = g.embedder_id "
        "WHERE d.born <= g.id AND (d.died IS NULL OR d.died > g.id) ORDER BY c.id"
    )
    return [
        IndexedChunk(*row[:3], np.frombuffer(row[3], np.float16), *row[4:6],
            json.loads(row[6]), json.loads(row[7]), row[8])
        for row in rows
    ]  # fmt: skip


def nearest(rows: Sequence[IndexedChunk], query: Float32, k: int, filter: Filter) -> list[int]:
    """Brute force: ids of the k best permitted chunks, ties by id."""
    permitted = [row for row in rows if row.passes(filter)]
    scores = {
        row.chunk_id: np.float32(
            np.einsum("d,d->", row.vector.astype(np.float64), query.astype(np.float64))
        )
        for row in permitted
    }
    return sorted(scores, key=lambda chunk_id: (-scores[chunk_id], chunk_id))[:k]


def unit_vectors(random: np.random.Generator, count: int, dimension: int) -> Float32:
    """Random directions: (count, dimension) float32, L2-normalised."""
    vectors = random.standard_normal((count, dimension)).astype(np.float32)
    normalised: Float32 = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return normalised


A1 = document("/a.txt", ["alpha one", "alpha two"])
A2 = document("/a.txt", ["alpha one", "alpha three"])
B = document("/b.txt", ["bravo one"])
C = document("/c.txt", ["gamma one"])
OLD = {"/a.txt": ("alpha one", "alpha two"), "/b.txt": ("bravo one",)}
NEW = {"/a.txt": ("alpha one", "alpha three"), "/c.txt": ("gamma one",)}


def passages(snapshot: Snapshot) -> dict[str, tuple[str, ...]]:
    query = HashingEmbedder().embed_query("alpha")
    rows = snapshot.chunks(snapshot.dense(query, 99, Filter()).chunk_ids.tolist())
    every = sorted(rows.values(), key=lambda row: (row.uri, row.ordinal))
    return {uri: tuple(r.text for r in every if r.uri == uri) for uri in {r.uri for r in every}}
