"""A run that is stopped or killed at some moment, the run after it, and what the two may have done."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

from rag.document import Chunk
from tests.faults.jobs import EMBEDDED
from tests.faults.launcher import ChildResult, Launcher
from tests.faults.world import Scenario, State, leftovers, make_world, observe

MOST_LOST = 24
"""Texts: what is embedded between two commits, generously."""
_PARSER = "ingest.parser_process"
_LOOK_S = 0.001


@dataclass(frozen=True, slots=True)
class Moment:
    """When a signal comes: so many seconds after the start, or when so many texts were embedded."""

    seconds: float = 0.0
    texts: int = 0

    def __str__(self) -> str:
        return f"after {self.texts} texts" if self.texts else f"after {self.seconds:.3f} s"


@dataclass(frozen=True, slots=True)
class Interruption:
    """What came of one; `fired` is False if the run had ended before."""

    number: signal.Signals
    moment: Moment
    fired: bool
    embedded_before: int
    embedded_after: int
    problems: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.number.name} {self.moment}: " + "; ".join(self.problems)


class Interrupter:
    """Interrupts runs over a folder that has changed, one after another."""

    def __init__(self, launcher: Launcher, folder: Path, scenario: Scenario) -> None:
        self._launcher, self._folder = launcher, folder
        self._world = make_world(launcher, folder / "world", scenario)
        self._data, self._log = folder / "data", folder / "embedded"
        self._world.copy(self._data)
        self._sha256_of = dict(_texts(self._world.template))
        began = time.monotonic()
        ended, embedded = self._run()
        self.seconds = time.monotonic() - began
        assert ended.code == 0, ended
        self.texts = len(embedded)
        self._sha256_of |= dict(_texts(self._data))
        self.after = _comparable(observe(launcher, self._data))

    def interrupt(self, number: signal.Signals, moment: Moment) -> Interruption:
        """A run that gets the signal at this moment, and the next run."""
        self._world.copy(self._data)
        ended, embedded = self._run(number, moment)
        committed = self._committed()
        problems = list(self._problems_of_end(number, ended, embedded, committed))
        next_ended, again = self._run()
        twice = committed & set(again)
        if next_ended.code != 0:
            problems.append(f"the next run said {next_ended.code}: {next_ended.err}")
        if twice:
            problems.append(f"{len(twice)} committed texts were embedded again")
        if len(set(again)) != len(again):
            problems.append("the next run embedded a text twice")
        if _comparable(observe(self._launcher, self._data)) != self.after:
            problems.append("the next run did not end in the state after")
        if leftover := leftovers(self._data):
            problems.append(f"the next run left {leftover}")
        fired = ended.code != 0
        return Interruption(number, moment, fired, len(embedded), len(again), tuple(problems))

    def _problems_of_end(
        self, number: signal.Signals, ended: ChildResult, embedded: list[str], committed: set[str]
    ) -> Iterator[str]:
        lost = set(embedded) - committed
        if number is signal.SIGKILL:
            if ended.code not in (0, -signal.SIGKILL):
                yield f"said {ended.code}"
            if len(lost) > MOST_LOST:
                yield f"{len(lost)} embedded texts were lost"
            return
        # Before the program has begun to listen, a signal ends it as it ends any program.
        if ended.code not in (0, 128 + number, -number) or (ended.code == -number and embedded):
            yield f"said {ended.code}: {ended.err}"
        if lost and ended.code != -number:
            yield f"{len(lost)} embedded texts were not kept"

    def _run(
        self, number: signal.Signals | None = None, moment: Moment = Moment()
    ) -> tuple[ChildResult, list[str]]:
        """How the run ended, and the SHA-256 of each text that it embedded."""
        self._log.unlink(missing_ok=True)
        arguments = self._world.arguments(self._data)
        pid = self._launcher.start("run_with_parsers", arguments, **{EMBEDDED: str(self._log)})
        self._launcher.begin(pid)
        if number is not None:
            time.sleep(moment.seconds)
            while self._embedded() < moment.texts and not _has_ended(pid):
                time.sleep(_LOOK_S)
            os.kill(pid, number)
        ended = self._launcher.end()
        return ended, self._log.read_text().split() if self._log.exists() else []

    def _embedded(self) -> int:
        """How many texts the run has embedded so far."""
        return self._log.read_bytes().count(b"\n") if self._log.exists() else 0

    def _committed(self) -> set[str]:
        """SHA-256 of the texts whose vectors stand in the catalogue, published or not."""
        copy = self._folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        if not (self._data / "catalog.db").exists():
            return set()
        shutil.copytree(self._data, copy)
        connection = apsw.Connection(str(copy / "catalog.db"))
        keys = [row[0] for row in connection.execute("SELECT key FROM vectors")]
        connection.close()
        return {self._sha256_of[key] for key in keys}


def _has_ended(pid: int) -> bool:
    """Whether the run has come to its end; its parent has not asked yet how."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def _texts(data: Path) -> Iterator[tuple[bytes, str]]:
    """The key of each embedded text of an index, and the text's SHA-256."""
    if not (data / "catalog.db").exists():
        return
    connection = apsw.Connection(str(data / "catalog.db"), flags=apsw.SQLITE_OPEN_READONLY)
    rows = connection.execute("SELECT key, start, end, text, context FROM chunks")
    for key, start, end, text, context in rows:
        embedded = Chunk(start, end, text, context=context).embedded_text
        yield key, hashlib.sha256(embedded.encode()).hexdigest()
    connection.close()


def _comparable(state: State) -> dict[str, Any]:
    """The state without how many runs led to it, and without what BM25 remembers of deleted documents."""
    kept = {key: state[key] for key in ("counted", "chunks", "documents", "dense")}
    return kept | {
        "lexical": {query: sorted(set(hits)) for query, hits in state["lexical"].items()}
    }


def orphans() -> list[str]:
    """Command lines of parser processes whose run is gone."""
    commands = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue  # it has ended meanwhile
        if _PARSER in command and parent == "1":
            commands.append(command)
    return commands
