"""A damaged catalogue is refused in one error that says what to do, or the answers are right all the same."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import apsw
import numpy as np
import pytest

from rag.errors import (
    EmbeddingError,
    IndexDamagedError,
    IndexMissingError,
    InhouseError,
    UsageError,
)
from rag.index import Filter, IndexReader
from rag.index.catalog.checksums import load_checksum_vfs
from rag.index.catalog.database import CATALOG, WAY_BACK
from rag.index.maintenance.backup import backup
from rag.index.maintenance.verify import verify
from rag.index.views.overview import read_overview
from tests.faults.indexes import Answers, IndexSet, answers, build, find_folder, grow
from tests.faults.trial import Bench, sample
from tests.faults.world import REWRITE, CrashScenario, Scenario
from tests.index.world import SmallIndex as Index

PAGE = 8192


def check_refused(data: Path, what: str) -> None:
    """Readers, runs and backups say one error of the house, with a hint; and so does a look at it."""
    for attempt in (
        lambda: answers(data),
        lambda: grow(Index(data)),
        lambda: backup(data, data.with_name("backup")),
        lambda: read_overview(data),
        lambda: verify(data),
    ):
        with pytest.raises(IndexDamagedError, match=what) as caught:
            attempt()
        assert caught.value.hint == WAY_BACK


def answers_or_hint(data: Path) -> Answers | str:
    """What the index says, or what the error says to do."""
    try:
        return answers(data)
    except IndexDamagedError as exc:
        return exc.hint


def test_a_flipped_bit_in_any_page_of_the_catalogue_is_found(data: Path, shelf: IndexSet) -> None:
    """A page that an answer rests on is refused; where none rests on it, the answers are right.

    `inhouse verify` finds every one of them.
    """
    content = (data / CATALOG).read_bytes()
    answers_given = []
    for page in range(len(content) // PAGE):
        damaged = bytearray(content)
        damaged[page * PAGE + (2749 * (page + 1)) % PAGE] ^= 16
        (data / CATALOG).write_bytes(damaged)
        answers_given.append(answers_or_hint(data))
        assert answers_given[-1] in (shelf.said, WAY_BACK), page
        assert is_found_by_verify(data), page
    assert answers_given.count(WAY_BACK) >= len(answers_given) // 3


def test_a_zeroed_page_of_the_catalogue_is_found(data: Path, shelf: IndexSet) -> None:
    content = (data / CATALOG).read_bytes()
    for start in range(PAGE, len(content), PAGE):
        (data / CATALOG).write_bytes(content[:start] + bytes(PAGE) + content[start + PAGE :])
        assert answers_or_hint(data) in (shelf.said, WAY_BACK), start
        assert is_found_by_verify(data), start


def test_a_page_of_another_catalogue_is_found_by_a_full_check(data: Path, shelf: IndexSet) -> None:
    """Unless the answers are right all the same. Its checksum is: only the whole can tell."""
    content, other = ((folder / CATALOG).read_bytes() for folder in (data, shelf.other))
    for start in range(PAGE, len(content), PAGE):
        put = other[start : start + PAGE]
        (data / CATALOG).write_bytes(content[:start] + put + content[start + PAGE :])
        right = answers_or_hint(data) == shelf.said
        assert right or is_found_by_verify(data, full=True), start


def is_found_by_verify(data: Path, *, full: bool = False) -> bool:
    try:
        return not verify(data, full=full, repair=False).ok
    except InhouseError as exc:
        return exc.hint == WAY_BACK


@pytest.mark.parametrize("share", [0.0, 0.001, 0.4, 0.99])
def test_a_truncated_catalogue_is_refused(data: Path, share: float) -> None:
    content = (data / CATALOG).read_bytes()
    (data / CATALOG).write_bytes(content[: int(len(content) * share)])
    check_refused(data, "is damaged")


@pytest.mark.parametrize("offset", [0, 16, 20, 100])
def test_a_zeroed_header_is_refused(data: Path, offset: int) -> None:
    """The whole of it, the page size, the byte that says that there are checksums, the schema's page."""
    with (data / CATALOG).open("r+b") as file:
        file.seek(offset)
        file.write(bytes({0: 100, 16: 2, 20: 1, 100: 12}[offset]))
    check_refused(data, "is damaged")


@pytest.mark.parametrize("tables", ["CREATE TABLE notes (x)", "CREATE TABLE manifest (key, value)"])
def test_another_programs_database_is_refused(data: Path, tables: str) -> None:
    (data / CATALOG).unlink()
    foreign = sqlite3.connect(data / CATALOG)
    foreign.execute(tables)
    foreign.commit()
    foreign.close()
    check_refused(data, "is damaged")


def test_another_indexs_catalogue_answers_for_itself_alone(data: Path, shelf: IndexSet) -> None:
    """It is a whole index, and nothing of the one that stood here is mixed into it."""
    shutil.copyfile(shelf.other / CATALOG, data / CATALOG)
    assert answers(data) == shelf.said_by_other
    assert verify(data, full=True).ok


def test_an_old_copy_of_the_catalogue_is_refused(data: Path, shelf: IndexSet) -> None:
    """What was published since has left its traces in the folder."""
    shutil.copyfile(shelf.old / CATALOG, data / CATALOG)
    check_refused(data, "stands at generation 2, but 3 was published from it")


def test_an_old_copy_in_a_folder_of_its_own_is_an_index(shelf: IndexSet, tmp_path: Path) -> None:
    """The way back from there, as docs/operations.md says."""
    (tmp_path / "restored").mkdir()
    shutil.copyfile(shelf.old / CATALOG, tmp_path / "restored" / CATALOG)
    assert answers(tmp_path / "restored")["generation"] == 2
    assert verify(tmp_path / "restored", full=True).ok


def test_a_catalogue_that_is_gone_is_no_index(data: Path) -> None:
    """A run does not replace it in silence: what lies in the folder may be brought back."""
    with Index(data).writer():
        shutil.copyfile(data / f"{CATALOG}-wal", data / "left")
    (data / CATALOG).unlink()
    (data / "left").rename(data / f"{CATALOG}-wal")
    with pytest.raises(IndexMissingError) as caught:
        answers(data)
    assert caught.value.hint
    with pytest.raises(IndexMissingError, match="restore"):
        build(data, "new")


def test_a_lost_journal_is_noticed(
    bench: Callable[[int], Bench], world: Callable[[Scenario], CrashScenario]
) -> None:
    """A run is killed and what it left in the journal is lost: refused, or the state before or after."""
    own, states = bench(0), world(REWRITE)
    points = sample([p for p in own.points(states) if p.call == "pwrite64"], 3)
    points += sample([p for p in own.points(states) if p.call in ("rename", "fsync")], 3)
    tried = [own.try_without_journal(states, point) for point in points]
    assert not [str(trial) for trial, _ in tried if trial.problems]
    assert all(trial.fired for trial, _ in tried)
    assert sum(refused for _, refused in tried) >= len(tried) // 2


def test_the_journal_of_another_catalogue_is_refused(
    bench: Callable[[int], Bench],
    world: Callable[[Scenario], CrashScenario],
    shelf: IndexSet,
    tmp_path: Path,
) -> None:
    """A backup was put in the place of a catalogue, and the journal of that one left beside it."""
    data = bench(0).kill_late(world(REWRITE), tmp_path / "killed")
    assert (data / f"{CATALOG}-wal").stat().st_size
    shutil.copyfile(shelf.whole / CATALOG, data / CATALOG)
    check_refused(data, "is another catalogue's")
    for suffix in ("-wal", "-shm"):
        (data / f"{CATALOG}{suffix}").unlink(missing_ok=True)
    assert answers(data) == shelf.said


@pytest.mark.parametrize(
    ("value", "what"), [("NaN", "not finite"), ("short", "length other than"), ("text", "length")]
)
def test_a_stored_vector_that_is_none_is_refused(data: Path, value: str, what: str) -> None:
    """Before an index is built of it."""
    dimension = Index(data).embedder.identity.dimension
    blob = {
        "NaN": np.full(dimension, np.nan, np.float16).tobytes(),
        "short": bytes(dimension),
        "text": b"vector",
    }[value]
    connection = apsw.Connection(str(data / CATALOG), vfs=load_checksum_vfs())
    connection.execute("UPDATE vectors SET vector = ? WHERE id = 3", (blob,))
    connection.close()
    assert not verify(data, full=True, repair=False).ok
    shutil.rmtree(find_folder(data, "vectors"))
    with pytest.raises(IndexDamagedError, match=what) as caught:
        answers(data)
    assert "verify" in caught.value.hint


def test_a_vector_that_is_none_is_refused_by_writers_and_searches(data: Path) -> None:
    """Not a number, or of another length."""
    index = Index(data)
    dimension = index.embedder.identity.dimension
    wrong = [np.full(dimension, np.nan, np.float32), np.ones(dimension + 1, np.float32)]
    snapshot = index.snapshot()
    for vector in wrong:
        with pytest.raises(EmbeddingError) as caught:
            snapshot.dense(vector, 3, Filter())
        assert caught.value.hint
        with index.writer() as writer, pytest.raises(EmbeddingError) as caught:
            writer.put_vectors(["new"], vector[None])
        assert caught.value.hint


def test_filters_that_match_nothing_and_any_k_are_answered(data: Path, shelf: IndexSet) -> None:
    """Nothing, or everything there is; a negative k is one clear error."""
    index = Index(data)
    snapshot = IndexReader(data).snapshot()
    query = index.embedder.embed_query("alpha")
    nothing = Filter(folders=("/nowhere",)), Filter(document_ids=()), Filter(readers=frozenset())
    for filter in nothing:
        assert len(snapshot.dense(query, 5, filter).chunk_ids) == 0
        assert len(snapshot.lexical("alpha", 5, filter).chunk_ids) == 0
    every = snapshot.generation.chunks
    for k, expected in ((0, 0), (every, every), (10**9, every)):
        assert len(snapshot.dense(query, k, Filter()).chunk_ids) == expected
    assert len(snapshot.lexical("alpha", 0, Filter()).chunk_ids) == 0
    assert sorted(snapshot.lexical("alpha", 10**9, Filter()).chunk_ids) == sorted(
        i for i, (_, text, _, _) in shelf.said["chunks"].items() if "alpha" in text
    )
    for search in (
        lambda: snapshot.dense(query, -1, Filter()),
        lambda: snapshot.lexical("a", -1, Filter()),
    ):
        with pytest.raises(UsageError) as caught:
            search()
        assert caught.value.hint
