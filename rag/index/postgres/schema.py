"""The tables of an index in PostgreSQL: those of the folder's catalogue, and what is searched in them.

As there, a row of `documents` is visible in generation g when `born <= g AND (died IS NULL OR died > g)`, and
rows of a run that has not published lie above the published generation: one UPDATE of the manifest makes them
visible. Beside each chunk stand the words that it is found by, made by this program's own analysis
(`rag.index.postgres.words`): `terms` in their order for BM25, `words` as a set for GIN. `vocabulary` counts
the chunks of the published generation that have a word.
"""

from __future__ import annotations

FORMAT = 1
SCHEMA = "inhouse"
LOCK = int.from_bytes(b"inhouse", "big")
"""Number of the advisory lock that lets one run at a time write; locks are a database's own."""
BM25, VECTORS = "pg_textsearch", "vector"
"""Extensions: the first may be missing, see `rag.index.postgres.words`."""

TABLES = f"""
CREATE SCHEMA {SCHEMA};
SET LOCAL search_path = {SCHEMA}, public;

CREATE TABLE manifest (key text PRIMARY KEY, value jsonb NOT NULL);

CREATE TABLE embedders (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    identity text NOT NULL UNIQUE,
    dimension int NOT NULL CHECK (dimension > 0)
);

CREATE TABLE generations (
    id bigint PRIMARY KEY,
    token text NOT NULL,
    created_at double precision NOT NULL,
    kind text NOT NULL CHECK (kind IN ('ingest', 'rollback', 'reembed')),
    embedder_id int NOT NULL REFERENCES embedders(id),
    documents bigint NOT NULL,
    chunks bigint NOT NULL,
    summary jsonb NOT NULL
);

CREATE TABLE texts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key bytea NOT NULL UNIQUE,
    text text NOT NULL
);

CREATE TABLE documents (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uri text COLLATE "C" NOT NULL,
    root text NOT NULL,
    title text NOT NULL,
    media_type text NOT NULL,
    language text NOT NULL,
    source_sha256 text NOT NULL,
    recipe text NOT NULL,
    text_id bigint NOT NULL REFERENCES texts(id),
    modified_at double precision,
    tags text[] NOT NULL,
    readers text[] NOT NULL,
    metadata jsonb NOT NULL,
    chunk_count int NOT NULL,
    plain_count bigint NOT NULL,
    stem_count bigint NOT NULL,
    accented_count bigint NOT NULL,
    born bigint NOT NULL,
    died bigint
);
CREATE INDEX documents_uri ON documents (uri);
CREATE INDEX documents_text ON documents (text_id);
CREATE INDEX documents_source ON documents (source_sha256);
CREATE INDEX documents_born ON documents (born);
CREATE INDEX documents_died ON documents (died) WHERE died IS NOT NULL;
CREATE INDEX documents_readers ON documents USING gin (readers);

CREATE TABLE chunks (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    document_id bigint NOT NULL REFERENCES documents(id),
    ordinal int NOT NULL,
    first int NOT NULL,
    past int NOT NULL,
    page int,
    section jsonb NOT NULL,
    context text NOT NULL,
    text text NOT NULL,
    boxes text NOT NULL,
    key bytea NOT NULL,
    terms text NOT NULL,
    plain_count int NOT NULL,
    stem_count int NOT NULL,
    accented_count int NOT NULL,
    words tsvector NOT NULL,
    UNIQUE (document_id, ordinal)
);
CREATE INDEX chunks_key ON chunks (key);
CREATE INDEX chunks_words ON chunks USING gin (words);

CREATE TABLE vectors (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    embedder_id int NOT NULL REFERENCES embedders(id),
    key bytea NOT NULL,
    vector public.halfvec NOT NULL,
    UNIQUE (embedder_id, key)
);
ALTER TABLE vectors ALTER COLUMN vector SET STORAGE PLAIN;

CREATE TABLE proposals (
    chunk_id bigint PRIMARY KEY,
    terms text NOT NULL
);

CREATE TABLE vocabulary (
    term text COLLATE "C" PRIMARY KEY,
    chunks bigint NOT NULL
);
CREATE INDEX vocabulary_backward ON vocabulary (reverse(term) COLLATE "C");

CREATE TABLE files (
    uri text COLLATE "C" PRIMARY KEY,
    root text NOT NULL,
    state text NOT NULL,
    reason text NOT NULL,
    size bigint NOT NULL,
    modified_ns bigint NOT NULL,
    source_sha256 text NOT NULL,
    recipe text NOT NULL,
    seen_at double precision NOT NULL,
    pages int NOT NULL,
    pages_with_text int NOT NULL,
    unread jsonb NOT NULL,
    reader text NOT NULL,
    changed_ns bigint NOT NULL
);
"""

WORDS_BY_BM25 = (
    "CREATE INDEX proposals_terms ON proposals USING bm25 (terms) WITH (text_config = 'simple')"
)
"""Words that this program made need no analysis; the scores are computed again, see `words`."""
PROPOSE = (
    "INSERT INTO proposals SELECT c.id, c.terms FROM chunks c WHERE c.id > {after} "
    "ORDER BY c.id LIMIT {limit}; COMMIT"
)
"""Puts chunks into BM25, sent together with its COMMIT.

pg_textsearch 0.6 lets nobody search while a transaction is open that has put something into its index; such a
transaction cannot even be ended from outside. So none waits for this program.
"""
FORGET_PROPOSALS = (
    "DELETE FROM proposals p WHERE NOT EXISTS (SELECT 1 FROM chunks c WHERE c.id = p.chunk_id)"
)
SERVER_RUN = (
    "((extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint::text || ' ' || "
    "(SELECT min(pid) FROM pg_stat_activity WHERE datid IS NULL AND usesysid IS NULL))"
)
"""SQL for what changes when the server starts, also after a crash of one of its processes.

After a crash of one process the start time stays, but the server's own processes are new; they are those of
no database and of no role, and every role may see their numbers. NULL where the server hides them.

pg_textsearch 0.6 loses words in a crash, and then refuses to take new ones. So its index is used only in the
run of the server in which it was built, or that it survived by being built anew: by the next writer.
"""
UNKNOWN_RUN = "unknown"
"""In the manifest instead of it: BM25 is there, but not to be trusted."""

VISIBLE = "d.born <= %(g)s AND (d.died IS NULL OR d.died > %(g)s)"
"""SQL for "this document d is part of generation g"."""


UNPUBLISHED = "SELECT 1 FROM documents d WHERE d.born > %(g)s OR d.died > %(g)s LIMIT 1"
"""SQL for "a run staged something and never published it"."""
DISCARD = (
    "DELETE FROM chunks WHERE document_id IN (SELECT id FROM documents WHERE born > %(g)s)",
    "DELETE FROM documents WHERE born > %(g)s",
    "UPDATE documents SET died = NULL WHERE died > %(g)s",
)
"""SQL that takes back what such a run staged; its vectors stay."""
RECONCILE = (
    "DELETE FROM files f WHERE f.state IN ('indexed', 'partial') AND NOT EXISTS "
    f"(SELECT 1 FROM documents d WHERE d.uri = f.uri AND {VISIBLE})",
    "INSERT INTO files SELECT d.uri, d.root, 'indexed', '', -1, -1, d.source_sha256, '', 0, 0, 0, '{}', "
    f"'', 0 FROM documents d LEFT JOIN files f ON f.uri = d.uri WHERE {VISIBLE} AND NOT coalesce("
    "(f.state IN ('indexed', 'partial') AND f.source_sha256 = d.source_sha256 AND f.recipe = d.recipe) "
    "OR (f.state = 'failed' AND f.modified_ns = -1), FALSE) "
    "ON CONFLICT (uri) DO UPDATE SET root = excluded.root, state = excluded.state, reason = '', size = -1, "
    "modified_ns = -1, source_sha256 = excluded.source_sha256, recipe = '', seen_at = 0, pages = 0, "
    "pages_with_text = 0, unread = '{}', reader = '', changed_ns = 0",
)
"""SQL that makes the ledger agree with the documents of generation g, which the last run did not make.

A file that has no document there any more is forgotten: the next run finds it new. One whose document differs
from what the ledger says is read again, since its recipe is none.
"""


def write_nearest_index(embedder_id: int, dimension: int) -> str:
    """The statement that makes the HNSW index over the vectors of an embedder."""
    return (
        f"CREATE INDEX IF NOT EXISTS {name_nearest_index(embedder_id)} ON vectors USING hnsw "
        f"((vector::public.halfvec({dimension})) public.halfvec_ip_ops) "
        f"WITH (m = 16, ef_construction = 128) WHERE embedder_id = {embedder_id}"
    )


def name_nearest_index(embedder_id: int) -> str:
    """Name of that index."""
    return f"vectors_nearest_{embedder_id}"
