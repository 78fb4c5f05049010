"""Runs under `strace`, which can make a system call fail, or kill the program as it is made."""

from __future__ import annotations

import re
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.faults.launcher import ChildResult, Launcher

Phase = Literal["all", "lexical"]
CHANGING = (
    "write", "writev", "pwrite64", "fsync", "fdatasync", "ftruncate", "rename", "renameat", "renameat2",
    "unlink", "unlinkat", "rmdir", "link", "linkat", "mkdir", "mkdirat", "openat",
)  # fmt: skip
READING = ("read", "pread64")
_LINE = re.compile(r"^(\d+) +(?:<\.\.\. )?(\w+)(\(| resumed)(.*)")
_ATTACH_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """The `number`-th time (from 1) that a thread makes the call, counted from the phase's beginning."""

    phase: Phase
    call: str
    number: int

    def __str__(self) -> str:
        return f"{self.phase}-{self.call}-{self.number}"


class Tracer:
    """Runs a job of one launcher under strace, with its log in `scratch`."""

    def __init__(self, launcher: Launcher, scratch: Path, job: str = "run_ingest") -> None:
        self._launcher, self._scratch, self._job = launcher, scratch, job
        self.log = scratch / "strace.log"
        self._pid = 0

    def points(self, arguments: list[str], data: Path, *, phase: Phase) -> list[Point]:
        """Every call in the data folder of an undisturbed run.

        In the phase "all" those of the main thread, in "lexical" those of tantivy's threads: strace counts
        for each thread by itself, and acts on whichever is first.
        """
        ended = self._run(arguments, phase, f"trace={','.join(READING + CHANGING)}")
        assert ended.code == 0, ended
        reached = set()
        for thread, call, number in _calls_in(self.log, data):
            if (thread == self._pid) == (phase == "all"):
                reached.add(Point(phase, call, number))
        return sorted(reached)

    def run(
        self, arguments: list[str], point: Point, fault: str, *, from_then_on: bool = False
    ) -> ChildResult:
        """A run with the fault ("signal=SIGKILL", "error=EIO") at that point."""
        inject = f"inject={point.call}:{fault}:when={point.number}{'+' if from_then_on else ''}"
        return self._run(arguments, point.phase, f"trace={point.call}", inject)

    def injected(self) -> str:
        """The log's line of the call that was made to fail, or ""."""
        lines = self.log.read_text(errors="replace").splitlines()
        return next((line for line in lines if "(INJECTED)" in line), "")

    def _run(self, arguments: list[str], phase: Phase, *expressions: str) -> ChildResult:
        paused = self._launcher.scratch / "paused"
        paused.unlink(missing_ok=True)
        self._pid = pid = self._launcher.start(self._job, arguments, FAULTS_PAUSE=phase)
        if phase == "lexical":
            self._launcher.begin(pid)
            deadline = time.monotonic() + _ATTACH_TIMEOUT_S
            while not paused.exists():
                assert time.monotonic() < deadline, "the run did not reach its pause"
                time.sleep(0.002)
        options = [option for expression in expressions for option in ("-e", expression)]
        command = ["strace", "-f", "-y", "-s", "0", "-o", str(self.log), "-p", str(pid), *options]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
            assert tracer.stderr is not None
            line = tracer.stderr.readline()
            assert "attached" in line, line
            self._launcher.begin(pid)
            ended = self._launcher.end()
            tracer.wait(timeout=_ATTACH_TIMEOUT_S)
        return ended


def _calls_in(log: Path, data: Path) -> Iterator[tuple[int, str, int]]:
    """(thread, call, how many such calls of the thread came before it, plus 1), in the folder."""
    counts: Counter[tuple[int, str]] = Counter()
    for line in log.read_text(errors="replace").splitlines():
        match = _LINE.match(line)
        if match is None or match[3] == " resumed":
            continue
        thread, call, rest = int(match[1]), match[2], match[4]
        counts[thread, call] += 1
        if str(data) in rest and (call != "openat" or "O_CREAT" in rest):
            yield thread, call, counts[thread, call]
