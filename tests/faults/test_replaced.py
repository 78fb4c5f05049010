"""The data folder is deleted, replaced or without space while somebody works with it."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest import ingest
from rag.errors import IndexMissingError, StorageError
from rag.index import IndexReader
from rag.index.lock import LOCK, lock_is_kept
from rag.index.views.overview import read_overview
from rag.testing import HashingEmbedder
from ui.web.identity import Role
from ui.web.userdata.accounts import Accounts
from ui.web.userdata.database import PEOPLE, Store


def fill(home: Path, *names: str) -> Path:
    docs = home / "docs"
    docs.mkdir(exist_ok=True)
    for name in names:
        (docs / name).write_text(f"# {name}\n\nWords about {name}.\n")
    ingest(docs, data_dir=home / "data", embedder=HashingEmbedder())
    return home / "data"


def test_a_reader_notices_that_the_folder_was_deleted_or_replaced(tmp_path: Path) -> None:
    """It serves no index that nobody else can see, and goes on with the one that took its place."""
    data = fill(tmp_path, "a.md")
    reader = IndexReader(data)
    data.rename(tmp_path / "old")
    with pytest.raises(IndexMissingError):
        reader.snapshot()
    fill(tmp_path, "b.md")
    assert reader.snapshot().generation.documents == 2


def test_a_deleted_catalogue_is_not_replaced_without_a_word(tmp_path: Path) -> None:
    """What was made from it says that there was one: whoever wants to begin anew takes that away too."""
    data = fill(tmp_path, "a.md")
    for path in data.glob("catalog.db*"):
        path.unlink()
    with pytest.raises(IndexMissingError, match="is gone") as caught:
        fill(tmp_path, "b.md")
    assert "inhouse restore" in caught.value.hint
    with pytest.raises(IndexMissingError, match="is gone"):
        IndexReader(data)
    assert not (data / "catalog.db").exists()
    for path in [*data.glob("vectors-*"), *data.glob("lexical-*")]:
        shutil.rmtree(path)
    assert read_overview(fill(tmp_path, "b.md")).documents == 2


def test_the_file_of_people_is_followed_too(tmp_path: Path) -> None:
    """What is written to a file that was deleted would be lost."""
    store, other = Store(tmp_path / PEOPLE), Store(tmp_path / "other.db")
    Accounts(other).add("berta", role=Role.READER)
    other.close()
    for path in tmp_path.glob(f"{PEOPLE}*"):
        path.unlink()
    with pytest.raises(StorageError, match="is gone"):
        Accounts(store).add("anna", role=Role.READER)
    (tmp_path / "other.db").rename(tmp_path / PEOPLE)
    assert [account.name for account in Accounts(store).every()] == ["berta"]
    store.close()


def test_a_lock_that_two_can_hold_is_seen(tmp_path: Path) -> None:
    data = fill(tmp_path, "a.md")
    assert lock_is_kept(data)
    (data / LOCK).unlink()
    assert lock_is_kept(data), "nobody has locked anything yet"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 6 MB; only root may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["/bin/mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(disk)], capture_output=True, check=False
    )  # fmt: skip
    if mounted.returncode:
        pytest.skip("a file system can be mounted by root alone")
    yield disk
    subprocess.run(["/bin/umount", "-l", str(disk)], check=True)


def test_on_a_full_disk_everything_goes_on_that_needs_no_space(small_disk: Path) -> None:
    """Search, status, a run that finds nothing new, and what is kept of people."""
    data = fill(small_disk, "a.md", "b.md")
    store = Store(data / PEOPLE)
    Accounts(store).add("anna", role=Role.READER)
    store.close()
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    assert shutil.disk_usage(small_disk).free == 0
    reader = IndexReader(data)
    assert reader.snapshot().generation.documents == 2
    assert read_overview(data).documents == 2
    report = ingest(small_disk / "docs", data_dir=data, embedder=HashingEmbedder())
    assert report.unchanged == 2
    store = Store(data / PEOPLE)
    assert [account.name for account in Accounts(store).every()] == ["anna"]
    with pytest.raises(StorageError):
        Accounts(store).add("berta", role=Role.READER)
    (small_disk / "docs/a.md").unlink()
    with pytest.raises(StorageError, match="is full"):
        ingest(small_disk / "docs", data_dir=data, embedder=HashingEmbedder())
    filler.unlink()
    ingest(small_disk / "docs", data_dir=data, embedder=HashingEmbedder())
    assert reader.snapshot().generation.documents == 1, "readers see again what is published"
    Accounts(store).add("berta", role=Role.READER)
    store.close()


def test_status_knows_a_run_that_changed_nothing(tmp_path: Path) -> None:
    """By a time alone: such a run changes no byte."""
    data = fill(tmp_path, "a.md")
    os.utime(data / LOCK, (1_600_000_000, 1_600_000_000))
    IndexReader(data)
    assert read_overview(data).last_look == 1_600_000_000
    fill(tmp_path)
    overview = read_overview(data)
    assert overview.generation == 1
    assert (overview.last_look or 0) > 1_600_000_000
