"""One writer, any number of readers: none waits, none sees half a run, and a dead writer blocks nobody."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.errors import GenerationGoneError
from rag.index import IndexReader
from rag.index.catalog.retention import Retention
from rag.index.lock import LOCK, WriteLock
from rag.index.maintenance.backup import backup
from rag.index.maintenance.vacuum import vacuum
from rag.index.maintenance.verify import Verification, verify
from rag.testing import HashingEmbedder
from tests.faults import corpus
from tests.faults.launcher import ENVIRONMENT, ROOT, Launcher
from tests.faults.shelves import is_whole, list_documents_of_facts
from tests.faults.world import REWRITE, CrashScenario, Scenario
from tests.index.world import SmallIndex as Index

READERS, REWRITES = 2, 10
Worlds = Callable[[Scenario], CrashScenario]


def start(module: str, *arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=ROOT, env={**os.environ, **ENVIRONMENT}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


@pytest.fixture
def index(tmp_path: Path) -> Index:
    """Generation 1 of an index whose generations can be told apart."""
    index = Index(tmp_path / "data")
    index.publish(*list_documents_of_facts(1))
    return index


def test_readers_see_whole_generations_while_everything_is_rewritten(
    index: Index, tmp_path: Path
) -> None:
    """Two processes ask during 10 runs that change every document.

    Meanwhile, every backup is whole, and every `inhouse verify --full` finds everything right.
    """
    stop = tmp_path / "stop"
    readers = [start("tests.faults.shelves", index.data, stop) for _ in range(READERS)]
    backups: list[Path] = []

    unsound: list[Verification] = []

    def operate() -> None:
        while not stop.exists():
            backups.append(Path(backup(index.data, tmp_path / f"backup{len(backups)}").path))
            if not (report := verify(index.data, full=True, repair=False)).ok:
                unsound.append(report)
            time.sleep(0.2)

    copier = threading.Thread(target=operate)
    copier.start()
    try:
        wait_for_readers(tmp_path, READERS)
        for generation in range(2, REWRITES + 2):
            assert index.publish(*list_documents_of_facts(generation)) == generation
        while len(backups) < 3:
            time.sleep(0.1)
    finally:
        stop.touch()
        copier.join()
        ended = [reader.communicate(timeout=60) for reader in readers]
    for out, err in ended:
        assert not err
        report = json.loads(out)
        assert report["wrong"] == []
        assert report["asked"] > READERS
        assert len(report["seen"]) >= 3
    assert unsound == []
    check_backups(backups)


def wait_for_readers(folder: Path, count: int) -> None:
    """Until so many reader processes have answered their first question."""
    while len(list(folder.glob("reader-*"))) < count:
        time.sleep(0.01)


def check_backups(backups: list[Path]) -> None:
    assert len(backups) >= 3
    for data in backups[:: max(1, len(backups) // 4)]:
        assert is_whole(IndexReader(data).snapshot(), HashingEmbedder()) == ""
        assert verify(data, full=True).ok


def test_one_of_five_writers_works_and_four_are_told_who_it_is(
    launcher: Launcher, world: Worlds, tmp_path: Path
) -> None:
    """The four end with 11 while the one still works, and name the holder and how long it has held."""
    states = world(REWRITE)
    data = tmp_path / "data"
    states.copy(data)
    ended = launcher.run("race", states.arguments(data))
    assert ended.code == 0, ended
    runs = json.loads(ended.out)
    (winner,) = (run for run in runs if run["code"] == 0)
    losers = [run for run in runs if run["code"] == 11]
    assert len(losers) == 4
    assert runs[-1] is winner
    for loser in losers:
        assert f"process {winner['pid']} on " in loser["err"]
        assert " s. Wait until it has finished" in loser["err"]
        assert loser["err"].count(" error: ") == 1
    assert verify(data, full=True).ok


def test_a_killed_writer_leaves_the_lock_free(tmp_path: Path) -> None:
    """The real command with its parser processes, killed as it writes: the next has the lock at once."""
    documents, data = tmp_path / "docs", tmp_path / "data"
    corpus.write_before(documents, 200)
    run = start("tests.faults.jobs", documents, "--data", data, "--quiet")
    deadline = time.monotonic() + 60
    while not (data / LOCK).exists() or b"journal_of" not in (data / LOCK).read_bytes():
        assert time.monotonic() < deadline
        assert run.poll() is None, run.communicate()
        time.sleep(0.01)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    with WriteLock(data):  # it raises where another holds it, and never waits
        pass
    again = start("tests.faults.jobs", documents, "--data", data, "--json")
    out, err = again.communicate(timeout=120)
    assert again.returncode == 0, err
    assert json.loads(out)["generation"] == 1
    assert verify(data, full=True).ok


def test_a_vacuum_beside_pinned_readers_harms_none(index: Index) -> None:
    """A reader of a generation that is kept goes on; one of a generation that is not is told."""
    embedder = HashingEmbedder()
    keep = Retention(generations=2, days=0)
    pinned = {1: index.snapshot()}
    for generation in range(2, 5):
        index.publish(*list_documents_of_facts(generation))
        pinned[generation] = index.snapshot()
    done = vacuum(index.data, keep)
    assert done.oldest_generation == 3
    assert is_whole(pinned[3], embedder) == is_whole(pinned[4], embedder) == ""
    for generation in (1, 2):
        with pytest.raises(GenerationGoneError) as caught:
            is_whole(pinned[generation], embedder)
        assert caught.value.hint
    assert is_whole(IndexReader(index.data).snapshot(), embedder) == ""


def test_vacuums_go_on_while_readers_ask(index: Index, tmp_path: Path) -> None:
    """Each reader has an answer of one generation, or is told that it was let go of; ten times over."""
    stop, keep = tmp_path / "stop", Retention(generations=1, days=0)
    readers = [start("tests.faults.shelves", index.data, stop) for _ in range(2)]
    try:
        for generation in range(2, 12):
            index.publish(*list_documents_of_facts(generation), retention=keep)
            vacuum(index.data, keep)
    finally:
        stop.touch()
        ended = [reader.communicate(timeout=60) for reader in readers]
    for out, err in ended:
        assert not err
        wrong = json.loads(out)["wrong"]
        assert [
            problem for problem in wrong if not problem.startswith("GenerationGoneError: ")
        ] == []
    assert verify(index.data, full=True).ok
