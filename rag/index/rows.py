"""Reading the catalogue's rows in one generation."""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import apsw
import numpy as np

from rag.document import Box, Labels
from rag.errors import GenerationGoneError, IndexDamagedError
from rag.index.derived import Origin
from rag.index.filter import Filter
from rag.index.lexical import LexicalRow
from rag.index.schema import VISIBLE
from rag.index.vectors import Batch, Float32, Int64
from rag.readers import intersection, parse, stored

_BATCH = 4096


@dataclass(frozen=True, slots=True)
class Generation:
    """A published state of the index."""

    id: int
    token: str
    created_at: float
    kind: str
    embedder_id: int
    documents: int
    chunks: int


@dataclass(frozen=True, slots=True)
class ChunkRow:
    """A chunk with what a reader wants to know of its document."""

    chunk_id: int
    document_id: int
    ordinal: int
    uri: str
    title: str
    start: int
    end: int
    page: int | None
    section: tuple[str, ...]
    text: str
    stored_boxes: str = "[]"


class Spot(NamedTuple):
    """Where a chunk stands, and how many characters it has: what it takes to choose among many."""

    chunk_id: int
    document_id: int
    ordinal: int
    page: int | None
    size: int


@dataclass(frozen=True, slots=True)
class Difference:
    """Documents that stand in one generation and not in another."""

    added: Int64
    removed: Int64


def generations(connection: apsw.Connection) -> dict[int, Generation]:
    """The published generations that are still kept, by number."""
    rows = connection.execute(
        "SELECT id, token, created_at, kind, embedder_id, documents, chunks FROM generations "
        "WHERE id <= (SELECT value FROM manifest WHERE key = 'generation')"
    )
    return {row[0]: Generation(*row) for row in rows}


def require_kept(connection: apsw.Connection, generation: Generation) -> None:
    """Raise GenerationGoneError if a vacuum has let go of the generation."""
    row = connection.execute(
        "SELECT token FROM generations WHERE id = ?", (generation.id,)
    ).fetchone()
    if row is None or row[0] != generation.token:
        raise GenerationGoneError(
            f"Generation {generation.id} of the index was let go of while it was being searched.",
            hint="Ask again; keep more generations with index.keep_generations and index.keep_days.",
        )


def origin(index_id: str, generation: Generation) -> Origin:
    """The stamp's word for this generation."""
    return Origin(index_id, generation.id, generation.token)


def difference(connection: apsw.Connection, old: int, new: int) -> Difference:
    """How generation `new` differs from `old`, whichever is the later one."""
    low, high = sorted((old, new))
    rows = connection.execute(
        f"SELECT id, {_visible(':old')}, {_visible(':new')} FROM documents "
        "WHERE (born > :low AND born <= :high) OR (died > :low AND died <= :high)",
        {"old": old, "new": new, "low": low, "high": high},
    ).fetchall()
    added = [row[0] for row in rows if row[2] and not row[1]]
    removed = [row[0] for row in rows if row[1] and not row[2]]
    return Difference(np.asarray(added, np.int64), np.asarray(removed, np.int64))


def _visible(parameter: str) -> str:
    return f"({VISIBLE.replace(':g', parameter)})"


def documents(connection: apsw.Connection, generation: int, filter: Filter) -> Int64:
    """Ids of the documents that pass the filter in this generation, ascending."""
    condition, parameters = filter.sql()
    rows = connection.execute(
        f"SELECT id FROM documents WHERE {VISIBLE} AND {condition} ORDER BY id",
        {"g": generation, **parameters},
    )
    return np.fromiter((row[0] for row in rows), np.int64)


def vector_batches(
    connection: apsw.Connection, generation: Generation, document_ids: Int64 | None = None
) -> Iterator[Batch]:
    """The vectors of a generation, or of some of its documents, in order of chunk id.

    Raises IndexDamagedError for one that has another length, or a value that is not finite.
    """
    dimension = embedder_dimension(connection, generation.embedder_id)
    # CROSS JOIN is SQLite's word for "in this order": of its own accord it may begin with every vector.
    tables = (
        "chunks c CROSS JOIN documents d ON d.id = c.document_id"
        if document_ids is None
        else "documents d CROSS JOIN chunks c ON c.document_id = d.id"
    )
    rows = connection.execute(
        f"SELECT c.id, c.document_id, v.id, v.vector FROM {tables} "
        "CROSS JOIN vectors v ON v.embedder_id = :e AND v.key = c.key "
        f"WHERE {VISIBLE} {_only(document_ids, 'd.id')} ORDER BY c.id",
        {"g": generation.id, "e": generation.embedder_id, "ids": _ids(document_ids)},
    )
    while batch := list(itertools.islice(rows, _BATCH)):
        chunks, documents, ids, blobs = zip(*batch, strict=True)
        yield Batch(
            np.asarray(chunks, np.int64),
            np.asarray(documents, np.int64),
            np.asarray(ids, np.int64),
            _decode(blobs, dimension),
        )


def _decode(blobs: Sequence[bytes], dimension: int) -> Float32:
    """(n, dimension) float32. Raises IndexDamagedError for what is no such vector."""
    if any(len(blob) != 2 * dimension for blob in blobs):
        raise _not_a_vector(f"a length other than {dimension}")
    vectors = np.frombuffer(b"".join(blobs), np.float16).reshape(-1, dimension)
    if not np.isfinite(vectors).all():
        raise _not_a_vector("a value that is not finite")
    return vectors.astype(np.float32)


def _not_a_vector(what: str) -> IndexDamagedError:
    return IndexDamagedError(
        f"The catalogue holds a vector with {what}.", hint="See which: inhouse verify --full"
    )


def _only(ids: Int64 | None, column: str) -> str:
    return "" if ids is None else f"AND {column} IN (SELECT value FROM json_each(:ids))"


def _ids(ids: Int64 | None) -> str | None:
    return None if ids is None else json.dumps(ids.tolist())


def load_vectors(connection: apsw.Connection, generation: Generation, vector_ids: Int64) -> Float32:
    """The stored vectors, in the order of `vector_ids`: (n, dimension) float32.

    Raises IndexDamagedError if one is not there any more, or is no vector.
    """
    found: dict[int, bytes] = dict(
        connection.execute(
            f"SELECT id, vector FROM vectors WHERE TRUE {_only(vector_ids, 'id')}",
            {"ids": _ids(vector_ids)},
        )
    )
    dimension = embedder_dimension(connection, generation.embedder_id)
    try:
        return _decode([found[vector_id] for vector_id in vector_ids.tolist()], dimension)
    except KeyError as exc:
        raise IndexDamagedError(
            f"The catalogue does not hold the vector {exc} any more.",
            hint="Search the newest generation; if that fails as well: inhouse verify",
        ) from exc


def lexical_rows(
    connection: apsw.Connection, generation: int, document_ids: Int64 | None
) -> Iterator[LexicalRow]:
    """The chunks of a generation as the lexical half wants them."""
    rows = connection.execute(
        "SELECT c.id, d.id, c.context || char(10) || c.text, d.uri, d.media_type, d.language, "
        "d.tags, d.readers, d.modified_at FROM chunks c JOIN documents d ON d.id = c.document_id "
        f"WHERE {VISIBLE} {_only(document_ids, 'd.id')} ORDER BY c.id",
        {"g": generation, "ids": _ids(document_ids)},
    )
    for chunk, document, text, uri, media_type, language, tags, readers, modified_at in rows:
        yield LexicalRow(
            chunk, document, text, uri, media_type, language,
            json.loads(tags), json.loads(readers), modified_at,
        )  # fmt: skip


def chunk_rows(
    connection: apsw.Connection, generation: int, chunk_ids: Iterable[int]
) -> dict[int, ChunkRow]:
    """Chunks by id; those that are not visible in the generation are missing from the result."""
    ids = np.fromiter(chunk_ids, np.int64)
    rows = connection.execute(
        "SELECT c.id, d.id, c.ordinal, d.uri, d.title, c.start, c.end, c.page, c.section, c.text, "
        "c.boxes FROM chunks c JOIN documents d ON d.id = c.document_id "
        f"WHERE {VISIBLE} {_only(ids, 'c.id')}",
        {"g": generation, "ids": _ids(ids)},
    )
    return {row.chunk_id: row for row in map(_chunk_row, rows)}


@functools.lru_cache(4096)
def _section(stored: str) -> tuple[str, ...]:
    """Many chunks share a section path."""
    return tuple(json.loads(stored))


def _chunk_row(row: Sequence[Any]) -> ChunkRow:
    chunk, document, ordinal, uri, title, start, end, page, section, text, boxes = row
    return ChunkRow(
        chunk, document, ordinal, uri, title, start, end, page,
        _section(section), text, boxes,
    )  # fmt: skip


def neighbours(
    connection: apsw.Connection, generation: int, chunk_ids: Iterable[int], reach: int
) -> dict[tuple[int, int], Spot]:
    """The chunks up to `reach` places before and after these in their documents, these included.

    By (document id, place in the document).
    """
    ids = np.fromiter(chunk_ids, np.int64)
    # Texts are not read here: most lie on pages of their own, and of a hundred chunks ten are shown.
    rows = connection.execute(
        "SELECT n.id, n.document_id, n.ordinal, n.page, n.end - n.start FROM json_each(:ids) wanted "
        "CROSS JOIN chunks c ON c.id = wanted.value CROSS JOIN documents d ON d.id = c.document_id "
        "CROSS JOIN chunks n ON n.document_id = c.document_id "
        f"AND n.ordinal BETWEEN c.ordinal - :reach AND c.ordinal + :reach WHERE {VISIBLE}",
        {"g": generation, "reach": reach, "ids": _ids(ids)},
    )
    return {(row[1], row[2]): Spot._make(row) for row in rows}


def names(connection: apsw.Connection, document_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Uri and title of these documents, by id."""
    rows = connection.execute(
        "SELECT id, uri, title FROM documents WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(document_ids)),),
    )
    return {document: (uri, title) for document, uri, title in rows}


def document_slice(connection: apsw.Connection, document_id: int, start: int, end: int) -> str:
    """Characters `start` to `end` of a document's text."""
    row = connection.execute(
        "SELECT substr(t.text, ?, ?) FROM documents d JOIN texts t ON t.id = d.text_id "
        "WHERE d.id = ?",
        (start + 1, end - start, document_id),
    ).fetchone()
    text: str = row[0]
    return text


def document_text(connection: apsw.Connection, document_id: int) -> str:
    """The whole text of a document."""
    row = connection.execute(
        "SELECT t.text FROM documents d JOIN texts t ON t.id = d.text_id WHERE d.id = ?",
        (document_id,),
    ).fetchone()
    text: str = row[0]
    return text


def chunk_texts(connection: apsw.Connection, document_id: int) -> dict[int, str]:
    """The text of each chunk of a document, by chunk id, in order."""
    return dict(
        connection.execute(
            "SELECT id, text FROM chunks WHERE document_id = ? ORDER BY ordinal", (document_id,)
        )
    )


def stored_boxes(boxes: Sequence[Box]) -> str:
    """Boxes as the catalogue holds them; `rag.hit` reads them."""
    return json.dumps([[b.page, b.left, b.top, b.right, b.bottom] for b in boxes])


def chunk_count(connection: apsw.Connection, document_ids: Int64) -> int:
    """How many chunks these documents have together."""
    row = connection.execute(
        f"SELECT count(*) FROM chunks WHERE TRUE {_only(document_ids, 'document_id')}",
        {"ids": _ids(document_ids)},
    ).fetchone()
    count: int = row[0]
    return count


def count(connection: apsw.Connection, old: int, new: int) -> tuple[int, int]:
    """Documents and chunks of generation `new`, from those of `old` and the difference alone."""
    known = connection.execute(
        "SELECT documents, chunks FROM generations WHERE id = ?", (old,)
    ).fetchone()
    documents, chunks = known or (0, 0)
    changed = difference(connection, old, new)
    return (
        documents + len(changed.added) - len(changed.removed),
        chunks + chunk_count(connection, changed.added) - chunk_count(connection, changed.removed),
    )


def embedder_dimension(connection: apsw.Connection, embedder_id: int) -> int:
    """Length of the vectors with this embedder id."""
    row = connection.execute(
        "SELECT dimension FROM embedders WHERE id = ?", (embedder_id,)
    ).fetchone()
    return int(row[0])


def embedder_identity(connection: apsw.Connection, embedder_id: int) -> dict[str, Any]:
    """Who made the vectors with this embedder id."""
    row = connection.execute(
        "SELECT identity FROM embedders WHERE id = ?", (embedder_id,)
    ).fetchone()
    identity: dict[str, Any] = json.loads(row[0])
    return identity


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
    both = [parse(json.loads(each)) for each in (readers, *(now or ()))]
    labels = Labels(stored(intersection(both)), tuple(json.loads(tags)))
    copy_document(connection, document_id, uri, root, born, labels)
