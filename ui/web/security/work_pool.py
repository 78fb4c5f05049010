"""Threads for one kind of work: what takes long there holds up nothing else, and nobody takes all of them."""

from __future__ import annotations

import asyncio
import contextvars
import functools
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from ui.errors import TooManyError

_Result = TypeVar("_Result")
_RETRY_S = 2


class WorkPool:
    """`workers` threads, and a line of at most `waiting` before them, of which one key has `each` places.

    To be used from one event loop.
    """

    def __init__(self, name: str, workers: int, *, waiting: int, per_person: int) -> None:
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix=f"inhouse-{name}")
        self._most, self._each = workers + waiting, per_person
        self._under_way: Counter[str] = Counter()

    async def run(self, key: str, function: Callable[..., _Result], *arguments: Any) -> _Result:
        """Call the function in one of the threads. Raises TooManyError where there is no place in line."""
        if self._under_way[key] >= self._each or self._under_way.total() >= self._most:
            raise TooManyError(
                "Too much of this is being done already.",
                hint="Try again in a moment.",
                retry_after_s=_RETRY_S,
            )
        self._under_way[key] += 1
        call = functools.partial(contextvars.copy_context().run, function, *arguments)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, call)
        finally:
            self._under_way[key] -= 1
            if not self._under_way[key]:
                del self._under_way[key]
