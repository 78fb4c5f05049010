"""Launchers and worlds that the tests of this folder share."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.indexes import IndexSet, make_shelf
from tests.faults.launcher import Launcher
from tests.faults.trial import Bench
from tests.faults.world import CrashScenario, Scenario, make_world


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "crash: every fault point, not a sample (run with -m crash)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes minutes unless it is asked for by its marker."""
    if "crash" in config.option.markexpr:
        return
    left_out = [item for item in items if item.get_closest_marker("crash")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    """FAISS waits for its threads by spinning, which takes long where others work on the same cores."""
    import faiss

    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    yield
    faiss.omp_set_num_threads(before)


@pytest.fixture(scope="session")
def launchers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], Launcher]]:
    """Fork servers by number, started when first asked for."""
    with contextlib.ExitStack() as stack:
        running: dict[int, Launcher] = {}

        def get(number: int) -> Launcher:
            if number not in running:
                scratch = tmp_path_factory.mktemp(f"launcher{number}")
                running[number] = stack.enter_context(Launcher(scratch))
            return running[number]

        yield get


@pytest.fixture(scope="session")
def launcher(launchers: Callable[[int], Launcher]) -> Launcher:
    return launchers(0)


@pytest.fixture(scope="session")
def bench(
    launchers: Callable[[int], Launcher], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[int], Bench]:
    """Benches by number; each has a launcher of its own."""
    if shutil.which("strace") is None:
        pytest.fail("strace is missing; install it with: apt-get install strace")
    benches: dict[int, Bench] = {}

    def get(number: int) -> Bench:
        if number not in benches:
            folder = tmp_path_factory.mktemp(f"bench{number}")
            benches[number] = Bench(launchers(number), folder)
        return benches[number]

    return get


@pytest.fixture(scope="session")
def world(
    launcher: Launcher, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Scenario], CrashScenario]:
    """The world of a scenario, made when first asked for."""
    worlds: dict[Scenario, CrashScenario] = {}

    def get(scenario: Scenario) -> CrashScenario:
        if scenario not in worlds:
            worlds[scenario] = make_world(launcher, tmp_path_factory.mktemp("world"), scenario)
        return worlds[scenario]

    return get


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> IndexSet:
    return make_shelf(tmp_path_factory.mktemp("shelf"))


@pytest.fixture
def data(shelf: IndexSet, tmp_path: Path) -> Path:
    """A copy of the index as it should be, to be damaged."""
    return Path(shutil.copytree(shelf.whole, tmp_path / "data"))
