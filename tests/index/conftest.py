from __future__ import annotations

from pathlib import Path

import pytest

from tests.index.world import A1, A2, NEW, B, C, SmallIndex, passages


@pytest.fixture
def world(tmp_path: Path) -> SmallIndex:
    return SmallIndex(tmp_path / "data")


@pytest.fixture
def changed(world: SmallIndex) -> SmallIndex:
    """Generation 1 holds OLD, generation 2 NEW."""
    world.publish(A1, B)
    world.publish(A2, C, remove=["/b.txt"])
    assert passages(world.snapshot()) == NEW
    return world
