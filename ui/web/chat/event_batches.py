"""An assistant's events, read on a thread of their own and handed over in frames."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator

from rag.answer import DeltaEvent, Event

FRAME_S = 0.06
"""Seconds whose text is drawn together: sixteen times a second looks like typing."""
_FRAME_OF_EACH_S = 0.016
"""The same for each answer that is under way. To draw and send a frame takes about 4 ms of processor time, so
that the frames of a crowd take a quarter of a core, and leave the rest to those who wait for their search."""
_under_way: set[EventBatches] = set()


def choose_frame_s() -> float:
    """Seconds whose text is drawn together now: longer, the more answers are under way."""
    return max(FRAME_S, _FRAME_OF_EACH_S * len(_under_way))


class EventBatches:
    """Reads events in a thread, so that a stop does not have to wait for a silent model server."""

    def __init__(self, events: Iterator[Event]) -> None:
        self._events = events
        self._arrived: queue.SimpleQueue[Event | Exception | None] = queue.SimpleQueue()
        self._closed = False
        _under_way.add(self)
        threading.Thread(target=self._read, name="inhouse-answer", daemon=True).start()

    def close(self) -> None:
        """Let the model go; takes effect at its next word."""
        self._closed = True

    def __iter__(self) -> Iterator[list[Event]]:
        """What arrived since the last frame, perhaps nothing; raises what the assistant raised."""
        open_ = True
        while open_:
            frame: list[Event] = []
            end = time.monotonic() + choose_frame_s()
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
            _under_way.discard(self)
            self._arrived.put(None)
