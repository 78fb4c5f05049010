"""An index in a PostgreSQL database: opened for search, for writing, or to be looked after."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rag.database_address import DatabaseAddress
from rag.errors import IndexDamagedError, IndexMissingError
from rag.index.catalog.ledger import LAST_RUN, SOURCE_RULES, FileState
from rag.index.catalog.retention import Retention
from rag.index.catalog.rows import Generation
from rag.index.maintenance.rollback import Rollback
from rag.index.maintenance.vacuum import Vacuumed
from rag.index.maintenance.verify import Check, Verification
from rag.index.postgres import database, views
from rag.index.postgres.creation import BM25_IS_STALE, WITHOUT_BM25
from rag.index.postgres.database import ReadConnections, map_errors
from rag.index.postgres.schema import BM25, SCHEMA, VISIBLE
from rag.index.postgres.session import read_holder
from rag.index.postgres.snapshot import PostgresSnapshot
from rag.index.postgres.word_search import proposes_by_bm25
from rag.index.postgres.words import to_terms
from rag.index.postgres.writer import PostgresWriter
from rag.index.views.next_run import IndexState
from rag.index.views.overview import Overview

_SHOWN = 20
_BATCH = 2_000


class PostgresReader:
    """Gives the newest published state of the index, as a `PostgresSnapshot`.

    Safe to share between threads. Raises IndexMissingError if nothing was ever published there.
    """

    def __init__(self, address: DatabaseAddress, folder: Path) -> None:
        self.data_dir = folder
        self._connections = ReadConnections(address)
        self._lock = threading.Lock()
        self._snapshot: PostgresSnapshot | None = None
        self.snapshot()

    def snapshot(self) -> PostgresSnapshot:
        """The newest published state; the same object until there is a newer one."""
        query, address = self._connections.query, self._connections.address
        with self._lock:
            rows = query(
                "SELECT key, value FROM manifest WHERE key IN ('format', 'index_id', 'generation')"
            )
            manifest: dict[str, Any] = dict(rows)
            database.check_format(manifest.get("format"), address)
            if not manifest["generation"]:
                raise IndexMissingError(
                    f"Nothing was ingested into {address} yet.",
                    hint="Do it with: inhouse ingest FOLDER",
                )
            snapshot = self._snapshot
            state = (manifest["index_id"], manifest["generation"])
            if snapshot is None or (snapshot.index_id, snapshot.generation.id) != state:
                generation, identity = read_generation(query)
                snapshot = PostgresSnapshot(
                    self._connections, generation, identity, manifest["index_id"]
                )
                self._snapshot = snapshot
            return snapshot


def read_generation(query: Any) -> tuple[Generation, dict[str, Any]]:
    """The published generation, and the identity of the embedder that made its vectors.

    In one statement: between two of them a run may publish, and let go of the one that was read first.
    """
    rows = query(
        "SELECT g.id, token, created_at, kind, embedder_id, documents, chunks, identity "
        "FROM generations g JOIN embedders e ON e.id = g.embedder_id "
        "WHERE to_jsonb(g.id) = (SELECT value FROM manifest WHERE key = 'generation')"
    )
    if not rows:
        raise IndexDamagedError(
            "The index in the database has no row for its published generation.",
            hint="Restore the database from its backup, or ingest into an empty one.",
        )
    return Generation(*rows[0][:7]), json.loads(rows[0][7])


class PostgresStore:
    """An index in PostgreSQL. `folder` holds what stands beside it on this machine."""

    def __init__(self, address: DatabaseAddress, folder: Path) -> None:
        self.address, self.folder = address, folder
        self._connections = ReadConnections(address)

    def exists(self) -> bool:
        """Whether an index was ever made there, even an empty one."""
        rows = self._connections.query(
            "SELECT to_regclass(%(name)s) IS NOT NULL", {"name": f"{SCHEMA}.manifest"}
        )
        return bool(rows[0][0])

    def open_reader(self) -> PostgresReader:
        """The index, open for search."""
        return PostgresReader(self.address, self.folder)

    def open_writer(
        self,
        embedder: Mapping[str, Any] | None = None,
        *,
        retention: Retention | None = None,
        wait_s: float = 0.0,
        stopped: Callable[[], bool] = lambda: False,
    ) -> PostgresWriter:
        """A run with the embedder of this identity; the tables are made if need be."""
        return PostgresWriter(
            self.address, self.folder, embedder, retention=retention, wait_s=wait_s, stopped=stopped
        )

    def describe(self) -> str:
        """The server, its extensions, and whether BM25 proposes words of this index, in a few words."""
        rows = self._connections.query(
            "SELECT current_setting('server_version'), coalesce(string_agg(extname || ' ' || extversion, "
            "' and ' ORDER BY extname = 'vector' DESC), '') FROM pg_extension WHERE extname = ANY (%(n)s)",
            {"n": ["vector", BM25]},
        )
        version, extensions = rows[0]
        text = f"in PostgreSQL {version.partition(' ')[0]} with {extensions}"
        if not database.read_manifest(self._connections.query, BM25):
            return f"{text}; {WITHOUT_BM25}"
        is_trusted = proposes_by_bm25(self._connections.query)
        return text if is_trusted else f"{text}; {BM25_IS_STALE}"

    def read_overview(self) -> Overview:
        """What the index holds."""
        snapshot, query = self.open_reader().snapshot(), self._connections.query
        generation = snapshot.generation
        states: dict[str, int] = dict(query("SELECT state, count(*) FROM files GROUP BY 1"))
        problems = query(
            f"SELECT {views.FILE_COLUMNS} FROM files WHERE state <> 'indexed' ORDER BY uri"
        )
        recipes: dict[str, int] = dict(
            query(
                "SELECT recipe, count(*) FROM files WHERE NOT (state = 'skipped' AND source_sha256 = '') "
                "GROUP BY 1"
            )
        )
        return Overview(
            data=str(self.address),
            generation=generation.id,
            created_at=generation.created_at,
            documents=generation.documents,
            chunks=generation.chunks,
            embedder=snapshot.embedder,
            files={state: states.get(state.value, 0) for state in FileState},
            coverage=views.read_coverage(query),
            unread=views.read_unread(query),
            last_run=database.read_manifest(query, LAST_RUN),
            at_work=read_holder(query),
            problems=tuple(map(views.to_record, problems)),
            bytes_on_disk=self._bytes(),
            roots=self._count_by("root", generation.id),
            languages=self._count_by("language", generation.id),
            source_rules=database.read_manifest(query, SOURCE_RULES),
            recipes=recipes,
            last_look=database.read_manifest(query, "last_look"),
        )

    def _bytes(self) -> int:
        rows = self._connections.query(
            "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c "
            "JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = %(schema)s AND c.relkind = 'r'",
            {"schema": SCHEMA},
        )
        return int(rows[0][0])

    def _count_by(self, column: str, generation: int) -> dict[str, int]:
        """How many documents of the generation have each value, most first."""
        rows = self._connections.query(
            f"SELECT d.{column}, count(*) FROM documents d WHERE {VISIBLE} "
            "GROUP BY 1 ORDER BY 2 DESC, 1",
            {"g": generation},
        )
        return dict(rows)

    def read_embedder(self) -> dict[str, Any] | None:
        """The identity of the embedder that made the index's vectors; None if there is no index yet."""
        query = self._connections.query
        if not self.exists() or not database.read_manifest(query, "generation"):
            return None
        return read_generation(query)[1]

    def read_state(self) -> IndexState | None:
        """What the next run will find; None if there is no index yet."""
        query = self._connections.query
        if not self.exists():
            return None
        if not database.read_manifest(query, "generation"):
            return None
        generation, identity = read_generation(query)
        return views.read_index_state(query, generation.id, int(identity["max_tokens"]))

    def rollback(self, generation: int, *, retention: Retention | None = None) -> Rollback:
        """Publish the state of `generation` again, as a new generation."""
        with self.open_writer(retention=retention) as writer:
            restored, removed = writer.restore(generation)
            done = Rollback(writer.generation + 1, generation, restored, removed)
            writer.publish(asdict(done), "rollback")
            return done

    def vacuum(self, retention: Retention | None = None) -> Vacuumed:
        """Let go of the generations that are not kept any more, and of what nothing uses.

        The server gives the room back to its tables by itself (autovacuum), not to the disk.
        """
        before = self._bytes() if self.exists() else 0
        with self.open_writer(retention=retention) as writer, map_errors(self.address):
            dropped = writer.drop_unused()
            writer.flush()
            oldest = min(writer.generations())
        return Vacuumed(dropped, oldest, before, self._bytes())

    def verify(self, *, full: bool = False) -> Verification:
        """Check the catalogue's counts, and with `full` each chunk's span, vector and words.

        Pages and indexes are the server's to check (data checksums, pg_amcheck).
        """
        snapshot = self.open_reader().snapshot()
        checks = [
            _check("catalogue", self._check_counts(snapshot)),
            _check("vectors", self._check_vectors(snapshot, full=full)),
            _check("lexical", self._check_words(snapshot, full=full)),
        ]
        is_whole = not any(check.problems for check in checks)
        return Verification(
            snapshot.generation.id,
            full,
            tuple(checks),
            (),
            "" if is_whole else "Restore the database from its backup, or ingest again.",
        )

    def _check_counts(self, snapshot: PostgresSnapshot) -> Iterator[int | str]:
        generation = snapshot.generation
        documents, chunks = snapshot.query(
            "SELECT count(*), coalesce(sum(d.chunk_count), 0)::bigint FROM documents d "
            f"WHERE {VISIBLE}"
        )[0]
        yield generation.documents
        if (documents, chunks) != (generation.documents, generation.chunks):
            yield (
                f"Generation {generation.id} has {documents} documents and {chunks} chunks, not "
                f"{generation.documents} and {generation.chunks}."
            )
        for uri, count, expected in snapshot.query(
            "SELECT d.uri, count(c.id), d.chunk_count FROM documents d "
            "LEFT JOIN chunks c ON c.document_id = d.id "
            f"WHERE {VISIBLE} GROUP BY d.id HAVING count(c.id) <> d.chunk_count"
        ):
            yield f"{uri} has {count} chunks, not {expected}."
        for (uri,) in snapshot.query(
            f"SELECT d.uri FROM documents d WHERE {VISIBLE} GROUP BY d.uri HAVING count(*) > 1"
        ):
            yield f"{uri} stands there more than once."

    def _check_vectors(self, snapshot: PostgresSnapshot, *, full: bool) -> Iterator[int | str]:
        yield snapshot.generation.chunks
        dimension = int(snapshot.embedder["dimension"])
        missing = snapshot.query(
            "SELECT count(*) FROM documents d JOIN chunks c ON c.document_id = d.id "
            "LEFT JOIN vectors v ON v.embedder_id = %(e)s AND v.key = c.key "
            f"WHERE {VISIBLE} AND (v.id IS NULL OR public.vector_dims(v.vector) <> %(dimension)s"
            + (" OR abs(public.l2_norm(v.vector) - 1) > 0.01)" if full else ")"),
            e=snapshot.generation.embedder_id,
            dimension=dimension,
        )[0][0]
        if missing:
            yield f"{missing} chunks have no vector of {dimension} numbers and of length 1."

    def _check_words(self, snapshot: PostgresSnapshot, *, full: bool) -> Iterator[int | str]:
        """Spans and words are compared with the documents' texts, a batch at a time."""
        if not full:
            yield snapshot.generation.chunks
            return
        last = 0
        while rows := snapshot.query(
            "SELECT c.id, d.uri, c.ordinal, c.text = substr(t.text, c.first + 1, c.past - c.first), "
            "c.context, c.text, d.language, c.terms FROM chunks c "
            "JOIN documents d ON d.id = c.document_id JOIN texts t ON t.id = d.text_id "
            f"WHERE {VISIBLE} AND c.id > %(last)s ORDER BY c.id LIMIT %(limit)s",
            last=last,
            limit=_BATCH,
        ):
            last = rows[-1][0]
            yield len(rows)
            for _, uri, ordinal, is_span, context, text, language, terms in rows:
                if not is_span:
                    yield f"Chunk {ordinal} of {uri} is not what its document says there."
                if " ".join(to_terms(f"{context}\n{text}", language).all) != terms:
                    yield f"Chunk {ordinal} of {uri} cannot be found by its words."


def _check(name: str, findings: Iterator[int | str]) -> Check:
    """Collect what a check yields: numbers of things that were looked at, and problems."""
    checked, problems = 0, []
    for finding in findings:
        if isinstance(finding, int):
            checked += finding
        else:
            problems.append(finding)
    return Check(name, checked, tuple(problems[:_SHOWN]), max(0, len(problems) - _SHOWN))
