"""How far a long run is: what it reports, and a bar for a single step of it."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Protocol

logger = logging.getLogger(__name__)


class Progress(Protocol):
    """Is told when a stage of a run begins and when parts of it are done."""

    def start(self, stage: str, total: int) -> None:
        """A stage of `total` files or questions begins."""

    def advance(self, done: int = 1, *, chunks: int = 0) -> None:
        """`done` more files or questions are finished, and `chunks` more chunks are embedded."""


class NoProgress:
    """Progress that is not shown."""

    def start(self, stage: str, total: int) -> None:
        """Ignore the start of a stage."""

    def advance(self, done: int = 1, *, chunks: int = 0) -> None:
        """Ignore finished work."""


@contextlib.contextmanager
def step(
    label: str, *, total_bytes: int = 0, enabled: bool = True
) -> Iterator[Callable[[int], None]]:
    """A progress bar for one step; call what it yields with the bytes that are there so far.

    With a `total_bytes` it shows rate and time left, without one the time gone by. Off a terminal it
    draws nothing, and the step is a line of the log.
    """
    if not (enabled and sys.stderr.isatty()):
        logger.info("%s", label)
        yield lambda _: None
        return
    from tqdm import tqdm

    look = {} if total_bytes else {"bar_format": "{desc} … {elapsed}"}
    with tqdm(
        desc=label, total=total_bytes or None, unit="B", unit_scale=True, leave=False, **look
    ) as bar:

        def update(done: int) -> None:
            bar.n = min(done, total_bytes) if total_bytes else done
            bar.refresh()

        yield update
