"""A run that is killed, or whose server is, leaves the state before it or the state after it.

So does what a streaming standby shows meanwhile. `CRASH_MOMENTS` says at how many moments each is killed;
`make crash-scale` takes a hundred.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from rag.errors import InhouseError
from rag.index import Filter, open_store
from tests.index.contract.kept import KeptIndex, texts_of, varied
from tests.index.contract.server import MISSING, PROGRAMS, Server, drop_database, running

MOMENTS = int(os.environ.get("CRASH_MOMENTS", "6"))
OLD, NEW = varied(12), [*varied(12, seed=3), *varied(24, seed=4)[12:]]


State = dict[str, tuple[str, ...]]


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


@pytest.fixture
def standby(durable: Server) -> Iterator[Server]:
    """A standby that streams from it."""
    server = durable.start_standby()
    try:
        yield server
    finally:
        server.stop()


class StandbyReader:
    """Reads the same database of a standby over and over, until the `with` block ends.

    `mixed` are the states that it has seen beside those before and after the run; `count` is how often it
    saw one. A standby that has not got there yet, or is in the way of its own recovery, says so.
    """

    def __init__(
        self, standby: Server, address: str, folder: Path, states: Sequence[State]
    ) -> None:
        name = address.removeprefix("postgresql:///").partition("?")[0]
        self._store = open_store(standby.address(name), beside=folder / "standby")
        self._states, self._ended = states, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.mixed: list[object] = []
        self.count = 0

    def __enter__(self) -> StandbyReader:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(InhouseError):
                self._look()

    def _look(self) -> None:
        try:
            state = texts_of(self._store.open_reader().snapshot())
        except AssertionError as exc:  # its search and its lists differ
            self.mixed.append(exc)
            return
        self.count += 1
        if state not in self._states:
            self.mixed.append(state)


def prepare(server: Server, folder: Path) -> tuple[str, KeptIndex, State]:
    address = server.new_database()
    kept = KeptIndex(open_store(address, beside=folder))
    kept.publish(*OLD)
    return address, kept, texts_of(kept.snapshot())


def check(kept: KeptIndex, before: State, expected: State) -> None:
    """The state is that before the run or that after it, and the next run goes through."""
    snapshot = kept.snapshot()
    state = texts_of(snapshot)
    is_published = snapshot.generation.id == 2
    assert state == (expected if is_published else before)
    hits = snapshot.lexical("boiler valve pump fan motor", 500, Filter()).chunk_ids
    assert len(set(hits.tolist())) == len(hits) > 0
    kept.publish(*varied(2, seed=9))
    assert kept.store.verify(full=True).ok


def expected_state(server: Server, folder: Path) -> tuple[State, float]:
    """The state after the run, and how many seconds it takes."""
    address, kept, _ = prepare(server, folder)
    began = time.monotonic()
    run(address, folder)
    return texts_of(kept.snapshot()), time.monotonic() - began


def test_a_coordinator_that_is_killed_publishes_all_or_nothing(
    durable: Server, standby: Server, tmp_path: Path
) -> None:
    expected, seconds = expected_state(durable, tmp_path)
    seen = 0
    for moment in np.linspace(0, 1.3 * seconds, MOMENTS):
        address, kept, before = prepare(durable, tmp_path)
        child = multiprocessing.get_context("fork").Process(target=run, args=(address, tmp_path))
        with StandbyReader(standby, address, tmp_path, (before, expected)) as reader:
            child.start()
            time.sleep(moment)
            child.kill()
            child.join()
        assert not reader.mixed
        seen += reader.count
        check(kept, before, expected)
        drop_database(address)
    assert seen > 0, "the standby was read"


def test_a_server_that_is_killed_keeps_all_or_nothing(
    durable: Server, standby: Server, tmp_path: Path
) -> None:
    expected, seconds = expected_state(durable, tmp_path)
    for moment in np.linspace(0, 1.3 * seconds, MOMENTS):
        address, kept, before = prepare(durable, tmp_path)
        reader = kept.store.open_reader()

        def attempt(address: str = address) -> None:
            with contextlib.suppress(InhouseError):
                run(address, tmp_path)

        thread = threading.Thread(target=attempt)
        with StandbyReader(standby, address, tmp_path, (before, expected)) as standby_reader:
            thread.start()
            time.sleep(moment)
            durable.stop("immediate")
            thread.join()
            durable.start()
        assert not standby_reader.mixed
        assert reader.snapshot().generation.id in (1, 2)
        check(kept, before, expected)
        drop_database(address)
