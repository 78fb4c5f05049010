"""Staging documents in an index."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rag.document import Chunk, Document, Labels, without_padding
from rag.errors import EmbeddingError
from rag.index.catalog import copies, database, ledger, rows
from rag.index.catalog.ledger import LAST_RUN, SOURCE_RULES, FileRecord
from rag.index.search.vectors import Float32
from rag.index.session import WriteSession

_KEY_BYTES = 16
_ABOUT_EMBEDDER = "Look at its model: inhouse doctor"


def embedded_text(chunk: Chunk, key: bytes) -> str:
    """What the embedder was given for a stored chunk with this key.

    Indexes of earlier versions hold vectors of the text as it stands, or of tables with their bars.
    """
    for text in (chunk.text, without_padding(chunk.text)):
        earlier = f"{chunk.context}\n{text}" if chunk.context else text
        if hash_text(earlier) == key:
            return earlier
    return chunk.embedded_text


def hash_text(text: str) -> bytes:
    """The address of a text in the catalogue: 128 bits of BLAKE2b."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_KEY_BYTES).digest()


class IndexWriter(WriteSession):
    """A session that stages documents, their vectors and what became of their files."""

    # What is there

    def files(self, root: str | None = None) -> list[FileRecord]:
        """The ledger's rows of one root, or all."""
        with database.map_errors(self._path):
            return list(ledger.read_files(self._connection, root))

    def recorded(self, uris: Iterable[str]) -> list[FileRecord]:
        """The ledger's rows of these uris, as far as there are any."""
        with database.map_errors(self._path):
            return list(ledger.read_files_at(self._connection, uris))

    def labels(self) -> dict[str, Labels]:
        """Readers and tags of every document that stands in the index, by its uri."""
        with database.map_errors(self._path):
            rows = self._connection.execute(
                "SELECT uri, readers, tags FROM documents WHERE died IS NULL"
            )
            return {
                uri: Labels(tuple(json.loads(readers)), tuple(json.loads(tags)))
                for uri, readers, tags in rows
            }

    def metadata(self, uris: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The metadata of the documents at these uris, as far as they stand in the index."""
        with database.map_errors(self._path):
            rows = self._connection.execute(
                "SELECT uri, metadata FROM documents WHERE died IS NULL "
                "AND uri IN (SELECT value FROM json_each(?))",
                (json.dumps(list(uris)),),
            )
            return {uri: json.loads(metadata) for uri, metadata in rows}

    def missing(self, texts: Sequence[str]) -> list[str]:
        """Those of the texts that this embedder has never embedded, each once, in order."""
        unique = {hash_text(text): text for text in texts}
        with database.map_errors(self._path):
            have = self._connection.execute(
                "SELECT key FROM vectors WHERE embedder_id = ? "
                "AND key IN (SELECT unhex(value) FROM json_each(?))",
                (self._embedder_id, json.dumps([key.hex() for key in unique])),
            )
            for (key,) in have.fetchall():
                del unique[key]
        return list(unique.values())

    # What changes

    def put_vectors(self, texts: Sequence[str], embedded: Float32) -> None:
        """Keep the vectors of texts: (n, dimension) float32, L2-normalised.

        Raises EmbeddingError for a wrong shape, a value that is not finite, or a length that is not 1.
        """
        check_vectors(embedded, len(texts), self._dimension)
        with database.map_errors(self._path):
            self.begin().executemany(
                "INSERT OR IGNORE INTO vectors (embedder_id, key, vector) VALUES (?, ?, ?)",
                [
                    (self._embedder_id, hash_text(text), vector.tobytes())
                    for text, vector in zip(texts, embedded.astype(np.float16), strict=True)
                ],
            )

    def put(self, document: Document, record: FileRecord) -> None:
        """Stage a document in place of the one with its uri; its chunks' vectors are there already."""
        with database.map_errors(self._path):
            self._retire(document.uri)
            self._insert(document, record.recipe)
            ledger.write_file(self.begin(), record)

    def put_copy(self, record: FileRecord, labels: Labels) -> bool:
        """Stage a file whose content the catalogue has read before, wherever it stood; False if not.

        Not if the other document took its title from a file name that this one does not have. An object of
        a source is a copy only of another in the same source.
        """
        beside = "uri LIKE '/%'" if record.uri.startswith("/") else "root = ?3"
        with database.map_errors(self._path):
            same = self._connection.execute(
                "SELECT id, uri, metadata ->> 'titled_by' FROM documents "
                f"WHERE source_sha256 = ?1 AND recipe = ?2 AND ?3 IS NOT NULL AND {beside} "
                "ORDER BY id DESC",
                (record.source_sha256, record.recipe, record.root),
            ).fetchall()
            for document_id, uri, titled_by in same:
                if titled_by == "document" or Path(uri).name == Path(record.uri).name:
                    self._retire(record.uri)
                    copies.copy_document(
                        self.begin(), document_id, record.uri, record.root,
                        self._published + 1, labels,
                    )  # fmt: skip
                    self._changed = True
                    ledger.write_file(self.begin(), record)
                    return True
        return False

    def relabel(self, uri: str, labels: Labels) -> None:
        """Stage other readers and tags for the document at `uri`; nothing is read or embedded."""
        with database.map_errors(self._path):
            standing = self._connection.execute(
                "SELECT id, root FROM documents WHERE uri = ? AND died IS NULL", (uri,)
            ).fetchall()
            for document_id, root in standing:
                self._retire(uri)
                copies.copy_document(
                    self.begin(), document_id, uri, root, self._published + 1, labels
                )

    def remove(self, uri: str) -> None:
        """Stage that the file at `uri` is gone."""
        with database.map_errors(self._path):
            self._retire(uri)
            ledger.delete_file(self.begin(), uri)

    def record(self, record: FileRecord, *, retire: bool = True) -> None:
        """Note what became of a file that is not indexed.

        `retire` takes its earlier version out of the index; a file that cannot be read for a passing
        reason keeps it.
        """
        with database.map_errors(self._path):
            if retire:
                self._retire(record.uri)
            ledger.write_file(self.begin(), record)

    def note_run(self, account: Mapping[str, Any]) -> None:
        """Keep the account of the run, to be shown by `inhouse status`.

        A run that changed nothing writes nothing, this neither.
        """
        if self._wrote:
            with database.map_errors(self._path):
                database.write_manifest(self.begin(), LAST_RUN, dict(account))

    def source_rules(self) -> dict[str, Any] | None:
        """The access rules and roots that the index was made with; None if it does not know them."""
        with database.map_errors(self._path):
            stored: dict[str, Any] | None = database.read_manifest(self._connection, SOURCE_RULES)
            return stored

    def note_source_rules(self, rules: Mapping[str, Any]) -> None:
        """Keep them, with the next publication; writes nothing if they are the same."""
        if rules != self.source_rules():
            with database.map_errors(self._path):
                database.write_manifest(self.begin(), SOURCE_RULES, dict(rules))

    def _retire(self, uri: str) -> None:
        connection = self.begin()
        connection.execute(
            "UPDATE documents SET died = ? WHERE uri = ? AND died IS NULL",
            (self._published + 1, uri),
        )
        self._changed |= connection.changes() > 0

    def _insert(self, document: Document, recipe: str) -> None:
        self._changed = True
        connection = self.begin()
        key = hash_text(document.text)
        connection.execute(
            "INSERT OR IGNORE INTO texts (key, text) VALUES (?, ?)", (key, document.text)
        )
        connection.execute(
            "INSERT INTO documents (uri, root, title, media_type, language, source_sha256, recipe, "
            "text_id, modified_at, tags, readers, metadata, born) VALUES "
            "(?, ?, ?, ?, ?, ?, ?, (SELECT id FROM texts WHERE key = ?), ?, ?, ?, ?, ?)",
            (
                document.uri, document.root, document.title, document.media_type, document.language,
                document.source_sha256, recipe, key, document.modified_at,
                json.dumps(document.tags), json.dumps(document.readers),
                json.dumps(document.metadata), self._published + 1,
            ),
        )  # fmt: skip
        document_id = connection.last_insert_rowid()
        connection.executemany(
            "INSERT INTO chunks (document_id, ordinal, start, end, page, section, context, text, "
            "boxes, key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    document_id, ordinal, chunk.start, chunk.end, chunk.page,
                    json.dumps(chunk.section), chunk.context, chunk.text,
                    rows.stored_boxes(chunk.boxes), hash_text(chunk.embedded_text),
                )
                for ordinal, chunk in enumerate(document.chunks)
            ],
        )  # fmt: skip


def check_vectors(embedded: Float32, count: int, dimension: int) -> None:
    """Refuse what is not `count` unit vectors of this dimension."""
    if embedded.shape != (count, dimension):
        raise EmbeddingError(
            f"The embedder gave vectors of shape {embedded.shape}, not {(count, dimension)}.",
            hint=_ABOUT_EMBEDDER,
        )
    if not np.isfinite(embedded).all():
        raise EmbeddingError(
            "The embedder gave a vector with a value that is not finite.", hint=_ABOUT_EMBEDDER
        )
    lengths = np.linalg.norm(embedded, axis=1)
    if count and not np.allclose(lengths, 1, atol=1e-2):
        raise EmbeddingError(
            f"The embedder gave a vector of length {lengths[np.abs(lengths - 1).argmax()]:.3f}, not 1.",
            hint=_ABOUT_EMBEDDER,
        )
