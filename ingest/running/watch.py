"""When to run again: after changes below the roots have come to rest, and every so often."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.errors import WatchError

_TICK_MS = 250
_STEP_MS = 50
_LONGEST_WAIT = 15.0
"""Where changes never rest, a run comes after this many times the quiet time."""


@dataclass(frozen=True, slots=True)
class _Stop:
    """What watchfiles asks in between."""

    is_set: Callable[[], bool]


def times_to_run(
    roots: Sequence[Path],
    *,
    data_dir: Path,
    quiet_s: float,
    rescan_s: float,
    stopped: Callable[[], bool],
) -> Iterator[bool]:
    """Yields each time that a run is due: at once, then when changes have rested for `quiet_s` seconds.

    True where something has changed, False where it is only the time to look again: every `rescan_s`
    seconds, for what the operating system does not tell of (network shares). What changes during a run is
    seen after it. A root that vanishes or is replaced is watched anew. Ends when `stopped` turns true.
    Raises WatchError if the operating system cannot watch that much.
    """
    data = str(data_dir.resolve())
    changed = True
    while not stopped():
        identity = _identity(roots)
        events = _events([root for root in roots if root.exists()], data, stopped)
        next(events, None)  # from here on nothing is missed
        yield changed
        for due, changed in _due(events, quiet_s, rescan_s):
            if _identity(roots) != identity:
                changed = True
                break
            if due:
                yield changed


def _due(events: Iterator[bool], quiet_s: float, rescan_s: float) -> Iterator[tuple[bool, bool]]:
    """At every tick: whether a run is due, and whether something has changed."""
    ran = time.monotonic()
    first = last = 0.0
    for changed in events:
        now = time.monotonic()
        if changed:
            first, last = first or now, now
        rested = bool(first) and (now - last >= quiet_s or now - first >= quiet_s * _LONGEST_WAIT)
        due = rested or now - ran >= rescan_s
        yield due, bool(first)
        if due:
            ran, first = time.monotonic(), 0.0


def _events(roots: Sequence[Path], data: str, stopped: Callable[[], bool]) -> Iterator[bool]:
    """A tick at least every quarter of a second: whether something has changed since the last."""
    from watchfiles import watch

    if not roots:
        while not stopped():
            time.sleep(_TICK_MS / 1000)
            yield False
        return
    try:
        for changes in watch(
            *roots,
            watch_filter=lambda _, path: path != data and not path.startswith(f"{data}/"),
            step=_STEP_MS,
            debounce=_TICK_MS,
            rust_timeout=_TICK_MS,
            yield_on_timeout=True,
            stop_event=_Stop(stopped),
            ignore_permission_denied=True,
        ):
            yield bool(changes)
    except (OSError, RuntimeError) as exc:
        raise WatchError(
            f"The folders cannot be watched: {exc}.",
            hint="Raise fs.inotify.max_user_watches with sysctl, or run inhouse ingest from a timer.",
        ) from exc


def _identity(roots: Sequence[Path]) -> list[tuple[int, int] | None]:
    """Which file or folder each root is now; None for one that is away."""
    states: list[tuple[int, int] | None] = []
    for root in roots:
        try:
            status = root.stat()
        except OSError:
            states.append(None)
        else:
            states.append((status.st_dev, status.st_ino))
    return states
