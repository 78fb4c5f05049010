"""vLLM: finding it, starting it for a model, and watching it."""

from __future__ import annotations

from rag.vllm.command import VllmCommand, VllmInstallation, build_command, find_vllm
from rag.vllm.health import health
from rag.vllm.server import VllmServer, default_log_file, require_free_port
from rag.vllm.shares import MachineShare, share_machine

__all__ = [
    "MachineShare",
    "VllmCommand",
    "VllmInstallation",
    "VllmServer",
    "build_command",
    "default_log_file",
    "find_vllm",
    "health",
    "require_free_port",
    "share_machine",
]
