"""Lets so many through at once, in the order in which they came, with and without `await`."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future

LONGEST_HOLD_S = 1.0
"""Who has waited for so long is called up although the line is held back."""


class WaitingLine:
    """Gives a ticket to each who comes; `limit` of them are called up at a time."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._inside = 0
        self._holds = 0
        self._waiting: deque[tuple[Future[None], float]] = deque()  # with the time of arrival
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many wait for their turn now."""
        with self._lock:
            return len(self._waiting)

    @contextlib.contextmanager
    def queue_up(self) -> Iterator[Future[None]]:
        """A ticket, done when it is called up; the place goes to the next when the context ends."""
        ticket: Future[None] = Future()
        with self._lock:
            self._waiting.append((ticket, time.monotonic()))
            self._call_up()
        try:
            yield ticket
        finally:
            self._leave(ticket)

    @contextlib.contextmanager
    def hold_back(self) -> Iterator[None]:
        """Nobody is called up while the context lasts, but who has waited for `LONGEST_HOLD_S`."""
        with self._lock:
            self._holds += 1
        try:
            yield
        finally:
            with self._lock:
                self._holds -= 1
                self._call_up()

    def call_up(self) -> None:
        """Call up whoever has waited too long behind those who hold the line back."""
        with self._lock:
            self._call_up()

    def _leave(self, ticket: Future[None]) -> None:
        """Give the place to the next in line; who waited in vain has none, unless it came at this moment."""
        with self._lock:
            if ticket.done():
                self._inside -= 1
            else:
                self._waiting = deque(entry for entry in self._waiting if entry[0] is not ticket)
            self._call_up()

    def _call_up(self) -> None:
        while self._waiting and self._inside < self.limit:
            ticket, arrival = self._waiting[0]
            if self._holds and time.monotonic() - arrival < LONGEST_HOLD_S:
                break
            self._waiting.popleft()
            self._inside += 1
            ticket.set_result(None)
