"""The rows of one generation of an index in PostgreSQL, by their ids and by what a filter lets pass."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

import numpy as np

from rag.database_address import DatabaseAddress
from rag.document import LANGCHAIN_METADATA, PUT_METADATA
from rag.errors import GenerationGoneError, IndexDamagedError
from rag.index.catalog.rows import ChunkRow, ChunkSummary, Generation
from rag.index.filter import Filter
from rag.index.identity import check_embedder
from rag.index.postgres import database
from rag.index.postgres.database import ReadConnections
from rag.index.postgres.filters import to_sql
from rag.index.postgres.schema import VISIBLE
from rag.index.search.vectors import Float32, Int64
from rag.index.snapshot import Count
from rag.index.views.documents import ListedDocument
from rag.index.views.inventory import ChunkPosition, ChunkPositions, DocumentRecord

_KEPT_FILTERS = 64
_KEPT_BEGINNINGS = 4096

Value = TypeVar("Value")


class KeptValues(Generic[Value]):
    """What was worked out for the filters that were used last. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[Filter, Value] = {}

    def get(self, filter: Filter, make: Callable[[], Value]) -> Value:
        """The value for a filter, made once while it is among those that were used last."""
        with self._lock:
            if filter in self._values:
                self._values[filter] = self._values.pop(filter)
                return self._values[filter]
        value = make()
        with self._lock:
            self._values[filter] = value
            while len(self._values) > _KEPT_FILTERS:
                del self._values[next(iter(self._values))]
        return value


class GenerationRows:
    """What stands in generation g, as long as the index keeps it. Safe to share between threads."""

    def __init__(
        self,
        connections: ReadConnections,
        generation: Generation,
        identity: dict[str, Any],
        index_id: str,
    ) -> None:
        """`index_id` tells this index from every other one."""
        self.generation = generation
        self.embedder = identity
        self.index_id = index_id
        self._connections = connections
        self._counts: KeptValues[Count] = KeptValues()
        self._beginnings: dict[int, str] = {}

    @property
    def address(self) -> DatabaseAddress:
        """Where it is kept."""
        return self._connections.address

    def check_embedder(self, identity: Mapping[str, Any]) -> None:
        """Raise EmbedderMismatchError unless this embedder made the generation's vectors."""
        check_embedder(self.address, self.embedder, identity)

    def query(
        self, statement: str, settings: Sequence[str] = (), **parameters: Any
    ) -> list[tuple[Any, ...]]:
        """All rows of a statement about this generation, which is %(g)s in it.

        Raises GenerationGoneError if the generation was let go of meanwhile.
        """
        rows = self._connections.query(statement, {"g": self.generation.id, **parameters}, settings)
        # Afterwards: if it is kept now, it was when the rows were read.
        kept = self._connections.query(
            "SELECT 1 FROM generations WHERE id = %(g)s AND token = %(token)s",
            {"g": self.generation.id, "token": self.generation.token},
        )
        if not kept:
            raise GenerationGoneError(
                f"Generation {self.generation.id} of the index was let go of while it was being searched.",
                hint="Ask again; keep more generations with index.keep_generations and index.keep_days.",
            )
        return rows

    def count(self, filter: Filter) -> Count:
        """How many documents and chunks pass the filter."""
        if filter.is_empty:
            return Count(self.generation.documents, self.generation.chunks)

        def read() -> Count:
            condition, parameters = to_sql(filter)
            rows = self.query(
                "SELECT count(*), coalesce(sum(d.chunk_count), 0)::bigint FROM documents d "
                f"WHERE {VISIBLE} AND {condition}",
                **parameters,
            )
            return Count(*rows[0])

        return self._counts.get(filter, read)

    def chunks(self, chunk_ids: Iterable[int]) -> dict[int, ChunkRow]:
        """The rows of these chunks; those that the generation does not show are missing."""
        rows = self.query(
            "SELECT c.id, d.id, c.ordinal, d.uri, d.title, c.first, c.past, c.page, c.section, c.text, "
            "c.boxes FROM chunks c JOIN documents d ON d.id = c.document_id "
            f"WHERE {VISIBLE} AND c.id = ANY (%(ids)s)",
            ids=_ids(chunk_ids),
        )
        chunks = (
            ChunkRow(
                id_, document, ordinal, uri, title, first, past, page, tuple(section), text, boxes
            )
            for id_, document, ordinal, uri, title, first, past, page, section, text, boxes in rows
        )
        return {chunk.chunk_id: chunk for chunk in chunks}

    def neighbours(
        self, chunk_ids: Iterable[int], reach: int
    ) -> dict[tuple[int, int], ChunkSummary]:
        """These chunks and those up to `reach` places around them, by (document id, place)."""
        rows = self.query(
            "SELECT DISTINCT n.id, n.document_id, n.ordinal, n.page, n.first, n.past, d.language "
            "FROM chunks c JOIN documents d ON d.id = c.document_id "
            "JOIN chunks n ON n.document_id = c.document_id "
            "AND n.ordinal BETWEEN c.ordinal - %(reach)s AND c.ordinal + %(reach)s "
            f"WHERE {VISIBLE} AND c.id = ANY (%(ids)s)",
            ids=_ids(chunk_ids),
            reach=reach,
        )
        return {(row[1], row[2]): ChunkSummary._make(row) for row in rows}

    def names(self, document_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
        """Uri and title of these documents."""
        rows = self.query(
            "SELECT d.id, d.uri, d.title FROM documents d WHERE d.id = ANY (%(ids)s)",
            ids=_ids(document_ids),
        )
        return {document_id: (uri, title) for document_id, uri, title in rows}

    def find(self, uris: Iterable[str]) -> dict[tuple[str, int], int]:
        """Chunk ids of the documents with these uris, by (uri, place in the document)."""
        rows = self.query(
            "SELECT d.uri, c.ordinal, c.id FROM documents d JOIN chunks c ON c.document_id = d.id "
            f"WHERE d.uri = ANY (%(uris)s::text[]) AND {VISIBLE}",
            uris=list(uris),
        )
        return {(uri, ordinal): chunk_id for uri, ordinal, chunk_id in rows}

    def metadata(self, document_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
        """What is said of these documents."""
        rows = self.query(
            "SELECT d.id, d.metadata FROM documents d WHERE d.id = ANY (%(ids)s)",
            ids=_ids(document_ids),
        )
        return dict(rows)

    def given_metadata(self, document_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
        """What whoever put these documents said of them; others are missing from the result."""
        rows = self.query(
            f"SELECT d.id, coalesce(d.metadata->'{PUT_METADATA}', d.metadata->'{LANGCHAIN_METADATA}') "
            "FROM documents d WHERE d.id = ANY (%(ids)s)",
            ids=_ids(document_ids),
        )
        return {document_id: given for document_id, given in rows if given is not None}

    def beginnings(self, document_ids: Iterable[int]) -> dict[int, str]:
        """How the texts of these documents begin. Read once: a generation's documents stay."""
        requested, known = set(document_ids), self._beginnings
        texts = {document: known[document] for document in requested & known.keys()}
        if missing := requested - texts.keys():
            rows = self.query(
                "SELECT document_id, string_agg(text, chr(10) ORDER BY ordinal) FROM chunks "
                "WHERE document_id = ANY (%(ids)s) AND ordinal < 2 GROUP BY document_id",
                ids=_ids(missing),
            )
            texts |= dict.fromkeys(missing, "") | dict(rows)
            self._beginnings = texts if len(known) > _KEPT_BEGINNINGS else known | texts
        return texts

    def stored_vectors(self, chunk_ids: Sequence[int]) -> Float32:
        """The vectors of these chunks, in their order: (n, dimension) float32."""
        if not chunk_ids:
            return np.empty((0, 0), np.float32)
        stored = dict(
            self.query(
                "SELECT c.id, v.vector FROM chunks c JOIN vectors v ON v.embedder_id = %(e)s "
                "AND v.key = c.key WHERE c.id = ANY (%(ids)s)",
                e=self.generation.embedder_id,
                ids=_ids(chunk_ids),
            )
        )
        if not stored.keys() >= set(chunk_ids):
            raise self.vectors_missing()
        return np.stack([database.from_halfvec(stored[chunk_id]) for chunk_id in chunk_ids])

    def vectors_missing(self) -> IndexDamagedError:
        """The error for passages whose vectors are not there."""
        return IndexDamagedError(
            f"The index in {self.address} has passages without a vector.",
            hint="Count them with: inhouse verify; then restore the database, or ingest into an empty one.",
        )

    def slice(self, document_id: int, start: int, end: int) -> str:
        """Characters `start` to `end` of a document."""
        rows = self.query(
            "SELECT substr(t.text, %(start)s, %(size)s) FROM documents d JOIN texts t ON t.id = d.text_id "
            "WHERE d.id = %(id)s",
            id=document_id,
            start=start + 1,
            size=max(0, end - start),
        )
        return str(rows[0][0])

    def document_ids(self, filter: Filter | None = None) -> Int64:
        """Ids of the documents that pass the filter, ascending."""
        condition, parameters = to_sql(filter or Filter())
        rows = self.query(
            f"SELECT d.id FROM documents d WHERE {VISIBLE} AND {condition} ORDER BY d.id",
            **parameters,
        )
        return np.fromiter((row[0] for row in rows), np.int64)

    def chunk_texts(self, document_id: int) -> dict[int, str]:
        """The text of each chunk of a document, by chunk id, in order."""
        rows = self.query(
            "SELECT id, text FROM chunks WHERE document_id = %(id)s ORDER BY ordinal",
            id=document_id,
        )
        return dict(rows)

    def text(self, document_id: int) -> str:
        """The whole text of a document."""
        return dict(self.read_texts([document_id]))[document_id]

    def list_documents(self) -> list[ListedDocument]:
        """Every document, whoever may read it, in order of URI."""
        rows = self.query(
            "SELECT d.id, d.uri, d.title, d.language FROM documents d "
            f"WHERE {VISIBLE} ORDER BY d.uri"
        )
        return [ListedDocument(*row) for row in rows]

    def list_records(self, filter: Filter) -> list[DocumentRecord]:
        """The documents that pass the filter, with their labels, in order of URI."""
        condition, parameters = to_sql(filter)
        rows = self.query(
            "SELECT d.id, d.uri, d.root, d.title, d.media_type, d.language, d.modified_at, d.tags, "
            f"NOT '*' = ANY (d.readers) FROM documents d WHERE {VISIBLE} AND {condition} ORDER BY d.uri",
            **parameters,
        )
        return [
            DocumentRecord(
                id_, uri, root, title, kind, language, modified, tuple(tags), is_restricted
            )
            for id_, uri, root, title, kind, language, modified, tags, is_restricted in rows
        ]

    def find_present(self, uris: Iterable[str], filter: Filter) -> frozenset[str]:
        """Those of these documents that are there and pass the filter."""
        condition, parameters = to_sql(filter)
        rows = self.query(
            f"SELECT d.uri FROM documents d WHERE d.uri = ANY (%(uris)s::text[]) AND {VISIBLE} "
            f"AND {condition}",
            uris=list(uris),
            **parameters,
        )
        return frozenset(uri for (uri,) in rows)

    def read_texts(self, document_ids: Iterable[int]) -> Iterator[tuple[int, str]]:
        """Id and whole text of these documents, one after the other, in the order of their ids."""
        for document_id in sorted(document_ids):
            rows = self.query(
                "SELECT d.id, t.text FROM documents d JOIN texts t ON t.id = d.text_id "
                "WHERE d.id = %(id)s",
                id=document_id,
            )
            yield from ((row[0], row[1]) for row in rows)

    def read_positions(self, document_id: int) -> ChunkPositions:
        """Where the chunks of a document stand, in order."""
        rows = self.query(
            "SELECT first, past, page, section FROM chunks WHERE document_id = %(id)s ORDER BY ordinal",
            id=document_id,
        )
        return ChunkPositions(
            ChunkPosition(start, end, page, tuple(section)) for start, end, page, section in rows
        )

    def page_at(self, document_id: int, position: int) -> int | None:
        """The 1-based page on which a character of a document stands; None where it has no pages."""
        rows = self.query(
            "SELECT page FROM chunks WHERE document_id = %(id)s AND first <= %(at)s "
            "ORDER BY first DESC LIMIT 1",
            id=document_id,
            at=position,
        )
        return rows[0][0] if rows else None


def _ids(ids: Iterable[int]) -> list[int]:
    return [int(number) for number in ids]
