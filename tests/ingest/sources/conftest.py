"""A source of the tests' own, installed as a distribution."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ingest.sources.world import WORLD_SOURCE, WorldHome, install, page


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WorldHome:
    """Six pages in a source of the kind `world`, not read yet."""
    packages = tmp_path / "site-packages"
    entry_points = "[inhouse.sources]\nworld = world_source:World\n"
    install(packages, "world_source", WORLD_SOURCE, entry_points)
    monkeypatch.syspath_prepend(str(packages))
    home = WorldHome(tmp_path)
    for number in range(6):
        home.put(f"parts/{number}.md", page(number))
    home.save()
    return home
