"""A folder of 190 files that mean harm: the real command reads it, and every one is accounted for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.cli.conftest import environment
from tests.ingest.hostile import Expected, shown, write

pytestmark = pytest.mark.slow

MOST_MEMORY_MB = 1536
FEWEST = 120
LIMITS = {
    "INHOUSE_INGEST_TIMEOUT_S": "10",
    "INHOUSE_INGEST_OCR_TIMEOUT_S": "10",
    "INHOUSE_INGEST_MAX_FILE_MB": "100",
}


@dataclass
class HostileRun:
    """One run of the command; `peaks` are the most memory in MiB that each of its processes had."""

    code: int
    seconds: float
    report: dict[str, Any]
    err: str
    states: dict[str, tuple[str, str]]
    expected: dict[str, Expected]
    peaks: dict[int, float] = field(default_factory=dict)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> HostileRun:
    """The folder, read once; one file of it never stays as it is."""
    home = tmp_path_factory.mktemp("hostile")
    folder = home / "documents"
    folder.mkdir()
    expected = write(folder)
    restless = folder / "zz-restless.md"
    restless.write_text("One.")
    expected[shown(restless)] = frozenset({"indexed"})
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "ingest", "documents", "--data", "data", "--json"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, cwd=home, env=environment(**LIMITS),
    )  # fmt: skip
    peaks: dict[int, float] = {}
    watcher = threading.Thread(target=watch, args=(process, peaks, restless))
    watcher.start()
    out, err = process.communicate(timeout=280)
    watcher.join()
    seconds = time.perf_counter() - started
    states = ledger(home / "data")
    return HostileRun(process.returncode, seconds, json.loads(out), err, states, expected, peaks)


def watch(process: subprocess.Popen[str], peaks: dict[int, float], restless: Path) -> None:
    """Note every process's memory, and change one file all the time."""
    parent = psutil.Process(process.pid)
    number = 0
    while process.poll() is None:
        number += 1
        restless.write_text(f"It changed {number} times. " * (number % 50 + 1))
        time.sleep(0.02)
        if number % 5:  # looking at processes takes a core from those that it looks at
            continue
        try:
            for member in [parent, *parent.children(recursive=True)]:
                peaks[member.pid] = max(peaks.get(member.pid, 0), peak_mb(member.pid))
        except psutil.NoSuchProcess:
            continue


def peak_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def ledger(data: Path) -> dict[str, tuple[str, str]]:
    from rag.index.views.next_run import read_index_state

    standing = read_index_state(data)
    assert standing is not None
    rows = [(record.uri, record.state.value, record.reason) for record in standing.files]
    assert len({uri for uri, _, _ in rows}) == len(rows)
    return {uri: (state, reason) for uri, state, reason in rows}


def test_the_run_ends_well_and_says_that_some_failed(run: HostileRun) -> None:
    assert run.code == 3
    assert "Traceback" not in run.err
    assert len(run.expected) >= FEWEST


def test_every_entry_has_exactly_one_state_and_no_other_has(run: HostileRun) -> None:
    assert run.states.keys() == run.expected.keys()


def test_each_ends_as_it_should(run: HostileRun) -> None:
    wrong = {
        uri: run.states.get(uri) for uri, states in run.expected.items()
        if run.states.get(uri, ("",))[0] not in states
    }  # fmt: skip
    assert wrong == {}


def test_each_that_is_not_wholly_read_has_a_reason_in_one_line(run: HostileRun) -> None:
    for uri, (state, reason) in run.states.items():
        assert (state == "indexed") == (reason == ""), uri
        assert "\n" not in reason, uri
        assert len(reason) < 400, uri


def test_the_account_adds_up_to_the_listing(run: HostileRun) -> None:
    report = run.report
    assert report["added"] + len(report["failed"]) + len(report["skipped"]) == len(run.expected)
    problems = {
        problem["uri"]: problem["reason"] for problem in (*report["failed"], *report["skipped"])
    }
    read = {uri for uri, (state, _) in run.states.items() if state in ("indexed", "partial")}
    assert problems.keys() == run.expected.keys() - read


def test_no_process_takes_more_memory_than_it_may(run: HostileRun) -> None:
    assert len(run.peaks) > 2
    assert max(run.peaks.values()) < MOST_MEMORY_MB


def test_nothing_that_a_file_names_was_read_or_run(run: HostileRun) -> None:
    """No entity's file came in, and no name was taken for a command."""
    assert not any(os.path.lexists(name) for name in ("owned", "/tmp/owned"))  # noqa: S108
