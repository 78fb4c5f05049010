"""One measurement in a process of its own: `python measure.py WHAT FOLDER COUNT` prints it as JSON.

FOLDER holds `ours` (a data folder), `bare`, and `truth.json` (the oracle's answer to the queries).
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import faiss
import psutil

from index_parts import bare, build, oracle, synthetic
from rag.index import Filter, IndexReader, IndexWriter, Snapshot
from rag.index.search.vectors import PROBE_SHARE
from rag.retrieval.retriever import CANDIDATES, fuse, retrieve

QUERIES = 200
_BLOCK = 20
_COMMITS = 5
_NEW_CHUNKS = 100
_RARE = Filter(tags=(synthetic.RARE_TAG,))

Search = Callable[[str, Any], Any]


class _Given:
    """Stands for the embedder: the query's vector is there already."""

    def __init__(self, vector: synthetic.Float32) -> None:
        self._vector = vector

    def embed_query(self, text: str) -> synthetic.Float32:  # noqa: ARG002
        return self._vector


def _ours(snapshot: Snapshot) -> dict[str, Search]:
    def dense(vector: Any, filter: Filter) -> Any:
        return snapshot.dense(vector, CANDIDATES, filter)

    def lexical(text: str, filter: Filter) -> Any:
        return snapshot.lexical(text, CANDIDATES, filter)

    def hybrid(text: str, vector: Any, filter: Filter) -> Any:
        return fuse(dense(vector, filter), lexical(text, filter))

    def passages(text: str, vector: Any, filter: Filter) -> Any:
        return retrieve(snapshot, _Given(vector), text, 8, filter)  # type: ignore[arg-type]

    return {
        "dense": lambda _, vector: dense(vector, Filter()),
        "lexical": lambda text, _: lexical(text, Filter()),
        "hybrid": lambda text, vector: hybrid(text, vector, Filter()),
        "dense, 1 %": lambda _, vector: dense(vector, _RARE),
        "lexical, 1 %": lambda text, _: lexical(text, _RARE),
        "hybrid, 1 %": lambda text, vector: hybrid(text, vector, _RARE),
        "passages": lambda text, vector: passages(text, vector, Filter()),
        "passages, 1 %": lambda text, vector: passages(text, vector, _RARE),
    }


def _bare(vectors: bare.Vectors, words: bare.WordIndex, count: int) -> dict[str, Search]:
    rare = bare.selector(build.rare_rows(0, count))
    k = CANDIDATES

    def both(text: str, vector: Any, selector: Any = None) -> Any:
        return vectors.search(vector, k, selector), words.search(text, k, rare=selector is not None)

    return {
        "dense": lambda _, vector: vectors.search(vector, k),
        "lexical": lambda text, _: words.search(text, k),
        "hybrid": both,
        "dense, 1 %": lambda _, vector: vectors.search(vector, k, rare),
        "lexical, 1 %": lambda text, _: words.search(text, k, rare=True),
        "hybrid, 1 %": lambda text, vector: both(text, vector, rare),
    }


def search(folder: Path, count: int) -> dict[str, Any]:
    """Seconds of each search, of ours and of the bare ones in turns of _BLOCK; recall of both.

    `cpu` are seconds of a core: what other programs do at the same time matters little to them.
    """
    faiss.omp_set_num_threads(1)  # one query cannot use more, and waking them costs more than it
    texts, vectors = synthetic.queries(QUERIES)
    snapshot = IndexReader(folder / "ours").snapshot()
    sides = {
        "ours": _ours(snapshot),
        "bare": _bare(_bare_vectors(folder), bare.WordIndex(folder / "bare"), count),
    }
    first = {}
    for side, kinds in sides.items():
        for kind, ask in kinds.items():
            first[f"{side} {kind}"], _ = _seconds(ask, texts[0], vectors[0])
    times: dict[str, dict[str, list[float]]] = {
        side: {kind: [] for kind in kinds} for side, kinds in sides.items()
    }
    used: dict[str, dict[str, list[float]]] = {
        side: {kind: [] for kind in kinds} for side, kinds in sides.items()
    }
    for start in range(0, QUERIES, _BLOCK):
        for kind in sides["ours"]:
            for side, kinds in sides.items():
                for number in range(start, start + _BLOCK if kind in kinds else start):
                    taken, cpu = _seconds(kinds[kind], texts[number], vectors[number])
                    times[side][kind].append(taken)
                    used[side][kind].append(cpu)
    return {"times": times, "cpu": used, "first": first, "recall": _recall(folder, sides, vectors)}


def _bare_vectors(folder: Path) -> bare.Vectors:
    return bare.Vectors(folder / "bare", probe_share=PROBE_SHARE)


def _seconds(ask: Search, text: str, vector: Any) -> tuple[float, float]:
    """Seconds, and seconds of a core."""
    started, before = time.perf_counter(), time.thread_time()
    ask(text, vector)
    cpu = time.thread_time() - before
    return time.perf_counter() - started, cpu


def _recall(
    folder: Path, sides: dict[str, dict[str, Search]], vectors: synthetic.Float32
) -> dict[str, float]:
    truth = json.loads((folder / "truth.json").read_text())
    ours = [
        (sides["ours"]["dense"]("", vector).chunk_ids[: oracle.DEPTH] - 1).tolist()
        for vector in vectors
    ]
    bare_ones = [sides["bare"]["dense"]("", vector)[: oracle.DEPTH] for vector in vectors]
    return {"ours": oracle.recall(truth, ours), "bare": oracle.recall(truth, bare_ones)}


def open_ours(folder: Path, count: int) -> dict[str, float]:  # noqa: ARG001
    """Seconds to open ours, its memory after every kind of search, and the first search's seconds."""
    before = _memory()["anonymous"]
    started = time.perf_counter()
    snapshot = IndexReader(folder / "ours").snapshot()
    opened = time.perf_counter() - started
    return {"open": opened} | _after_searches(_ours(snapshot), before)


def open_cold(folder: Path, count: int) -> dict[str, float]:
    """The same with nothing of the index in the page cache."""
    for path in (folder / "ours").rglob("*"):
        if path.is_file():
            fd = os.open(path, os.O_RDONLY)
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(fd)
    return open_ours(folder, count)


def open_bare(folder: Path, count: int) -> dict[str, float]:
    """The same of bare FAISS and bare tantivy."""
    before = _memory()["anonymous"]
    started = time.perf_counter()
    vectors, words = _bare_vectors(folder), bare.WordIndex(folder / "bare")
    opened = time.perf_counter() - started
    return {"open": opened} | _after_searches(_bare(vectors, words, count), before)


def _after_searches(kinds: dict[str, Search], before: float) -> dict[str, float]:
    texts, vectors = synthetic.queries(QUERIES)
    first, _ = _seconds(kinds["hybrid"], texts[0], vectors[0])
    for ask in kinds.values():
        for text, vector in zip(texts, vectors, strict=True):
            ask(text, vector)
    return {"first search": first, "before": before} | _memory()


def _memory() -> dict[str, float]:
    """Bytes resident: in all, of the process's own, and mapped from files."""
    known = psutil.Process().memory_info()
    return {"resident": known.rss, "anonymous": known.rss - known.shared, "mapped": known.shared}


def commit_ours(folder: Path, count: int) -> dict[str, list[float]]:
    """Seconds from opening a session to the published generation, and of a reader to follow it."""
    reader = IndexReader(folder / "ours")
    reader.snapshot()
    commits, follows = [], []
    for chunks in _new_chunks(count):
        started = time.perf_counter()
        with IndexWriter(folder / "ours", build.IDENTITY) as writer:
            build.stage(writer, chunks)
            writer.publish({})
        commits.append(time.perf_counter() - started)
        started = time.perf_counter()
        reader.snapshot()
        follows.append(time.perf_counter() - started)
    return {"commit": commits, "follow": follows}


def commit_bare(folder: Path, count: int) -> dict[str, list[float]]:
    """Seconds to add to both and make them durable, in a process that has them open."""
    vectors, words = _bare_vectors(folder), bare.WordIndex(folder / "bare")
    commits = []
    for chunks in _new_chunks(count):
        started = time.perf_counter()
        vectors.commit(chunks.vectors)
        words.add(chunks.first, chunks.texts, [False] * len(chunks.texts))
        words.commit()
        commits.append(time.perf_counter() - started)
    return {"commit": commits}


def _new_chunks(count: int) -> list[synthetic.Chunks]:
    start = -(-count // _NEW_CHUNKS) * _NEW_CHUNKS
    return [synthetic.make(start + number * _NEW_CHUNKS, _NEW_CHUNKS) for number in range(_COMMITS)]


_WHAT = {
    step.__name__: step
    for step in (search, open_ours, open_cold, open_bare, commit_ours, commit_bare)
}


def main(arguments: Sequence[str]) -> None:
    """Measure one thing and print it."""
    what, folder, count = arguments
    print(json.dumps(_WHAT[what](Path(folder), int(count))))


if __name__ == "__main__":
    main(sys.argv[1:])
