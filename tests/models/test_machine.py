"""What the machine has, as its own files and NVIDIA's driver tell it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rag.models.machine import Gpu, count_usable_cores, find_gpus, this_machine

GIB = 2**30
# As nvidia-smi writes it with --format=csv,noheader,nounits.
TWO = """\
0, GPU-11111111-aaaa-bbbb-cccc-000000000000, NVIDIA A100-SXM4-80GB, 81920, 80000, 8.0
1, GPU-22222222-aaaa-bbbb-cccc-000000000000, Tesla T4, 15360, 15100, 7.5
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A machine of 16 GiB without a GPU, as files."""
    for name, text in {
        "proc/cpuinfo": "processor : 0\nflags : fpu avx512f avx512_bf16\n",
        "proc/meminfo": "MemTotal: 16777216 kB\nMemFree: 1 kB\nMemAvailable: 8388608 kB\n",
    }.items():
        _write(tmp_path / name, text)
    return tmp_path


@pytest.fixture
def smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program `nvidia-smi` on an otherwise empty PATH; it answers as its file says."""
    program = tmp_path / "bin" / "nvidia-smi"
    program.parent.mkdir()
    monkeypatch.setenv("PATH", str(program.parent))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return program


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _answer(program: Path, text: str, status: int = 0) -> None:
    guard = '[ "$2" = "--format=csv,noheader,nounits" ] || exit 9'
    program.write_text(f"#!/bin/sh\n{guard}\necho '{text}'\nexit {status}\n")
    program.chmod(0o755)


def test_memory_and_numbers_are_read_from_the_system(root: Path, smi: Path) -> None:
    machine = this_machine(root)
    assert (machine.memory, machine.free) == (16 * GIB, 8 * GIB)
    assert machine.bf16
    assert machine.gpus == ()


def test_a_container_s_limit_counts_not_the_machine_s_memory(root: Path, smi: Path) -> None:
    _write(root / "sys/fs/cgroup/memory.max", f"{4 * GIB}\n")
    _write(root / "sys/fs/cgroup/memory.current", f"{GIB}\n")
    _write(root / "sys/fs/cgroup/cpu.max", "100000 100000\n")
    machine = this_machine(root)
    assert (machine.memory, machine.free, machine.cores) == (4 * GIB, 3 * GIB, 1)


def test_no_limit_is_no_limit(root: Path, smi: Path) -> None:
    _write(root / "sys/fs/cgroup/memory.max", "max\n")
    _write(root / "sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n")
    _write(root / "sys/fs/cgroup/cpu.max", "max 100000\n")
    assert this_machine(root).memory == 16 * GIB
    assert count_usable_cores(root) == len(os.sched_getaffinity(0))


def test_the_driver_tells_name_memory_and_capability(root: Path, smi: Path) -> None:
    _answer(smi, TWO)
    assert find_gpus(root) == (
        Gpu("NVIDIA A100-SXM4-80GB", 80 * GIB, 80000 * 2**20, 8.0),
        Gpu("Tesla T4", 15 * GIB, 15100 * 2**20, 7.5),
    )


@pytest.mark.parametrize(
    ("visible", "names"),
    [
        ("1", ["Tesla T4"]),
        ("1,0", ["Tesla T4", "NVIDIA A100-SXM4-80GB"]),
        ("GPU-22222222", ["Tesla T4"]),
        ("", []),
        ("-1", []),
        ("0,7,1", ["NVIDIA A100-SXM4-80GB"]),
    ],
)
def test_only_visible_gpus_count_in_cuda_s_own_order(
    visible: str, names: list[str], root: Path, smi: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _answer(smi, TWO)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert [gpu.name for gpu in find_gpus(root)] == names


def test_what_the_driver_cannot_say_is_unknown_not_nought(root: Path, smi: Path) -> None:
    _answer(smi, "0, GPU-1, NVIDIA H100 MIG 1g.10gb, [N/A], [Insufficient Permissions], [N/A]")
    assert find_gpus(root) == (Gpu("NVIDIA H100 MIG 1g.10gb"),)


def test_a_driver_that_fails_is_no_gpu(root: Path, smi: Path) -> None:
    _answer(smi, "NVIDIA-SMI has failed because it could not communicate with the driver.", 9)
    assert find_gpus(root) == ()


def test_without_nvidia_smi_the_driver_s_list_in_proc_counts(root: Path, smi: Path) -> None:
    for bus in ("0000:01:00.0", "0000:02:00.0"):
        path = root / "proc/driver/nvidia/gpus" / bus / "information"
        _write(path, "Model: \t\t NVIDIA L4\nIRQ: 42\n")
    assert find_gpus(root) == (Gpu("NVIDIA L4"), Gpu("NVIDIA L4"))


def test_amd_s_cards_are_found_by_the_kernel_s_files(root: Path, smi: Path) -> None:
    _write(root / "sys/class/drm/card0/device/mem_info_vram_total", str(64 * GIB))
    assert find_gpus(root) == ()  # the compute driver is not there
    _write(root / "dev/kfd", "")
    _write(root / "sys/class/drm/card0/device/mem_info_vram_used", str(GIB))
    assert find_gpus(root) == (Gpu("AMD GPU", 64 * GIB, 63 * GIB),)
