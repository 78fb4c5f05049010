"""Rolling back, vacuuming, verifying, backing up."""

from __future__ import annotations

import contextlib
import shutil
import threading
from pathlib import Path

import apsw
import numpy as np
import pytest

from rag.errors import (
    IndexLockedError,
    IndexMissingError,
    UsageError,
)
from rag.index import IndexReader
from rag.index.catalog.checksums import load_checksum_vfs
from rag.index.catalog.database import CATALOG
from rag.index.catalog.retention import Retention
from rag.index.maintenance.backup import backup
from rag.index.maintenance.reembed import reembed
from rag.index.maintenance.rollback import rollback
from rag.index.maintenance.vacuum import vacuum
from rag.index.maintenance.verify import verify
from rag.testing import HashingEmbedder
from tests.index.world import A1, NEW, OLD, B, SmallIndex, document, passages

TWO = Retention(generations=2, days=0)


def test_a_rollback_publishes_an_old_state_as_a_new_generation(changed: SmallIndex) -> None:
    """Nothing is embedded, and going forward again works the same way."""
    before = len(changed.embedder.texts)
    done = rollback(changed.data, 1)
    assert (done.generation, done.target, done.restored, done.removed) == (3, 1, 2, 2)
    assert passages(changed.snapshot()) == OLD
    assert rollback(changed.data, 2).generation == 4
    assert passages(changed.snapshot()) == NEW
    assert len(changed.embedder.texts) == before


def test_after_a_rollback_the_ledger_speaks_of_the_state_that_is_published(
    changed: SmallIndex,
) -> None:
    """So the next ingest reads what differs, finds what is new, and removes what is gone."""
    rollback(changed.data, 1)
    with changed.writer() as writer:
        files = {file.uri: file for file in writer.files()}
    assert set(files) == {"/a.txt", "/b.txt"}
    assert files["/a.txt"].source_sha256 == A1.source_sha256
    assert files["/a.txt"].recipe == files["/b.txt"].recipe == ""
    rollback(changed.data, 3)
    with changed.writer() as writer:
        assert {file.uri for file in writer.files()} == {"/a.txt", "/b.txt"}


def test_rolling_back_to_what_is_not_kept_names_what_is(changed: SmallIndex) -> None:
    with pytest.raises(UsageError, match=r"Generation 9 is not kept.*Kept are: 1, 2"):
        rollback(changed.data, 9)
    assert changed.snapshot().generation.id == 2


def test_operations_without_an_index_say_so(world: SmallIndex) -> None:
    """And leave no folder behind."""
    for operation in (
        lambda: rollback(world.data, 1),
        lambda: vacuum(world.data),
        lambda: verify(world.data),
        lambda: backup(world.data, world.data / "copy"),
        lambda: reembed(world.data, HashingEmbedder()),
    ):
        with pytest.raises(IndexMissingError):
            operation()
        assert not world.data.exists()


def test_operations_wait_for_nobody(changed: SmallIndex) -> None:
    """While a run writes, those that write are refused; those that read work."""
    with changed.writer():
        for operation in (
            lambda: rollback(changed.data, 1),
            lambda: vacuum(changed.data),
            lambda: reembed(changed.data, HashingEmbedder("other")),
        ):
            with pytest.raises(IndexLockedError):
                operation()
        assert verify(changed.data, full=True).ok


def test_what_no_kept_generation_shows_is_gone_after_a_run(changed: SmallIndex) -> None:
    """Rows, vectors and texts of generation 1 go when generation 3 is published and two are kept.

    The text that generation 1 shared with a living document stays.
    """
    changed.publish(document("/big.txt", [f"w{n}" for n in range(50)]), retention=TWO)
    changed.publish(document("/d.txt", ["delta"]), retention=TWO)
    assert [row[0] for row in changed.rows("SELECT id FROM generations")] == [3, 4]
    assert changed.rows("SELECT count(*) FROM documents WHERE died IS NOT NULL") == [(0,)]
    texts = {row[0] for row in changed.rows("SELECT text FROM chunks")}
    assert "alpha one" in texts
    assert not {"alpha two", "bravo one"} & texts
    assert changed.rows("SELECT count(*) FROM vectors") == [(len(texts),)]
    assert changed.rows("SELECT count(*) FROM texts") == [(4,)]
    assert verify(changed.data, full=True).ok


def test_a_run_never_drops_what_a_derived_file_still_needs(world: SmallIndex) -> None:
    """The FAISS file is of generation 1; the deletion that came after it stays known until it is new."""
    world.publish(document("/big.txt", [f"w{n}" for n in range(100)]), B)
    for number in range(4):
        remove = ["/b.txt"] if number == 0 else []
        world.publish(document(f"/{number}.txt", [f"x{number}"]), remove=remove, retention=TWO)
    assert world.rows("SELECT min(id) FROM generations") == [(1,)]
    assert "/b.txt" not in passages(world.snapshot())
    done = vacuum(world.data, TWO)
    assert done.oldest_generation == 4
    assert done.dropped.documents == 1
    assert "/b.txt" not in passages(world.snapshot())
    assert world.snapshot().tail_share == 0
    assert verify(world.data, full=True).ok


def test_young_generations_are_kept_however_many(world: SmallIndex) -> None:
    for number in range(5):
        world.publish(
            document(f"/{number}.txt", ["alpha"]), retention=Retention(generations=2, days=1)
        )
    assert world.rows("SELECT count(*) FROM generations") == [(5,)]


def test_a_vacuum_drops_vectors_that_a_stopped_run_left(changed: SmallIndex) -> None:
    with changed.writer() as writer:
        writer.put_vectors(["left"], changed.embedder.embed_documents(["left"]))
        writer.flush()
    assert vacuum(changed.data).dropped.vectors == 1
    assert verify(changed.data, full=True).ok


def test_a_vacuum_gives_room_back(world: SmallIndex) -> None:
    world.publish(document("/a.txt", [f"{'long ' * 200}{n}" for n in range(500)]))
    world.publish(document("/b.txt", ["short"]), remove=["/a.txt"])
    done = vacuum(world.data, Retention(generations=1, days=0))
    assert done.bytes_after < done.bytes_before / 4
    assert passages(world.snapshot()) == {"/b.txt": ("short",)}


def test_a_whole_index_verifies(changed: SmallIndex) -> None:
    report = verify(changed.data, full=True)
    assert report.ok
    assert report.repaired == ()
    assert [check.name for check in report.checks] == ["catalogue", "vectors", "lexical"]
    assert all(check.checked for check in report.checks)


def flip(path: Path, fraction: float = 0.5) -> None:
    data = bytearray(path.read_bytes())
    data[int(len(data) * fraction)] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("pattern", ["vectors-*/index.faiss", "vectors-*/chunk_ids.npy",
                                     "lexical-*/*.term", "lexical-*/meta.json"])  # fmt: skip
def test_a_damaged_derived_file_is_found_and_built_anew(changed: SmallIndex, pattern: str) -> None:
    flip(next(changed.data.glob(pattern)))
    name = pattern.split("-", 1)[0]
    assert not verify(changed.data, repair=False).ok
    report = verify(changed.data)
    assert report.ok
    assert report.repaired == (name,)
    assert verify(changed.data, full=True).repaired == ()
    assert passages(changed.snapshot()) == NEW


def test_a_full_check_finds_what_checksums_cannot(changed: SmallIndex) -> None:
    """A derived file that was wrong when it was written has the right checksum."""
    from dataclasses import replace

    from rag.index.search import derived

    (source,) = derived.find(changed.data, "vectors")
    ids = np.load(source.path / "chunk_ids.npy")
    np.save(source.path / "chunk_ids.npy", ids[::-1])
    files = {**source.stamp.files, "chunk_ids.npy": derived.sha256(source.path / "chunk_ids.npy")}
    derived.write_stamp(source.path, replace(source.stamp, files=files))
    assert verify(changed.data).ok
    report = verify(changed.data, full=True)
    assert report.repaired == ("vectors",)
    assert passages(changed.snapshot()) == NEW


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        ("UPDATE chunks SET text = 'other' WHERE text = 'gamma one'", "not its document's text"),
        ("UPDATE texts SET text = text || '!'", "is not what was stored"),
        ("UPDATE vectors SET vector = zeroblob(32) WHERE id = 1", "has the length 0.000"),
        ("UPDATE vectors SET vector = x'00' WHERE id = 1", "has 1 bytes, not 32"),
        ("UPDATE chunks SET key = (SELECT key FROM chunks LIMIT 1)", "the vector of another text"),
        ("DELETE FROM vectors WHERE id = 4", "have no vector"),
        ("DELETE FROM chunks WHERE text = 'gamma one'", "has 2 chunks, not 3"),
        ("DELETE FROM texts WHERE id = 1", "is not there"),
    ],
)
def test_a_catalogue_that_contradicts_itself_is_named_with_the_way_back(
    changed: SmallIndex, damage: str, what: str
) -> None:
    changed.rows(damage)
    report = verify(changed.data, full=True)
    assert not report.ok
    assert any(what in problem for problem in report.checks[0].problems), report
    assert "inhouse restore" in report.hint


def test_a_backup_is_an_index(changed: SmallIndex, tmp_path: Path) -> None:
    done = backup(changed.data, tmp_path / "copy")
    assert done.generation == 2
    assert [path.name for path in (tmp_path / "copy").iterdir()] == [CATALOG]
    copy = SmallIndex(tmp_path / "copy")
    assert passages(copy.snapshot()) == NEW
    assert copy.publish(B) == 3
    assert verify(tmp_path / "copy", full=True).ok
    with pytest.raises(UsageError, match="holds an index already"):
        backup(changed.data, tmp_path / "copy")


def test_a_backup_is_whole_while_a_run_writes(world: SmallIndex, tmp_path: Path) -> None:
    """Copies that are made during thirty runs hold a published state each, and verify."""
    world.publish(document("/0.txt", [f"alpha w{n}" for n in range(300)]))
    stop = threading.Event()
    copies: list[tuple[Path, int]] = []

    def copy() -> None:
        while not stop.is_set():
            done = backup(world.data, tmp_path / f"copy{len(copies)}")
            copies.append((Path(done.path), done.generation))

    thread = threading.Thread(target=copy)
    thread.start()
    for number in range(1, 31):
        world.publish(document(f"/{number}.txt", [f"alpha x{number}"]))
    stop.set()
    thread.join()
    assert copies
    for path, generation in copies[:: max(1, len(copies) // 8)]:
        snapshot = IndexReader(path).snapshot()
        assert snapshot.generation.id == generation
        assert snapshot.generation.documents == generation
        assert verify(path, full=True).ok


def test_restoring_a_backup_in_place_brings_its_state_back(
    changed: SmallIndex, tmp_path: Path
) -> None:
    """As docs/operations.md says: the catalogue is replaced, its -wal and -shm files are deleted.

    The derived structures of the later state, of the same numbers, are not mistaken for the backup's.
    """
    backup(changed.data, tmp_path / "copy")
    changed.publish(B)
    for name in (CATALOG, f"{CATALOG}-wal", f"{CATALOG}-shm"):
        (changed.data / name).unlink(missing_ok=True)
    shutil.copy(tmp_path / "copy" / CATALOG, changed.data / CATALOG)
    assert passages(changed.snapshot()) == NEW
    assert changed.publish(document("/d.txt", ["delta"])) == 3
    assert set(passages(changed.snapshot())) == {"/a.txt", "/c.txt", "/d.txt"}
    assert verify(changed.data, full=True).ok


def test_a_backup_of_a_damaged_catalogue_is_refused(changed: SmallIndex, tmp_path: Path) -> None:
    from rag.errors import IndexDamagedError

    size = (changed.data / CATALOG).stat().st_size
    with (changed.data / CATALOG).open("r+b") as file:
        for page in range(2, size // 8192):
            file.seek(page * 8192)
            file.write(b"\xff" * 64)
    with pytest.raises(IndexDamagedError):
        backup(changed.data, tmp_path / "copy")
    assert list((tmp_path / "copy").iterdir()) == []


def test_a_pinned_snapshot_keeps_answering_for_its_generation(changed: SmallIndex) -> None:
    """Through publishing, rolling back and vacuuming, while its generation is kept."""
    reader = changed.reader()
    pinned = reader.snapshot()
    changed.publish(B)
    rollback(changed.data, 1)
    vacuum(changed.data)
    assert passages(pinned) == NEW
    assert passages(reader.snapshot()) == OLD


def test_a_generation_of_a_clock_that_was_ahead_is_not_kept_until_then(world: SmallIndex) -> None:
    """It goes when as many newer ones have come as are kept, like any other."""
    for number in range(4):
        world.publish(document("/a.txt", [f"alpha {number}"]))
    with contextlib.closing(
        apsw.Connection(str(world.data / CATALOG), vfs=load_checksum_vfs())
    ) as connection:
        connection.execute("UPDATE generations SET created_at = created_at + 1e9 WHERE id = 1")
    world.publish(document("/a.txt", ["alpha last"]), retention=Retention(2, 0.0))
    vacuum(world.data, Retention(2, 0.0))
    assert world.rows("SELECT min(id) FROM generations") == [(4,)]
