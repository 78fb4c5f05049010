"""What the tests share: one model server, one index of the sample documents."""

from __future__ import annotations

import fcntl
import functools
import os
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from rag.models.machine import count_usable_cores

if TYPE_CHECKING:
    from rag.embedder import Embedder

TESTS = Path(__file__).parent
SAMPLE_DOCS = TESTS.parent / "sample_docs"

# The processes of a run share the cores. torch, FAISS and vLLM wait for their threads by spinning: with as
# many threads in each process as there are cores, they mostly wait for each other (vLLM is ten times slower).
if _processes := int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "0")):
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, count_usable_cores() // _processes)))

# A busy machine is no fault of the code: no example has a deadline, and slow generation is no error.
hypothesis_settings.register_profile(
    "inhouse", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("inhouse")

_LONG_MARKERS = ("slow", "vllm", "browser", "crash", "families")
_MODEL_FIXTURES = {"sample_index", "vllm_url", "embedder"}
_LONG_FOLDERS = {"cli", "e2e", "embedder", "faults", "models", "serve", "vectorstore"}
"""Folders whose tests start programs, kill them or open real models."""
_SHARED = ("vllm", "browser")
"""Markers whose files run in one process, because they share a vLLM or a browser."""
_LONGEST_FIRST = (*_SHARED, "slow")
"""The order in which files begin, by the marker that they hold; then all others, the largest first."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--quick`: what `make quick` runs."""
    parser.addoption(
        "--quick", action="store_true", help="Leave out tests that need models, vLLM or a browser."
    )


def _is_quick(item: pytest.Item) -> bool:
    return (
        not any(item.get_closest_marker(marker) for marker in _LONG_MARKERS)
        and _MODEL_FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))
        and item.path.relative_to(TESTS).parts[0] not in _LONG_FOLDERS
    )


@functools.cache
def _marker(file: str) -> str:
    """The marker by which a file is one of the longest; empty for all others."""
    source = (TESTS.parent / file).read_text(encoding="utf-8")
    return next((name for name in _LONGEST_FIRST if f"mark.{name}" in source), "")


def _group(file: str) -> str:
    """The tests that run in the same process as those of a file: they share a vLLM, a browser or a module."""
    marker = _marker(file)
    return marker if marker in _SHARED else file


class _GroupScheduling(LoadScopeScheduling):
    """Keeps groups together: pytest-xdist 3.8 does not see its own group marks with pytest 9.2."""

    def _split_scope(self, nodeid: str) -> str:
        return _group(nodeid.partition("::")[0])


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling | None:
    """The scheduler of `--dist loadgroup`; pytest-xdist has those of every other."""
    return _GroupScheduling(config, log) if config.getoption("dist") == "loadgroup" else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put what takes longest first: else one process would be at work at the end, and the others idle."""
    if config.getoption("--quick"):
        long = [item for item in items if not _is_quick(item)]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if _is_quick(item)]
    order = {marker: rank for rank, marker in enumerate((*_LONGEST_FIRST, ""))}
    sizes = Counter(item.path for item in items)

    def rank(item: pytest.Item) -> tuple[int, int]:
        marker = _marker(item.path.relative_to(TESTS.parent).as_posix())
        return order[marker], -sizes[item.path]

    items.sort(key=rank)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test's settings are its own, whatever the shell has set."""
    for name in list(os.environ):
        if name.startswith("INHOUSE_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def sample_docs() -> Path:
    """The folder of sample documents."""
    return SAMPLE_DOCS


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """The default embedder, which keeps the vectors of what earlier tests have embedded."""
    from rag.embedder import Remembering, open_embedder
    from rag.settings import Settings

    return Remembering(open_embedder(Settings()))


@pytest.fixture(scope="session")
def sample_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the sample documents, ingested with the real embedder. Only for reading.

    The test processes of a run share it: the first one makes it, and the others wait.
    """
    from ingest import ingest
    from rag.settings import Settings

    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    data = shared / "sample-index"
    with (shared / "sample-index.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not data.exists():
            report = ingest(
                [SAMPLE_DOCS], data_dir=shared / "sample-index.new", settings=Settings()
            )
            assert not report.failed
            (shared / "sample-index.new").rename(data)
    return data


@pytest.fixture(scope="session")
def vllm_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Base URL of the real vLLM, serving the default model for the whole session.

    TEST_VLLM_URL names one that runs already, which saves its start.
    """
    from rag.models import resolve_model
    from rag.settings import ServeSettings
    from rag.vllm import VllmServer

    if running := os.environ.get("TEST_VLLM_URL"):
        yield running
        return
    settings = ServeSettings(port=free_port(), kv_cache_gb=0.5, start_timeout_s=280)
    model = resolve_model("smollm2-135m-instruct", kind="llm", progress=False)
    log = tmp_path_factory.mktemp("vllm") / "vllm.log"
    with VllmServer(model, settings, log_file=log) as server:
        yield server.base_url


def free_port() -> int:
    """A port on loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
