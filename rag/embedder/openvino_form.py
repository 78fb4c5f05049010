"""A model's OpenVINO form: found in the cache, or made there once.

<cache>/<model>-openvino-<sha12>-<version>-<cpu>/
    inhouse-openvino.json      what it is and how well it was proved, or why there is none
    model.xml, model.bin       the network, from token ids to vectors of length 1
    tokenizer.json             the tokenizer, truncation included

`sha12` covers the weights, the model's configuration and how the form is made; `version` is OpenVINO's; `cpu`
tells kinds of CPU apart, since what is fastest on one is not on another. A model whose form was refused (it
has parts that are not known here, or its vectors came out different) has the first file alone: it is
not tried again until one of these changes.
"""

from __future__ import annotations

import hashlib
import json
import logging
import platform
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import rag
from rag.embedder.openvino import RECEIPT, OpenVinoForm
from rag.errors import InhouseError, MissingDependencyError
from rag.models import ModelFolder
from rag.models.cache import make_fresh_folder, publish_folder, require_space, work_folder
from rag.models.check import hash_file
from rag.models.child import run_python
from rag.progress import step

_RECIPE = 2  # rises when `openvino_export` makes something else of the same model
_PROGRAM = "rag.embedder.openvino_export"
_TIMEOUT_S = 1800.0
_CPU_KIND = (
    *("vendor_id", "cpu family", "model", "flags"),  # x86
    *("CPU implementer", "CPU part", "Features"),  # ARM
)
"""What /proc/cpuinfo says of a CPU's kind; its frequency and the like change."""

logger = logging.getLogger(__name__)


class NoFormError(InhouseError):
    """The model has no OpenVINO form here; its text is the reason. It never leaves `rag.embedder`."""


def prepare_openvino_form(
    model: ModelFolder, cache: Path, *, progress: bool = True
) -> OpenVinoForm:
    """The form of `model` for this machine, made if it is not in `cache` yet.

    Making it takes some 10 s and, in a child process, torch. Safe to run twice at once: the second
    waits, and finds the first one's result. Raises NoFormError if the model cannot have one,
    MissingDependencyError without OpenVINO, StorageError if the cache cannot be written to.
    """
    folder = cache / _folder_name(model)
    receipt = _read_receipt(folder)
    if receipt is None:
        with work_folder(cache, folder.name) as work:
            receipt = _read_receipt(folder) or _make(model, folder, work, progress=progress)
    if refused := receipt.get("refused"):
        raise NoFormError(refused)
    return OpenVinoForm(
        folder=folder, **{**receipt["form"], "inputs": tuple(receipt["form"]["inputs"])}
    )


def identify_cpu(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """8 hexadecimal digits that are the same on CPUs of one make with the same instructions."""
    try:
        first = cpuinfo.read_text(encoding="utf-8", errors="replace").partition("\n\n")[0]
    except OSError:  # not Linux
        first = platform.processor()
    of_kind = [line for line in first.splitlines() if line.startswith(_CPU_KIND)]
    return hashlib.sha256("\n".join(of_kind or [first]).encode()).hexdigest()[:8]


def _folder_name(model: ModelFolder) -> str:
    try:
        release = version("openvino")
    except PackageNotFoundError as exc:
        raise MissingDependencyError(
            "OpenVINO is not installed.", hint="Install it with: pip install openvino"
        ) from exc
    digest = hashlib.sha256(f"{_RECIPE} {model.sha256} {platform.machine()}\n".encode())
    for path in sorted(model.path.rglob("*.json")):
        if path.parent == model.path and path.name.startswith("inhouse-"):
            continue  # the cache's own receipt: the same model elsewhere has none, or another
        name = path.relative_to(model.path).as_posix()
        digest.update(f"{hash_file(path)}  {name}\n".encode())
    slug = model.name.casefold().replace("/", "--")
    return f"{slug}-openvino-{digest.hexdigest()[:12]}-{release}-{identify_cpu()}"


def _make(model: ModelFolder, folder: Path, work: Path, *, progress: bool) -> dict[str, Any]:
    """Have a child make and prove the form, and move it into place: its receipt, or that of a refusal."""
    weights = sum(path.stat().st_size for path in model.path.rglob("*.safetensors"))
    require_space(work, 2 * weights)
    with make_fresh_folder(work) as fresh:
        started = time.monotonic()
        with step(f"Preparing {model.name} for this CPU", enabled=progress) as update:

            def tick() -> None:
                update(0)
                if time.monotonic() - started > _TIMEOUT_S:
                    raise NoFormError(f"it was not ready after {_TIMEOUT_S:.0f} s")

            status, output = run_python(
                # -P and PYTHONPATH: this very `rag`, whatever lies in the working directory.
                ["-P", "-m", _PROGRAM, str(model.path), str(fresh)],
                environment={
                    "PYTHONPATH": str(Path(rag.__file__).parent.parent),
                    "HF_HUB_OFFLINE": "1",
                    "TRANSFORMERS_VERBOSITY": "error",
                },
                tick=tick,
            )
        try:
            receipt: dict[str, Any] = json.loads((fresh / RECEIPT).read_text(encoding="utf-8"))
        except (OSError, ValueError) as exc:
            # Killed, out of memory or disk: it says nothing of the model, and is not remembered.
            raise NoFormError(_last_line(status, output)) from exc
        receipt["files"] = {
            path.name: [path.stat().st_size, path.stat().st_mtime_ns, hash_file(path)]
            for path in sorted(fresh.iterdir())
            if path.name != RECEIPT
        }
        (fresh / RECEIPT).write_text(json.dumps(receipt, indent=1), encoding="utf-8")
        publish_folder(fresh, folder)
    if "refused" in receipt:
        logger.warning(
            "%s is embedded with sentence-transformers, since it has no OpenVINO form: %s.",
            model.name,
            receipt["refused"],
        )
    else:
        logger.info(
            "%s is ready for this CPU: %s",
            model.name,
            json.dumps({**receipt["proof"], "seconds": receipt["seconds"]}),
        )
    return receipt


def _last_line(status: int, output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    if status < 0:
        return f"what makes it was stopped by signal {-status}"
    return f"what makes it failed: {(lines or [f'status {status}'])[-1].rstrip('.')}"


def _read_receipt(folder: Path) -> dict[str, Any] | None:
    """The receipt of a folder, or None if the folder is not what was put there.

    Sizes and times are compared; where times differ (the cache was copied), the contents are.
    """
    try:
        receipt: dict[str, Any] = json.loads((folder / RECEIPT).read_text(encoding="utf-8"))
        for name, (size, changed, sha256) in receipt["files"].items():
            status = (folder / name).stat()
            if status.st_size != size:
                return None
            if status.st_mtime_ns != changed and hash_file(folder / name) != sha256:
                return None
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
    return receipt if "refused" in receipt or "form" in receipt else None
