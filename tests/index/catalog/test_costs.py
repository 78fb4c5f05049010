"""What is done in the catalogue costs as much as what changes, not as much as there is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from rag.index.catalog import database, rows, vector_rows
from rag.index.catalog.database import CATALOG
from rag.index.catalog.retention import Retention, drop_unreachable
from tests.index.world import SmallIndex, document

SMALL, LARGE = 1_000, 4_000
"""Chunks in the index. What looked at each of them would cost four times as much."""
_EVERY = 10


def big_world(folder: Path, chunks: int) -> SmallIndex:
    """One large document, and ten small generations after it."""
    world = SmallIndex(folder)
    world.publish(document("/base.txt", [f"word{n}" for n in range(chunks)]))
    for number in range(10):
        world.publish(document("/small.txt", [f"small{number}"]))
    return world


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> tuple[SmallIndex, SmallIndex]:
    folder = tmp_path_factory.mktemp("worlds")
    return big_world(folder / "small", SMALL), big_world(folder / "large", LARGE)


def steps(connection: apsw.Connection, work: Callable[[], object]) -> int:
    """How many instructions of SQLite's machine the work takes."""
    count = 0

    def tick() -> bool:
        nonlocal count
        count += _EVERY
        return False

    connection.set_progress_handler(tick, _EVERY)
    try:
        work()
    finally:
        connection.set_progress_handler(None)
    return count


def staging(world: SmallIndex) -> int:
    """Looking for vectors, replacing a document of ten passages, and taking it all back."""
    texts = [f"new{n}" for n in range(9)] + ["word7"]
    with world.writer() as writer:
        return steps(writer.connection, lambda: world.stage(writer, document("/small.txt", texts)))


def publishing(world: SmallIndex) -> int:
    """Publishing a change of one passage."""
    with world.writer() as writer:
        world.stage(writer, document("/small.txt", ["small again"]))
        return steps(writer.connection, lambda: writer.publish({}))


def dropping(world: SmallIndex) -> int:
    """Letting go of five small generations."""
    with world.writer() as writer:
        newest = writer.generation
        keep = Retention(generations=5, days=0)
        return steps(writer.begin(), lambda: drop_unreachable(writer.connection, keep, newest))


def catching_up(world: SmallIndex) -> int:
    """What a reader reads to search beside the vector file."""
    connection = database.connect(world.data / CATALOG)
    kept = rows.generations(connection)

    def read() -> None:
        changed = rows.difference(connection, 1, max(kept))
        assert sum(len(b.chunk_ids) for b in vector_rows.read_vector_batches(
            connection, kept[max(kept)], changed.added
        )) == 1  # fmt: skip

    try:
        return steps(connection, read)
    finally:
        connection.close()


@pytest.mark.parametrize("work", [staging, publishing, dropping, catching_up])
def test_a_small_change_costs_the_same_in_a_large_index(
    worlds: tuple[SmallIndex, SmallIndex], work: Callable[[SmallIndex], int]
) -> None:
    small, large = (work(world) for world in worlds)
    assert small > _EVERY, "the work was counted"
    assert large < 1.5 * small
