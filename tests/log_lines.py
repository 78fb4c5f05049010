"""What a run says to standard error, without what makes it a log."""

from __future__ import annotations

import re

LOG_LINE = re.compile(
    r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} [0-9a-f]{8} (?:info|warning|error): "
)
_FRAME = re.compile(r"^(?:Begins: |Ends with \d+ after )")


def told(err: str) -> str:
    """The lines without time, run and level, and without those that say that a run begins and ends.

    Without a terminal every line of a run is a log line, so a mixture is a mistake.
    """
    lines = err.splitlines()
    if not any(LOG_LINE.match(line) for line in lines):
        return err
    assert all(LOG_LINE.match(line) for line in lines), err
    bare_lines = [LOG_LINE.sub("", line) for line in lines]
    return "".join(f"{line}\n" for line in bare_lines if not _FRAME.match(line))
