"""An index is no more public than the documents in it: its files are for the one who made it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rag.index.maintenance.backup import backup
from tests.index.world import SmallIndex, document


@pytest.fixture
def usual_mask() -> object:
    before = os.umask(0o022)
    yield
    os.umask(before)


def exposed(folder: Path) -> list[str]:
    """What somebody who is neither the user nor of the group could read or enter."""
    return [
        str(path.relative_to(folder.parent))
        for path in (folder, *folder.glob("*"))
        if path.stat().st_mode & 0o007
    ]


@pytest.mark.usefixtures("usual_mask")
def test_a_new_data_folder_and_a_backup_are_private(tmp_path: Path) -> None:
    world = SmallIndex(tmp_path / "data")
    world.publish(document("/a.txt", ["alpha"]))
    backup(world.data, tmp_path / "backup")
    for folder in (world.data, tmp_path / "backup"):
        assert folder.stat().st_mode & 0o777 == 0o700
        assert exposed(folder) == []


@pytest.mark.usefixtures("usual_mask")
def test_in_a_folder_that_is_there_the_group_may_read_if_it_may_enter(tmp_path: Path) -> None:
    """The mode of the folder is the operator's choice; everybody else gets nothing in any case."""
    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    SmallIndex(data).publish(document("/a.txt", ["alpha"]))
    assert exposed(data) == ["data"]
    assert (data / "catalog.db").stat().st_mode & 0o777 == 0o640
