"""Which of several model servers answers a conversation: the one that holds its prefix in its cache."""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

_REST_S = 10.0
"""How long a server that failed is asked last; one that is started anew takes longer to load its model."""
_MOST_AHEAD = 8
"""Answers that a conversation's server may have under way more than the idlest: a batch of vLLM on a CPU.

Beyond that, as where everybody begins with the same question, waiting costs more than the cache saves.
"""
_KEPT = 10_000
"""Conversations that are remembered; of one that was forgotten the server is chosen anew."""


class Replicas:
    """Servers of the same model, by their addresses. Safe to share between threads.

    A conversation stays with its server. A new one goes to that with the fewest, so they are split evenly.
    """

    def __init__(
        self, addresses: Sequence[str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.addresses = tuple(addresses)
        self._clock, self._lock = clock, threading.Lock()
        self._server_of: dict[str, str] = {}
        self._under_way: Counter[str] = Counter()
        self._failed_at: dict[str, float] = {}

    def order(self, conversation: str = "") -> list[str]:
        """The servers in the order in which this conversation should try them."""
        if len(self.addresses) == 1:
            return [*self.addresses]
        with self._lock:
            resting = {
                address
                for address, failed_at in self._failed_at.items()
                if self._clock() - failed_at < _REST_S
            }
            conversations = Counter(self._server_of.values())

            def cost(address: str) -> tuple[bool, int, int, bytes]:
                return (
                    address in resting,
                    self._under_way[address] if not conversation else conversations[address],
                    self._under_way[address],
                    hashlib.sha256(f"{conversation}\n{address}".encode()).digest(),
                )

            order = sorted(self.addresses, key=cost)
            if not conversation:
                return order
            own = self._server_of.pop(conversation, None)
            if own is None or own in resting:
                own = order[0]
            self._remember(conversation, own)
            idlest = min(order, key=lambda address: (address in resting, self._under_way[address]))
            is_full = self._under_way[own] > self._under_way[idlest] + _MOST_AHEAD
            first = idlest if is_full else own
            return sorted(order, key=lambda address: address != first)

    def _remember(self, conversation: str, address: str) -> None:
        self._server_of[conversation] = address
        while len(self._server_of) > _KEPT:
            del self._server_of[next(iter(self._server_of))]

    def note_failure(self, address: str) -> None:
        """Ask this server last for a while; its conversations move to the others."""
        with self._lock:
            self._failed_at[address] = self._clock()

    @contextlib.contextmanager
    def occupy(self, address: str) -> Iterator[None]:
        """Count an answer of this server as under way."""
        with self._lock:
            self._under_way[address] += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way[address] -= 1
