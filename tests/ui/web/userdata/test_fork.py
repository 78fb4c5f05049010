"""A page's process that is forked from one that has begun: `gunicorn --preload`."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

import pytest

from ui.web.identity import Role
from ui.web.userdata.accounts import Accounts
from ui.web.userdata.database import LaterWrites, Store
from ui.web.userdata.sessions import Sessions

CLICK = "UPDATE sessions SET seen_at = ? WHERE token = ?"


@pytest.mark.filterwarnings(
    "ignore:This process:DeprecationWarning"
)  # that threads are lost is the point
def test_a_forked_page_notes_who_was_there(tmp_path: Path) -> None:
    """Its notes are written by a thread of its own: the one of its parent is not there."""
    store = Store(tmp_path / "people.db")
    account = Accounts(store).add("ida", role=Role.READER)
    token = Sessions(store, idle_s=1e9, longest_s=1e9, now=lambda: 100.0).begin(account)
    assert token
    with store.reading() as connection:
        hashed = connection.execute("SELECT token FROM sessions").fetchone()[0]
    later = LaterWrites(Store(tmp_path / "people.db"))
    later.submit(b"nobody", CLICK, (200.0, b"nobody"))
    later.wait()
    child = os.fork()
    if child == 0:
        status = 1
        signal.alarm(30)  # instead of waiting for ever
        with contextlib.suppress(BaseException):
            later.submit(hashed, CLICK, (300.0, hashed))
            later.wait()
            with store.reading() as connection:
                seen_at = connection.execute("SELECT seen_at FROM sessions").fetchone()[0]
            status = 0 if seen_at == 300.0 else 2
        os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
