"""How much disk, memory, time and how many model servers a number of passages and people takes.

    python benchmarks/capacity.py

Prints the tables of docs/scale.md. What was measured stands here as a constant, with where it comes from; the
rest is computed, or simulated with the program's own choice of a server (`rag.answering.replicas`).
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import numpy as np

from rag.answering.replicas import Replicas

FOLDER_KB, FOLDER_MEMORY_KB = 3.3, 0.9
"""kB a passage on disk, and in the memory of a process that searches: docs/operations.md, 384 dimensions."""
DATABASE_KB, NEAREST_KB = 7.9, 2.2
"""kB a passage in PostgreSQL, and of its vectors with their graph (1.17), which should stay in memory.

Measured with 6,000 of the passages of `benchmarks/scale.py` (60 words), less the vocabulary, which grows
slowly.
"""
PASSAGES_PER_S = 100
"""That two cores with AVX-512 embed with a model of 22 M parameters: docs/deployment.md."""
TURNS, THINKING_S = 4, 60.0
"""Questions of a conversation, and seconds between an answer and the next one."""
ANSWER_S, SPREAD = 10.0, 0.5
"""Mean seconds of an answer, and the standard deviation of their logarithm."""
AT_ONCE = 8
"""Answers that a server writes at a time without slowing down."""
HOUR_S = 3600.0


def size_rows() -> Iterator[str]:
    """A row for each number of passages."""
    for passages in (1e6, 1e7, 1e8):
        gigabytes = passages / 1e6  # kB a passage are GB a million
        hours = passages / PASSAGES_PER_S / HOUR_S
        yield (
            f"| {passages / 1e6:,.0f} M | {FOLDER_KB * gigabytes:,.0f} GB | "
            f"{FOLDER_MEMORY_KB * gigabytes:,.1f} GB | {DATABASE_KB * gigabytes:,.0f} GB | "
            f"{NEAREST_KB * gigabytes:,.0f} GB | {hours:,.0f} h |"
        )


@dataclass
class SimulatedServer:
    """A model server that writes AT_ONCE answers at a time; others wait in the order in which they came."""

    free_at: list[float] = field(default_factory=lambda: [0.0] * AT_ONCE)
    conversations: set[int] = field(default_factory=set)

    def answer(self, now: float, seconds: float) -> tuple[float, float]:
        """When the answer begins, and when it ends."""
        begin = max(now, heapq.heappop(self.free_at))
        heapq.heappush(self.free_at, begin + seconds)
        return begin, begin + seconds


def simulate(servers: int, questions_per_hour: int, hours: float = 1) -> tuple[float, float, float]:
    """The 95th percentile of the wait in seconds, the share of follow-ups on their conversation's server, and
    the share of conversations that the busiest server has."""
    random = np.random.default_rng(1)
    names = [str(number) for number in range(servers)]
    now = 0.0
    replicas = Replicas(names, clock=lambda: now)
    state = {name: SimulatedServer() for name in names}
    first_server: dict[int, str] = {}
    waits: list[float] = []
    stayed: list[bool] = []
    numbers = itertools.count()
    events: list[tuple[float, int, Callable[[], None]]] = []

    def later(moment: float, action: Callable[[], None]) -> None:
        heapq.heappush(events, (moment, next(numbers), action))

    def ask(conversation: int, turn: int) -> None:
        server = replicas.order(f"conversation {conversation}")[0]
        stayed.append(first_server.setdefault(conversation, server) == server)
        state[server].conversations.add(conversation)
        seconds = float(random.lognormal(np.log(ANSWER_S) - SPREAD**2 / 2, SPREAD))
        begin, end = state[server].answer(now, seconds)
        waits.append(begin - now)
        under_way = ExitStack()
        under_way.enter_context(replicas.occupy(server))
        later(end, under_way.close)
        if turn < TURNS:
            later(end + random.exponential(THINKING_S), lambda: ask(conversation, turn + 1))

    rate = questions_per_hour / TURNS / HOUR_S
    moments = np.cumsum(random.exponential(1 / rate, int(rate * hours * HOUR_S)))
    for conversation, moment in enumerate(moments):
        later(float(moment), lambda conversation=conversation: ask(conversation, 1))
    while events:
        now, _, action = heapq.heappop(events)
        action()
    busiest = max(len(server.conversations) for server in state.values()) / len(moments)
    return float(np.percentile(waits, 95)), float(np.mean(stayed)), busiest


def model_rows() -> Iterator[str]:
    """A row for each number of servers, at four fifths of what they can answer."""
    for servers in (1, 2, 4, 8):
        questions = int(0.8 * servers * AT_ONCE * HOUR_S / ANSWER_S)
        wait, stayed, busiest = simulate(servers, questions)
        yield f"| {servers} | {questions:,} | {wait:.1f} s | {stayed:.1%} | {busiest:.0%} |"


def main() -> None:
    """Print both tables."""
    for row in (*size_rows(), "", *model_rows()):
        print(row)


if __name__ == "__main__":
    main()
