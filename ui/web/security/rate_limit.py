"""How often somebody may do something: a bucket of permits for each, filled again over time."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from ui.errors import TooManyError

_KEPT = 20_000  # buckets; the longest untouched are let go of, and begin anew


class Throttle:
    """`burst` at once, and from then on one more every `every_s` seconds, for each key."""

    def __init__(
        self, burst: float, every_s: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._burst, self._every_s, self._now = float(burst), every_s, now
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def per_minute(cls, rate: int) -> Throttle:
        """That many a minute, and as many at once."""
        return cls(rate, 60 / rate)

    def set_per_minute(self, rate: int) -> None:
        """From now on that many a minute; permits that somebody has used stay used."""
        with self._lock:
            used = {key: self._burst - self._permits(key) for key in self._buckets}
            self._burst, self._every_s = float(rate), 60 / rate
            for key, number in used.items():
                self._buckets[key] = max(0.0, self._burst - number), self._now()

    def take(self, key: str) -> None:
        """Use a permit. Raises TooManyError if there is none."""
        with self._lock:
            permits = self._permits(key)
            if permits >= 1:
                self._put(key, permits - 1)
                return
        wait = math.ceil((1 - permits) * self._every_s)
        raise TooManyError(
            "That was too often in a short time.",
            hint=f"Try again in {wait:,} second{'s' if wait != 1 else ''}.",
            retry_after_s=wait,
        )

    def give_back(self, key: str) -> None:
        """Return a permit that was not needed."""
        with self._lock:
            self._put(key, min(self._burst, self._permits(key) + 1))

    def _permits(self, key: str) -> float:
        permits, at = self._buckets.get(key, (self._burst, self._now()))
        return min(self._burst, permits + (self._now() - at) / self._every_s)

    def _put(self, key: str, permits: float) -> None:
        self._buckets[key] = permits, self._now()
        self._buckets.move_to_end(key)
        while len(self._buckets) > _KEPT:
            self._buckets.popitem(last=False)
