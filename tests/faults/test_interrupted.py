"""Stopped or killed at any moment: the next run ends well, and what was committed is not paid for again."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Sequence

import pytest

from tests.faults.interruption import Interrupter, Interruption, Moment, orphans
from tests.faults.launcher import Launcher
from tests.faults.world import Scenario

MOMENTS = 50
LONG = Scenario("long", 240, 240)
SEED = 4

each_signal = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])


@pytest.fixture(scope="module")
def interrupter(launcher: Launcher, tmp_path_factory: pytest.TempPathFactory) -> Interrupter:
    return Interrupter(launcher, tmp_path_factory.mktemp("interrupted"), LONG)


def check(interruptions: Sequence[Interruption]) -> None:
    """No problem, nearly all in time, and the moments spread over the run's work."""
    wrong = [str(interruption) for interruption in interruptions if interruption.problems]
    assert not wrong, f"{len(wrong)} of {len(interruptions)}:\n" + "\n".join(wrong)
    assert sum(interruption.fired for interruption in interruptions) >= len(interruptions) * 0.5
    deadline = time.monotonic() + 5
    while orphans() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert orphans() == [], "no parser outlives its run"


@each_signal
def test_interrupted_at_a_few_moments_nothing_committed_is_embedded_again(
    interrupter: Interrupter, number: signal.Signals
) -> None:
    """Early and late in the run."""
    moments = [Moment(seconds=interrupter.seconds * 0.3), Moment(texts=interrupter.texts // 2)]
    check([interrupter.interrupt(number, moment) for moment in moments])


@pytest.mark.crash
@pytest.mark.timeout(1800)
@each_signal
def test_interrupted_at_fifty_random_moments_nothing_committed_is_embedded_again(
    interrupter: Interrupter, number: signal.Signals
) -> None:
    """The same, over the whole run: half of the moments drawn by time, half by what was embedded."""
    drawn = random.Random(SEED)
    by_time = [Moment(seconds=drawn.uniform(0, interrupter.seconds)) for _ in range(MOMENTS // 2)]
    by_work = [Moment(texts=drawn.randrange(1, interrupter.texts)) for _ in range(MOMENTS // 2)]
    moments = [*by_time, *by_work]
    interruptions = [interrupter.interrupt(number, moment) for moment in moments]
    check(interruptions)
    assert (
        sum(0 < interruption.embedded_before < interrupter.texts for interruption in interruptions)
        >= MOMENTS // 5
    )
