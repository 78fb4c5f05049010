from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rag.database_address import DatabaseAddress
from tests.index.contract.conftest import postgres as postgres
from tests.index.contract.server import Server
from ui.web.userdata.database import PEOPLE, Store
from ui.web.userdata.postgres import PeopleDatabase

OpenStore = Callable[[], Store]


@pytest.fixture(params=["file", "postgres"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> OpenStore:
    """Opens the same store of people again at each call, one of each kind that there is."""
    if request.param == "file":
        return lambda: Store(tmp_path / PEOPLE)
    server: Server = request.getfixturevalue("postgres")
    address = DatabaseAddress(server.new_database())
    return lambda: PeopleDatabase(address)


@pytest.fixture
def store(open_store: OpenStore) -> Store:
    return open_store()
