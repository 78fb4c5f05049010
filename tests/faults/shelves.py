"""Generations whose answers tell them apart, and a reader process that asks until it is told to stop."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from pathlib import Path

from rag.document import Document
from rag.errors import InhouseError
from rag.index import Filter, IndexReader, Snapshot
from rag.retrieval.retriever import retrieve
from rag.testing import HashingEmbedder
from tests.index.world import document

_SAYS = re.compile(r"says(\d+)")


def list_documents_of_facts(generation: int) -> list[Document]:
    """The same uris in every generation; how many chunks there are, and what each says, is its own."""
    return [
        document(
            f"/shelf/{number}.txt",
            [f"alpha {number} says{generation}", f"bravo says{generation} of {number}"]
            + [f"gamma says{generation}"] * (1 if number < generation % 7 else 0),
        )
        for number in range(12)
    ]


def find_chunks(generation: int) -> int:
    return 24 + generation % 7


def is_whole(snapshot: Snapshot, embedder: HashingEmbedder) -> str:
    """ "" if all that the snapshot says is of its own generation, and all of it; else what is wrong."""
    own = snapshot.generation.id
    candidates = snapshot.dense(embedder.embed_query(f"alpha says{own}"), 1000, Filter())
    words = snapshot.lexical(f"says{own}", 1000, Filter()).chunk_ids
    rows = snapshot.chunks(candidates.chunk_ids.tolist())
    hits = retrieve(snapshot, embedder, "bravo", 5, Filter(folders=("/shelf",)))
    texts = [row.text for row in rows.values()] + [hit.text for hit in hits]
    texts += [snapshot.text(row.document_id) for row in list(rows.values())[:3]]
    counts = len(candidates.chunk_ids), len(words), len(rows), len(set(rows))
    if set(counts) != {find_chunks(own)}:
        return f"generation {own} has {counts} chunks, not {find_chunks(own)}"
    others = {number for text in texts for number in _SAYS.findall(text)} - {str(own)}
    if others or not all(_SAYS.search(text) for text in texts) or len(hits) != 5:
        return f"generation {own} says what is said in {sorted(others)}: {texts[:5]}"
    return ""


def ask_until(data: Path, stop: Path) -> dict[str, object]:
    """Ask the newest generation, one that was pinned a while ago, and what is opened anew, in turn.

    A file beside `stop` says that the first question is answered.
    """
    embedder, reader = HashingEmbedder(), IndexReader(data)
    pinned = reader.snapshot()
    seen, wrong, longest, questions = set(), [], 0.0, 0
    while not stop.exists():
        questions += 1
        started = time.perf_counter()
        try:
            if questions % 10 == 0:
                reader = IndexReader(data)
            if questions % 5 == 0:
                wrong.append(is_whole(pinned, embedder))
                pinned = reader.snapshot()
            snapshot = reader.snapshot()
            wrong.append(is_whole(snapshot, embedder))
            seen.add(snapshot.generation.id)
            stop.with_name(f"reader-{os.getpid()}").touch()
        except InhouseError as exc:
            wrong.append(f"{type(exc).__name__}: {exc}")
        longest = max(longest, time.perf_counter() - started)
    return {
        "asked": questions,
        "seen": sorted(seen),
        "wrong": [problem for problem in wrong if problem],
        "longest_s": round(longest, 2),
    }


if __name__ == "__main__":
    import faiss

    faiss.omp_set_num_threads(1)
    print(json.dumps(ask_until(Path(sys.argv[1]), Path(sys.argv[2]))))  # noqa: T201
