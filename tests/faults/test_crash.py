"""Killed at any system call, a run leaves the state before or the state after, and nothing between."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.launcher import Launcher
from tests.faults.trial import KILL, SHARDS, Bench, OperationBench, Trial, sample, try_all
from tests.faults.world import REWRITE, SCENARIOS, CrashScenario, Scenario

SAMPLE = {"first": 5, "rewrite": 8, "small": 5}
FEWEST_POINTS = {"first": 300, "rewrite": 200, "small": 200}
Benches = Callable[[int], Bench]
Worlds = Callable[[Scenario], CrashScenario]

each_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)


def check(trials: list[Trial]) -> None:
    """No trial found a problem, and nearly all reached their point."""
    wrong = [str(trial) for trial in trials if trial.problems]
    assert not wrong, f"{len(wrong)} of {len(trials)}:\n" + "\n".join(wrong)
    missed = [trial.point for trial in trials if not trial.fired]
    assert len(missed) <= len(trials) // 20, f"never reached: {missed}"


@each_scenario
def test_a_kill_at_sampled_calls_leaves_before_or_after(
    scenario: Scenario, bench: Benches, world: Worlds
) -> None:
    """The next open shows exactly the state before or after; the next run ends well by itself."""
    points = sample(bench(0).points(world(scenario)), SAMPLE[scenario.name])
    check(try_all(bench, world(scenario), [(point, KILL) for point in points], shards=1))


@pytest.mark.crash
@pytest.mark.timeout(3600)
@each_scenario
def test_a_kill_at_every_call_leaves_before_or_after(
    scenario: Scenario, bench: Benches, world: Worlds
) -> None:
    """The same at each write, fsync, rename, unlink, … that the run makes in the data folder."""
    points = bench(0).points(world(scenario))
    assert len(points) >= FEWEST_POINTS[scenario.name]
    check(try_all(bench, world(scenario), [(point, KILL) for point in points], shards=SHARDS))


@pytest.fixture(params=["vacuum", "rollback", "verify"])
def operation(
    request: pytest.FixtureRequest, launcher: Launcher, tmp_path: Path, world: Worlds
) -> OperationBench:
    return OperationBench(launcher, tmp_path, world(REWRITE), request.param)


def test_an_operation_killed_at_sampled_calls_leaves_before_or_after(
    operation: OperationBench,
) -> None:
    """`inhouse vacuum`, `inhouse rollback`, and `inhouse verify` where it has to mend."""
    check([operation.try_out(point) for point in sample(operation.points(), 4)])


@pytest.mark.crash
@pytest.mark.timeout(3600)
def test_an_operation_killed_at_every_call_leaves_before_or_after(
    operation: OperationBench,
) -> None:
    points = operation.points()
    assert len(points) >= 40
    check([operation.try_out(point) for point in points])
