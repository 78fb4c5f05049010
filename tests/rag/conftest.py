"""A small handbook, ingested once with an embedder whose vectors can be worked out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest import ingest
from rag import Assistant
from rag.settings import Settings
from rag.testing import HashingEmbedder
from tests.rag.server import ModelServer

HANDBOOK = {
    "leave.md": "# Leave\n\nParental leave is 16 weeks. Ask your lead eight weeks before.\n",
    "remote.md": "# Remote work\n\nRemote work is allowed two days a week. Desks are shared.\n",
    "smoking.txt": "Smoking is not allowed in the office. The balcony is closed.\n",
    "travel.md": "# Travel\n\nTrains are booked in second class. Flights need approval.\n",
    "office/berlin.md": "# Berlin\n\nAnna Weber leads the Berlin office since 2019.\n",
}


@pytest.fixture(scope="session")
def handbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the documents."""
    folder = tmp_path_factory.mktemp("handbook")
    for name, text in HANDBOOK.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


@pytest.fixture(scope="session")
def data(handbook: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index of the handbook. Only for reading."""
    folder = tmp_path_factory.mktemp("data")
    report = ingest([handbook], data_dir=folder, settings=Settings(), embedder=HashingEmbedder())
    assert (report.added, report.failed) == (len(HANDBOOK), ())
    return folder


@pytest.fixture
def server() -> Iterator[ModelServer]:
    """A model server that answers as it should, until a test says otherwise."""
    with ModelServer() as running:
        yield running


@pytest.fixture
def settings(server: ModelServer) -> Settings:
    """Settings that lead to that server, with little patience."""
    llm = {"url": server.url, "model": server.name, "timeout_s": 0.5, "connect_timeout_s": 2}
    return Settings.model_validate({"llm": llm})


@pytest.fixture
def assistant(data: Path, settings: Settings) -> Assistant:
    return Assistant.open(data, settings=settings, embedder=HashingEmbedder())
