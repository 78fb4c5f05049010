"""Makes an index in a database that has none: its tables, and the extensions if they can be had."""

from __future__ import annotations

import logging
import secrets

from rag.database_address import DatabaseAddress
from rag.errors import MissingDependencyError
from rag.index.postgres.database import Connection, import_driver, to_json
from rag.index.postgres.schema import (
    BM25,
    FORMAT,
    SERVER_RUN,
    TABLES,
    UNKNOWN_RUN,
    VECTORS,
    WORDS_BY_BM25,
)

_logger = logging.getLogger(__name__)


def create(connection: Connection, address: DatabaseAddress) -> None:
    """Make the tables of an index, and the extensions if they are there for the taking."""
    errors = import_driver().errors
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
    except import_driver().Error:  # not installed, not loaded by the server, or not allowed
        connection.rollback()
        return False
    connection.commit()
    return True
