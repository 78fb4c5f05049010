"""Changing the embedder while the index is in use."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from rag import Assistant, reembed
from rag.errors import EmbedderMismatchError
from rag.index import Filter
from rag.index.lock import WriteLock
from rag.index.maintenance.rollback import rollback
from rag.index.maintenance.verify import verify
from rag.index.search.vectors import Float32
from rag.settings import Settings
from rag.testing import HashingEmbedder
from tests.index.world import SmallIndex, document, every_row, nearest

CHUNKS = 3_000


class Watched(HashingEmbedder):
    """Another embedder, which tells when it has begun and goes on when it may."""

    def __init__(self) -> None:
        super().__init__("other", dimension=24)
        self.begun, self.may_go_on = threading.Event(), threading.Event()

    def embed_documents(self, texts: Sequence[str]) -> Float32:
        self.begun.set()
        assert self.may_go_on.wait(60)
        return super().embed_documents(texts)


@pytest.fixture
def large(world: SmallIndex) -> SmallIndex:
    world.publish(document("/a.txt", [f"alpha w{n} v{n % 7}" for n in range(CHUNKS)]))
    return world


def test_readers_are_served_by_the_old_state_until_the_new_one_is_whole(large: SmallIndex) -> None:
    """A reader that asks without pause gets brute force's answer of one state or of the other."""
    old, new = large.embedder, Watched()
    before, queries = every_row(large), ["alpha", "v3 w12", "w2999"]
    answers: list[tuple[str, str, list[int]]] = []
    stop = threading.Event()

    def look() -> None:
        reader = large.reader()
        while not stop.is_set():
            for query in queries:
                snapshot = reader.snapshot()
                embedder = old if snapshot.embedder["name"] == "hashing" else HashingEmbedder(
                    "other", dimension=24
                )  # fmt: skip
                candidates = snapshot.dense(embedder.embed_query(query), 10, Filter())
                answers.append((embedder.identity.name, query, candidates.chunk_ids.tolist()))

    looking = threading.Thread(target=look)
    switching = threading.Thread(target=lambda: reembed(large.data, new))
    looking.start()
    switching.start()
    assert new.begun.wait(60)
    count = len(answers)
    while len(answers) < count + 30:
        assert looking.is_alive()
        stop.wait(0.01)
    assert {name for name, _, _ in answers} == {"hashing"}
    new.may_go_on.set()
    switching.join()
    while answers[-1][0] == "hashing":
        assert looking.is_alive()
        stop.wait(0.01)
    stop.set()
    looking.join()
    after = every_row(large)
    expected = {
        (embedder.identity.name, query): nearest(rows, embedder.embed_query(query), 10, Filter())
        for embedder, rows in ((old, before), (new, after))
        for query in queries
    }
    assert all(ids == expected[name, query] for name, query, ids in answers)
    switched = [name for name, _, _ in answers].index("other")
    assert {name for name, _, _ in answers[switched:]} == {"other"}


def test_a_reader_does_not_build_what_the_run_is_building(
    large: SmallIndex, tmp_path: Path
) -> None:
    """The new generation is published, its vectors are made, its words not yet: the old state serves."""
    kept = {path.name for path in large.data.iterdir()}
    shutil.copytree(large.data, tmp_path / "before")
    reembed(large.data, HashingEmbedder("other", dimension=24))
    for name in kept - {path.name for path in large.data.iterdir()}:
        if name.startswith(("vectors-", "lexical-")):
            shutil.copytree(tmp_path / "before" / name, large.data / name)
    (words,) = large.data.glob("lexical-000000002-*")
    (dense,) = large.data.glob("vectors-000000002-*")
    assert (dense / "stamp.json").stat().st_mtime_ns < (words / "stamp.json").stat().st_mtime_ns
    shutil.move(words, tmp_path / words.name)
    with WriteLock(large.data):
        snapshot = large.snapshot()
        assert (snapshot.generation.id, snapshot.embedder["name"]) == (1, "hashing")
        assert snapshot.vectors.source.path.parent == large.data
        query = large.embedder.embed_query("alpha v3")
        large_before = SmallIndex(tmp_path / "before")
        assert snapshot.dense(query, 10, Filter()).chunk_ids.tolist() == nearest(
            every_row(large_before), query, 10, Filter()
        )
    assert large.snapshot().embedder["name"] == "other"


CHILD = """
import sys
from pathlib import Path
from rag import reembed
from rag.testing import HashingEmbedder

class Slow(HashingEmbedder):
    def embed_documents(self, texts):
        vectors = super().embed_documents(texts)
        print(len(self.texts), flush=True)
        if len(self.texts) > 1200:
            sys.stdin.read()  # until the end comes
        return vectors

reembed(sys.argv[1], Slow("other", dimension=24))
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_run_is_resumed_where_it_was(large: SmallIndex, end: signal.Signals) -> None:
    """What it had embedded in whole batches is not embedded again, and until then nothing has changed."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(large.data)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    assert child.stdout is not None
    while int(child.stdout.readline()) <= 1200:
        pass
    child.send_signal(end)
    assert child.wait(30) == -end
    child.communicate()
    assert large.snapshot().embedder["name"] == "hashing"
    assert large.publish(document("/b.txt", ["written meanwhile"])) == 2
    done = reembed(large.data, HashingEmbedder("other", dimension=24))
    assert (done.generation, done.reused, done.embedded) == (3, 1024, CHUNKS + 1 - 1024)
    assert verify(large.data, full=True).ok


def test_going_back_to_an_embedder_embeds_nothing(large: SmallIndex) -> None:
    """Its vectors are there while its generation is kept, whichever way it comes back."""
    other = HashingEmbedder("other", dimension=24)
    reembed(large.data, other)
    back = HashingEmbedder()
    assert reembed(large.data, back).reused == CHUNKS
    rollback(large.data, 2)
    assert large.snapshot().embedder["name"] == "other"
    assert back.texts == []
    assert len(other.texts) == CHUNKS


def test_an_open_assistant_refuses_to_compare_vectors_of_two_embedders(world: SmallIndex) -> None:
    """Of one length, they could be compared without a word. Both names are said, and the way on."""
    world.publish(document("/a.txt", ["alpha one", "bravo two"]))
    assistant = Assistant.open(world.data, embedder=HashingEmbedder(), settings=Settings())
    assert assistant.search("alpha")[0].text.startswith("alpha")
    reembed(world.data, HashingEmbedder("other"))
    with pytest.raises(EmbedderMismatchError, match=r"other, not with hashing.*inhouse reembed"):
        assistant.search("alpha")
    rollback(world.data, 1)
    assert assistant.search("alpha")[0].text.startswith("alpha")


def test_the_new_vectors_are_the_new_embedder_s(large: SmallIndex) -> None:
    """Every stored vector is what the embedder gives for its text, in half precision."""
    other = HashingEmbedder("other", dimension=24)
    reembed(large.data, other)
    for row in every_row(large)[::100]:
        assert (row.vector == other.embed_query(row.text).astype(np.float16)).all()
