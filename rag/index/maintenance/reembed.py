"""Changing the embedder: the same chunks, with vectors of another model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import apsw

from rag.document import Chunk
from rag.embedder import Embedder, as_embedder
from rag.index.catalog.retention import Retention
from rag.index.catalog.schema import VISIBLE
from rag.index.writer import IndexWriter, embedded_text

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

_BATCH = 512


@dataclass(frozen=True, slots=True)
class Reembedding:
    """What a re-embedding did; `embedded` and `reused` count chunks."""

    generation: int
    embedded: int
    reused: int


def reembed(
    data_dir: str | Path,
    embedder: Embedder | Embeddings,
    *,
    retention: Retention | None = None,
    advance: Callable[[int, int], None] = lambda done, total: None,  # noqa: ARG005
) -> Reembedding:
    """Embed the stored text of every chunk with `embedder`, and publish that as a new generation.

    The generation before serves until then. When the run is stopped, what it embedded stays, and the next
    one goes on from there. `advance` is told how many chunks are done, of how many. Documents are not cut
    anew: of a text that is longer than the new embedder reads, it embeds what it reads.
    """
    embedder = as_embedder(embedder)
    with (
        IndexWriter(
            Path(data_dir), embedder.identity.to_json(), retention=retention, replaces_embedder=True
        ) as writer,
        writer.map_errors(),
    ):
        newest = writer.require(writer.generation)
        done = embedded = 0
        for texts in _texts(writer.connection, writer.generation):
            missing = writer.missing(texts)
            if missing:
                writer.put_vectors(missing, embedder.embed_documents(missing))
                writer.flush()
            done += len(texts)
            embedded += len(missing)
            advance(done, newest.chunks)
        if writer.embedder_id == newest.embedder_id:
            return Reembedding(newest.id, embedded, done - embedded)
        report = Reembedding(newest.id + 1, embedded, done - embedded)
        writer.publish(asdict(report), "reembed")
        return report


def _texts(connection: apsw.Connection, generation: int) -> Iterator[list[str]]:
    """What was embedded for the chunks of a generation, in batches, in order of chunk id."""
    last = 0
    while True:
        rows = connection.execute(
            "SELECT c.id, c.context, c.text, c.key FROM chunks c JOIN documents d ON d.id = c.document_id "
            f"WHERE {VISIBLE} AND c.id > :last ORDER BY c.id LIMIT {_BATCH}",
            {"g": generation, "last": last},
        ).fetchall()
        if not rows:
            return
        last = rows[-1][0]
        yield [
            embedded_text(Chunk(0, 0, text, context=context), key) for _, context, text, key in rows
        ]
