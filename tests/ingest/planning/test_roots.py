"""One root that is away, empty or silent does not keep the others from being read."""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from ingest.errors import RunStoppedError
from ingest.patience import LeavablePool, Patience, StalledError
from rag.errors import UsageError
from rag.progress import NoProgress
from tests.ingest.house import IngestedFolder


@pytest.fixture
def two(house: IngestedFolder) -> tuple[IngestedFolder, Path, Path]:
    """A house with two configured roots that were read once."""
    first, second = house.docs / "first", house.docs / "second"
    house.write("first/a.md", "# A\n\nWords about a.\n")
    house.write("second/b.md", "# B\n\nWords about b.\n")
    house.settings = {"ingest": {"roots": [{"path": first}, {"path": second}]}}
    assert configured(house).exit_code == 0
    return house, first, second


def configured(house: IngestedFolder, **options: object):  # type: ignore[no-untyped-def]
    """A run over the configured roots."""
    from ingest import ingest
    from rag.settings import Settings
    from rag.testing import HashingEmbedder

    return ingest(
        data_dir=house.data,
        settings=Settings.model_validate(house.settings),
        embedder=HashingEmbedder(),
        **options,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("is_empty", [False, True])
def test_a_root_that_is_away_stops_no_other(
    two: tuple[IngestedFolder, Path, Path], *, is_empty: bool
) -> None:
    """It is named with an exit code of its own, and its documents stay as they were."""
    house, first, second = two
    shutil.rmtree(second)
    if is_empty:
        second.mkdir()
    house.write("first/c.md", "# C\n\nWords about c.\n")
    report = configured(house)
    assert (report.added, report.deleted, report.exit_code) == (1, 0, 1)
    assert [(root.uri, root.exit_code, bool(root.reason)) for root in report.roots] == [
        (str(first), 0, False),
        (str(second), 1, True),
    ]
    assert house.overview().documents == 3
    assert (house.overview().last_run or {})["exit_code"] == 1
    house.write("second/b.md", "# B\n\nWords about b.\n")
    assert configured(house).exit_code == 0
    assert house.state(second) is None, "nothing is left of the fault"


def test_a_mistyped_root_is_wrong_usage(two: tuple[IngestedFolder, Path, Path]) -> None:
    """A name that the index does not know stops the run; one that it knows does not."""
    house, first, second = two
    with pytest.raises(UsageError, match="There is no folder"):
        house.ingest(first, house.docs / "frist")
    shutil.rmtree(second)
    assert house.ingest(first, second).exit_code == 1


def test_a_root_that_is_no_longer_listed_is_named(two: tuple[IngestedFolder, Path, Path]) -> None:
    """Its documents are searched on until somebody says that they are meant to go."""
    house, first, second = two
    house.settings = {"ingest": {"roots": [{"path": first}]}}
    assert configured(house).unlisted_roots == (str(second),)
    report = configured(house, replace_rules=True)
    assert (report.deleted, report.unlisted_roots) == (1, ())
    assert configured(house).unlisted_roots == ()


def test_a_run_ends_at_its_deadline(house: IngestedFolder) -> None:
    """It says so, and it is not taken for one that did everything."""
    house.write("a.md", "# A\n\nWords.\n")
    house.ingest()
    house.write("b.md", "# B\n\nWords.\n")
    house.settings = {"ingest": {"deadline": 1e-9}}
    late = house.ingest()
    assert (late.added, late.stopped, late.exit_code) == (0, "deadline", 1)
    house.settings = {}
    progress = _Begun()
    report = house.ingest(progress=progress, stopped=lambda: progress.has_begun)
    assert (report.added, report.stopped) == (0, "signal")
    assert house.ingest().stopped == ""


class _Begun(NoProgress):
    """Knows whether reading has begun."""

    has_begun = False

    def start(self, label: str, total: int) -> None:
        self.has_begun = True


def test_what_never_returns_is_left_behind() -> None:
    """A call into a dead share: after a silence, or when somebody wants the run to end."""
    never = threading.Event()
    with pytest.raises(StalledError):
        Patience(0.05).call(lambda _: never.wait())
    with pytest.raises(RunStoppedError):
        Patience(60.0, lambda: True).call_until_stopped(never.wait)
    assert Patience(5.0).call(lambda beat: beat() or 7) == 7
    with pytest.raises(KeyError):
        Patience().call(lambda _: {}["missing"])
    pool = LeavablePool(1, "test")
    stuck, waiting = pool.submit(never.wait), pool.submit(lambda: 1)
    pool.close(0.05)
    for future in (stuck, waiting, pool.submit(lambda: 2)):
        with pytest.raises(CancelledError):
            future.result(1)
    never.set()
