"""An assistant's events, read on a thread of their own and handed over in frames."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator

from rag.answer import DeltaEvent, Event

FRAME_S = 0.06  # text that arrives within this time is drawn together


class EventBatches:
    """Reads events in a thread, so that a stop does not have to wait for a silent model server."""

    def __init__(self, events: Iterator[Event]) -> None:
        self._events = events
        self._arrived: queue.SimpleQueue[Event | Exception | None] = queue.SimpleQueue()
        self._closed = False
        threading.Thread(target=self._read, name="inhouse-answer", daemon=True).start()

    def close(self) -> None:
        """Let the model go; takes effect at its next word."""
        self._closed = True

    def __iter__(self) -> Iterator[list[Event]]:
        """What arrived in the last 60 ms or so, perhaps nothing; raises what the assistant raised."""
        open_ = True
        while open_:
            frame: list[Event] = []
            end = time.monotonic() + FRAME_S
            while (left := end - time.monotonic()) > 0:
                try:
                    item = self._arrived.get(timeout=left)
                except queue.Empty:
                    break
                if isinstance(item, Exception):
                    raise item
                if item is None:
                    open_ = False
                    break
                frame.append(item)
                if not isinstance(item, DeltaEvent):
                    break  # passages and answers are shown at once
            yield frame

    def _read(self) -> None:
        try:
            for event in self._events:
                self._arrived.put(event)
                if self._closed:
                    break
        except Exception as exc:  # not swallowed: raised again by the thread that reads the frames
            self._arrived.put(exc)
        finally:
            self._arrived.put(None)
