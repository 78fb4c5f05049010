"""How many answers each person has under way."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator

from ui.web.identity import Person


class AnswerSlots:
    """Limits the answers that one user may have under way, so that nobody blocks the model for the others."""

    def __init__(self, per_person: int) -> None:
        self.per_person = per_person
        self._taken: Counter[str] = Counter()
        self._lock = threading.Lock()

    @property
    def under_way(self) -> int:
        """How many answers are being written now."""
        with self._lock:
            return self._taken.total()

    @contextlib.contextmanager
    def of(self, person: Person) -> Iterator[bool]:
        """A place for one answer, until the end of the block; False where they have as many as they may."""
        with self._lock:
            is_free = self._taken[person.key] < self.per_person
            self._taken[person.key] += is_free
        try:
            yield is_free
        finally:
            with self._lock:
                self._taken[person.key] -= is_free
                if not self._taken[person.key]:
                    del self._taken[person.key]
