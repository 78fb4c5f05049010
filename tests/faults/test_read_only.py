"""A folder that nobody may write to: it answers, also where it has to be mended first; a run says why not."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.indexes import flip
from tests.faults.launcher import Launcher
from tests.faults.trial import Bench
from tests.faults.world import REWRITE, CrashScenario, Scenario, State, as_seen

Worlds = Callable[[Scenario], CrashScenario]


@pytest.fixture
def locked(tmp_path: Path, world: Worlds) -> Iterator[Callable[[Path], None]]:
    """Takes away the right to write to a folder and all in it; gives it back at the end."""
    changed: list[Path] = []

    def lock(data: Path) -> None:
        for path in (*data.rglob("*"), data):
            changed.append(path)
            path.chmod(0o555 if path.is_dir() else 0o444)

    yield lock
    for path in reversed(changed):
        if path.is_dir():
            path.chmod(0o755)


def look(launcher: Launcher, data: Path) -> State:
    """As `observe`, by a process to which permissions apply."""
    return as_seen(launcher.run("powerless_observe", [str(data)]))


@pytest.mark.parametrize("damage", ["none", "vectors", "lexical", "both", "a reader was there"])
def test_it_answers(
    damage: str, launcher: Launcher, world: Worlds, tmp_path: Path, locked: Callable[[Path], None]
) -> None:
    """What is missing or damaged is made in a private folder, and nothing here changes."""
    states = world(REWRITE)
    data = Path(shutil.copytree(states.template, tmp_path / "data"))
    if damage in ("vectors", "both"):
        flip(next(data.glob("vectors-*/index.faiss")))
    if damage in ("lexical", "both"):
        shutil.rmtree(next(data.glob("lexical-*")))
    if damage == "a reader was there":
        (data / "catalog.db-wal").touch()
    names = sorted(data.rglob("*"))
    locked(data)
    assert look(launcher, data) == states.before
    assert sorted(data.rglob("*")) == names


def test_a_run_says_that_it_cannot_write(
    launcher: Launcher, world: Worlds, tmp_path: Path, locked: Callable[[Path], None]
) -> None:
    states = world(REWRITE)
    data = Path(shutil.copytree(states.template, tmp_path / "data"))
    locked(data)
    ended = launcher.run("powerless_ingest", states.arguments(data))
    assert ended.code == 1
    assert ended.err.startswith("inhouse ingest: ")
    assert ended.err.count("\n") == 1
    assert "permissions" in ended.err
    assert look(launcher, data) == states.before


def test_what_a_killed_run_left_there_is_one_error_or_the_state_after(
    bench: Callable[[int], Bench],
    launcher: Launcher,
    world: Worlds,
    tmp_path: Path,
    locked: Callable[[Path], None],
) -> None:
    """Its journal can only be read where SQLite may make a file beside it."""
    states = world(REWRITE)
    data = bench(0).kill_late(states, tmp_path / "data")
    locked(data)
    seen = look(launcher, data)
    assert seen.get("error") == "StorageError" or seen == states.after
