"""Limit how many answers are written at a time; further questions wait in order."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future

from rag.errors import ModelServerBusyError


class AnswerQueue:
    """Lets `limit` through at once, in the order in which they came, with and without `await`.

    Who has waited `patience` seconds in vain gets ModelServerBusyError.
    """

    def __init__(self, limit: int, patience: float) -> None:
        self._limit, self._patience = limit, patience
        self._inside = 0
        self._waiting: deque[Future[None]] = deque()
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many wait for their turn now."""
        with self._lock:
            return len(self._waiting)

    @contextlib.contextmanager
    def wait_turn(self) -> Iterator[None]:
        """Wait for a place, and hold it for as long as the context lasts."""
        with self._in_line() as ticket:
            try:
                ticket.result(self._patience)
            except TimeoutError:
                raise self._busy() from None
            yield

    @contextlib.asynccontextmanager
    async def await_turn(self) -> AsyncIterator[None]:
        """The same for a coroutine."""
        with self._in_line() as ticket:
            try:
                # Not `wait_for`, which swallows a cancellation that comes together with the result. Shielded,
                # so that a cancelled wait does not cancel a ticket that was called up meanwhile.
                async with asyncio.timeout(self._patience):
                    await asyncio.shield(asyncio.wrap_future(ticket))
            except TimeoutError:
                raise self._busy() from None
            yield

    @contextlib.contextmanager
    def _in_line(self) -> Iterator[Future[None]]:
        """A ticket that is called up when a place is free; its place goes to the next in the end."""
        ticket = self._queue()
        try:
            yield ticket
        finally:
            self._leave(ticket)

    def _queue(self) -> Future[None]:
        ticket: Future[None] = Future()
        with self._lock:
            if self._inside < self._limit:
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

    def _busy(self) -> ModelServerBusyError:
        return ModelServerBusyError(
            f"The model is busy: {self._limit} answers are being written, "
            f"and this one waited {self._patience:g} s for its turn.",
            hint="Ask again in a moment, or raise llm.max_concurrent.",
        )
