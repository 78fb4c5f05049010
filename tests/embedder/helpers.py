from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from rag.embedder import Embedder, Float32
from rag.models import ModelFolder

MakeEmbedder = Callable[..., Embedder]
MakeModel = Callable[..., ModelFolder]
Oracle = Callable[[list[str]], Float32]


class MadeByTwo(NamedTuple):
    """A cache that two processes filled at once, their home and their outputs."""

    cache: Path
    home: Path
    outputs: list[str]


def cosines(one: Float32, other: Float32) -> Float32:
    """Of each row to the same row of the other; both have rows of length 1."""
    result: Float32 = (one * other).sum(axis=-1)
    return result


def start_python(program: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """Start a fresh interpreter with this repository on its path."""
    root = str(Path(__file__).parents[2])
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        env={**os.environ, "PYTHONPATH": root, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def output_of(process: subprocess.Popen[str]) -> str:
    """What the process prints until it ends well."""
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return output
