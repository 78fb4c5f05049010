"""A run is one generation, before or after and never between, in every store."""

from __future__ import annotations

import pytest

from rag.document import Labels
from rag.errors import (
    GenerationGoneError,
    IndexLockedError,
    IndexMissingError,
    UsageError,
)
from rag.index import FileRecord, FileState, Filter, IndexStore
from rag.index.catalog.retention import Retention
from tests.index.contract.kept import KeptIndex, texts_of, varied
from tests.index.world import A1, A2, NEW, OLD, B, C, document, record


@pytest.fixture
def changed(kept: KeptIndex) -> KeptIndex:
    """Generation 1 holds OLD, generation 2 NEW."""
    kept.publish(A1, B)
    kept.publish(A2, C, remove=["/b.txt"])
    return kept


def test_where_nothing_was_published_there_is_no_index(store: IndexStore) -> None:
    assert not store.exists()
    assert store.read_state() is None
    with pytest.raises(IndexMissingError):
        store.open_reader()
    with pytest.raises(IndexMissingError):
        store.read_overview()
    with pytest.raises(IndexMissingError):
        store.verify()
    with KeptIndex(store).writer() as writer:
        assert writer.generation == 0
    with pytest.raises(IndexMissingError):
        store.open_reader()


def test_a_reader_moves_on_and_a_snapshot_stays(kept: KeptIndex) -> None:
    kept.publish(A1, B)
    reader = kept.store.open_reader()
    before = reader.snapshot()
    assert reader.snapshot() is before
    assert kept.publish(A2, C, remove=["/b.txt"]) == 2
    assert texts_of(before) == OLD
    after = reader.snapshot()
    assert after is not before
    assert (after.generation.id, texts_of(after)) == (2, NEW)
    assert texts_of(before) == OLD


def test_what_is_staged_is_seen_by_nobody(kept: KeptIndex) -> None:
    kept.publish(A1, B)
    reader = kept.store.open_reader()
    with kept.writer() as writer:
        kept.stage(writer, [A2, C])
        writer.remove("/b.txt")
        writer.flush()
        assert texts_of(reader.snapshot()) == OLD
        assert texts_of(kept.snapshot()) == OLD
        writer.publish({})
    assert texts_of(reader.snapshot()) == NEW


def test_a_run_that_ends_without_publishing_leaves_no_trace_but_its_vectors(
    kept: KeptIndex,
) -> None:
    kept.publish(A1, B)
    with kept.writer() as writer:
        kept.stage(writer, [A2, C])
        writer.remove("/b.txt")
        writer.flush()
    assert texts_of(kept.snapshot()) == OLD
    with kept.writer() as writer:
        assert writer.missing(["gamma one", "never seen"]) == ["never seen"]
        assert {row.uri for row in writer.files()} == {"/a.txt", "/b.txt"}
        assert writer.publish({}) == 1
    state = kept.store.read_state()
    assert state is not None
    assert set(state.labels) == {"/a.txt", "/b.txt"}


def test_a_run_that_changes_nothing_publishes_nothing(changed: KeptIndex) -> None:
    assert changed.publish() == 2


def test_two_runs_at_a_time_are_refused(kept: KeptIndex) -> None:
    with kept.writer() as writer:
        with pytest.raises(IndexLockedError, match="Another run is writing"), kept.writer():
            pass
        kept.stage(writer, [A1, B])
        writer.publish({})
    with pytest.raises(IndexLockedError) as locked, kept.writer(), kept.writer():
        pass
    assert locked.value.exit_code == 11
    assert texts_of(kept.snapshot()) == OLD


def test_rolling_back_publishes_the_old_state_as_a_new_generation(changed: KeptIndex) -> None:
    done = changed.store.rollback(1)
    assert (done.generation, done.target) == (3, 1)
    assert (done.restored, done.removed) == (2, 2)
    snapshot = changed.snapshot()
    assert (snapshot.generation.id, snapshot.generation.kind) == (3, "rollback")
    assert texts_of(snapshot) == OLD
    changed.store.rollback(2)
    assert texts_of(changed.snapshot()) == NEW
    with pytest.raises(UsageError, match="Generation 9 is not kept"):
        changed.store.rollback(9)


def test_a_right_that_was_taken_away_does_not_come_back(kept: KeptIndex) -> None:
    kept.publish(document("/a.txt", ["alpha"], readers=("*",)))
    kept.publish(document("/a.txt", ["alpha", "beta"], readers=("board",)))
    kept.store.rollback(1)
    stranger = Filter(readers=frozenset({"*"}))
    assert kept.snapshot().count(stranger).documents == 0
    assert kept.snapshot().count(Filter(readers=frozenset({"board"}))).documents == 1


def test_vectors_of_a_run_that_was_ended_outlast_old_generations(kept: KeptIndex) -> None:
    """Only a vacuum deletes them; what goes with a generation is what its documents alone used."""
    keep = Retention(generations=1, days=0)
    kept.publish(A1, B)
    with kept.writer() as writer:
        kept.stage(writer, [C])
        writer.flush()
    kept.publish(A2, remove=["/b.txt"], retention=keep)
    lost = [chunk.embedded_text for chunk in C.chunks]
    gone = [chunk.embedded_text for chunk in B.chunks]
    with kept.writer() as writer:
        assert writer.missing([*lost, *gone]) == gone
    kept.store.vacuum(keep)
    with kept.writer() as writer:
        assert writer.missing(lost) == lost


def test_vacuum_lets_go_of_old_generations_and_nothing_else(changed: KeptIndex) -> None:
    old = changed.snapshot()
    changed.publish(document("/d.txt", ["delta"]))
    done = changed.store.vacuum(Retention(generations=1, days=0))
    assert done.oldest_generation == 3
    assert done.dropped.generations == 2
    snapshot = changed.snapshot()
    assert texts_of(snapshot) == NEW | {"/d.txt": ("delta",)}
    with pytest.raises(UsageError, match="not kept"):
        changed.store.rollback(1)
    with pytest.raises(GenerationGoneError):
        old.lexical("alpha", 5, Filter()) and old.chunks([1])
    with changed.writer() as writer:
        assert writer.missing(["bravo one", "delta"]) == ["bravo one"]


def test_a_document_is_relabelled_copied_and_deleted(kept: KeptIndex) -> None:
    kept.publish(A1, B)
    with kept.writer() as writer:
        writer.relabel("/a.txt", Labels(("board",), ("secret",)))
        copy = FileRecord(
            "/copies/b.txt", "/copies", FileState.INDEXED, "", 9, 1, B.source_sha256, "test/1", 0.0
        )
        assert writer.put_copy(copy, Labels(("staff",)))
        unknown = FileRecord(
            "/copies/x.txt", "/copies", FileState.INDEXED, "", 9, 1, "0" * 64, "test/1", 0.0
        )
        assert not writer.put_copy(unknown, Labels())
        writer.publish({})
    snapshot = kept.snapshot()
    staff = snapshot.file_list(Filter(readers=frozenset({"staff"})))
    board = snapshot.file_list(Filter(readers=frozenset({"board"})))
    assert staff.file("/a.txt") is None
    assert staff.file("/copies/b.txt") is not None
    row = board.file("/a.txt")
    assert row is not None
    assert row.tags == ("secret",)
    kept.publish(remove=["/a.txt", "/copies/b.txt"])
    assert texts_of(kept.snapshot()) == {"/b.txt": ("bravo one",)}
    with kept.writer() as writer:
        assert [record.uri for record in writer.files()] == ["/b.txt"]


def test_what_a_run_says_last_of_a_file_counts(kept: KeptIndex) -> None:
    """Without a flush between: stores may send what is put many rows at a time."""
    many = [document(f"/many/{number}.txt", [f"number {number}"]) for number in range(700)]
    lost = FileRecord("/many/3.txt", "/", FileState.FAILED, "is locked", 1, 1, "", "", 5.0)
    with kept.writer() as writer:
        kept.stage(writer, [A1, B, *many, A2])
        writer.remove("/b.txt")
        kept.stage(writer, [C])
        writer.relabel("/c.txt", Labels(("board",)))
        writer.remove("/many/1.txt")
        kept.stage(writer, [many[1]])
        writer.remove("/many/2.txt")
        writer.record(lost)
        copy = FileRecord(
            "/copies/a.txt", "/copies", FileState.INDEXED, "", 9, 1, A2.source_sha256, "test/1", 0.0
        )
        assert writer.put_copy(copy, Labels(("staff",)))
        assert [file.state for file in writer.recorded(["/many/3.txt"])] == [FileState.FAILED]
        writer.publish({})
    texts = texts_of(kept.snapshot())
    assert {uri: text for uri, text in texts.items() if not uri.startswith("/many")} == {
        **NEW,
        "/copies/a.txt": NEW["/a.txt"],
    }
    assert sum(uri.startswith("/many") for uri in texts) == 698
    assert "/many/1.txt" in texts
    assert not {"/many/2.txt", "/many/3.txt", "/b.txt"} & texts.keys()
    board = kept.snapshot().file_list(Filter(readers=frozenset({"board"})))
    stranger = kept.snapshot().file_list(Filter(readers=frozenset({"*"})))
    assert board.file("/c.txt") is not None
    assert stranger.file("/c.txt") is None
    with kept.writer() as writer:
        assert {file.uri for file in writer.files()} == {*texts, "/many/3.txt"}
    assert kept.store.verify(full=True).ok


def test_a_file_that_failed_keeps_its_text_or_loses_it(kept: KeptIndex) -> None:
    kept.publish(A1, B)
    failed = FileRecord("/a.txt", "/", FileState.FAILED, "is locked", 1, -1, "", "", 5.0)
    with kept.writer() as writer:
        writer.record(failed, retire=False)
        assert writer.publish({}) == 1
    assert texts_of(kept.snapshot()) == OLD
    with kept.writer() as writer:
        writer.record(failed)
        writer.note_run({"started_at": 1.0, "seconds": 2.0, "failed": 1})
        assert writer.publish({}) == 2
    overview = kept.store.read_overview()
    assert overview.files[FileState.FAILED] == 1
    assert [problem.uri for problem in overview.problems] == ["/a.txt"]
    assert overview.last_run == {"started_at": 1.0, "seconds": 2.0, "failed": 1}
    assert overview.documents == 1


def test_an_overview_and_the_state_for_the_next_run_say_what_is_there(kept: KeptIndex) -> None:
    documents = varied(30)
    with kept.writer() as writer:
        kept.stage(writer, documents)
        writer.note_source_rules({"roots": ["/hr"]})
        writer.publish({"chunks_embedded": 120, "seconds": 12.0})
    overview = kept.store.read_overview()
    assert (overview.generation, overview.documents, overview.chunks) == (1, 30, 120)
    assert overview.embedder == kept.embedder.identity.to_json()
    assert overview.files[FileState.INDEXED] == 30
    assert overview.coverage.share == 1
    assert overview.languages == {"en": 30}
    assert overview.source_rules == {"roots": ["/hr"]}
    assert overview.at_work == ""
    assert overview.bytes_on_disk > 0
    state = kept.store.read_state()
    assert state is not None
    assert sorted(state.files, key=lambda r: r.uri) == sorted(
        map(record, documents), key=lambda r: r.uri
    )
    assert state.labels == {item.uri: Labels(item.readers, item.tags) for item in documents}
    assert state.rates.seconds_per_chunk == pytest.approx(0.1)
    with kept.writer():
        assert kept.store.read_overview().at_work


def test_verify_finds_a_whole_index_in_order(changed: KeptIndex) -> None:
    for full in (False, True):
        verification = changed.store.verify(full=full)
        assert verification.ok
        assert verification.generation == 2
        assert [check.problems for check in verification.checks if check.problems] == []
        assert sum(check.checked for check in verification.checks) > 0
