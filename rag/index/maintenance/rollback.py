"""Going back: an old state is published again, as a new generation."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from rag.index.catalog import copies, ledger, rows
from rag.index.catalog.retention import Retention
from rag.index.session import WriteSession


@dataclass(frozen=True, slots=True)
class Rollback:
    """What a rollback did: `restored` and `removed` count documents."""

    generation: int
    target: int
    restored: int
    removed: int


def rollback(data_dir: Path, generation: int, *, retention: Retention | None = None) -> Rollback:
    """Publish the state of `generation` as a new generation.

    Nothing is parsed or embedded. The next ingest looks again at every file whose document differs from
    the state before. Raises UsageError if the generation is not kept any more.
    """
    with WriteSession(data_dir, retention=retention) as session, session.map_errors():
        target = session.require(generation)
        connection, new = session.begin(), session.generation + 1
        changed = rows.difference(connection, session.generation, generation)
        connection.executemany(
            "UPDATE documents SET died = ? WHERE id = ?",
            [(new, document_id) for document_id in changed.removed.tolist()],
        )
        for document_id in changed.added.tolist():
            copies.revive_document(connection, document_id, new)
        ledger.reconcile(connection, new)
        session.adopt_embedder(target.embedder_id)
        done = Rollback(new, generation, len(changed.added), len(changed.removed))
        session.publish(asdict(done), "rollback")
        return done
