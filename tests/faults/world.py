"""A data folder before and after a run, both known in full, and runs between the two."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults import corpus
from tests.faults.launcher import ChildResult, Launcher

State = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scenario:
    """`documents` are there before, of which `changed` / 10 are edited, deleted, added and moved.

    None is there before a first run.
    """

    name: str
    documents: int
    changed: int


FIRST = Scenario("first", 10, 0)
REWRITE = Scenario("rewrite", 10, 10)
SMALL = Scenario("small", 80, 10)
"""So little changes that the vector file is kept and what is new is searched beside it."""
SCENARIOS = (FIRST, REWRITE, SMALL)


@dataclass(frozen=True, slots=True)
class CrashScenario:
    """`template` is the data folder before the run, `finished` after it.

    `before` and `after` are what they say.
    """

    scenario: Scenario
    documents: Path
    template: Path
    finished: Path
    before: State
    after: State

    def copy(self, data: Path) -> None:
        """A fresh data folder as it was before the run."""
        shutil.rmtree(data, ignore_errors=True)
        if self.scenario is not FIRST:
            shutil.copytree(self.template, data)

    def arguments(self, data: Path) -> list[str]:
        """The command line of the run."""
        return [str(self.documents), "--data", str(data), "--json"]


def observe(launcher: Launcher, data: Path) -> State:
    """What the index says of itself, or {"error": …}, seen by a process of its own."""
    return as_seen(launcher.run("run_observe", [str(data)]))


def as_seen(ended: ChildResult) -> State:
    """What a process that looked has said."""
    assert ended.code == 0, ended
    state: State = json.loads(ended.out)
    return state


def make_world(launcher: Launcher, folder: Path, scenario: Scenario) -> CrashScenario:
    """Build both states once, undisturbed."""
    documents, template, after = folder / "docs", folder / "template", folder / "after"
    corpus.write_before(documents, scenario.documents)
    world = CrashScenario(scenario, documents, template, after, {}, {})
    if scenario is not FIRST:
        _succeed(launcher.run("run_ingest", world.arguments(template)))
        corpus.change(documents, scenario.changed)
    before = observe(launcher, template)
    world.copy(after)
    _succeed(launcher.run("run_ingest", world.arguments(after)))
    return CrashScenario(scenario, documents, template, after, before, observe(launcher, after))


def _succeed(ended: ChildResult) -> None:
    assert ended.code == 0, ended


def leftovers(data: Path) -> list[str]:
    """What an interrupted run left behind: half-made files, and structures that are no more in use."""
    names = sorted(path.name for path in data.iterdir())
    left = [name for name in names if name.startswith(".")]
    for structure in ("vectors", "lexical"):
        left += [name for name in names if name.startswith(f"{structure}-")][:-1]
    return left
