"""Copy a document's row to another path or to a later generation."""

from __future__ import annotations

import json

import apsw

from rag.document import Labels
from rag.readers import intersection, parse, to_stored


def copy_document(
    connection: apsw.Connection, document_id: int, uri: str, root: str, born: int, labels: Labels
) -> None:
    """Copy a document with its chunks to another place, born in generation `born`."""
    connection.execute(
        "INSERT INTO documents (uri, root, title, media_type, language, source_sha256, recipe, "
        "text_id, modified_at, tags, readers, metadata, born) SELECT ?, ?, title, media_type, "
        "language, source_sha256, recipe, text_id, modified_at, ?, ?, metadata, ? "
        "FROM documents WHERE id = ?",
        (uri, root, json.dumps(labels.tags), json.dumps(labels.readers), born, document_id),
    )
    connection.execute(
        "INSERT INTO chunks (document_id, ordinal, start, end, page, section, context, text, boxes, "
        "key) SELECT ?, ordinal, start, end, page, section, context, text, boxes, key FROM chunks "
        "WHERE document_id = ? ORDER BY ordinal",
        (connection.last_insert_rowid(), document_id),
    )


def revive_document(connection: apsw.Connection, document_id: int, born: int) -> None:
    """Let a document that died stand again where it stood, from generation `born` on.

    A right that was taken away since does not come back with it: where the place still has a document,
    only those who may read that one may read the old one.
    """
    uri, root, tags, readers = connection.execute(
        "SELECT uri, root, tags, readers FROM documents WHERE id = ?", (document_id,)
    ).fetchone()
    now = connection.execute(
        "SELECT readers FROM documents WHERE uri = ? AND (died IS NULL OR died = ?) AND born < ?",
        (uri, born, born),
    ).fetchone()
    both = [parse(json.loads(tokens)) for tokens in (readers, *(now or ()))]
    labels = Labels(to_stored(intersection(both)), tuple(json.loads(tags)))
    copy_document(connection, document_id, uri, root, born, labels)
