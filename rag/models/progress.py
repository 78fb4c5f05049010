"""Progress on standard error, and only where a person is watching."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Callable, Iterator

logger = logging.getLogger(__name__)


@contextlib.contextmanager
def step(
    label: str, *, total_bytes: int = 0, shown: bool = True
) -> Iterator[Callable[[int], None]]:
    """A progress bar for one step; call what it yields with the bytes that are there so far.

    With a `total_bytes` it shows rate and time left, without one the time gone by. Off a terminal it
    draws nothing, and the step is a line of the log.
    """
    if not (shown and sys.stderr.isatty()):
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
