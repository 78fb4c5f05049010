"""The program that `VllmServer` starts: vLLM's API server, tied to the life of whoever started it.

    python -P launcher.py ARGUMENT…        the arguments of `vllm.entrypoints.openai.api_server`

Two things it does besides, both so that nothing is ever left running:

- Standard input is a pipe whose other end the starting process holds. When that process is gone,
  however it died, the pipe ends, and everything in this process group is stopped.
- vLLM's engine and workers are started by multiprocessing, which imports this file again as
  `__mp_main__`. There a thread watches the parent: if the API server was killed, the engine goes too.
  (Linux's parent-death signal would do it as well, but it follows the *thread* that started the child.)

That second import is also why the file imports nothing but the standard library: multiprocessing imports
a child's main module anew, and with vLLM's own API server there every child would load it for nothing.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import runpy
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

_GRACE_S = 10.0
_POLL_S = 0.5


def _stop_when_abandoned() -> None:
    while os.read(0, 4096):
        pass
    _remove_scratch()
    os.killpg(0, signal.SIGTERM)
    time.sleep(_GRACE_S)
    os.killpg(0, signal.SIGKILL)


def _remove_scratch() -> None:
    """`VllmServer` removes it too; this is for when there is no `VllmServer` left."""
    scratch = os.environ.get("TMPDIR", "")
    if Path(scratch).name.startswith("inhouse-vllm-"):
        shutil.rmtree(scratch, ignore_errors=True)


def _die_with_parent() -> None:
    # Not the parent's id as it is now: it may have been killed before this line.
    while (parent := multiprocessing.parent_process()) is None:
        time.sleep(_POLL_S / 10)
    while os.getppid() == parent.pid:
        time.sleep(_POLL_S)
    os.kill(os.getpid(), signal.SIGKILL)


def _watch(function: Callable[[], None]) -> None:
    threading.Thread(target=function, daemon=True).start()


if __name__ == "__main__":
    _watch(_stop_when_abandoned)
    atexit.register(_remove_scratch)
    sys.argv[0] = "vllm"
    try:
        runpy.run_module("vllm.entrypoints.openai.api_server", run_name="__main__")
    except ModuleNotFoundError as exc:
        if exc.name != "vllm.entrypoints.openai.api_server":
            raise
        # vLLM calls that module deprecated; its successor is the command line's `serve`.
        model = sys.argv.index("--model")
        sys.argv[1:] = ["serve", sys.argv[model + 1], *sys.argv[1:model], *sys.argv[model + 2 :]]
        runpy.run_module("vllm.entrypoints.cli.main", run_name="__main__")
elif __name__ == "__mp_main__":
    _watch(_die_with_parent)
