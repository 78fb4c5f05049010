"""Publishes what a run has staged in PostgreSQL: one UPDATE makes it visible."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import Any

from rag.errors import StorageError
from rag.index.postgres import database
from rag.index.postgres.database import map_errors, to_json
from rag.index.postgres.generations import drop_unreachable
from rag.index.postgres.schema import BM25, FORGET_PROPOSALS, PROPOSE, VISIBLE, write_nearest_index
from rag.index.postgres.session import PostgresSession
from rag.index.postgres.vector_search import EXACT_ROWS
from rag.index.session import Kind

_PROPOSED = 1_000
"""Chunks that are put into BM25 at a time; nobody can search by it while they are."""


def publish(session: PostgresSession, summary: Mapping[str, Any], kind: Kind = "ingest") -> int:
    """Publish what is staged, if anything changed; returns the published generation."""
    with map_errors(session.address):
        if not session.has_changes and kind == "ingest":
            session.connection.commit()
            return session.generation
        generation = session.generation + 1
        session.connection.commit()
        _propose(session)
        _make_nearest_index(session)
        _publish(session, generation, summary, kind)
        session.generation, session.has_changes = generation, False
        drop_unreachable(session)
        session.connection.commit()
        _analyze(session)
    return generation


def _publish(
    session: PostgresSession, generation: int, summary: Mapping[str, Any], kind: Kind
) -> None:
    """Everything that a reader of the new generation needs, in one transaction."""
    _count_words(session, generation, "born", 1)
    _count_words(session, generation, "died", -1)
    documents, chunks = session.query(
        "SELECT count(*), coalesce(sum(d.chunk_count), 0)::bigint FROM documents d "
        f"WHERE {VISIBLE}",
        {"g": generation},
    )[0]
    session.execute(
        "INSERT INTO generations VALUES (%(id)s, %(token)s, %(now)s, %(kind)s, %(embedder)s, "
        "%(documents)s, %(chunks)s, %(summary)s)",
        id=generation, token=secrets.token_hex(8), now=time.time(), kind=kind,
        embedder=session.embedder_id, documents=documents, chunks=chunks,
        summary=to_json(dict(summary)),
    )  # fmt: skip
    moved = session.execute(
        "UPDATE manifest SET value = to_jsonb(%(new)s::bigint) "
        "WHERE key = 'generation' AND value = to_jsonb(%(old)s::bigint)",
        new=generation,
        old=session.generation,
    )
    if moved != 1:
        raise StorageError(f"{session.address} was published to by somebody else meanwhile.")
    session.connection.commit()


def _count_words(session: PostgresSession, generation: int, column: str, by: int) -> None:
    """Count the words of the chunks that came into the generation, or went out of it."""
    session.execute(
        "INSERT INTO vocabulary AS v SELECT word, %(by)s * count(*) FROM documents d "
        "JOIN chunks c ON c.document_id = d.id, unnest(tsvector_to_array(c.words)) AS word "
        f"WHERE d.{column} = %(g)s GROUP BY word "
        "ON CONFLICT (term) DO UPDATE SET chunks = v.chunks + excluded.chunks",
        g=generation,
        by=by,
    )


def _propose(session: PostgresSession) -> None:
    """Put the words of new chunks into the server's BM25, a few at a time; the rest wait meanwhile."""
    if not database.read_manifest(session.query, BM25):
        return
    session.execute(FORGET_PROPOSALS)
    after = session.value("SELECT coalesce(max(chunk_id), 0) FROM proposals")
    last = session.value("SELECT coalesce(max(id), 0) FROM chunks")
    session.connection.commit()
    while after < last:
        session.connection.execute(PROPOSE.format(after=after, limit=_PROPOSED).encode())
        after = session.value("SELECT coalesce(max(chunk_id), 0) FROM proposals")
        session.connection.commit()


def _make_nearest_index(session: PostgresSession) -> None:
    """HNSW, once there are more chunks than are compared one by one."""
    chunks = session.value(
        "SELECT count(*) FROM (SELECT 1 FROM chunks LIMIT %(n)s) c", n=EXACT_ROWS + 1
    )
    if chunks > EXACT_ROWS:
        session.execute("SET LOCAL maintenance_work_mem = '1GB'")
        session.execute(write_nearest_index(session.embedder_id, session.dimension))


def _analyze(session: PostgresSession) -> None:
    session.execute("ANALYZE documents, chunks, vectors, vocabulary")
    session.connection.commit()
