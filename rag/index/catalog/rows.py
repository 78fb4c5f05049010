"""Reading the catalogue's rows in one generation."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import apsw
import numpy as np

from rag.document import Box
from rag.errors import GenerationGoneError, UsageError
from rag.index.catalog.schema import VISIBLE, encode_ids, limit_to_ids
from rag.index.filter import Filter
from rag.index.search.derived import Origin
from rag.index.search.lexical import LexicalRow
from rag.index.search.vectors import Int64


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


class ChunkSummary(NamedTuple):
    """Where a chunk stands, and in a document of which language: what it takes to choose among many."""

    chunk_id: int
    document_id: int
    ordinal: int
    page: int | None
    start: int
    end: int
    language: str = ""

    @property
    def size(self) -> int:
        """How many characters it has."""
        return self.end - self.start


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


def find_generation(kept: Mapping[int, Generation], number: int, index: object) -> Generation:
    """One of the generations that the `index` keeps. Raises UsageError, which names all of them."""
    if number not in kept:
        numbers = ", ".join(str(other) for other in sorted(kept))
        raise UsageError(
            f"Generation {number} is not kept in {index}.", hint=f"Kept are: {numbers or 'none'}."
        )
    return kept[number]


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


def read_lexical_rows(
    connection: apsw.Connection, generation: int, document_ids: Int64 | None
) -> Iterator[LexicalRow]:
    """The chunks of a generation as the lexical half wants them."""
    rows = connection.execute(
        "SELECT c.id, d.id, c.context || char(10) || c.text, d.uri, d.media_type, d.language, "
        "d.tags, d.readers, d.modified_at FROM chunks c JOIN documents d ON d.id = c.document_id "
        f"WHERE {VISIBLE} {limit_to_ids(document_ids, 'd.id')} ORDER BY c.id",
        {"g": generation, "ids": encode_ids(document_ids)},
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
        f"WHERE {VISIBLE} {limit_to_ids(ids, 'c.id')}",
        {"g": generation, "ids": encode_ids(ids)},
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
) -> dict[tuple[int, int], ChunkSummary]:
    """The chunks up to `reach` places before and after these in their documents, these included.

    By (document id, place in the document).
    """
    ids = np.fromiter(chunk_ids, np.int64)
    # Texts are not read here: most lie on pages of their own, and of a hundred chunks ten are shown.
    rows = connection.execute(
        "SELECT n.id, n.document_id, n.ordinal, n.page, n.start, n.end, d.language "
        "FROM json_each(:ids) wanted "
        "CROSS JOIN chunks c ON c.id = wanted.value CROSS JOIN documents d ON d.id = c.document_id "
        "CROSS JOIN chunks n ON n.document_id = c.document_id "
        f"AND n.ordinal BETWEEN c.ordinal - :reach AND c.ordinal + :reach WHERE {VISIBLE}",
        {"g": generation, "reach": reach, "ids": encode_ids(ids)},
    )
    return {(row[1], row[2]): ChunkSummary._make(row) for row in rows}


def names(connection: apsw.Connection, document_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Uri and title of these documents, by id."""
    rows = connection.execute(
        "SELECT id, uri, title FROM documents WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(document_ids)),),
    )
    return {document: (uri, title) for document, uri, title in rows}


def read_document_slice(connection: apsw.Connection, document_id: int, start: int, end: int) -> str:
    """Characters `start` to `end` of a document's text."""
    row = connection.execute(
        "SELECT substr(t.text, ?, ?) FROM documents d JOIN texts t ON t.id = d.text_id "
        "WHERE d.id = ?",
        (start + 1, end - start, document_id),
    ).fetchone()
    text: str = row[0]
    return text


def read_document_text(connection: apsw.Connection, document_id: int) -> str:
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
        f"SELECT count(*) FROM chunks WHERE TRUE {limit_to_ids(document_ids, 'document_id')}",
        {"ids": encode_ids(document_ids)},
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


def read_embedder_identity(connection: apsw.Connection, embedder_id: int) -> dict[str, Any]:
    """Who made the vectors with this embedder id."""
    row = connection.execute(
        "SELECT identity FROM embedders WHERE id = ?", (embedder_id,)
    ).fetchone()
    identity: dict[str, Any] = json.loads(row[0])
    return identity
