"""When a watched folder is read again: after a rest, for every kind of change, and never for our own."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.running.watch import times_to_run

QUIET_S = 0.3
PATIENCE_S = 15.0


class Watcher:
    """Watches in a thread of its own; `runs` are the times and reasons of the runs that were due."""

    def __init__(self, roots: list[Path], data: Path, rescan_s: float, quiet_s: float) -> None:
        self.runs: list[tuple[float, bool]] = []
        self._over = threading.Event()
        self._times = times_to_run(
            roots, data_dir=data, quiet_s=quiet_s, rescan_s=rescan_s, stopped=self._over.is_set
        )
        self._thread = threading.Thread(target=self._note)
        self._thread.start()
        self.wait_for(1)

    def _note(self) -> None:
        for changed in self._times:
            self.runs.append((time.monotonic(), changed))

    def wait_for(self, count: int) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while len(self.runs) < count:
            assert time.monotonic() < deadline, f"{len(self.runs)} runs, not {count}"
            time.sleep(0.02)

    def stop(self) -> float:
        """Seconds until it has ended."""
        began = time.monotonic()
        self._over.set()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()
        return time.monotonic() - began


Watch = Callable[..., Watcher]


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    (tmp_path / "docs/hr").mkdir(parents=True)
    (tmp_path / "docs/a.md").write_text("a")
    return tmp_path / "docs"


@pytest.fixture
def watch(docs: Path) -> Iterator[Watch]:
    watchers: list[Watcher] = []

    def start(
        *roots: Path,
        data: Path = docs.parent / "data",
        rescan_s: float = 600,
        quiet_s: float = QUIET_S,
    ) -> Watcher:
        watchers.append(Watcher(list(roots) or [docs], data, rescan_s, quiet_s))
        return watchers[-1]

    yield start
    for watcher in watchers:
        watcher.stop()


def test_each_kind_of_change_is_one_run(docs: Path, watch: Watch) -> None:
    """Made, changed, renamed, moved into a new folder, deleted, a folder deleted.

    On a machine that is busy with other things, one of them may come in two pieces.
    """
    watcher = watch()
    doings: list[Callable[[], object]] = [
        lambda: (docs / "b.md").write_text("b"),
        lambda: (docs / "b.md").write_text("bb"),
        lambda: (docs / "b.md").rename(docs / "c.md"),
        lambda: (docs / "new").mkdir(),
        lambda: (docs / "c.md").rename(docs / "new/c.md"),
        lambda: (docs / "new/c.md").write_text("changed in a folder that is newer than the watch"),
        lambda: (docs / "a.md").unlink(),
        lambda: shutil.rmtree(docs / "new"),
    ]
    for number, do in enumerate(doings, 2):
        do()
        watcher.wait_for(number)
    time.sleep(2 * QUIET_S)
    assert len(doings) < len(watcher.runs) <= len(doings) + 3
    assert all(changed for _, changed in watcher.runs)


def test_a_copy_under_way_is_waited_for(docs: Path, watch: Watch) -> None:
    """A file that grows is one change, which ends when it has rested."""
    watcher = watch(quiet_s=0.6)
    with (docs / "large.md").open("w") as file:
        for _ in range(15):
            file.write("x" * 100)
            file.flush()
            time.sleep(0.1)
    last = time.monotonic()
    watcher.wait_for(2)
    assert watcher.runs[1][0] >= last + 0.3
    time.sleep(1)
    assert len(watcher.runs) == 2


def test_what_never_rests_is_read_all_the_same(docs: Path, watch: Watch) -> None:
    watcher = watch(quiet_s=0.2)
    deadline = time.monotonic() + PATIENCE_S
    while len(watcher.runs) < 2 and time.monotonic() < deadline:
        (docs / "busy.md").write_text("x" * len(watcher.runs))
        time.sleep(0.03)
    assert len(watcher.runs) >= 2


def test_our_own_data_folder_is_no_change(docs: Path, watch: Watch) -> None:
    """Else every run would call for the next."""
    data = docs / "data"
    data.mkdir()
    watcher = watch(data=data)
    (data / "catalog.db").write_text("x")
    time.sleep(4 * QUIET_S)
    assert len(watcher.runs) == 1


def test_everything_is_looked_at_again_now_and_then(docs: Path, watch: Watch) -> None:
    """For network shares, which tell nothing."""
    watcher = watch(rescan_s=0.5)
    watcher.wait_for(3)
    assert [changed for _, changed in watcher.runs[:3]] == [True, False, False]
    assert watcher.runs[2][0] - watcher.runs[1][0] >= 0.45


def test_a_root_that_goes_and_comes_back_is_watched_anew(docs: Path, watch: Watch) -> None:
    """As a share does that is mounted again."""
    watcher = watch()
    away = docs.with_name("away")
    docs.rename(away)
    watcher.wait_for(2)
    away.rename(docs)
    watcher.wait_for(3)
    runs = len(watcher.runs)
    (docs / "b.md").write_text("b")
    watcher.wait_for(runs + 1)


def test_a_single_file_is_watched_through_an_editor_s_replacement(docs: Path, watch: Watch) -> None:
    watcher = watch(docs / "a.md")
    (docs / "a.md.new").write_text("new")
    (docs / "a.md.new").replace(docs / "a.md")
    watcher.wait_for(2)
    runs = len(watcher.runs)
    (docs / "a.md").write_text("newer")
    watcher.wait_for(runs + 1)


def test_it_ends_when_it_is_told_to(docs: Path, watch: Watch) -> None:
    assert watch().stop() < 1.0
