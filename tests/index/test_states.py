"""Whatever is done to it, the index holds what a dictionary would."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from rag.document import Labels
from rag.index import Filter, IndexReader, IndexWriter, Snapshot
from rag.index.catalog.retention import Retention
from rag.index.maintenance.rollback import rollback
from rag.index.maintenance.verify import verify
from tests.index.world import SmallIndex, document, every_row, nearest, record

URIS = [f"/{folder}/{name}.txt" for folder in "ab" for name in "123"]
WORDS = ["alpha", "bravo", "delta", "gamma"]
State = dict[str, tuple[str, ...]]
passages = st.lists(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join), min_size=1, max_size=3
).map(tuple)


def contents(snapshot: Snapshot) -> State:
    """The passages of every document, found by searching for everything there is."""
    query = SmallIndex(Path()).embedder.embed_query("alpha")
    size = snapshot.generation.chunks
    dense = snapshot.dense(query, size + 5, Filter()).chunk_ids.tolist()
    words = snapshot.lexical(" ".join(WORDS), size + 5, Filter()).chunk_ids.tolist()
    assert sorted(dense) == sorted(words)
    rows = snapshot.chunks(dense)
    assert len(rows) == len(dense) == size
    texts: dict[str, dict[int, str]] = {}
    for row in rows.values():
        texts.setdefault(row.uri, {})[row.ordinal] = row.text
        assert snapshot.text(row.document_id)[row.start : row.end] == row.text
    return {uri: tuple(ordinals[n] for n in sorted(ordinals)) for uri, ordinals in texts.items()}


class IndexMachine(RuleBasedStateMachine):
    """Stages, flushes, publishes, abandons, rolls back, vacuums; holds the answers against a dict."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="index-machine-"))
        self.world = SmallIndex(self.folder / "data")
        self.stack = contextlib.ExitStack()
        self.writer = self.stack.enter_context(self._open())
        self.published: dict[int, State] = {0: {}}
        self.staged: State = {}
        self.touched = False
        self.reader: IndexReader | None = None
        self.pinned: list[tuple[Snapshot, State]] = []

    def _open(self) -> IndexWriter:
        return self.world.writer(retention=Retention(generations=4, days=0))

    def _restart(self) -> None:
        self.stack.close()
        self.writer = self.stack.enter_context(self._open())

    @property
    def newest(self) -> int:
        return max(self.published)

    @rule(uri=st.sampled_from(URIS), text=passages)
    def put(self, uri: str, text: tuple[str, ...]) -> None:
        self.world.stage(self.writer, document(uri, text))
        self.staged[uri], self.touched = text, True

    @rule(uri=st.sampled_from(URIS))
    def remove(self, uri: str) -> None:
        self.writer.remove(uri)
        self.touched |= self.staged.pop(uri, None) is not None

    @rule(source=st.sampled_from(URIS), to=st.sampled_from(URIS))
    def move(self, source: str, to: str) -> None:
        """What `ingest` does with a renamed file: a copy by content, then the removal."""
        if source not in self.staged or source == to:
            return
        moved = record(document(source, self.staged[source]))
        assert self.writer.put_copy(replace(moved, uri=to), Labels())
        self.writer.remove(source)
        self.staged[to] = self.staged.pop(source)
        self.touched = True

    @rule()
    def flush(self) -> None:
        self.writer.flush()

    @rule()
    def abandon(self) -> None:
        """A run that ends without publishing, whatever it has flushed, changes nothing."""
        self._restart()
        self.staged, self.touched = dict(self.published[self.newest]), False

    @rule()
    def publish(self) -> None:
        before = self.newest
        generation = self.writer.publish({})
        assert generation == before + self.touched
        self.published[generation] = dict(self.staged)
        self.touched = False

    @precondition(lambda self: self.newest > 0)
    @rule(data=st.data())
    def roll_back(self, data: st.DataObject) -> None:
        """Back to any of the newest 4 generations, which the retention keeps."""
        kept = [number for number in self.published if number > 0 and number > self.newest - 4]
        target = data.draw(st.sampled_from(kept))
        self.stack.close()
        generation = rollback(
            self.world.data, target, retention=Retention(generations=4, days=0)
        ).generation
        assert generation == self.newest + 1
        self.published[generation] = dict(self.published[target])
        self.writer = self.stack.enter_context(self._open())
        self.staged, self.touched = dict(self.published[generation]), False
        ledger = {r.uri: r.source_sha256 for r in self.writer.files()}
        assert ledger == {
            uri: document(uri, text).source_sha256 for uri, text in self.staged.items()
        }

    @precondition(lambda self: self.newest > 0)
    @rule()
    def pin(self) -> None:
        self.reader = self.reader or self.world.reader()
        self.pinned.append((self.reader.snapshot(), self.published[self.newest]))

    @precondition(lambda self: self.newest > 0)
    @rule()
    def verify(self) -> None:
        self.stack.close()
        report = verify(self.world.data, full=True)
        assert report.ok, report
        self.writer = self.stack.enter_context(self._open())
        self.staged, self.touched = dict(self.published[self.newest]), False

    @invariant()
    def readers_see_what_was_published(self) -> None:
        self.pinned = [
            (snapshot, state)
            for snapshot, state in self.pinned
            if snapshot.generation.id > self.newest - 4
        ]
        for snapshot, state in self.pinned:
            assert contents(snapshot) == state
        if self.newest > 0:
            snapshot = self.world.snapshot()
            assert snapshot.generation.id == self.newest
            assert snapshot.generation.documents == len(self.published[self.newest])
            assert contents(snapshot) == self.published[self.newest]
            rows = every_row(self.world)
            query = self.world.embedder.embed_query("alpha bravo bravo")
            ids = snapshot.dense(query, 3, Filter(folders=("/a",))).chunk_ids.tolist()
            assert ids == nearest(rows, query, 3, Filter(folders=("/a",)))

    def teardown(self) -> None:
        self.stack.close()
        # A thread of tantivy may still write a file of an index that is no longer used.
        shutil.rmtree(self.folder, ignore_errors=True)


IndexMachine.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
test_index_machine = IndexMachine.TestCase
