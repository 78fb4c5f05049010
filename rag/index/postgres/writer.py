"""A run that writes to an index in PostgreSQL: one at a time, one generation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rag.document import Document, Labels
from rag.index.catalog.ledger import LAST_RUN, SOURCE_RULES, FileRecord
from rag.index.catalog.retention import Dropped
from rag.index.catalog.rows import Generation, stored_boxes
from rag.index.postgres import database, generations, publishing, words
from rag.index.postgres.database import map_errors, to_json, to_text
from rag.index.postgres.session import PostgresSession
from rag.index.postgres.views import FILE_COLUMNS, to_record
from rag.index.search.vectors import Float32
from rag.index.session import Kind
from rag.index.writer import check_vectors, hash_text

_DOCUMENT = (
    "title, media_type, language, source_sha256, recipe, text_id, modified_at, metadata, chunk_count, "
    "plain_count, stem_count, accented_count"
)
_CHUNK = (
    "ordinal, first, past, page, section, context, text, boxes, key, terms, plain_count, stem_count, "
    "accented_count, words"
)


class PostgresWriter(PostgresSession):
    """What a run does to the index; nobody sees it before `publish`, and it is durable at every `flush`."""

    def files(self, root: str | None = None) -> list[FileRecord]:
        """The ledger's rows of one root, or all, in order of uri."""
        rows = self.read(
            f"SELECT {FILE_COLUMNS} FROM files WHERE %(root)s::text IS NULL OR root = %(root)s "
            "ORDER BY uri",
            root=root,
        )
        return [to_record(row) for row in rows]

    def recorded(self, uris: Iterable[str]) -> list[FileRecord]:
        """The ledger's rows of these uris, as far as there are any."""
        rows = self.read(
            f"SELECT {FILE_COLUMNS} FROM files WHERE uri = ANY (%(uris)s::text[]) ORDER BY uri",
            uris=list(uris),
        )
        return [to_record(row) for row in rows]

    def labels(self) -> dict[str, Labels]:
        """Readers and tags of every document that stands in the index, by its uri."""
        rows = self.read("SELECT uri, readers, tags FROM documents WHERE died IS NULL")
        return {uri: Labels(tuple(readers), tuple(tags)) for uri, readers, tags in rows}

    def metadata(self, uris: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The metadata of the documents at these uris, as far as they stand in the index."""
        return dict(
            self.read(
                "SELECT uri, metadata FROM documents WHERE died IS NULL "
                "AND uri = ANY (%(uris)s::text[])",
                uris=list(uris),
            )
        )

    def missing(self, texts: Sequence[str]) -> list[str]:
        """Those of the texts that this embedder has never embedded, each once, in order."""
        unique = {hash_text(text): text for text in texts}
        rows = self.read(
            "SELECT key FROM vectors WHERE embedder_id = %(e)s AND key = ANY (%(keys)s::bytea[])",
            e=self.embedder_id,
            keys=list(unique),
        )
        for (key,) in rows:
            del unique[bytes(key)]
        return list(unique.values())

    def source_rules(self) -> dict[str, Any] | None:
        """The access rules and roots that the index was made with; None if it does not know them."""
        with map_errors(self.address):
            rules: dict[str, Any] | None = database.read_manifest(self.query, SOURCE_RULES)
            return rules

    # What changes

    def put_vectors(self, texts: Sequence[str], embedded: Float32) -> None:
        """Keep the vectors of texts: (n, dimension) float32, L2-normalised; EmbeddingError for others."""
        check_vectors(embedded, len(texts), self.dimension)
        if not texts:
            return
        with map_errors(self.address):
            self.stage(
                "INSERT INTO vectors (embedder_id, key, vector) "
                "SELECT %(e)s, key, vector::public.halfvec "
                "FROM unnest(%(keys)s::bytea[], %(vectors)s::text[]) AS put(key, vector) "
                "ON CONFLICT DO NOTHING",
                e=self.embedder_id,
                keys=[hash_text(text) for text in texts],
                vectors=[database.to_halfvec(vector) for vector in embedded],
            )

    def put(self, document: Document, record: FileRecord) -> None:
        """Stage a document in place of the one with its uri; its chunks' vectors are there already."""
        with map_errors(self.address):
            self._retire(document.uri)
            self._insert(document, record.recipe)
            self._write_file(record)

    def put_copy(self, record: FileRecord, labels: Labels) -> bool:
        """Stage a file whose content the index has read before, wherever it stood; False if not.

        Not if the other document took its title from a file name that this one does not have. An object of
        a source is a copy only of another in the same source.
        """
        beside = "uri ^@ '/'" if record.uri.startswith("/") else "root = %(root)s"
        with map_errors(self.address):
            same = self.query(
                "SELECT id, uri, metadata->>'titled_by' FROM documents WHERE source_sha256 = %(sha)s "
                f"AND recipe = %(recipe)s AND {beside} ORDER BY id DESC",
                {"sha": record.source_sha256, "recipe": record.recipe, "root": record.root},
            )
            for document_id, uri, titled_by in same:
                if titled_by == "document" or Path(uri).name == Path(record.uri).name:
                    self._retire(record.uri)
                    self.copy(document_id, record.uri, record.root, labels)
                    self._write_file(record)
                    return True
        return False

    def copy(self, document_id: int, uri: str, root: str, labels: Labels) -> None:
        """Stage a copy of a document with its chunks at another place."""
        self.has_changes = True
        new = self.query(
            f"INSERT INTO documents (uri, root, tags, readers, born, {_DOCUMENT}) SELECT %(uri)s, "
            f"%(root)s, %(tags)s::text[], %(readers)s::text[], %(born)s, {_DOCUMENT} "
            "FROM documents WHERE id = %(id)s "
            "RETURNING id",
            {
                "uri": uri, "root": root, "tags": list(labels.tags), "readers": list(labels.readers),
                "born": self.generation + 1, "id": document_id,
            },
        )[0][0]  # fmt: skip
        self.stage(
            f"INSERT INTO chunks (document_id, {_CHUNK}) SELECT %(new)s, {_CHUNK} FROM chunks "
            "WHERE document_id = %(id)s ORDER BY ordinal",
            new=new,
            id=document_id,
        )

    def relabel(self, uri: str, labels: Labels) -> None:
        """Stage other readers and tags for the document at `uri`; nothing is read or embedded."""
        with map_errors(self.address):
            standing = self.query(
                "SELECT id, root FROM documents WHERE uri = %(uri)s AND died IS NULL", {"uri": uri}
            )
            for document_id, root in standing:
                self._retire(uri)
                self.copy(document_id, uri, root, labels)

    def remove(self, uri: str) -> None:
        """Stage that the file at `uri` is gone."""
        with map_errors(self.address):
            self._retire(uri)
            self.stage("DELETE FROM files WHERE uri = %(uri)s", uri=uri)

    def record(self, record: FileRecord, *, retire: bool = True) -> None:
        """Note what became of a file that is not indexed; `retire` takes its earlier version out."""
        with map_errors(self.address):
            if retire:
                self._retire(record.uri)
            self._write_file(record)

    def note_run(self, account: Mapping[str, Any]) -> None:
        """Keep the account of the run; a run that changed nothing writes nothing, this neither."""
        if self.has_written:
            with map_errors(self.address):
                self.write_manifest(LAST_RUN, dict(account))

    def note_source_rules(self, rules: Mapping[str, Any]) -> None:
        """Keep the access rules and roots, with the next publication."""
        if rules != self.source_rules():
            with map_errors(self.address):
                self.write_manifest(SOURCE_RULES, dict(rules))

    def publish(self, summary: Mapping[str, Any], kind: Kind = "ingest") -> int:
        """Publish what is staged, if anything changed; returns the published generation."""
        return publishing.publish(self, summary, kind)

    # Old generations

    def generations(self) -> dict[int, Generation]:
        """The generations that are kept."""
        return generations.read_generations(self)

    def restore(self, generation: int) -> tuple[int, int]:
        """Stage the state of an earlier generation; returns how many documents came back and went."""
        return generations.restore(self, generations.require_generation(self, generation))

    def drop_unused(self) -> Dropped:
        """Delete the rows that no kept generation shows, and what nothing uses."""
        return generations.drop_unreachable(self) + generations.drop_orphans(self)

    # Rows

    def _write_file(self, record: FileRecord) -> None:
        columns = FILE_COLUMNS.split(", ")
        values = {name: getattr(record, name) for name in columns}
        values |= {"unread": to_json(dict(record.unread)), "state": record.state.value}
        marks = ", ".join(f"%({name})s" for name in columns)
        changes = ", ".join(f"{name} = excluded.{name}" for name in columns[1:])
        self.stage(
            f"INSERT INTO files ({FILE_COLUMNS}) VALUES ({marks}) "
            f"ON CONFLICT (uri) DO UPDATE SET {changes}",
            **{k: to_text(v) if isinstance(v, str) else v for k, v in values.items()},
        )

    def _retire(self, uri: str) -> None:
        retired = self.stage(
            "UPDATE documents SET died = %(new)s WHERE uri = %(uri)s AND died IS NULL",
            uri=uri,
            new=self.generation + 1,
        )
        self.has_changes |= retired > 0

    def _insert(self, document: Document, recipe: str) -> None:
        self.has_changes = True
        key = hash_text(document.text)
        self.stage(
            "INSERT INTO texts (key, text) VALUES (%(key)s, %(text)s) ON CONFLICT DO NOTHING",
            key=key,
            text=to_text(document.text),
        )
        terms = [
            words.to_terms(f"{chunk.context}\n{chunk.text}", document.language)
            for chunk in document.chunks
        ]
        document_id = self.query(
            f"INSERT INTO documents (uri, root, tags, readers, born, {_DOCUMENT}) VALUES (%(uri)s, "
            "%(root)s, %(tags)s, %(readers)s, %(born)s, %(title)s, %(media_type)s, %(language)s, "
            "%(sha)s, %(recipe)s, (SELECT id FROM texts WHERE key = %(key)s), %(modified_at)s, "
            "%(metadata)s, %(chunks)s, %(plain)s, %(stemmed)s, %(accented)s) RETURNING id",
            {
                "uri": document.uri, "root": document.root, "tags": list(document.tags),
                "readers": list(document.readers), "born": self.generation + 1,
                "title": to_text(document.title), "media_type": document.media_type,
                "language": document.language, "sha": document.source_sha256, "recipe": recipe,
                "key": key, "modified_at": document.modified_at,
                "metadata": to_json(document.metadata), "chunks": len(document.chunks),
                "plain": sum(len(t.plain) for t in terms),
                "stemmed": sum(len(t.stemmed) for t in terms),
                "accented": sum(len(t.accented) for t in terms),
            },
        )[0][0]  # fmt: skip
        with self.connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO chunks (document_id, {_CHUNK}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, "
                "%s, %s, %s, %s, %s, %s, array_to_tsvector(%s::text[]))".encode(),
                [
                    (
                        document_id, ordinal, chunk.start, chunk.end, chunk.page,
                        to_json(chunk.section), to_text(chunk.context), to_text(chunk.text),
                        stored_boxes(chunk.boxes), hash_text(chunk.embedded_text),
                        " ".join(own.all), len(own.plain), len(own.stemmed), len(own.accented),
                        list(set(own.all)),
                    )
                    for ordinal, (chunk, own) in enumerate(
                        zip(document.chunks, terms, strict=True)
                    )
                ],
            )  # fmt: skip
