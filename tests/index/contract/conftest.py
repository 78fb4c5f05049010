from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.index import IndexStore, open_store
from tests.index.contract.kept import KeptIndex
from tests.index.contract.server import MISSING, PROGRAMS, Server, running


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL that runs for all tests of this process."""
    if not PROGRAMS:
        pytest.skip(MISSING)
    with running() as server:
        yield server


@pytest.fixture
def postgres_address(postgres: Server) -> str:
    """The address of an empty database."""
    return postgres.new_database()


@pytest.fixture(params=["folder", "postgres"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str | Path:
    """Where an index may be kept, one of each kind that there is; nothing is there yet."""
    if request.param == "folder":
        return tmp_path / "data"
    server: Server = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def store(location: str | Path, tmp_path: Path) -> IndexStore:
    return open_store(location, beside=tmp_path / "beside")


@pytest.fixture
def kept(store: IndexStore) -> KeptIndex:
    return KeptIndex(store)
