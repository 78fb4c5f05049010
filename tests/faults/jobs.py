"""What a child process under test does: the real command, with a small embedder and no parser children.

The parser's processes touch no file of the index; left out, a run is fast and `strace` sees nothing else.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

import ingest.cli
import ingest.embedding
import ingest.pipeline
from ingest.engines import opening
from ingest.engines.contract import IngestEngine
from ingest.errors import UnreadableFileError
from ingest.loader import load
from ingest.running import ingest_run
from ingest.sandbox import Outcome
from rag.cli_options import run
from rag.errors import InhouseError
from rag.index.catalog.retention import Retention
from rag.index.maintenance.rollback import rollback
from rag.index.maintenance.vacuum import vacuum
from rag.index.maintenance.verify import verify
from rag.index.search import lexical
from tests.faults.embedder import WordEmbedder
from tests.faults.state import observe

EMBEDDED = "FAULTS_EMBEDDED"
"""Environment variable: the file that gets a line for every text that is embedded."""
PAUSE = "FAULTS_PAUSE"
"""Environment variable: "lexical" makes a run wait once more, where it begins with the lexical half."""
SCRATCH = "FAULTS_SCRATCH"
"""Environment variable: the folder of what a child has to say beside its job."""


class NearbyParser:
    """Reads files in this process, in place of the sandbox."""

    def __init__(self, **limits: float) -> None:
        pass

    def __enter__(self) -> NearbyParser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        pass

    def close(self) -> None:
        pass

    def map(self, paths: Iterable[Path], _: object = None) -> Iterator[tuple[Path, Outcome]]:
        for path in paths:
            try:
                yield path, load(path)
            except UnreadableFileError as exc:
                yield path, exc


@contextlib.contextmanager
def _open_slow_engine(*arguments: Any) -> Iterator[IngestEngine]:
    """The engine of the settings, one file at a time."""
    with opening.open_engine(*arguments) as engine:
        yield replace(engine, window_chunks=1)


def prepare() -> None:
    """Put the small embedder in place of the real one; stage each file by itself and flush it at once.

    So a small run has many transactions, and every run makes the same calls in the same order, whichever
    thread is faster.
    """
    log = os.environ.get(EMBEDDED)
    embedder = WordEmbedder(Path(log) if log else None)
    ingest.pipeline.open_embedder_for = lambda *_, **__: embedder  # type: ignore[assignment]
    ingest_run.open_engine = _open_slow_engine  # type: ignore[assignment]
    ingest.embedding.PART_CHUNKS = (6, 6)
    ingest_run._FLUSH_S = 0.0


def pause() -> None:
    """Wait for SIGUSR1, having said so."""
    Path(os.environ[SCRATCH], "paused").touch()
    signal.sigwait({signal.SIGUSR1})


def _pause_before_lexical_build() -> None:
    build = lexical.build

    def build_after_pause(*arguments: Any) -> Any:
        pause()
        return build(*arguments)

    lexical.build = build_after_pause


def run_ingest(arguments: Sequence[str]) -> int:
    """`inhouse ingest` with these arguments; its exit code."""
    prepare()
    if os.environ.get(PAUSE) == "lexical":
        _pause_before_lexical_build()
    opening.Sandbox = NearbyParser  # type: ignore[misc,assignment]
    return run(ingest.cli.command, list(arguments), "inhouse ingest")


def run_with_parsers(arguments: Sequence[str]) -> int:
    """The same with the parser's own processes, as a user's run has them."""
    prepare()
    return run(ingest.cli.command, list(arguments), "inhouse ingest")


def run_observe(arguments: Sequence[str]) -> int:
    """Print what the index says of itself as JSON, or the error that opening it raised."""
    try:
        print(json.dumps(observe(Path(arguments[0]))))  # noqa: T201
    except InhouseError as exc:
        print(json.dumps({"error": type(exc).__name__, "message": str(exc)}))  # noqa: T201
    return 0


def operate(arguments: Sequence[str]) -> int:
    """`inhouse vacuum`, `rollback 1` or `verify --full` in a data folder, and nothing around it."""
    name, data = arguments[0], Path(arguments[1])
    try:
        match name:
            case "vacuum":
                vacuum(data, Retention(generations=1, days=0))
            case "rollback":
                rollback(data, 1)
            case "verify":
                return 0 if verify(data, full=True).ok else 1
    except InhouseError as exc:
        print(exc, file=sys.stderr)  # noqa: T201
        return exc.exit_code
    return 0


def race(arguments: Sequence[str]) -> int:
    """Five runs at once. The one that works is held up until the others have ended, 100 seconds at most.

    Prints for each its process, exit code and what it said, in the order in which they ended.
    """
    os.environ[PAUSE] = "lexical"
    runs: dict[int, Path] = {}
    deadline = time.monotonic() + 100
    for number in range(5):
        error_file = Path(os.environ[SCRATCH], f"race{number}")
        pid = os.fork()
        if pid == 0:
            code = run_ingest(arguments)
            error_file.write_text(sys.stderr.getvalue())  # type: ignore[attr-defined]
            os._exit(code)
        runs[pid] = error_file
    ended: dict[int, int] = {}
    while len(ended) < len(runs):
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid:
            ended[pid] = os.waitstatus_to_exitcode(status)
        elif len(ended) == len(runs) - 1 or time.monotonic() > deadline:
            for waiting in runs.keys() - ended.keys():
                os.kill(waiting, signal.SIGUSR1)
        time.sleep(0.01)
    print(json.dumps([  # noqa: T201
        {"pid": pid, "code": code, "err": runs[pid].read_text()} for pid, code in ended.items()
    ]))  # fmt: skip
    return 0


def powerless(job: str, arguments: Sequence[str]) -> int:
    """The job `job`, done by a user to whom permissions apply: root without its privileges."""
    version_3, every_set = (0x20080522, 0), (0,) * 6
    libc = ctypes.CDLL(None, use_errno=True)
    header, sets = (ctypes.c_uint32 * 2)(*version_3), (ctypes.c_uint32 * 6)(*every_set)
    if libc.capset(header, sets) != 0:
        raise OSError(ctypes.get_errno(), "capset")
    run_job: Callable[[Sequence[str]], int] = globals()[job]
    return run_job(arguments)


def powerless_observe(arguments: Sequence[str]) -> int:
    return powerless("run_observe", arguments)


def powerless_ingest(arguments: Sequence[str]) -> int:
    return powerless("run_ingest", arguments)


if __name__ == "__main__":  # the real sandbox, in a process of its own
    prepare()
    sys.exit(run(ingest.cli.command, sys.argv[1:], "inhouse ingest"))
