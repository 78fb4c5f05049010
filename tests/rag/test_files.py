"""Files and folders that others rely on are on the disk, name and content, before the call returns."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.answering.abstention import CALIBRATION, Calibration, load_calibration, save_calibration
from rag.evaluation import store
from rag.files import replace_file
from rag.index.search.derived import Origin, Stamp, publish, work_folder
from rag.models.cache import publish_folder
from tests.evaluation.world import hostile_evaluation

Calls = list[tuple[str, Path]]

CALIBRATED = Calibration(
    **{"embedder": {}, "generation": 1, "chunks": 1, "questions": 2, "bias": 0.0, "best": 1.0},
    **{
        "lead": 0.0,
        "agreement": 0.0,
        "first": 0.0,
        "threshold": 0.5,
        "recall": 1.0,
        "refused": 1.0,
    },
)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Every fsync and every rename in order: the path that was synced, or the new name."""
    recorded: Calls = []
    fsync, rename = os.fsync, os.rename

    def record_fsync(descriptor: int) -> None:
        fsync(descriptor)
        recorded.append(("fsync", Path(f"/proc/self/fd/{descriptor}").readlink()))

    def record_rename(source: Path, target: Path) -> None:
        rename(source, target)
        recorded.append(("rename", Path(target)))

    monkeypatch.setattr(os, "fsync", record_fsync)
    monkeypatch.setattr(os, "rename", record_rename)
    return recorded


def write_structure(data: Path) -> Path:
    """Publish a search index of one file."""
    with work_folder(data, "words") as work:
        (work / "file").write_text("content")
        stamp = Stamp(layout=1, origin=Origin("i", 1, "t"), rows=0, files={}, details={})
        return publish(work, data, "words", stamp).path


def write_model(data: Path) -> Path:
    """Publish a model folder of one file."""
    prepared = data / "prepared"
    prepared.mkdir()
    (prepared / "file").write_text("content")
    publish_folder(prepared, data / "model")
    return data / "model"


@pytest.mark.parametrize(
    "write",
    [
        lambda data: save_calibration(data, CALIBRATED),
        lambda data: store.keep(data, hostile_evaluation("x")),
        write_structure,
        write_model,
    ],
    ids=["calibration", "evaluation", "search index", "model"],
)
def test_a_name_appears_after_its_content_and_before_the_return(
    write: Callable[[Path], Path], tmp_path: Path, calls: Calls
) -> None:
    """fsync of what is written, rename, fsync of the folder that holds the new name: in this order."""
    path = write(tmp_path)
    renamed = calls.index(("rename", path))
    synced = [name for call, name in calls[:renamed] if call == "fsync"]
    assert len(synced) >= 1
    assert all(name != path for name in synced)
    assert ("fsync", path.parent) in calls[renamed + 1 :]


def test_a_failed_write_changes_nothing(tmp_path: Path) -> None:
    """The old file stays, whole, and nothing else is left in the folder."""
    save_calibration(tmp_path, CALIBRATED)
    with (
        contextlib.suppress(ZeroDivisionError),
        replace_file(tmp_path / CALIBRATION) as temporary,
    ):
        temporary.write_text("half of it")
        raise ZeroDivisionError
    assert load_calibration(tmp_path) == CALIBRATED
    assert [path.name for path in tmp_path.iterdir()] == [CALIBRATION]
