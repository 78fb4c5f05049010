"""A run that writes to an index in PostgreSQL: one at a time, one generation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from rag.document import Document, Labels
from rag.index.catalog.ledger import LAST_RUN, SOURCE_RULES, FileRecord
from rag.index.catalog.retention import Dropped
from rag.index.catalog.rows import Generation
from rag.index.postgres import database, generations, publishing, staging
from rag.index.postgres.database import Rows, map_errors
from rag.index.postgres.session import PostgresSession
from rag.index.postgres.staging import CHUNK, DOCUMENT, StagedRows
from rag.index.postgres.views import FILE_COLUMNS, to_record
from rag.index.search.vectors import Float32
from rag.index.session import Kind
from rag.index.writer import check_vectors, hash_text


class PostgresWriter(PostgresSession):
    """What a run does to the index; nobody sees it before `publish`, and it is durable at every `flush`."""

    def __enter__(self) -> Self:
        super().__enter__()
        self._staged = StagedRows(self)
        return self

    def read(self, statement: str, **parameters: Any) -> Rows:
        """All rows of a statement that stands alone, after everything that was put."""
        with map_errors(self.address):
            self._staged.send()
        return super().read(statement, **parameters)

    def flush(self) -> None:
        """Make what is staged durable; nobody sees it yet."""
        with map_errors(self.address):
            self._staged.send()
        super().flush()

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
        rows = super().read(  # what was put has no part in it
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
            staging.put_vectors(self, texts, embedded)

    def put(self, document: Document, record: FileRecord) -> None:
        """Stage a document in place of the one with its uri; its chunks' vectors are there already."""
        with map_errors(self.address):
            self._staged.put_document(document, record.recipe)
            self._staged.put_file(record)

    def put_copy(self, record: FileRecord, labels: Labels) -> bool:
        """Stage a file whose content the index has read before, wherever it stood; False if not.

        Not if the other document took its title from a file name that this one does not have. An object of
        a source is a copy only of another in the same source.
        """
        beside = "uri ^@ '/'" if record.uri.startswith("/") else "root = %(root)s"
        with map_errors(self.address):
            self._staged.send()
            same = self.query(
                "SELECT id, uri, metadata->>'titled_by' FROM documents WHERE source_sha256 = %(sha)s "
                f"AND recipe = %(recipe)s AND {beside} ORDER BY id DESC",
                {"sha": record.source_sha256, "recipe": record.recipe, "root": record.root},
            )
            for document_id, uri, titled_by in same:
                if titled_by == "document" or Path(uri).name == Path(record.uri).name:
                    self._replace_by_copy(document_id, record.uri, record.root, labels)
                    self._staged.put_file(record)
                    return True
        return False

    def copy(self, document_id: int, uri: str, root: str, labels: Labels) -> None:
        """Stage a copy of a document with its chunks at another place."""
        self.has_changes = True
        new = self.query(
            f"INSERT INTO documents (uri, root, tags, readers, born, {DOCUMENT}) SELECT %(uri)s, "
            f"%(root)s, %(tags)s::text[], %(readers)s::text[], %(born)s, {DOCUMENT} "
            "FROM documents WHERE id = %(id)s "
            "RETURNING id",
            {
                "uri": uri, "root": root, "tags": list(labels.tags), "readers": list(labels.readers),
                "born": self.generation + 1, "id": document_id,
            },
        )[0][0]  # fmt: skip
        self.stage(
            f"INSERT INTO chunks (document_id, {CHUNK}) SELECT %(new)s, {CHUNK} FROM chunks "
            "WHERE document_id = %(id)s ORDER BY ordinal",
            new=new,
            id=document_id,
        )

    def relabel(self, uri: str, labels: Labels) -> None:
        """Stage other readers and tags for the document at `uri`; nothing is read or embedded."""
        with map_errors(self.address):
            self._staged.send()
            standing = self.query(
                "SELECT id, root FROM documents WHERE uri = %(uri)s AND died IS NULL", {"uri": uri}
            )
            for document_id, root in standing:
                self._replace_by_copy(document_id, uri, root, labels)

    def remove(self, uri: str) -> None:
        """Stage that the file at `uri` is gone."""
        with map_errors(self.address):
            self._staged.retire(uri)
            self._staged.forget_file(uri)

    def record(self, record: FileRecord, *, retire: bool = True) -> None:
        """Note what became of a file that is not indexed; `retire` takes its earlier version out."""
        with map_errors(self.address):
            if retire:
                self._staged.retire(record.uri)
            self._staged.put_file(record)

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
        with map_errors(self.address):
            self._staged.send()
        return publishing.publish(self, summary, kind)

    # Old generations

    def generations(self) -> dict[int, Generation]:
        """The generations that are kept."""
        return generations.read_generations(self)

    def restore(self, generation: int) -> tuple[int, int]:
        """Stage the state of an earlier generation; returns how many documents came back and went."""
        self.flush()
        return generations.restore(self, generations.require_generation(self, generation))

    def drop_unused(self) -> Dropped:
        """Delete the rows that no kept generation shows, and what nothing uses."""
        self.flush()
        return generations.drop_unreachable(self) + generations.drop_orphans(self)

    def _replace_by_copy(self, document_id: int, uri: str, root: str, labels: Labels) -> None:
        self._staged.retire(uri)
        self._staged.send()
        self.copy(document_id, uri, root, labels)
