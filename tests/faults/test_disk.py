"""A disk that fails, or is full, is told of: the run says so in one sentence, and changes nothing or all."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.strace import CHANGING, READING, Point
from tests.faults.test_crash import check
from tests.faults.trial import EIO, ENOSPC, SHARDS, Bench, sample, try_all
from tests.faults.world import SCENARIOS, CrashScenario, Scenario

FILLING = (
    "write", "writev", "pwrite64", "ftruncate", "link", "linkat", "mkdir", "mkdirat", "openat",
)  # fmt: skip
"""The calls that need room on the disk."""
SAMPLE = {"first": 3, "rewrite": 5, "small": 3}
FEWEST_POINTS = 100
Benches = Callable[[int], Bench]
Worlds = Callable[[Scenario], CrashScenario]

each_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)


def points(bench: Benches, world: CrashScenario, fault: str) -> list[Point]:
    """Without the main thread's opens: documents are opened there too, so their number is not fixed."""
    calls = READING + CHANGING if fault == EIO else FILLING
    reached = bench(0).points(world, calls)
    return [point for point in reached if (point.phase, point.call) != ("all", "openat")]


@pytest.mark.parametrize("fault", [EIO, ENOSPC])
@each_scenario
def test_a_fault_at_sampled_calls_is_no_success(
    scenario: Scenario, fault: str, bench: Benches, world: Worlds
) -> None:
    """It ends with one sentence and 1, or with 0 and everything done; what follows is as after a kill."""
    points_tried = sample(points(bench, world(scenario), fault), SAMPLE[scenario.name])
    check(try_all(bench, world(scenario), [(point, fault) for point in points_tried], shards=1))


@pytest.mark.crash
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("fault", [EIO, ENOSPC])
@each_scenario
def test_a_fault_at_every_call_is_no_success(
    scenario: Scenario, fault: str, bench: Benches, world: Worlds
) -> None:
    """The same at each call in the data folder that reads, writes, syncs, renames, unlinks, …"""
    points_tried = points(bench, world(scenario), fault)
    assert len(points_tried) >= FEWEST_POINTS
    check(
        try_all(bench, world(scenario), [(point, fault) for point in points_tried], shards=SHARDS)
    )
