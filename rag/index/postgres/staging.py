"""What a run puts into PostgreSQL, sent many rows at a time: a server is a network away."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from rag.document import Document
from rag.index.catalog.ledger import FileRecord
from rag.index.catalog.rows import stored_boxes
from rag.index.postgres import words
from rag.index.postgres.database import to_json, to_text
from rag.index.postgres.views import FILE_COLUMNS
from rag.index.postgres.words import ChunkTerms
from rag.index.search.vectors import Float32
from rag.index.writer import hash_text

if TYPE_CHECKING:
    from rag.index.postgres.session import PostgresSession

DOCUMENT = (
    "title, media_type, language, source_sha256, recipe, text_id, modified_at, metadata, chunk_count, "
    "plain_count, stem_count, accented_count"
)
"""Columns that a copy of a document shares with it."""
CHUNK = (
    "ordinal, first, past, page, section, context, text, boxes, key, terms, plain_count, stem_count, "
    "accented_count, words"
)
_MOST_FILES, _MOST_CHUNKS, _MOST_CHARACTERS = 500, 2_000, 8_000_000
"""What waits at most: some ten MB, for half a second of the server's work."""
_COPY_BEGINS, _COPY_ENDS = b"PGCOPY\n\xff\r\n\0" + bytes(8), struct.pack(">h", -1)


class _PutDocument(NamedTuple):
    document: Document
    recipe: str
    text_key: bytes
    terms: Sequence[ChunkTerms]


class StagedRows:
    """Rows of a run that were not sent yet: documents with their chunks, and the ledger's.

    Nothing in the database depends on when they are sent, as long as they are before something else is read
    or changed there: `send`.
    """

    def __init__(self, session: PostgresSession) -> None:
        self._session = session
        self._documents: dict[str, _PutDocument] = {}
        self._retired: dict[str, None] = {}
        self._files: dict[str, FileRecord | None] = {}
        self._chunks = self._characters = 0

    def put_document(self, document: Document, recipe: str) -> None:
        """A document in place of the one with its uri."""
        self.retire(document.uri)
        terms = [
            words.to_terms(f"{chunk.context}\n{chunk.text}", document.language)
            for chunk in document.chunks
        ]
        self._documents[document.uri] = _PutDocument(
            document, recipe, hash_text(document.text), terms
        )
        self._session.has_changes = True
        self._chunks += len(terms)
        self._characters += len(document.text)

    def put_file(self, record: FileRecord) -> None:
        """A row of the ledger; the last thing that is said of a file, so it is sent when many wait."""
        self._put_file(record.uri, record)

    def forget_file(self, uri: str) -> None:
        """The ledger's row of a file is gone."""
        self._put_file(uri, None)

    def _put_file(self, uri: str, record: FileRecord | None) -> None:
        self._session.has_written = True
        self._files[uri] = record
        if (
            len(self._files) >= _MOST_FILES
            or self._chunks >= _MOST_CHUNKS
            or self._characters >= _MOST_CHARACTERS
        ):
            self.send()

    def retire(self, uri: str) -> None:
        """The document that stands at `uri` ends with this generation, if there is one."""
        if uri in self._documents:  # of this run, too: it has to be there to end
            self.send()
        self._session.has_written = True
        self._retired[uri] = None

    def send(self) -> None:
        """Send what waits, in the open transaction."""
        if self._retired:
            retired = self._session.stage(
                "UPDATE documents SET died = %(new)s WHERE uri = ANY (%(uris)s::text[]) AND died IS NULL",
                uris=list(self._retired),
                new=self._session.generation + 1,
            )
            self._session.has_changes |= retired > 0
        if self._documents:
            self._send_documents(list(self._documents.values()))
        if gone := [uri for uri, record in self._files.items() if record is None]:
            self._session.stage("DELETE FROM files WHERE uri = ANY (%(uris)s::text[])", uris=gone)
        if records := [record for record in self._files.values() if record is not None]:
            self._send_files(records)
        self._documents, self._retired, self._files = {}, {}, {}
        self._chunks = self._characters = 0

    def _send_documents(self, documents: Sequence[_PutDocument]) -> None:
        session = self._session
        texts = {put.text_key: to_text(put.document.text) for put in documents}
        session.stage(
            "INSERT INTO texts (key, text) SELECT * FROM unnest(%(keys)s::bytea[], %(texts)s::text[]) "
            "ON CONFLICT DO NOTHING",
            keys=list(texts),
            texts=list(texts.values()),
        )
        text_ids = session.query(
            "SELECT key, id FROM texts WHERE key = ANY (%(keys)s::bytea[])", {"keys": list(texts)}
        )
        by_key = {bytes(key): text_id for key, text_id in text_ids}
        ids = session.query(
            "SELECT nextval(pg_get_serial_sequence('documents', 'id')) "
            "FROM generate_series(1, %(count)s)",
            {"count": len(documents)},
        )
        numbered = [(row[0], put) for row, put in zip(ids, documents, strict=True)]
        born = session.generation + 1
        with session.connection.cursor() as cursor:
            columns = f"id, uri, root, tags, readers, born, {DOCUMENT}"
            with cursor.copy(f"COPY documents ({columns}) FROM STDIN".encode()) as copy:
                for document_id, put in numbered:
                    copy.write_row(_document_row(document_id, put, by_key[put.text_key], born))
            with cursor.copy(f"COPY chunks (document_id, {CHUNK}) FROM STDIN".encode()) as copy:
                for document_id, put in numbered:
                    for row in _chunk_rows(document_id, put):
                        copy.write_row(row)

    def _send_files(self, records: Sequence[FileRecord]) -> None:
        columns = FILE_COLUMNS.split(", ")
        changes = ", ".join(f"{name} = excluded.{name}" for name in columns[1:])
        values: dict[str, list[Any]] = {
            name: [_file_value(record, name) for record in records] for name in columns
        }
        marks = ", ".join(f"%({name})s::{_FILE_TYPES.get(name, 'text')}[]" for name in columns)
        self._session.stage(
            f"INSERT INTO files ({FILE_COLUMNS}) SELECT * FROM unnest({marks}) "
            f"ON CONFLICT (uri) DO UPDATE SET {changes}",
            **values,
        )


_FILE_TYPES = {
    "size": "bigint", "modified_ns": "bigint", "changed_ns": "bigint", "seen_at": "float8",
    "pages": "int", "pages_with_text": "int", "unread": "jsonb",
}  # fmt: skip
"""Those of the ledger's columns that are no text."""


def _file_value(record: FileRecord, column: str) -> Any:
    value = getattr(record, column)
    if column == "unread":
        return to_json(dict(value))
    if column == "state":
        return record.state.value
    return to_text(value) if isinstance(value, str) else value


def _document_row(document_id: int, put: _PutDocument, text_id: int, born: int) -> tuple[Any, ...]:
    document, terms = put.document, put.terms
    return (
        document_id, document.uri, document.root, list(document.tags), list(document.readers), born,
        to_text(document.title), document.media_type, document.language, document.source_sha256,
        put.recipe, text_id, document.modified_at, to_json(document.metadata), len(document.chunks),
        sum(len(t.plain) for t in terms), sum(len(t.stemmed) for t in terms),
        sum(len(t.accented) for t in terms),
    )  # fmt: skip


def _chunk_rows(document_id: int, put: _PutDocument) -> list[tuple[Any, ...]]:
    return [
        (
            document_id, ordinal, chunk.start, chunk.end, chunk.page, to_json(chunk.section),
            to_text(chunk.context), to_text(chunk.text), stored_boxes(chunk.boxes),
            hash_text(chunk.embedded_text), " ".join(own.all), len(own.plain), len(own.stemmed),
            len(own.accented), words.to_tsvector(own.all),
        )
        for ordinal, (chunk, own) in enumerate(zip(put.document.chunks, put.terms, strict=True))
    ]  # fmt: skip


def put_vectors(session: PostgresSession, texts: Sequence[str], embedded: Float32) -> None:
    """Send the vectors of texts, but for those that are there: (n, dimension) float32."""
    keys = {hash_text(text): number for number, text in enumerate(texts)}
    there = session.query(
        "SELECT key FROM vectors WHERE embedder_id = %(e)s AND key = ANY (%(keys)s::bytea[])",
        {"e": session.embedder_id, "keys": list(keys)},
    )
    for (key,) in there:
        del keys[bytes(key)]
    session.has_written = True
    if keys:
        rows = _encode_vectors(
            session.embedder_id, list(keys), embedded[np.fromiter(keys.values(), np.int64)]
        )
        with (
            session.connection.cursor() as cursor,
            cursor.copy(
                b"COPY vectors (embedder_id, key, vector) FROM STDIN (FORMAT BINARY)"
            ) as copy,
        ):
            copy.write(rows)


def _encode_vectors(embedder_id: int, keys: Sequence[bytes], vectors: Float32) -> bytes:
    """Rows of COPY's binary format; a halfvec is its length, a zero, and big-endian half precision."""
    count, dimension = vectors.shape
    layout = np.dtype(
        [
            ("fields", ">i2"),
            ("id_size", ">i4"), ("id", ">i4"),
            ("key_size", ">i4"), ("key", f"V{len(keys[0])}"),
            ("vector_size", ">i4"), ("dimension", ">i2"), ("unused", ">i2"),
            ("vector", ">f2", (dimension,)),
        ]
    )  # fmt: skip
    rows = np.zeros(count, layout)
    rows["fields"], rows["id_size"], rows["id"] = 3, 4, embedder_id
    rows["key_size"] = len(keys[0])
    rows["key"] = np.array(keys, rows["key"].dtype)
    rows["vector_size"], rows["dimension"] = 4 + 2 * dimension, dimension
    rows["vector"] = vectors
    return _COPY_BEGINS + rows.tobytes() + _COPY_ENDS
