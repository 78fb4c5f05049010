"""Two small indexes with a history, and everything that one of them answers."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.index import Filter, IndexReader, Snapshot
from rag.index.search import derived
from rag.retrieval.retriever import retrieve
from tests.index.world import SmallIndex, document

QUERIES = ("alpha", "bravo two", "gamma delta", "nothing of this")
FILTERS = (Filter(), Filter(folders=("/shelf",)), Filter(document_ids=(1,)))
Answers = Mapping[str, Any]


def build(data: Path, word: str = "alpha") -> SmallIndex:
    """An index of two generations; what it says holds `word`, so that no other says the same."""
    world = SmallIndex(data)
    documents = [
        document(f"/shelf/{n}.txt", [f"{word} bravo {n}", f"{word} two w{n}"]) for n in range(12)
    ]
    world.publish(*documents)
    world.publish(document("/new.txt", [f"{word} gamma", "delta two"]), remove=["/shelf/3.txt"])
    return world


def grow(world: SmallIndex) -> int:
    """A third run, as big as the first, so that everything is written anew."""
    return world.publish(*[document(f"/more/{n}.txt", [f"bravo more {n}"]) for n in range(30)])


def answers(data: Path) -> Answers:
    """Open the index and ask it all: hits, dense and lexical candidates, filtered and not."""
    return match_all_terms(SmallIndex(data), IndexReader(data).snapshot())


def match_all_terms(world: SmallIndex, snapshot: Snapshot) -> Answers:
    results: dict[str, Any] = {"generation": snapshot.generation.id}
    for query in QUERIES:
        vector = world.embedder.embed_query(query)
        for number, filter in enumerate(FILTERS):
            key = f"{query} / {number}"
            hits = retrieve(snapshot, world.embedder, query, 5, filter)
            results[f"{key} hits"] = [(hit.uri, hit.text, hit.start, hit.score) for hit in hits]
            dense = snapshot.dense(vector, 1000, filter)
            results[f"{key} dense"] = (dense.chunk_ids.tolist(), dense.scores.tolist())
            results[f"{key} lexical"] = sorted(
                snapshot.lexical(query, 1000, filter).chunk_ids.tolist()
            )
    rows = snapshot.chunks(range(1, 1000))
    results["chunks"] = {i: (row.uri, row.text, row.start, row.end) for i, row in rows.items()}
    results["texts"] = {row.document_id: snapshot.text(row.document_id) for row in rows.values()}
    return results


def without_scores(data: Path) -> Answers:
    """Of indexes of which one was built anew: see `shelf`."""
    return {key: result for key, result in answers(data).items() if not key.endswith("hits")}


def find_folder(data: Path, name: str) -> Path:
    (source,) = derived.find(data, name)
    return source.path


def flip(path: Path, fraction: float = 0.5) -> None:
    content = bytearray(path.read_bytes())
    content[int(len(content) * fraction)] ^= 4
    path.write_bytes(content)


@dataclass(frozen=True)
class IndexSet:
    """`whole` is an index as it should be, `old` the same a generation before, `other` another one."""

    whole: Path
    old: Path
    other: Path
    said: Answers
    said_by_other: Answers


def make_shelf(folder: Path) -> IndexSet:
    """Build the three."""
    world, other = build(folder / "whole"), build(folder / "other", "omega")
    shutil.copytree(world.data, folder / "old")
    for index in (world, other):
        grow(index)
        # BM25 counts deleted documents until their segment is merged away; what is built anew has none.
        shutil.rmtree(find_folder(index.data, "lexical"))
        index.snapshot()
    return IndexSet(
        world.data, folder / "old", other.data, answers(world.data), answers(other.data)
    )
