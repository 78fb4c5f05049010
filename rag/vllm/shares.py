"""How one machine is shared between several vLLMs that serve the same model."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from rag.errors import ModelServerStartError
from rag.models.machine import Machine
from rag.vllm.sizing import Device


@dataclass(frozen=True, slots=True)
class MachineShare:
    """What one vLLM has of the machine, and the environment that keeps it to that."""

    machine: Machine
    environment: dict[str, str] = field(default_factory=dict)


def share_machine(
    machine: Machine, count: int, device: Device, cores: Sequence[int] = ()
) -> list[MachineShare]:
    """Equal shares: of the GPUs, each with its own, or of the cores and the memory.

    `cores` are the numbers of those that this process may use. Raises ModelServerStartError for more shares
    than there are GPUs or cores.
    """
    if count == 1:
        return [MachineShare(machine)]
    there = len(machine.gpus) if device == "gpu" else machine.cores
    if count > there:
        kind = "GPU" if device == "gpu" else "core"
        raise ModelServerStartError(
            f"{count} replicas need a {kind} each; there {'is' if there == 1 else 'are'} {there}.",
            hint=f"Take fewer: inhouse serve --replicas {max(there, 1)}",
        )
    size = there // count
    parts = [slice(number * size, (number + 1) * size) for number in range(count)]
    if device == "gpu":
        visible = os.environ.get("CUDA_VISIBLE_DEVICES", "")
        names = visible.split(",") if visible else [str(number) for number in range(there)]
        return [
            MachineShare(
                replace(machine, gpus=machine.gpus[part]),
                {"CUDA_VISIBLE_DEVICES": ",".join(names[part])},
            )
            for part in parts
        ]
    share = replace(machine, cores=size, memory=machine.memory // count, free=machine.free // count)
    # Without that, each vLLM binds its threads to the same cores.
    numbers = sorted(cores) if len(cores) == there else []
    return [
        MachineShare(
            share,
            {"VLLM_CPU_OMP_THREADS_BIND": ",".join(map(str, numbers[part]))} if numbers else {},
        )
        for part in parts
    ]
