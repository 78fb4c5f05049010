"""Limit how many answers are written at a time; further questions wait in order."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

from rag.errors import ModelServerBusyError
from rag.waiting_line import WaitingLine


class AnswerQueue:
    """Lets `limit` through at once, in the order in which they came, with and without `await`.

    Who has waited `patience` seconds in vain gets ModelServerBusyError.
    """

    def __init__(self, limit: int, patience: float) -> None:
        self._line, self._patience = WaitingLine(limit), patience

    @property
    def waiting(self) -> int:
        """How many wait for their turn now."""
        return self._line.waiting

    @contextlib.contextmanager
    def wait_turn(self) -> Iterator[None]:
        """Wait for a place, and hold it for as long as the context lasts."""
        with self._line.queue_up() as ticket:
            try:
                ticket.result(self._patience)
            except TimeoutError:
                raise self._busy() from None
            yield

    @contextlib.asynccontextmanager
    async def await_turn(self) -> AsyncIterator[None]:
        """The same for a coroutine."""
        with self._line.queue_up() as ticket:
            try:
                # Not `wait_for`, which swallows a cancellation that comes together with the result. Shielded,
                # so that a cancelled wait does not cancel a ticket that was called up meanwhile.
                async with asyncio.timeout(self._patience):
                    await asyncio.shield(asyncio.wrap_future(ticket))
            except TimeoutError:
                raise self._busy() from None
            yield

    def _busy(self) -> ModelServerBusyError:
        return ModelServerBusyError(
            f"The model is busy: {self._line.limit} answers are being written, "
            f"and this one waited {self._patience:g} s for its turn.",
            hint="Ask again in a moment, or raise llm.max_concurrent.",
        )
