"""The command line as a process, and one index that it made of good and bad files."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.documents import write_documents
from tests.conftest import free_port
from tests.log_lines import told


@dataclass(frozen=True, slots=True)
class CommandResult:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> str:
        """What it said to standard error, without time, run and level, and without begin and end."""
        return told(self.err)

    def json(self) -> Any:
        """What it printed, which has to be one JSON value."""
        return json.loads(self.out)


def environment(**variables: str) -> dict[str, str]:
    """This environment without settings, and a model server that nobody finds."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INHOUSE_")}
    return kept | {"INHOUSE_LLM_URL": f"http://127.0.0.1:{free_port()}/v1"} | variables


def start(
    *arguments: str, cwd: Path, module: str = "ui", **variables: str
) -> subprocess.Popen[str]:
    """`python -m ui …`, which is `inhouse …`."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env=environment(**variables),
    )


def end(process: subprocess.Popen[str]) -> CommandResult:
    """Wait for it; a traceback is never what a user sees."""
    try:
        out, err = process.communicate(timeout=120)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        raise
    assert "Traceback" not in out + err, err
    return CommandResult(process.returncode, out, err)


@pytest.fixture
def inhouse(tmp_path: Path) -> Callable[..., CommandResult]:
    """Run a command in an empty folder."""

    def run(*arguments: str, cwd: Path = tmp_path, **options: str) -> CommandResult:
        return end(start(*arguments, cwd=cwd, **options))

    return run


@pytest.fixture
def inhouse_in_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., CommandResult]]:
    """The same in this process: for what a command says and its exit code, which need no other one."""
    from ingest.cli import command as ingest
    from rag.cli_options import run
    from ui.cli import cli

    def run_here(
        *arguments: str, cwd: Path = tmp_path, module: str = "ui", **variables: str
    ) -> CommandResult:
        command, name = (cli, "inhouse") if module == "ui" else (ingest, "python -m ingest")
        with monkeypatch.context() as patch:
            patch.chdir(cwd)
            for variable, value in environment(**variables).items():
                patch.setenv(variable, value)
            capfd.readouterr()
            code = run(command, arguments, name)
        captured = capfd.readouterr()
        return CommandResult(code, captured.out, captured.err)

    loggers = [logging.getLogger(package) for package in ("rag", "ingest", "ui")]
    before = [(logger.handlers, logger.propagate, logger.level) for logger in loggers]
    yield run_here
    for logger, (handlers, propagate, level) in zip(loggers, before, strict=True):
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


@dataclass(frozen=True, slots=True)
class Ingested:
    """A folder of documents, its index, and what the command said when it made it."""

    folder: Path
    data: Path
    ended: CommandResult


@pytest.fixture(scope="session")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Ingested:
    """Good and bad files, ingested by the real command with the real embedder. Only for reading."""
    home = tmp_path_factory.mktemp("company")
    write_documents(home / "documents")
    arguments = ("ingest", "documents", "--data", "data", "--json")
    return Ingested(home / "documents", home / "data", end(start(*arguments, cwd=home)))
