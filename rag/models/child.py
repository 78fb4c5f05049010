"""A child process that does one step of fetching a model, watched while it runs."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence

_POLL_S = 0.2


def run_python(
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str],
    tick: Callable[[], None],
    python: str = sys.executable,
) -> tuple[int, str]:
    """Run `python`, by default this one, and call `tick` while it runs: its exit status and its output.

    The child never outlives this call: an exception, a signal's included, ends it.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        process = subprocess.Popen(
            [python, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
        )
        try:
            while process.poll() is None:
                tick()
                time.sleep(_POLL_S)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        output.seek(0)
        return process.returncode, output.read()
