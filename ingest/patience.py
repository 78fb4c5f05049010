"""Calls that may never return, such as those into a share whose server is gone.

The kernel lets nobody out of such a call, so it is made in a thread that can be left behind: it is not
waited for at the end of the program either.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from typing import TypeVar

from ingest.errors import RunStoppedError

T = TypeVar("T")
Beat = Callable[[], None]
"""Called by work that goes on well, so that it is not taken for work that hangs."""

_POLL_S = 0.1


class StalledError(OSError):
    """There was no answer for too long."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for a sign of life, and whether to wait at all."""

    seconds: float = 60.0
    stopped: Callable[[], bool] = lambda: False

    def call(self, work: Callable[[Beat], T]) -> T:
        """The result of `work`. Raises StalledError if it is silent for too long, RunStoppedError."""
        return self._wait(work, self.seconds)

    def call_until_stopped(self, work: Callable[[], T]) -> T:
        """The result of `work`, however long it takes. Raises RunStoppedError."""
        return self._wait(lambda _: work(), None)

    def _wait(self, work: Callable[[Beat], T], seconds: float | None) -> T:
        future: Future[T] = Future()
        heard = time.monotonic()

        def beat() -> None:
            nonlocal heard
            heard = time.monotonic()

        def run() -> None:
            try:
                future.set_result(work(beat))
            except BaseException as exc:  # raised again in the thread that waits
                future.set_exception(exc)

        threading.Thread(target=run, name="patience", daemon=True).start()
        while True:
            try:
                return future.result(_POLL_S)
            except TimeoutError:
                if future.done():
                    raise  # it is the work's own
            if self.stopped():
                raise RunStoppedError
            if seconds is not None and time.monotonic() - heard > seconds:
                raise StalledError(f"no answer for {seconds:g} s")


class LeavablePool:
    """A few threads for calls of which one may never return."""

    def __init__(self, workers: int, name: str) -> None:
        self._calls: queue.SimpleQueue[tuple[Future[object], Callable[[], object]] | None] = (
            queue.SimpleQueue()
        )
        self._pending: set[Future[object]] = set()
        self._is_closed = False
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{n}", daemon=True)
            for n in range(workers)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, call: Callable[[], T]) -> Future[T]:
        """The future of a call that is made when a thread is free; cancelled if none will be any more."""
        future: Future[T] = Future()
        with self._lock:
            if self._is_closed:
                future.set_exception(CancelledError())
            else:
                self._pending.add(future)  # type: ignore[arg-type]
                self._calls.put((future, call))  # type: ignore[arg-type]
        return future

    def close(self, patience_s: float) -> None:
        """End the threads; whoever waits for a call that does not end within `patience_s` is let go."""
        with self._lock:
            self._is_closed = True
            for _ in self._threads:
                self._calls.put(None)
        last = time.monotonic() + patience_s
        for thread in self._threads:
            thread.join(max(0.0, last - time.monotonic()))
        for future in list(self._pending):
            if not future.done():
                future.set_exception(CancelledError())

    def _work(self) -> None:
        while (item := self._calls.get()) is not None:
            future, call = item
            if self._is_closed or not future.set_running_or_notify_cancel():
                self._pending.discard(future)
                future.cancel()
                continue
            try:
                result = call()
            except BaseException as exc:  # raised again in the thread that waits
                if not future.done():
                    future.set_exception(exc)
            else:
                if not future.done():
                    future.set_result(result)
            self._pending.discard(future)
