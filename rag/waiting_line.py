"""Lets so many through at once, in the order in which they came, with and without `await`."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future


class WaitingLine:
    """Gives a ticket to each who comes; `limit` of them are called up at a time."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._inside = 0
        self._waiting: deque[Future[None]] = deque()
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many wait for their turn now."""
        with self._lock:
            return len(self._waiting)

    @contextlib.contextmanager
    def queue_up(self) -> Iterator[Future[None]]:
        """A ticket, done when it is called up; the place goes to the next when the context ends."""
        ticket = self._draw()
        try:
            yield ticket
        finally:
            self._leave(ticket)

    def _draw(self) -> Future[None]:
        ticket: Future[None] = Future()
        with self._lock:
            if self._inside < self.limit:
                self._inside += 1
                ticket.set_result(None)
            else:
                self._waiting.append(ticket)
        return ticket

    def _leave(self, ticket: Future[None]) -> None:
        """Give the place to the next in line; who waited in vain has none, unless it came at this moment."""
        with self._lock:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
            elif self._waiting:
                self._waiting.popleft().set_result(None)
            else:
                self._inside -= 1
