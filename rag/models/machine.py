"""What this machine has to run a model with: cores, memory, GPUs.

Nothing heavy is imported for it: the system's own files are read, and NVIDIA's driver is asked through
its `nvidia-smi`. Limits of the container or cgroup count, not only the hardware.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_FAST_BF16 = {"avx512_bf16", "amx_bf16", "bf16"}
_QUERY = "index,uuid,name,memory.total,memory.free,compute_cap"
_SMI_TIMEOUT_S = 20.0
_UNLIMITED = 2**60


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU that vLLM may use; memory in bytes and None where the driver does not say.

    `capability` is NVIDIA's compute capability; bfloat16 needs 8.0.
    """

    name: str
    memory: int | None = None
    free: int | None = None
    capability: float | None = None


@dataclass(frozen=True, slots=True)
class Machine:
    """`cores` that this process may use; `memory` and `free` in bytes; `bf16`: the CPU computes in it."""

    cores: int
    memory: int
    free: int
    bf16: bool
    gpus: tuple[Gpu, ...] = ()


def this_machine(root: Path = Path("/")) -> Machine:
    """What there is now. `root` is where `/proc`, `/sys` and `/dev` stand."""
    total, free = _memory(root)
    return Machine(count_usable_cores(root), total, free, has_fast_bf16(root), find_gpus(root))


def find_gpus(root: Path = Path("/")) -> tuple[Gpu, ...]:
    """The GPUs that vLLM would see; CUDA_VISIBLE_DEVICES narrows them as it does for vLLM."""
    gpus = _ask_driver() or _listed_in_proc(root)
    return gpus or _amd(root)


def count_usable_cores(root: Path = Path("/")) -> int:
    """Cores that this process may keep busy, at least 1."""
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    quota, _, period = _read(root / "sys/fs/cgroup/cpu.max").strip().partition(" ")
    if quota.isdigit() and period.isdigit() and int(period):
        cores = min(cores, max(1, int(quota) // int(period)))
    return cores


def has_fast_bf16(root: Path = Path("/")) -> bool:
    """Whether the CPU computes in bfloat16 itself; elsewhere it is slower than what the model asks for."""
    lines = _read(root / "proc/cpuinfo").splitlines()
    flags = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    return bool(_FAST_BF16 & set(flags.split()))


def _memory(root: Path) -> tuple[int, int]:
    lines = re.findall(r"^(\w+):\s+(\d+) kB", _read(root / "proc/meminfo"), re.MULTILINE)
    fields: dict[str, str] = dict(lines)
    total = int(fields.get("MemTotal", 0)) * 1024
    free = int(fields.get("MemAvailable") or fields.get("MemFree") or 0) * 1024
    for limit, used in (
        ("sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory.current"),
        (
            "sys/fs/cgroup/memory/memory.limit_in_bytes",
            "sys/fs/cgroup/memory/memory.usage_in_bytes",
        ),
    ):
        bound, taken = _read(root / limit).strip(), _read(root / used).strip()
        if bound.isdigit() and int(bound) < _UNLIMITED:
            total = min(total, int(bound))
            free = min(free, max(0, int(bound) - int(taken or 0)))
    return total, free


def _ask_driver() -> tuple[Gpu, ...]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    try:
        done = subprocess.run(
            [program, f"--query-gpu={_QUERY}", "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            timeout=_SMI_TIMEOUT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):  # a driver that does not answer has no GPU for us
        return ()
    rows = [[cell.strip() for cell in row] for row in csv.reader(done.stdout.splitlines())]
    rows = [row for row in rows if len(row) == len(_QUERY.split(","))]
    return tuple(
        Gpu(name, _mebibytes(total), _mebibytes(free), _decimal(capability))
        for _, _, name, total, free, capability in _visible(rows)
    )


def _visible(rows: list[list[str]]) -> list[list[str]]:
    """The GPUs that CUDA_VISIBLE_DEVICES names, in its order; CUDA ends its list at the first unknown."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return rows
    chosen = []
    for name in filter(None, map(str.strip, visible.split(","))):
        match = [
            row for row in rows if row[0] == name or (name[:3] == "GPU" and row[1].startswith(name))
        ]
        if not match:
            break
        chosen.append(match[0])
    return chosen


def _listed_in_proc(root: Path) -> tuple[Gpu, ...]:
    """The driver's own list, for where `nvidia-smi` is not installed; it has no memory in it."""
    gpus = []
    for path in sorted((root / "proc/driver/nvidia/gpus").glob("*/information")):
        model = re.search(r"^Model:\s*(.+)$", _read(path), re.MULTILINE)
        gpus.append(Gpu(model[1].strip() if model else "NVIDIA GPU"))
    if not gpus and (root / "dev/nvidia0").exists():
        gpus = [Gpu("NVIDIA GPU") for _ in (root / "dev").glob("nvidia[0-9]*")]
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    return tuple(
        gpus if visible is None else gpus[: len([w for w in visible.split(",") if w.strip()])]
    )


def _amd(root: Path) -> tuple[Gpu, ...]:
    if not (root / "dev/kfd").exists():
        return ()
    gpus = []
    for card in sorted((root / "sys/class/drm").glob("card[0-9]*/device/mem_info_vram_total")):
        total = _read(card).strip()
        used = _read(card.with_name("mem_info_vram_used")).strip()
        if total.isdigit():
            free = int(total) - int(used) if used.isdigit() else None
            gpus.append(
                Gpu(_read(card.with_name("product_name")).strip() or "AMD GPU", int(total), free)
            )
    return tuple(gpus) or (Gpu("AMD GPU"),)


def _mebibytes(text: str) -> int | None:
    return int(text) * 2**20 if text.isdigit() else None


def _decimal(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d+\.\d+", text) else None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
