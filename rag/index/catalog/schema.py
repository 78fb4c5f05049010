"""The catalogue's tables.

A row of `documents` is one version of one file, visible in generation g when
`born <= g AND (died IS NULL OR died > g)`. Rows whose `born` or `died` lies above the published generation
belong to a run that has not finished: no reader sees them, and the next run discards them.
`vectors` is addressed by content, (embedder, key of the embedded text), so a text that was embedded once
is never embedded again, whichever document or generation it turns up in.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.index.search.vectors import Int64

FORMAT = 4

TABLES = """
CREATE TABLE manifest (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE embedders (
    id INTEGER PRIMARY KEY,
    identity TEXT NOT NULL UNIQUE,
    dimension INTEGER NOT NULL CHECK (dimension > 0)
);

CREATE TABLE generations (
    id INTEGER PRIMARY KEY,
    token TEXT NOT NULL,
    created_at REAL NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('ingest', 'rollback', 'reembed')),
    embedder_id INTEGER NOT NULL REFERENCES embedders(id),
    documents INTEGER NOT NULL,
    chunks INTEGER NOT NULL,
    summary TEXT NOT NULL
);

CREATE TABLE texts (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE,
    text TEXT NOT NULL
);

CREATE TABLE documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uri TEXT NOT NULL,
    root TEXT NOT NULL,
    title TEXT NOT NULL,
    media_type TEXT NOT NULL,
    language TEXT NOT NULL,
    source_sha256 TEXT NOT NULL,
    recipe TEXT NOT NULL,
    text_id INTEGER NOT NULL REFERENCES texts(id),
    modified_at REAL,
    tags TEXT NOT NULL,
    readers TEXT NOT NULL,
    metadata TEXT NOT NULL,
    born INTEGER NOT NULL,
    died INTEGER
);
CREATE INDEX documents_uri ON documents(uri);
CREATE INDEX documents_text ON documents(text_id);
CREATE INDEX documents_source ON documents(source_sha256);
CREATE INDEX documents_born ON documents(born);
CREATE INDEX documents_died ON documents(died) WHERE died IS NOT NULL;

CREATE TABLE chunks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    document_id INTEGER NOT NULL REFERENCES documents(id),
    ordinal INTEGER NOT NULL,
    start INTEGER NOT NULL,
    end INTEGER NOT NULL,
    page INTEGER,
    section TEXT NOT NULL,
    context TEXT NOT NULL,
    text TEXT NOT NULL,
    boxes TEXT NOT NULL,
    key BLOB NOT NULL,
    UNIQUE (document_id, ordinal)
);

CREATE INDEX chunks_key ON chunks(key);

CREATE TABLE vectors (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    embedder_id INTEGER NOT NULL REFERENCES embedders(id),
    key BLOB NOT NULL,
    vector BLOB NOT NULL,
    UNIQUE (embedder_id, key)
);

CREATE TABLE files (
    uri TEXT PRIMARY KEY,
    root TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    size INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL,
    source_sha256 TEXT NOT NULL,
    recipe TEXT NOT NULL,
    seen_at REAL NOT NULL,
    pages INTEGER NOT NULL DEFAULT 0,
    pages_with_text INTEGER NOT NULL DEFAULT 0,
    unread TEXT NOT NULL DEFAULT '{}',
    reader TEXT NOT NULL DEFAULT '',
    changed_ns INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
"""

VISIBLE = "born <= :g AND (died IS NULL OR died > :g)"
"""SQL for "this document is part of generation :g"."""


def limit_to_ids(ids: Int64 | None, column: str) -> str:
    """SQL for "`column` is one of :ids"; nothing where every one will do. See `encode_ids`."""
    return "" if ids is None else f"AND {column} IN (SELECT value FROM json_each(:ids))"


def encode_ids(ids: Int64 | None) -> str | None:
    """What :ids is, for `only`."""
    return None if ids is None else json.dumps(ids.tolist())
