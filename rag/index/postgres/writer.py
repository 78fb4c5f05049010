"""A run that writes to an index in PostgreSQL: one at a time, one generation."""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rag.database_address import DatabaseAddress
from rag.document import Document, Labels
from rag.errors import IndexLockedError, MissingDependencyError, StorageError, UsageError
from rag.files import make_private_folder
from rag.index.catalog.ledger import LAST_RUN, SOURCE_RULES, FileRecord
from rag.index.catalog.retention import Dropped, Retention, oldest_kept
from rag.index.catalog.rows import Generation, stored_boxes
from rag.index.identity import check_embedder
from rag.index.postgres import database, words
from rag.index.postgres.database import Connection, Rows, driver, map_errors, to_json, to_text
from rag.index.postgres.schema import (
    BM25,
    DISCARD,
    FORGET_PROPOSALS,
    FORMAT,
    LOCK,
    PROPOSE,
    RECONCILE,
    SCHEMA,
    SERVER_RUN,
    TABLES,
    UNKNOWN_RUN,
    UNPUBLISHED,
    VECTORS,
    VISIBLE,
    WORDS_BY_BM25,
    nearest_index,
)
from rag.index.postgres.snapshot import EXACT_ROWS
from rag.index.postgres.views import FILE_COLUMNS, to_record
from rag.index.search.vectors import Float32
from rag.index.session import Kind
from rag.index.writer import check_vectors, text_key
from rag.readers import intersection, parse, to_stored

_BETWEEN_LOOKS_S = 0.2
_PROPOSED = 1_000
"""Chunks that are put into BM25 at a time; nobody can search by it while they are."""
_DOCUMENT = (
    "title, media_type, language, source_sha256, recipe, text_id, modified_at, metadata, chunk_count, "
    "plain_count, stem_count, accented_count"
)
_CHUNK = (
    "ordinal, first, past, page, section, context, text, boxes, key, terms, plain_count, stem_count, "
    "accented_count, words"
)

_logger = logging.getLogger(__name__)


class PostgresWriter:
    """Holds the advisory lock on the connection that writes, so that a run that lost either has lost both.

    Used as a context manager. What is staged is durable at every `flush` but seen by nobody before `publish`.
    Raises IndexLockedError if another run is writing.
    """

    def __init__(
        self,
        address: DatabaseAddress,
        folder: Path,
        embedder: Mapping[str, Any] | None = None,
        *,
        retention: Retention | None = None,
        wait_s: float = 0.0,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """`embedder` is the identity of the embedder, with its `dimension`; None: the index's own."""
        self.data_dir = folder
        self._address = address
        self._identity = None if embedder is None else dict(embedder)
        self._retention = retention or Retention()
        self._wait_s, self._stopped = wait_s, stopped
        self._changed = self._wrote = False
        self._published = 0
        self._embedder_id = 0

    def __enter__(self) -> Self:
        try:
            make_private_folder(self.data_dir)
        except OSError as exc:
            raise StorageError(f"{self.data_dir} cannot be made: {exc.strerror}.") from exc
        self._connection = database.connect(self._address, writable=True)
        try:
            with map_errors(self._address):
                self._lock()
                self._open()
        except BaseException:
            self._connection.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._connection.close()  # what was not flushed goes with it, and the lock

    def _lock(self) -> None:
        last = time.monotonic() + self._wait_s
        while True:
            free = self._one("SELECT pg_try_advisory_lock(%(lock)s)", lock=LOCK)
            self._connection.commit()
            if free:
                return
            if time.monotonic() >= last or self._stopped():
                holder = read_holder(self._query) or "it has only just begun"
                raise IndexLockedError(
                    f"Another run is writing to {self._address}: {holder}.",
                    hint="Wait until it has finished, then run again.",
                )
            time.sleep(_BETWEEN_LOOKS_S)

    def _open(self) -> None:
        if self._one("SELECT to_regclass(%(name)s)", name=f"{SCHEMA}.manifest") is None:
            if self._identity is None:
                raise database.missing_error(self._address)
            create(self._connection, self._address)
        database.check_format(database.read_manifest(self._query, "format"), self._address)
        self._published = int(database.read_manifest(self._query, "generation"))
        if self._query(UNPUBLISHED, {"g": self._published}):
            for statement in (*DISCARD, *RECONCILE):
                self._execute(statement, g=self._published)
        self._embedder_id = self._find_embedder()
        self._connection.commit()
        self._mend_bm25()

    def _mend_bm25(self) -> None:
        """Build the server's BM25 anew if it may have lost words in a crash."""
        run, built_in = self._one(f"SELECT {SERVER_RUN}"), database.read_manifest(self._query, BM25)
        if built_in and (run is None or built_in != run):
            self._write_manifest(BM25, UNKNOWN_RUN)
            self._connection.commit()
            self._connection.execute("REINDEX INDEX proposals_terms; COMMIT")
            self._write_manifest(BM25, run or UNKNOWN_RUN)
        self._connection.commit()

    def _find_embedder(self) -> int:
        """The id of the session's embedder, which must be the published generation's."""
        current = self._query(
            "SELECT e.id, e.identity FROM generations g JOIN embedders e ON e.id = g.embedder_id "
            "WHERE g.id = %(g)s",
            {"g": self._published},
        )
        if self._identity is None:
            if not current:
                raise database.missing_error(self._address)
            self._identity = json.loads(current[0][1])
        identity = json.dumps(self._identity, sort_keys=True)
        if current and current[0][1] != identity:
            check_embedder(self._address, json.loads(current[0][1]), self._identity)
        self._execute(
            "INSERT INTO embedders (identity, dimension) VALUES (%(identity)s, %(dimension)s) "
            "ON CONFLICT DO NOTHING",
            identity=identity,
            dimension=self._identity["dimension"],
        )
        return int(
            self._one("SELECT id FROM embedders WHERE identity = %(identity)s", identity=identity)
        )

    # Statements

    def _query(self, statement: str, parameters: Mapping[str, Any] | None = None) -> Rows:
        with self._connection.cursor(binary=True) as cursor:
            rows: Rows = cursor.execute(statement.encode(), parameters or {}).fetchall()
            return rows

    def _read(self, statement: str, **parameters: Any) -> Rows:
        with map_errors(self._address):
            return self._query(statement, parameters)

    def _one(self, statement: str, **parameters: Any) -> Any:
        return self._query(statement, parameters)[0][0]

    def _execute(self, statement: str, **parameters: Any) -> int:
        """Change rows, in the open transaction; returns how many."""
        return int(self._connection.execute(statement.encode(), parameters).rowcount)

    def _stage(self, statement: str, **parameters: Any) -> int:
        self._wrote = True
        return self._execute(statement, **parameters)

    # What is there

    @property
    def generation(self) -> int:
        """The published generation; 0 before the first."""
        return self._published

    def files(self, root: str | None = None) -> list[FileRecord]:
        """The ledger's rows of one root, or all, in order of uri."""
        rows = self._read(
            f"SELECT {FILE_COLUMNS} FROM files WHERE %(root)s::text IS NULL OR root = %(root)s "
            "ORDER BY uri",
            root=root,
        )
        return [to_record(row) for row in rows]

    def recorded(self, uris: Iterable[str]) -> list[FileRecord]:
        """The ledger's rows of these uris, as far as there are any."""
        rows = self._read(
            f"SELECT {FILE_COLUMNS} FROM files WHERE uri = ANY (%(uris)s::text[]) ORDER BY uri",
            uris=list(uris),
        )
        return [to_record(row) for row in rows]

    def labels(self) -> dict[str, Labels]:
        """Readers and tags of every document that stands in the index, by its uri."""
        rows = self._read("SELECT uri, readers, tags FROM documents WHERE died IS NULL")
        return {uri: Labels(tuple(readers), tuple(tags)) for uri, readers, tags in rows}

    def metadata(self, uris: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The metadata of the documents at these uris, as far as they stand in the index."""
        return dict(
            self._read(
                "SELECT uri, metadata FROM documents WHERE died IS NULL "
                "AND uri = ANY (%(uris)s::text[])",
                uris=list(uris),
            )
        )

    def missing(self, texts: Sequence[str]) -> list[str]:
        """Those of the texts that this embedder has never embedded, each once, in order."""
        unique = {text_key(text): text for text in texts}
        rows = self._read(
            "SELECT key FROM vectors WHERE embedder_id = %(e)s AND key = ANY (%(keys)s::bytea[])",
            e=self._embedder_id,
            keys=list(unique),
        )
        for (key,) in rows:
            del unique[bytes(key)]
        return list(unique.values())

    def source_rules(self) -> dict[str, Any] | None:
        """The access rules and roots that the index was made with; None if it does not know them."""
        with map_errors(self._address):
            rules: dict[str, Any] | None = database.read_manifest(self._query, SOURCE_RULES)
            return rules

    # What changes

    def put_vectors(self, texts: Sequence[str], embedded: Float32) -> None:
        """Keep the vectors of texts: (n, dimension) float32, L2-normalised; EmbeddingError for others."""
        check_vectors(embedded, len(texts), int((self._identity or {})["dimension"]))
        if not texts:
            return
        with map_errors(self._address):
            self._stage(
                "INSERT INTO vectors (embedder_id, key, vector) "
                "SELECT %(e)s, key, vector::public.halfvec "
                "FROM unnest(%(keys)s::bytea[], %(vectors)s::text[]) AS put(key, vector) "
                "ON CONFLICT DO NOTHING",
                e=self._embedder_id,
                keys=[text_key(text) for text in texts],
                vectors=[database.to_halfvec(vector) for vector in embedded],
            )

    def put(self, document: Document, record: FileRecord) -> None:
        """Stage a document in place of the one with its uri; its chunks' vectors are there already."""
        with map_errors(self._address):
            self._retire(document.uri)
            self._insert(document, record.recipe)
            self._write_file(record)

    def put_copy(self, record: FileRecord, labels: Labels) -> bool:
        """Stage a file whose content the index has read before, wherever it stood; False if not.

        Not if the other document took its title from a file name that this one does not have. An object of
        a source is a copy only of another in the same source.
        """
        beside = "uri ^@ '/'" if record.uri.startswith("/") else "root = %(root)s"
        with map_errors(self._address):
            same = self._query(
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
        self._changed = True
        new = self._query(
            f"INSERT INTO documents (uri, root, tags, readers, born, {_DOCUMENT}) SELECT %(uri)s, "
            f"%(root)s, %(tags)s::text[], %(readers)s::text[], %(born)s, {_DOCUMENT} "
            "FROM documents WHERE id = %(id)s "
            "RETURNING id",
            {
                "uri": uri, "root": root, "tags": list(labels.tags), "readers": list(labels.readers),
                "born": self._published + 1, "id": document_id,
            },
        )[0][0]  # fmt: skip
        self._stage(
            f"INSERT INTO chunks (document_id, {_CHUNK}) SELECT %(new)s, {_CHUNK} FROM chunks "
            "WHERE document_id = %(id)s ORDER BY ordinal",
            new=new,
            id=document_id,
        )

    def relabel(self, uri: str, labels: Labels) -> None:
        """Stage other readers and tags for the document at `uri`; nothing is read or embedded."""
        with map_errors(self._address):
            standing = self._query(
                "SELECT id, root FROM documents WHERE uri = %(uri)s AND died IS NULL", {"uri": uri}
            )
            for document_id, root in standing:
                self._retire(uri)
                self.copy(document_id, uri, root, labels)

    def remove(self, uri: str) -> None:
        """Stage that the file at `uri` is gone."""
        with map_errors(self._address):
            self._retire(uri)
            self._stage("DELETE FROM files WHERE uri = %(uri)s", uri=uri)

    def record(self, record: FileRecord, *, retire: bool = True) -> None:
        """Note what became of a file that is not indexed; `retire` takes its earlier version out."""
        with map_errors(self._address):
            if retire:
                self._retire(record.uri)
            self._write_file(record)

    def note_run(self, account: Mapping[str, Any]) -> None:
        """Keep the account of the run; a run that changed nothing writes nothing, this neither."""
        if self._wrote:
            with map_errors(self._address):
                self._write_manifest(LAST_RUN, dict(account))

    def note_source_rules(self, rules: Mapping[str, Any]) -> None:
        """Keep the access rules and roots, with the next publication."""
        if rules != self.source_rules():
            with map_errors(self._address):
                self._write_manifest(SOURCE_RULES, dict(rules))

    def note_end(self) -> None:
        """Say that a run over files ends now, also where it changed nothing."""
        with map_errors(self._address):
            self._write_manifest("last_look", time.time())
            self._connection.commit()

    def flush(self) -> None:
        """Make what is staged durable; nobody sees it yet."""
        with map_errors(self._address):
            self._connection.commit()

    def publish(self, summary: Mapping[str, Any], kind: Kind = "ingest") -> int:
        """Publish what is staged, if anything changed; returns the published generation."""
        with map_errors(self._address):
            if not self._changed and kind == "ingest":
                self._connection.commit()
                return self._published
            generation = self._published + 1
            self._connection.commit()
            self._propose()
            self._make_nearest_index()
            self._publish(generation, summary, kind)
            self._published, self._changed = generation, False
            self.drop_unreachable()
            self._connection.commit()
            self._analyze()
        return generation

    def _publish(self, generation: int, summary: Mapping[str, Any], kind: Kind) -> None:
        """Everything that a reader of the new generation needs, in one transaction."""
        self._count_words(generation, "born", 1)
        self._count_words(generation, "died", -1)
        documents, chunks = self._query(
            "SELECT count(*), coalesce(sum(d.chunk_count), 0)::bigint FROM documents d "
            f"WHERE {VISIBLE}",
            {"g": generation},
        )[0]
        self._execute(
            "INSERT INTO generations VALUES (%(id)s, %(token)s, %(now)s, %(kind)s, %(embedder)s, "
            "%(documents)s, %(chunks)s, %(summary)s)",
            id=generation, token=secrets.token_hex(8), now=time.time(), kind=kind,
            embedder=self._embedder_id, documents=documents, chunks=chunks,
            summary=to_json(dict(summary)),
        )  # fmt: skip
        moved = self._execute(
            "UPDATE manifest SET value = to_jsonb(%(new)s::bigint) "
            "WHERE key = 'generation' AND value = to_jsonb(%(old)s::bigint)",
            new=generation,
            old=self._published,
        )
        if moved != 1:
            raise StorageError(f"{self._address} was published to by somebody else meanwhile.")
        self._connection.commit()

    def _count_words(self, generation: int, column: str, by: int) -> None:
        """Count the words of the chunks that came into the generation, or went out of it."""
        self._execute(
            "INSERT INTO vocabulary AS v SELECT word, %(by)s * count(*) FROM documents d "
            "JOIN chunks c ON c.document_id = d.id, unnest(tsvector_to_array(c.words)) AS word "
            f"WHERE d.{column} = %(g)s GROUP BY word "
            "ON CONFLICT (term) DO UPDATE SET chunks = v.chunks + excluded.chunks",
            g=generation,
            by=by,
        )

    def _propose(self) -> None:
        """Put the words of new chunks into the server's BM25, a few at a time; the rest wait meanwhile."""
        if not database.read_manifest(self._query, BM25):
            return
        self._execute(FORGET_PROPOSALS)
        after = self._one("SELECT coalesce(max(chunk_id), 0) FROM proposals")
        last = self._one("SELECT coalesce(max(id), 0) FROM chunks")
        self._connection.commit()
        while after < last:
            self._connection.execute(PROPOSE.format(after=after, limit=_PROPOSED).encode())
            after = self._one("SELECT coalesce(max(chunk_id), 0) FROM proposals")
            self._connection.commit()

    def _make_nearest_index(self) -> None:
        """HNSW, once there are more chunks than are compared one by one."""
        if self._one(
            "SELECT count(*) FROM (SELECT 1 FROM chunks LIMIT %(n)s) c", n=EXACT_ROWS + 1
        ) > (EXACT_ROWS):
            dimension = int((self._identity or {})["dimension"])
            self._execute("SET LOCAL maintenance_work_mem = '1GB'")
            self._execute(nearest_index(self._embedder_id, dimension))

    def _analyze(self) -> None:
        self._execute("ANALYZE documents, chunks, vectors, vocabulary")
        self._connection.commit()

    def _write_manifest(self, key: str, value: Any) -> None:
        self._execute(
            "INSERT INTO manifest VALUES (%(key)s, %(value)s) "
            "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            key=key,
            value=to_json(value),
        )

    def _write_file(self, record: FileRecord) -> None:
        columns = FILE_COLUMNS.split(", ")
        values = {name: getattr(record, name) for name in columns}
        values |= {"unread": to_json(dict(record.unread)), "state": record.state.value}
        marks = ", ".join(f"%({name})s" for name in columns)
        changes = ", ".join(f"{name} = excluded.{name}" for name in columns[1:])
        self._stage(
            f"INSERT INTO files ({FILE_COLUMNS}) VALUES ({marks}) "
            f"ON CONFLICT (uri) DO UPDATE SET {changes}",
            **{k: to_text(v) if isinstance(v, str) else v for k, v in values.items()},
        )

    def _retire(self, uri: str) -> None:
        retired = self._stage(
            "UPDATE documents SET died = %(new)s WHERE uri = %(uri)s AND died IS NULL",
            uri=uri,
            new=self._published + 1,
        )
        self._changed |= retired > 0

    def _insert(self, document: Document, recipe: str) -> None:
        self._changed = True
        key = text_key(document.text)
        self._stage(
            "INSERT INTO texts (key, text) VALUES (%(key)s, %(text)s) ON CONFLICT DO NOTHING",
            key=key,
            text=to_text(document.text),
        )
        terms = [
            words.to_terms(f"{chunk.context}\n{chunk.text}", document.language)
            for chunk in document.chunks
        ]
        document_id = self._query(
            f"INSERT INTO documents (uri, root, tags, readers, born, {_DOCUMENT}) VALUES (%(uri)s, "
            "%(root)s, %(tags)s, %(readers)s, %(born)s, %(title)s, %(media_type)s, %(language)s, "
            "%(sha)s, %(recipe)s, (SELECT id FROM texts WHERE key = %(key)s), %(modified_at)s, "
            "%(metadata)s, %(chunks)s, %(plain)s, %(stemmed)s, %(accented)s) RETURNING id",
            {
                "uri": document.uri, "root": document.root, "tags": list(document.tags),
                "readers": list(document.readers), "born": self._published + 1,
                "title": to_text(document.title), "media_type": document.media_type,
                "language": document.language, "sha": document.source_sha256, "recipe": recipe,
                "key": key, "modified_at": document.modified_at,
                "metadata": to_json(document.metadata), "chunks": len(document.chunks),
                "plain": sum(len(t.plain) for t in terms),
                "stemmed": sum(len(t.stemmed) for t in terms),
                "accented": sum(len(t.accented) for t in terms),
            },
        )[0][0]  # fmt: skip
        with self._connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO chunks (document_id, {_CHUNK}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, "
                "%s, %s, %s, %s, %s, %s, array_to_tsvector(%s::text[]))".encode(),
                [
                    (
                        document_id, ordinal, chunk.start, chunk.end, chunk.page,
                        to_json(chunk.section), to_text(chunk.context), to_text(chunk.text),
                        stored_boxes(chunk.boxes), text_key(chunk.embedded_text),
                        " ".join(own.all), len(own.plain), len(own.stemmed), len(own.accented),
                        list(set(own.all)),
                    )
                    for ordinal, (chunk, own) in enumerate(
                        zip(document.chunks, terms, strict=True)
                    )
                ],
            )  # fmt: skip

    # Old generations

    def generations(self) -> dict[int, Generation]:
        """The generations that are kept."""
        return {row[0]: Generation(*row) for row in self._read(GENERATIONS)}

    def require(self, generation: int) -> Generation:
        """A generation that is still kept. Raises UsageError, which names those that are."""
        kept = self.generations()
        if generation not in kept:
            numbers = ", ".join(str(number) for number in sorted(kept))
            raise UsageError(
                f"Generation {generation} is not kept in {self._address}.",
                hint=f"Kept are: {numbers or 'none'}.",
            )
        return kept[generation]

    def restore(self, target: Generation) -> tuple[int, int]:
        """Stage the state of an earlier generation; returns how many documents came back and went.

        A right that was taken away since does not come back: where the place still has a document, only
        those who may read that one may read the old one.
        """
        parameters = {"old": target.id, "now": self._published}
        state = "(born <= %({0})s AND (died IS NULL OR died > %({0})s))"
        then, now = state.format("old"), state.format("now")
        with map_errors(self._address):
            back = self._query(
                "SELECT id, uri, root, tags, readers, (SELECT o.readers FROM documents o WHERE "
                "o.uri = d.uri AND o.born <= %(now)s AND (o.died IS NULL OR o.died > %(now)s)) "
                f"FROM documents d WHERE {then} AND NOT {now} ORDER BY id",
                parameters,
            )
            gone = self._stage(
                f"UPDATE documents SET died = %(new)s WHERE {now} AND NOT {then}",
                new=self._published + 1, **parameters,
            )  # fmt: skip
            for document_id, uri, root, tags, readers, standing in back:
                both = [parse(r) for r in (readers, *(() if standing is None else (standing,)))]
                self.copy(
                    document_id, uri, root, Labels(to_stored(intersection(both)), tuple(tags))
                )
            for statement in RECONCILE:
                self._execute(statement, g=self._published + 1)
            self._embedder_id = target.embedder_id
        return len(back), gone

    def drop_unreachable(self) -> Dropped:
        """Delete the rows that no kept generation shows, and what only they used."""
        horizon = oldest_kept(self.generations(), self._retention)
        generations = self._execute("DELETE FROM generations WHERE id < %(g)s", g=horizon)
        if not generations:
            return Dropped()
        dead = "chunks c JOIN documents d ON d.id = c.document_id WHERE d.died <= %(g)s"
        # Not those of a run that was ended before it published: the next one uses them.
        vectors = self._execute(
            f"DELETE FROM vectors v USING (SELECT DISTINCT c.key FROM {dead}) AS dead "
            "WHERE v.key = dead.key AND NOT EXISTS (SELECT 1 FROM chunks c "
            "JOIN documents d ON d.id = c.document_id "
            "WHERE c.key = v.key AND (d.died IS NULL OR d.died > %(g)s))",
            g=horizon,
        )
        self._execute(
            f"DELETE FROM proposals WHERE chunk_id IN (SELECT c.id FROM {dead})", g=horizon
        )
        chunks = self._execute(
            "DELETE FROM chunks WHERE document_id IN (SELECT id FROM documents WHERE died <= %(g)s)",
            g=horizon,
        )
        documents = self._query(
            "DELETE FROM documents WHERE died <= %(g)s RETURNING text_id", {"g": horizon}
        )
        texts = self._execute(
            "DELETE FROM texts t WHERE id = ANY (%(ids)s::bigint[]) AND NOT EXISTS "
            "(SELECT 1 FROM documents d WHERE d.text_id = t.id)",
            ids=list({text_id for (text_id,) in documents}),
        )
        self._execute("DELETE FROM vocabulary WHERE chunks <= 0")
        return Dropped(generations, len(documents), chunks, vectors, texts)

    def drop_orphans(self) -> Dropped:
        """Delete vectors, texts and words that nothing uses, whoever left them."""
        self._execute("DELETE FROM vocabulary WHERE chunks <= 0")
        self._execute(FORGET_PROPOSALS)
        return Dropped(
            vectors=self._execute(
                "DELETE FROM vectors v WHERE embedder_id NOT IN (SELECT embedder_id FROM generations) "
                "OR NOT EXISTS (SELECT 1 FROM chunks c WHERE c.key = v.key)"
            ),
            texts=self._execute(
                "DELETE FROM texts t WHERE NOT EXISTS "
                "(SELECT 1 FROM documents d WHERE d.text_id = t.id)"
            ),
        )


GENERATIONS = (
    "SELECT id, token, created_at, kind, embedder_id, documents, chunks FROM generations "
    "ORDER BY id"
)


def read_holder(query: Any) -> str:
    """Which run holds the lock, since when; "" if none does."""
    rows = query(
        "SELECT a.application_name, extract(epoch FROM now() - a.backend_start)::bigint "
        "FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND l.granted "
        "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
        "AND (l.classid::bigint << 32 | l.objid::bigint) = %(lock)s",
        {"lock": LOCK},
    )
    if not rows:
        return ""
    name, age = rows[0]
    process, _, host = name.rpartition(" ")[2].partition("@")
    holder = f"process {process} on {host}"
    # The server shows the age of another role's session to few.
    return holder if age is None else f"{holder}, for {max(0, age)} s"


def create(connection: Connection, address: DatabaseAddress) -> None:
    """Make the tables of an index, and the extensions if they are there for the taking."""
    errors = driver().errors
    try:
        connection.execute(f"CREATE EXTENSION IF NOT EXISTS {VECTORS} WITH SCHEMA public".encode())
    except (errors.UndefinedFile, errors.FeatureNotSupported, errors.InsufficientPrivilege) as exc:
        raise MissingDependencyError(
            f"The database {address} has no extension pgvector, which holds the vectors.",
            hint="Install pgvector on its server, and let an administrator run: CREATE EXTENSION vector",
        ) from exc
    connection.commit()
    has_bm25 = _try_bm25(connection)
    connection.execute(TABLES.encode())
    if has_bm25:
        connection.execute(WORDS_BY_BM25)
    else:
        _logger.warning("%s: %s", address, WITHOUT_BM25)
    for key, value in (
        ("format", FORMAT),
        ("index_id", secrets.token_hex(16)),
        ("generation", 0),
        (BM25, ""),
    ):
        connection.execute("INSERT INTO manifest VALUES (%s, %s)", (key, to_json(value)))
    if has_bm25:
        connection.execute(
            f"UPDATE manifest SET value = to_jsonb(coalesce({SERVER_RUN}, '{UNKNOWN_RUN}')) "
            f"WHERE key = '{BM25}'".encode()
        )
    connection.commit()


WITHOUT_BM25 = (
    "the index was made without the extension pg_textsearch, so words are proposed by PostgreSQL's own text "
    "search, which is slower where somebody may read much"
)
BM25_IS_STALE = (
    "pg_textsearch is not used since the server started anew (or hides its processes); the next inhouse "
    "ingest builds its index again, and until then words are proposed by PostgreSQL's own text search"
)


def _try_bm25(connection: Connection) -> bool:
    try:
        connection.execute(f"CREATE EXTENSION IF NOT EXISTS {BM25} WITH SCHEMA public".encode())
        connection.execute("CREATE TEMP TABLE tried (t text)")
        connection.execute("CREATE INDEX ON tried USING bm25 (t) WITH (text_config = 'simple')")
        connection.execute("DROP TABLE tried")
    except driver().Error:  # not installed, not loaded by the server, or not allowed
        connection.rollback()
        return False
    connection.commit()
    return True
