"""One run with one fault, and everything that has to hold afterwards."""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from tests.faults.launcher import ChildResult, Launcher
from tests.faults.strace import CHANGING, Point, Tracer
from tests.faults.world import CrashScenario, Scenario, leftovers, observe

SHARDS = max(1, int(os.environ.get("CRASH_SHARDS", os.cpu_count() or 1)))
"""Benches that work side by side when every point is tried."""
_MADE_ANEW = "it is rebuilt from the catalogue"
KILL, EIO, ENOSPC = "signal=SIGKILL", "error=EIO", "error=ENOSPC"


@dataclass(frozen=True, slots=True)
class Trial:
    """A fault at a point, and what was wrong afterwards; `fired` is False if the run never got there."""

    point: Point
    fault: str
    fired: bool
    problems: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.point} {self.fault}: " + "; ".join(self.problems)


class Bench:
    """Does trials one after another in a folder of its own."""

    def __init__(self, launcher: Launcher, scratch: Path) -> None:
        self._launcher, self._tracer = launcher, Tracer(launcher, scratch)
        self._data, self._copy = scratch / "data", scratch / "copy"
        self._points: dict[Scenario, list[Point]] = {}

    def points(self, world: CrashScenario, calls: tuple[str, ...] = CHANGING) -> list[Point]:
        """Every point of the run between the world's two states; looked for once."""
        if world.scenario not in self._points:
            reached = self._points[world.scenario] = []
            for phase in ("all", "lexical"):
                world.copy(self._data)
                reached += self._tracer.points(world.arguments(self._data), self._data, phase=phase)
        return [point for point in self._points[world.scenario] if point.call in calls]

    def try_out(self, world: CrashScenario, point: Point, fault: str) -> Trial:
        """Run with the fault, look at the index, run again, and look again."""
        world.copy(self._data)
        arguments = world.arguments(self._data)
        # A full disk stays full; a bad sector is met once. (Opening fails once as well: where it makes no
        # file, a full disk lets it be.)
        lasts = fault == ENOSPC and point.call != "openat"
        ended = self._tracer.run(arguments, point, fault, from_then_on=lasts)
        injected = self._tracer.injected()
        fired = ended.code == -9 if fault == KILL else bool(injected)
        problems = [] if fault == KILL else list(_problems_of_failure(ended, injected))
        # Half of the runs are followed by a reader, which may repair, and half by the next run alone.
        seen = self._data
        if point.number % 2 and self._data.exists():
            shutil.rmtree(self._copy, ignore_errors=True)
            shutil.copytree(self._data, seen := self._copy)
        state = observe(self._launcher, seen)
        is_after = state == world.after
        if not is_after and not _is_same(state, world.before):
            problems.append(f"neither before nor after: {_difference(state, world)}")
        if ended.code == 0 and not is_after:
            problems.append("said 0, but is not in the state after")
        problems += self._problems_of_next_run(world)
        return Trial(point, fault, fired, tuple(problems))

    def kill_late(self, world: CrashScenario, copy: Path) -> Path:
        """A copy of what a run leaves that is killed when all but its end is done."""
        points = [point for point in self.points(world) if point.call == "rename"]
        world.copy(self._data)
        self._tracer.run(world.arguments(self._data), points[-1], KILL)
        return Path(shutil.copytree(self._data, copy))

    def try_without_journal(self, world: CrashScenario, point: Point) -> tuple[Trial, bool]:
        """Kill the run, lose the catalogue's journal, and look: the trial, and whether it was refused."""
        world.copy(self._data)
        ended = self._tracer.run(world.arguments(self._data), point, KILL)
        for suffix in ("-wal", "-shm"):
            (self._data / f"catalog.db{suffix}").unlink(missing_ok=True)
        state = observe(self._launcher, self._data)
        refused = state.get("error") == "IndexDamagedError"
        problems = []
        if refused:
            again = self._launcher.run("run_ingest", world.arguments(self._data))
            problems += _problems_of_failure(again, "")
            if again.code == 0:
                problems.append("the next run built on it")
        elif state != world.after and not _is_same(state, world.before):
            problems.append(f"neither before nor after: {_difference(state, world)}")
        return Trial(point, "lost journal", ended.code == -9, tuple(problems)), refused

    def _problems_of_next_run(self, world: CrashScenario) -> Iterable[str]:
        ended = self._launcher.run("run_ingest", world.arguments(self._data))
        if ended.code != 0:
            yield f"the next run said {ended.code}: {ended.err.strip()}"
        state = observe(self._launcher, self._data)
        if state != world.after:
            yield f"the next run did not end in the state after: {_difference(state, world)}"
        if leftover := leftovers(self._data):
            yield f"the next run left {leftover}"


class OperationBench:
    """Kills an operation on an index that a run has finished, at one point after another."""

    def __init__(self, launcher: Launcher, scratch: Path, world: CrashScenario, name: str) -> None:
        self._launcher, self._world = launcher, world
        self._tracer = Tracer(launcher, scratch, "operate")
        self._data = scratch / "data"
        self._arguments = [name, str(self._data)]
        self._copy()
        assert launcher.run("operate", self._arguments).code == 0
        self._after = observe(launcher, self._data)

    def _copy(self) -> None:
        shutil.rmtree(self._data, ignore_errors=True)
        shutil.copytree(self._world.finished, self._data)
        if self._arguments[0] == "verify":  # it mends
            for structure in self._data.glob("*-*/stamp.json"):
                structure.unlink()

    def points(self) -> list[Point]:
        self._copy()
        changes = self._tracer.points(self._arguments, self._data, phase="all")
        return [point for point in changes if point.call in CHANGING]

    def try_out(self, point: Point) -> Trial:
        """Killed there: the state before or after, mended at once, and whole in every row."""
        self._copy()
        ended = self._tracer.run(self._arguments, point, KILL)
        problems = []
        state = observe(self._launcher, self._data)
        if state not in (self._world.after, self._after):
            problems.append(f"neither before nor after: {_difference(state, self._world)}")
        checked = self._launcher.run("operate", ["verify", str(self._data)])
        if checked.code != 0:
            problems.append(f"verify said {checked.code}: {checked.err}")
        again = self._launcher.run("operate", ["vacuum", str(self._data)])
        if again.code != 0:
            problems.append(f"the next run said {again.code}: {again.err}")
        if leftover := leftovers(self._data):
            problems.append(f"the next run left {leftover}")
        return Trial(point, KILL, ended.code == -9, tuple(problems))


def _problems_of_failure(ended: ChildResult, injected: str) -> Iterable[str]:
    """What is wrong with how a run with an input or output error ended."""
    if ended.code == 0:
        if "sync(" in injected:
            yield f"a failed fsync was believed: {injected}"
        # A structure whose stamp could not be read is made anew: whoever runs it is told of the bad disk.
        if other := [line for line in ended.err.splitlines() if not line.endswith(_MADE_ANEW)]:
            yield f"said 0, and {other}"
        return
    message = ended.err.strip()
    if ended.code != 1 or not message.startswith("inhouse ingest: ") or "\n" in message:
        yield f"said {ended.code}, and not one sentence: {message!r}"


def _is_same(state: dict[str, object], before: dict[str, object]) -> bool:
    if "error" in before:
        return state.get("error") == before["error"]
    return state == before


def _difference(state: dict[str, object], world: CrashScenario) -> str:
    if "error" in state:
        return str(state)[:400]
    parts = []
    for name, other in (("before", world.before), ("after", world.after)):
        parts.append(f"{name} differs in {[key for key in state if state[key] != other.get(key)]}")
    return f"generation {state['generation']}, {', '.join(parts)}"


def sample(points: Sequence[Point], count: int) -> list[Point]:
    """`count` of the points, always the same, spread over the calls and over the run."""
    by_call = defaultdict(list)
    for point in points:
        by_call[point.call, point.phase].append(point)
    spread = [_spread(group) for _, group in sorted(by_call.items())]
    in_turn = [point for turn in zip_longest(*spread) for point in turn if point is not None]
    return in_turn[:count]


def _spread(points: list[Point]) -> list[Point]:
    """The points in another order: the middle one, then the middles of what is left and right of it."""
    if not points:
        return []
    middle = len(points) // 2
    left, right = _spread(points[:middle]), _spread(points[middle + 1 :])
    pairs = [point for pair in zip_longest(left, right) for point in pair if point is not None]
    return [points[middle], *pairs]


def try_all(
    bench: Callable[[int], Bench],
    world: CrashScenario,
    points: Sequence[tuple[Point, str]],
    *,
    shards: int,
) -> list[Trial]:
    """All the trials, dealt out to benches that work side by side."""

    def work(shard: int) -> list[Trial]:
        own = bench(shard)
        return [own.try_out(world, *trial) for trial in points[shard::shards]]

    with ThreadPoolExecutor(shards) as pool:
        return [trial for part in pool.map(work, range(shards)) for trial in part]
