from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rag.index import FolderStore, IndexStore
from tests.index.contract.kept import KeptIndex


def _folder(tmp_path: Path) -> IndexStore:
    return FolderStore(tmp_path / "data")


STORES: dict[str, Callable[[Path], IndexStore]] = {"folder": _folder}


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> IndexStore:
    """An empty place for an index, one of each kind that there is."""
    return STORES[request.param](tmp_path)


@pytest.fixture
def kept(store: IndexStore) -> KeptIndex:
    return KeptIndex(store)
