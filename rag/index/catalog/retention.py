"""How long old generations are kept, and letting go of those that are not."""

from __future__ import annotations

import time
from dataclasses import astuple, dataclass

import apsw

from rag.index.catalog import rows

_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Retention:
    """A generation is kept while it is among the newest `generations`, or younger than `days`."""

    generations: int = 10
    days: float = 30.0


@dataclass(frozen=True, slots=True)
class Dropped:
    """What a vacuum deleted: counts of rows."""

    generations: int = 0
    documents: int = 0
    chunks: int = 0
    vectors: int = 0
    texts: int = 0

    def __add__(self, other: Dropped) -> Dropped:
        return Dropped(
            *(
                own_value + other_value
                for own_value, other_value in zip(astuple(self), astuple(other), strict=True)
            )
        )


def find_oldest_kept(
    kept: dict[int, rows.Generation], retention: Retention, now: float | None = None
) -> int:
    """The oldest generation that stays; 0 if there is none."""
    if not kept:
        return 0
    now = time.time() if now is None else now
    numbers = sorted(kept)
    newest = numbers[-max(1, retention.generations) :]
    # A run whose clock was ahead does not keep its generation until then.
    young = [g for g in numbers if now - retention.days * _DAY_S < kept[g].created_at <= now]
    return min(newest + young)


def drop_unreachable(connection: apsw.Connection, retention: Retention, needed: int) -> Dropped:
    """Delete the rows that no kept generation shows, inside the caller's transaction.

    `needed`: the oldest generation that a derived structure was made from; what changed since is needed to
    bring it up to date. Costs as much as there is to delete, not as much as there is.
    """
    kept = rows.generations(connection)
    horizon = min(find_oldest_kept(kept, retention), needed)
    if all(number >= horizon for number in kept):
        return Dropped()
    connection.execute(
        "CREATE TEMP TABLE dead_documents AS SELECT id, text_id FROM documents WHERE died <= ?;"
        "CREATE TEMP TABLE dead_keys AS SELECT DISTINCT key FROM chunks "
        "WHERE document_id IN (SELECT id FROM dead_documents);",
        (horizon,),
    )
    try:
        return Dropped(
            chunks=_delete(
                connection,
                "DELETE FROM chunks WHERE document_id IN (SELECT id FROM dead_documents)",
            ),
            documents=_delete(
                connection, "DELETE FROM documents WHERE id IN (SELECT id FROM dead_documents)"
            ),
            generations=_delete(connection, "DELETE FROM generations WHERE id < ?", horizon),
            vectors=_delete(
                connection,
                "DELETE FROM vectors WHERE id IN (SELECT v.id FROM dead_keys k CROSS JOIN embedders e "
                "CROSS JOIN vectors v ON v.embedder_id = e.id AND v.key = k.key "
                "WHERE NOT EXISTS (SELECT 1 FROM chunks c WHERE c.key = k.key))",
            ),
            texts=_delete(
                connection,
                "DELETE FROM texts WHERE id IN (SELECT text_id FROM dead_documents) "
                "AND NOT EXISTS (SELECT 1 FROM documents d WHERE d.text_id = texts.id)",
            ),
        )
    finally:
        connection.execute("DROP TABLE dead_documents; DROP TABLE dead_keys")


def drop_orphans(connection: apsw.Connection) -> Dropped:
    """Delete vectors and texts that nothing uses, whoever left them; reads every row."""
    return Dropped(
        vectors=_delete(
            connection,
            "DELETE FROM vectors WHERE embedder_id NOT IN (SELECT embedder_id FROM generations) "
            "OR NOT EXISTS (SELECT 1 FROM chunks c WHERE c.key = vectors.key)",
        ),
        texts=_delete(
            connection,
            "DELETE FROM texts WHERE NOT EXISTS "
            "(SELECT 1 FROM documents d WHERE d.text_id = texts.id)",
        ),
    )


def _delete(connection: apsw.Connection, statement: str, *bindings: int) -> int:
    connection.execute(statement, bindings)
    return int(connection.changes())
