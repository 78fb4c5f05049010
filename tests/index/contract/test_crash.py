"""A run that is killed, or whose server is, leaves the state before it or the state after it.

`CRASH_MOMENTS` says at how many moments each is killed.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from rag.errors import InhouseError
from rag.index import Filter, open_store
from tests.index.contract.kept import KeptIndex, texts_of, varied
from tests.index.contract.server import MISSING, PROGRAMS, Server, running

MOMENTS = int(os.environ.get("CRASH_MOMENTS", "6"))
OLD, NEW = varied(12), [*varied(12, seed=3), *varied(24, seed=4)[12:]]


def run(address: str, folder: Path) -> None:
    """What the coordinator does: one run that changes much."""
    kept = KeptIndex(open_store(address, beside=folder))
    with kept.writer() as writer:
        for item in NEW:
            kept.stage(writer, [item])
            writer.flush()
        writer.remove(OLD[3].uri)
        writer.publish({})


@pytest.fixture
def durable() -> Iterator[Server]:
    """A server that writes through to its disk."""
    if not PROGRAMS:
        pytest.skip(MISSING)
    with running(is_durable=True) as server:
        yield server


def prepare(server: Server, folder: Path) -> tuple[str, KeptIndex, dict[str, tuple[str, ...]]]:
    address = server.new_database()
    kept = KeptIndex(open_store(address, beside=folder))
    kept.publish(*OLD)
    return address, kept, texts_of(kept.snapshot())


def check(kept: KeptIndex, before: dict[str, tuple[str, ...]], expected: object) -> None:
    """The state is that before the run or that after it, and the next run goes through."""
    snapshot = kept.snapshot()
    state = texts_of(snapshot)
    is_published = snapshot.generation.id == 2
    assert state == (expected if is_published else before)
    hits = snapshot.lexical("boiler valve pump fan motor", 500, Filter()).chunk_ids
    assert len(set(hits.tolist())) == len(hits) > 0
    kept.publish(*varied(2, seed=9))
    assert kept.store.verify(full=True).ok


def expected_state(server: Server, folder: Path) -> tuple[dict[str, tuple[str, ...]], float]:
    """The state after the run, and how many seconds it takes."""
    address, kept, _ = prepare(server, folder)
    began = time.monotonic()
    run(address, folder)
    return texts_of(kept.snapshot()), time.monotonic() - began


def test_a_coordinator_that_is_killed_publishes_all_or_nothing(
    durable: Server, tmp_path: Path
) -> None:
    expected, seconds = expected_state(durable, tmp_path)
    for moment in np.linspace(0, 1.3 * seconds, MOMENTS):
        address, kept, before = prepare(durable, tmp_path)
        child = multiprocessing.get_context("fork").Process(target=run, args=(address, tmp_path))
        child.start()
        time.sleep(moment)
        child.kill()
        child.join()
        check(kept, before, expected)


def test_a_server_that_is_killed_keeps_all_or_nothing(durable: Server, tmp_path: Path) -> None:
    expected, seconds = expected_state(durable, tmp_path)
    for moment in np.linspace(0, 1.3 * seconds, MOMENTS):
        address, kept, before = prepare(durable, tmp_path)
        reader = kept.store.open_reader()

        def attempt(address: str = address) -> None:
            with contextlib.suppress(InhouseError):
                run(address, tmp_path)

        thread = threading.Thread(target=attempt)
        thread.start()
        time.sleep(moment)
        durable.stop("immediate")
        thread.join()
        durable.start()
        assert reader.snapshot().generation.id in (1, 2)
        check(kept, before, expected)
