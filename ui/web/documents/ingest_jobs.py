"""Runs of ingest over the inbox, each in a process of its own, with how far they are."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from rag.errors import IndexLockedError
from rag.settings import ENV_PREFIX, Settings

_log = logging.getLogger(__name__)
_AGAIN_S, _PATIENCE_S = 3.0, 600.0  # another run holds the lock: look again, for so long
_TOLD = 20  # lines of a run's standard error that are kept for the log
_SECTIONS = ("embedder", "chunker", "ingest", "access", "index")
_ANY_SHARE_GONE = ("--max-delete", "1")


Options = frozenset[tuple[str, str]]
"""What a run is told besides its folder: options of the command line, and their values."""


class RunState(StrEnum):
    """Where a run is. waiting: another run, perhaps cron's, is at work."""

    NONE = "none"
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Run:
    """The last run of this process, or the one that goes on. Times are seconds since the epoch.

    `counts`: what it did, as in `inhouse ingest --json`, numbers only. `failed`: uri and reason of each file
    that could not be read; who looks sees those that are theirs. `problem`: why the run itself failed.
    """

    state: RunState = RunState.NONE
    files: int = 0
    total: int = 0
    chunks: int = 0
    began_at: float = 0.0
    ended_at: float = 0.0
    counts: Mapping[str, float] | None = None
    failed: tuple[tuple[str, str], ...] = ()
    problem: str = ""

    @property
    def is_over(self) -> bool:
        return self.state not in (RunState.WAITING, RunState.RUNNING)

    def to_json(self) -> dict[str, Any]:
        """Without the files: their names are for who may read them."""
        return {key: value for key, value in asdict(self).items() if key != "failed"} | {
            "failed": len(self.failed)
        }


class Ingesting:
    """One run at a time; what is asked for while one goes on is done after it, once for each folder."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._run, self._waiting = Run(), dict[Path, Options]()
        self._process: subprocess.Popen[str] | None = None

    @property
    def run(self) -> Run:
        """The progress of the run, as the page shows it."""
        return self._run

    def start(self, folder: Path, *, deleting: bool = False, again: str = "") -> Run:
        """Ingest the folder, now or after the run that goes on.

        `deleting`: somebody has deleted files there, so that many are gone is no reason to stop. `again`: the
        uri of a file that is read again although it has not changed.
        """
        flags = {_ANY_SHARE_GONE} if deleting else set()
        if again:
            flags.add(("--again", again))
        with self._lock:
            self._waiting[folder] = self._waiting.get(folder, frozenset()) | flags
            if not self._run.is_over:
                return self._run
            self._run = Run(RunState.RUNNING, began_at=time.time())
        threading.Thread(target=self._work, name="inhouse-ingest", daemon=True).start()
        return self._run

    def stop(self) -> None:
        """End with the page: what a run has finished is kept."""
        with self._lock:
            self._waiting.clear()
            if self._process is not None:
                self._process.terminate()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    return
                folder = next(iter(self._waiting))
                options = self._waiting.pop(folder)
                self._run = Run(RunState.RUNNING, began_at=time.time())
            ended = self._ingest(folder, options)
            with self._lock:  # what was asked for meanwhile goes on without anybody seeing an end
                if self._waiting:
                    continue
                self._run = ended
                return

    def _ingest(self, folder: Path, options: Options) -> Run:
        give_up = time.monotonic() + _PATIENCE_S
        while True:
            code, output, messages = self._once(folder, options)
            if code != IndexLockedError.exit_code or time.monotonic() > give_up:
                break
            self._run = replace(self._run, state=RunState.WAITING)
            time.sleep(_AGAIN_S)
        ended = time.time()
        try:
            report = json.loads(output)
            counts = {key: n for key, n in report.items() if isinstance(n, int | float)}
            failed = tuple((failure["uri"], failure["reason"]) for failure in report["failed"])
        except (ValueError, TypeError, KeyError):
            problem = messages[-1] if messages else f"The run ended with {code}."
            _log.error("The run over %s ended with %d: %s", folder, code, " / ".join(messages))
            return replace(self._run, state=RunState.FAILED, ended_at=ended, problem=problem)
        return replace(self._run, state=RunState.DONE, ended_at=ended, counts=counts, failed=failed)

    def _once(self, folder: Path, options: Options) -> tuple[int, str, list[str]]:
        """Exit code, standard output, and the last lines of standard error."""
        command = [sys.executable, "-m", "ingest", str(folder), "--json", "--progress-json"]
        for name, value in sorted(options):
            command.append(f"{name}={value}")
        messages: list[str] = []
        with subprocess.Popen(
            [*command, "--data", str(self._settings.location)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="backslashreplace",
            env={**os.environ, **environment(self._settings)},
        ) as process:
            self._process = process
            listener = threading.Thread(
                target=self._listen, args=(process.stderr, messages), daemon=True
            )
            listener.start()
            output = process.stdout.read() if process.stdout else ""
            listener.join()
        self._process = None
        return process.returncode, output, messages

    def _listen(self, lines: Any, messages: list[str]) -> None:
        for line in lines:
            try:
                done = json.loads(line)["progress"]
            except (ValueError, TypeError, KeyError):
                messages.append(line.strip())
                del messages[:-_TOLD]
                continue
            self._run = replace(
                self._run,
                state=RunState.RUNNING,
                files=done["files"],
                total=done["total"],
                chunks=done["chunks"],
            )


def environment(settings: Settings) -> dict[str, str]:
    """The settings that concern a run, as the environment has them: a child reads the same ones."""
    options = {}
    for section in _SECTIONS:
        part = getattr(settings, section)
        for key in type(part).model_fields:
            value = getattr(part, key)
            # The numbers of the nightly run are not those of one upload.
            if value is not None and key != "metrics_file":
                name = f"{ENV_PREFIX}{section}_{key}".upper()
                options[name] = value if isinstance(value, str) else _toml(value)
    if settings.cache is not None:
        options[f"{ENV_PREFIX}CACHE"] = str(settings.cache)
    return options


def _toml(value: Any) -> str:
    if isinstance(value, tuple | list):
        return f"[{', '.join(_quoted(item) for item in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _quoted(value: Any) -> str:
    if hasattr(value, "model_dump"):
        pairs = value.model_dump(mode="json").items()
        return "{" + ", ".join(f"{key} = {_quoted(item)}" for key, item in pairs) + "}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_quoted, value))}]"
    return json.dumps(value, ensure_ascii=True)
