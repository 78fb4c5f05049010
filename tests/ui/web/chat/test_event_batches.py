"""How often the text of an answer is drawn."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from rag.answer import DeltaEvent, Event
from ui.web.chat.event_batches import FRAME_S, EventBatches, choose_frame_s


def test_a_crowd_is_drawn_less_often() -> None:
    """The frames of many answers together take no more than their share of a core; each has all its text."""
    may_end = threading.Event()

    def answer() -> Iterator[Event]:
        yield DeltaEvent(text="a")
        may_end.wait()
        yield DeltaEvent(text="b")

    alone = EventBatches(answer())
    assert choose_frame_s() == FRAME_S
    crowd = [alone, *(EventBatches(answer()) for _ in range(19))]
    assert choose_frame_s() >= 4 * FRAME_S
    may_end.set()
    for batches in crowd:
        events = [event for frame in batches for event in frame]
        assert events == [DeltaEvent(text="a"), DeltaEvent(text="b")]
    assert choose_frame_s() == FRAME_S
