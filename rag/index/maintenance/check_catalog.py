"""The checks of the catalogue. Each yields how many things it looked at, and problems as sentences."""

from __future__ import annotations

from collections.abc import Iterator

import apsw
import numpy as np

from rag.document import Chunk
from rag.index.catalog.schema import VISIBLE
from rag.index.writer import embedded_text, hash_text


def check_catalog(connection: apsw.Connection, *, full: bool) -> Iterator[int | str]:
    """SQLite's own check, the counts, and with `full` every row against what it was made from."""
    for (verdict,) in connection.execute(f"PRAGMA {'integrity' if full else 'quick'}_check(20)"):
        if verdict != "ok":
            yield f"SQLite: {verdict}."
            return
    yield from _check_counts(connection)
    if full:
        for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
            yield f"Row {row} of {table} points to a row of {parent} that is not there."
        yield from _check_texts(connection)
        yield from _check_vectors(connection)


def _check_counts(connection: apsw.Connection) -> Iterator[int | str]:
    newest, embedder, documents, chunks = connection.execute(
        "SELECT id, embedder_id, documents, chunks FROM generations "
        "WHERE id = (SELECT CAST(value AS INTEGER) FROM manifest WHERE key = 'generation')"
    ).fetchone() or (0, 0, 0, 0)
    if newest == 0:
        yield "The published generation is not in the table of generations."
        return
    cursor = connection.execute(
        f"SELECT count(*) FROM documents WHERE {VISIBLE}", {"g": newest}
    ).fetchone()[0]
    if cursor != documents:
        yield f"Generation {newest} has {cursor} documents, not {documents}."
    cursor, embedded = connection.execute(
        "SELECT count(*), count(v.id) FROM documents d JOIN chunks c ON c.document_id = d.id "
        f"LEFT JOIN vectors v ON v.embedder_id = :e AND v.key = c.key WHERE {VISIBLE}",
        {"g": newest, "e": embedder},
    ).fetchone()
    if cursor != chunks:
        yield f"Generation {newest} has {cursor} chunks, not {chunks}."
    if embedded != cursor:
        yield f"{cursor - embedded} of the {cursor} chunks of generation {newest} have no vector."


def _check_texts(connection: apsw.Connection) -> Iterator[int | str]:
    """Every text against its address, every chunk against its span and the address of its vector."""
    for text_id, key, text in connection.execute("SELECT id, key, text FROM texts"):
        if hash_text(text) != key:
            yield f"Text {text_id} is not what was stored."
        spans = connection.execute(
            "SELECT d.uri, c.id, c.start, c.end, c.context, c.text, c.key FROM documents d "
            "JOIN chunks c ON c.document_id = d.id WHERE d.text_id = ?",
            (text_id,),
        )
        for uri, chunk_id, start, end, context, passage, embedded_key in spans:
            chunk = Chunk(start, end, passage, context=context)
            if text[start:end] != passage:
                yield f"Chunk {chunk_id} of {uri} is not its document's text at {start}–{end}."
            if hash_text(embedded_text(chunk, embedded_key)) != embedded_key:
                yield f"Chunk {chunk_id} of {uri} points to the vector of another text."
            yield 1


def _check_vectors(connection: apsw.Connection) -> Iterator[int | str]:
    stored = connection.execute(
        "SELECT v.id, v.vector, e.dimension FROM vectors v JOIN embedders e ON e.id = v.embedder_id"
    )
    for vector_id, blob, dimension in stored:
        if len(blob) != 2 * dimension:
            yield f"Vector {vector_id} has {len(blob)} bytes, not {2 * dimension}."
            continue
        vector = np.frombuffer(blob, np.float16).astype(np.float32)
        length = float(np.sqrt(vector @ vector))
        if not abs(length - 1) < 2e-2:  # also: not a number
            yield f"Vector {vector_id} has the length {length:.3f}, not 1."
