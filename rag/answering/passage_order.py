"""What the latest prompts began with, so that a follow-up's can begin with the same passages."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from copy import copy

from rag.answer import Turn
from rag.hit import Hit

KEPT = 1_000
"""Prompts of which it is kept which passages they held."""

Stretch = tuple[int, int, int]
"""A passage by its document's id, and where it starts and ends."""
_Key = tuple[frozenset[str] | None, int, str, str]


class PassageOrderCache:
    """The order in which passages stood in the latest prompts. Safe to share between threads.

    It is a hint for the server's prefix cache and nothing rests on it: who asks is sent the passages of their
    own search, and these alone.
    """

    def __init__(self) -> None:
        self._asker: frozenset[str] | None = None
        self._sent: OrderedDict[_Key, tuple[Stretch, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def for_asker(self, readers: frozenset[str] | None) -> PassageOrderCache:
        """The same for askers with these reader tokens: what others asked changes nothing for them."""
        bound = copy(self)
        bound._asker = readers
        return bound

    def keep(
        self, generation: int, question: str, history: Sequence[Turn], sent: Sequence[Hit]
    ) -> None:
        """The prompt of this question held these passages, in this order."""
        key = (self._asker, generation, question, history[-1].question if history else "")
        with self._lock:
            self._sent[key] = tuple(map(_stretch, sent))
            self._sent.move_to_end(key)
            while len(self._sent) > KEPT:
                self._sent.popitem(last=False)

    def cached_first(
        self, generation: int, history: Sequence[Turn], passages: Sequence[Hit]
    ) -> tuple[Hit, ...]:
        """The passages with those in front that the prompt of the last turn held, in its order."""
        if not history:
            return tuple(passages)
        before_it = history[-2].question if history[1:] else ""
        key = (self._asker, generation, history[-1].question, before_it)
        with self._lock:
            before = self._sent.get(key, ())
        places = {stretch: rank for rank, stretch in enumerate(before)}
        return tuple(sorted(passages, key=lambda hit: places.get(_stretch(hit), len(places))))


def _stretch(hit: Hit) -> Stretch:
    return hit.document_id, hit.start, hit.end
