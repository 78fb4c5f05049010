"""Generations of an index in PostgreSQL: those that are kept, one restored, and old rows deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.document import Labels
from rag.index.catalog.retention import Dropped, find_oldest_kept
from rag.index.catalog.rows import Generation, find_generation
from rag.index.postgres.database import map_errors
from rag.index.postgres.schema import FORGET_PROPOSALS, RECONCILE
from rag.index.postgres.session import PostgresSession
from rag.readers import intersection, parse, to_stored

if TYPE_CHECKING:
    from rag.index.postgres.writer import PostgresWriter


def read_generations(session: PostgresSession) -> dict[int, Generation]:
    """The generations that are kept."""
    rows = session.read(
        "SELECT id, token, created_at, kind, embedder_id, documents, chunks FROM generations "
        "ORDER BY id"
    )
    return {row[0]: Generation(*row) for row in rows}


def require_generation(session: PostgresSession, generation: int) -> Generation:
    """A generation that is still kept. Raises UsageError, which names those that are."""
    return find_generation(read_generations(session), generation, session.address)


def restore(writer: PostgresWriter, target: Generation) -> tuple[int, int]:
    """Stage the state of an earlier generation; returns how many documents came back and went.

    A right that was taken away since does not come back: where the place still has a document, only
    those who may read that one may read the old one.
    """
    parameters = {"old": target.id, "now": writer.generation}
    state = "(born <= %({0})s AND (died IS NULL OR died > %({0})s))"
    then, now = state.format("old"), state.format("now")
    with map_errors(writer.address):
        back = writer.query(
            "SELECT id, uri, root, tags, readers, (SELECT o.readers FROM documents o WHERE "
            "o.uri = d.uri AND o.born <= %(now)s AND (o.died IS NULL OR o.died > %(now)s)) "
            f"FROM documents d WHERE {then} AND NOT {now} ORDER BY id",
            parameters,
        )
        gone = writer.stage(
            f"UPDATE documents SET died = %(new)s WHERE {now} AND NOT {then}",
            new=writer.generation + 1, **parameters,
        )  # fmt: skip
        for document_id, uri, root, tags, readers, standing in back:
            both = [parse(r) for r in (readers, *(() if standing is None else (standing,)))]
            labels = Labels(to_stored(intersection(both)), tuple(tags))
            writer.copy(document_id, uri, root, labels)
        for statement in RECONCILE:
            writer.execute(statement, g=writer.generation + 1)
        writer.embedder_id = target.embedder_id
    return len(back), gone


def drop_unreachable(session: PostgresSession) -> Dropped:
    """Delete the rows that no kept generation shows, and what only they used."""
    horizon = find_oldest_kept(read_generations(session), session.retention)
    generations = session.execute("DELETE FROM generations WHERE id < %(g)s", g=horizon)
    if not generations:
        return Dropped()
    dead = "chunks c JOIN documents d ON d.id = c.document_id WHERE d.died <= %(g)s"
    # Not those of a run that was ended before it published: the next one uses them.
    vectors = session.execute(
        f"DELETE FROM vectors v USING (SELECT DISTINCT c.key FROM {dead}) AS dead "
        "WHERE v.key = dead.key AND NOT EXISTS (SELECT 1 FROM chunks c "
        "JOIN documents d ON d.id = c.document_id "
        "WHERE c.key = v.key AND (d.died IS NULL OR d.died > %(g)s))",
        g=horizon,
    )
    session.execute(f"DELETE FROM proposals WHERE chunk_id IN (SELECT c.id FROM {dead})", g=horizon)
    chunks = session.execute(
        "DELETE FROM chunks WHERE document_id IN (SELECT id FROM documents WHERE died <= %(g)s)",
        g=horizon,
    )
    documents = session.query(
        "DELETE FROM documents WHERE died <= %(g)s RETURNING text_id", {"g": horizon}
    )
    texts = session.execute(
        "DELETE FROM texts t WHERE id = ANY (%(ids)s::bigint[]) AND NOT EXISTS "
        "(SELECT 1 FROM documents d WHERE d.text_id = t.id)",
        ids=list({text_id for (text_id,) in documents}),
    )
    session.execute("DELETE FROM vocabulary WHERE chunks <= 0")
    return Dropped(generations, len(documents), chunks, vectors, texts)


def drop_orphans(session: PostgresSession) -> Dropped:
    """Delete vectors, texts and words that nothing uses, whoever left them."""
    session.execute("DELETE FROM vocabulary WHERE chunks <= 0")
    session.execute(FORGET_PROPOSALS)
    return Dropped(
        vectors=session.execute(
            "DELETE FROM vectors v WHERE embedder_id NOT IN (SELECT embedder_id FROM generations) "
            "OR NOT EXISTS (SELECT 1 FROM chunks c WHERE c.key = v.key)"
        ),
        texts=session.execute(
            "DELETE FROM texts t WHERE NOT EXISTS "
            "(SELECT 1 FROM documents d WHERE d.text_id = t.id)"
        ),
    )
