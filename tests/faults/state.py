"""What an index says of itself, in full: the oracle compares two of these."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from rag.index import Filter, IndexReader, Snapshot
from rag.retrieval.retriever import retrieve
from tests.faults.embedder import WordEmbedder

QUERIES = (
    "parental leave notice",
    "item0x0v0",
    "item0x0v1 salary",
    "item1000x1v0",
    "badge printer",
)
EVERYTHING = 100_000


def observe(data_dir: Path) -> dict[str, Any]:
    """Open the index and read all of it: generation, documents, chunks, vectors, search results.

    Chunks are named by their place, "uri#ordinal": their ids are nobody's business. Of the lexical scores
    only the best hit counts: BM25 knows of deleted documents until their segment is merged away.
    """
    snapshot = IndexReader(data_dir).snapshot()
    embedder = WordEmbedder()
    names = _chunks(snapshot)
    dense, lexical = {}, {}
    for query in QUERIES:
        candidates = snapshot.dense(embedder.embed_query(query), EVERYTHING, Filter())
        dense[query] = [
            [names[chunk_id][0], round(float(score), 5)]
            for chunk_id, score in zip(
                candidates.chunk_ids.tolist(), candidates.scores, strict=True
            )
        ]
        words = snapshot.lexical(query, EVERYTHING, Filter()).chunk_ids.tolist()
        lexical[query] = [names[words[0]][0] if words else "", *sorted(names[i][0] for i in words)]
    return {
        "generation": snapshot.generation.id,
        "counted": [snapshot.generation.documents, snapshot.generation.chunks],
        "chunks": dict(sorted(names.values())),
        "documents": _documents(snapshot),
        "dense": {query: sorted(hits, key=_by_score) for query, hits in dense.items()},
        "lexical": lexical,
        "hits": [
            [hit.uri, hit.start, hit.text]
            for hit in retrieve(snapshot, embedder, QUERIES[2], 3, Filter())
        ][:1],
    }


def _by_score(hit: list[Any]) -> tuple[float, str]:
    return -hit[1], hit[0]


def _chunks(snapshot: Snapshot) -> dict[int, tuple[str, str]]:
    """Name and content (span, text, vector) of each visible chunk, by id; read without the index's help."""
    rows = snapshot.connection().execute(
        "SELECT c.id, d.uri, c.ordinal, d.title, c.section, c.start, c.end, c.text, "
        "(SELECT hex(vector) FROM vectors v WHERE v.embedder_id = :e AND v.key = c.key) "
        "FROM chunks c JOIN documents d ON d.id = c.document_id "
        "WHERE d.born <= :g AND (d.died IS NULL OR d.died > :g)",
        {"g": snapshot.generation.id, "e": snapshot.generation.embedder_id},
    )
    return {row[0]: (f"{row[1]}#{row[2]}", "|".join(map(str, row[3:]))) for row in rows.fetchall()}


def _documents(snapshot: Snapshot) -> dict[str, str]:
    rows = snapshot.connection().execute(
        "SELECT uri, id FROM documents WHERE born <= :g AND (died IS NULL OR died > :g) ORDER BY uri",
        {"g": snapshot.generation.id},
    )
    return {
        uri: hashlib.sha256(snapshot.text(document_id).encode()).hexdigest()
        for uri, document_id in rows.fetchall()
    }
