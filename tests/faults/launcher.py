"""Starts child processes at once: a server that has imported everything forks one for each job.

A child waits for SIGUSR1 before it begins, so that `strace` can be attached to it.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.log_lines import told

ROOT = Path(__file__).parents[2]
_LONGEST_S = 120
"""A child that takes longer hangs, and is killed by its alarm."""
ENVIRONMENT = {
    "INHOUSE_CHUNKER_MAX_TOKENS": "40",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


@dataclass(frozen=True, slots=True)
class ChildResult:
    """How a child ended: its exit code (minus the signal that killed it) and what it said."""

    code: int
    out: str
    err: str


_IMPORTED_ONCE = (
    "apsw.sqlite_extra", "faiss", "tantivy", "tqdm", "email.parser", "importlib.readers",
    "multiprocessing.synchronize", "multiprocessing.util", "ingest.running.runs",
    "ingest.parsers.front_matter", "ingest.parsers.markdown_html", "ingest.parsers.office.merged_cells",
    "ingest.parsers.office.raised_text", "ingest.parsers.plain_text", "ingest.parsers.text_blocks",
    "tests.faults.jobs",
)  # fmt: skip
"""What a job imports, also where it does so only when it needs it: once for all the children, and so that a
disk fault meets no module of Python that is just being read."""


class Launcher:
    """A fork server for one job at a time; a context manager."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.launcher"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, **ENVIRONMENT},
        )

    def __enter__(self) -> Launcher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.close()
        self._server.wait(timeout=30)
        self._server.stdout.close()

    def start(self, job: str, arguments: Sequence[str], **environment: str) -> int:
        """Fork a child for the job; it waits for SIGUSR1."""
        self._say({"job": job, "arguments": list(arguments), "scratch": str(self.scratch),
                   "environment": environment})  # fmt: skip
        return int(self._hear())

    def begin(self, pid: int) -> None:
        """Let the child begin."""
        os.kill(pid, signal.SIGUSR1)

    def end(self) -> ChildResult:
        """Wait for the child's end."""
        self._say({"wait": True})
        code = int(self._hear())
        out, err = ((self.scratch / name).read_text() for name in ("out", "err"))
        return ChildResult(code, out, told(err))

    def run(self, job: str, arguments: Sequence[str], **environment: str) -> ChildResult:
        """A job from beginning to end, undisturbed."""
        self.begin(self.start(job, arguments, **environment))
        return self.end()

    def _say(self, message: dict[str, Any]) -> None:
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps(message) + "\n")
        self._server.stdin.flush()

    def _hear(self) -> str:
        assert self._server.stdout is not None
        return self._server.stdout.readline()


def _serve() -> None:
    for name in _IMPORTED_ONCE:
        importlib.import_module(name)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    child = 0
    for line in sys.stdin:
        message = json.loads(line)
        if "wait" in message:
            _, status = os.waitpid(child, 0)
            answer = os.waitstatus_to_exitcode(status)
        else:
            child = answer = os.fork()
            if child == 0:
                _be_the_child(message)
        print(answer, flush=True)  # noqa: T201


def _be_the_child(message: dict[str, Any]) -> None:
    from tests.faults import jobs

    code = 70
    try:
        os.environ.update(message["environment"], FAULTS_SCRATCH=message["scratch"])
        for descriptor, name in ((0, os.devnull), (1, "out"), (2, "err")):
            flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC
            fd = os.open(Path(message["scratch"]) / name, flags if descriptor else os.O_RDONLY)
            os.dup2(fd, descriptor)
            os.close(fd)
        sys.stdin, sys.stdout, sys.stderr = open(0), StringIO(), StringIO()  # noqa: SIM115
        signal.sigwait({signal.SIGUSR1})
        signal.alarm(_LONGEST_S)
        code = getattr(jobs, message["job"])(message["arguments"])
    except BaseException:
        traceback.print_exc()
    finally:
        # As much of an interpreter's end as matters here: what was said is written, nothing is closed.
        # It is written by a call that no test makes fail.
        for descriptor, stream in ((1, sys.stdout), (2, sys.stderr)):
            os.pwritev(descriptor, [stream.getvalue().encode()], os.fstat(descriptor).st_size)  # type: ignore[attr-defined]
        os._exit(code)


if __name__ == "__main__":
    _serve()
