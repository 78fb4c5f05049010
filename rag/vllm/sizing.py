"""How much of a machine a model gets: GPUs, numbers, context and cache.

The weights and the cache are computed from the model's own files; what vLLM takes besides was measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rag.errors import ModelServerStartError
from rag.models.machine import Gpu, Machine
from rag.models.shape import ModelShape
from rag.settings import ServeSettings

Device = Literal["cpu", "gpu"]
GIB = 2**30

CPU_SEQUENCES = 8
"""Answers at a time on a CPU; further ones wait. More of them make each one slow."""
CPU_BLOCK = 32
"""Tokens of a block of the cache on a CPU. vLLM's own 128 would find a prefix of 120 tokens not cached."""
CPU_OVERHEAD = 2.3 * GIB
"""What vLLM's processes take on a CPU besides weights and cache (measured: 2.2 GiB, vLLM 0.32)."""
_GPU_OVERHEAD = 1.5 * GIB  # CUDA's own context, activations and graphs, on each GPU
_GPU_SHARE = 0.9  # vLLM's default; the rest is for what else runs there
_CONTEXT_CPU, _CONTEXT_GPU = 8192, 32768  # unless the settings say otherwise
_UNKNOWN_CONTEXT = 4096
_BLOCK = 128  # the cache is given out in blocks of at most so many tokens
_SMALLEST_CONTEXT = 512
_FLOAT32 = 2
"""What float32 takes of the memory for the two bytes a number that a shape counts."""


@dataclass(frozen=True, slots=True)
class Sizing:
    """What vLLM is told.

    `gpus` 0 is the CPU. `cache` and `share` None leave the choice to vLLM. `notes` says in sentences what
    had to give way, `needed` the bytes that it all takes on one GPU, or in memory; `fits`: they are free.
    """

    gpus: int
    dtype: str
    context: int
    cache: int | None
    share: float | None
    needed: int
    fits: bool = True
    notes: tuple[str, ...] = ()


def size_up(shape: ModelShape, machine: Machine, settings: ServeSettings, device: Device) -> Sizing:
    """Fit the model into the machine. `settings` win over what would be chosen here."""
    return (
        _on_gpus(shape, machine, settings) if device == "gpu" else _on_cpu(shape, machine, settings)
    )


def require_room(shape: ModelShape, machine: Machine, sizing: Sizing, name: str) -> None:
    """Raise ModelServerStartError if the model is larger than all memory there is, free or not."""
    if sizing.gpus:
        known = [gpu.memory for gpu in machine.gpus[: sizing.gpus] if gpu.memory]
        there, where = min(known, default=0), "each of its GPUs" if sizing.gpus > 1 else "the GPU"
        share = shape.weights // sizing.gpus
    else:
        there, where, share = machine.memory, "this machine", shape.weights
    if there and share > there:
        raise ModelServerStartError(
            f"{name} does not fit: its weights take {share / GIB:.1f} GiB, "
            f"{where} has {there / GIB:.1f} GiB.",
            hint="Take a smaller model; inhouse models recommend names some.",
        )


def choose_parallel_gpus(shape: ModelShape, gpus: tuple[Gpu, ...], limit: int | None = None) -> int:
    """Over how many of `gpus` the model is spread (tensor parallel); at least 1.

    As many as its attention heads can be shared out to, but one alone for a model that takes less than a
    quarter of it: there, talking to each other costs the GPUs more than it saves. `limit` sets the most.
    """
    memory = min((gpu.memory for gpu in gpus if gpu.memory), default=0)
    if limit is None and memory and shape.weights < memory / 4:
        return 1
    most = min(len(gpus), limit or len(gpus))
    return next((n for n in range(most, 1, -1) if _shares_out(shape, n)), 1)


def _shares_out(shape: ModelShape, count: int) -> bool:
    heads, kv_heads = shape.heads, shape.kv_heads
    if not heads:  # nothing known: a power of two divides every usual number of heads
        return count & (count - 1) == 0
    return heads % count == 0 and (kv_heads % count == 0 or count % kv_heads == 0)


def _on_cpu(shape: ModelShape, machine: Machine, settings: ServeSettings) -> Sizing:
    notes: list[str] = []
    context = _wanted_context(shape, settings, _CONTEXT_CPU)
    dtype = _cpu_dtype(shape, machine, settings)
    wider = _FLOAT32 if dtype == "float32" else 1
    weights, per_token = wider * shape.weights, wider * shape.cache_bytes_per_token
    room = int(machine.free - weights - CPU_OVERHEAD)
    if settings.kv_cache_gb is not None:
        cache = int(settings.kv_cache_gb * GIB)
    elif per_token:
        least = (_SMALLEST_CONTEXT + _BLOCK) * per_token
        cache = max(least, min(CPU_SEQUENCES * (context + _BLOCK) * per_token, room))
    else:
        cache = GIB
    context = _within(context, cache, per_token, notes)
    needed = int(weights + CPU_OVERHEAD + cache)
    fits = not machine.free or needed <= machine.free
    if not fits:
        notes.append(
            f"It takes about {needed / GIB:.1f} GiB, and {machine.free / GIB:.1f} GiB are free: "
            "it may be stopped for want of memory."
        )
    return Sizing(0, dtype, context, cache, None, needed, fits, tuple(notes))


def _on_gpus(shape: ModelShape, machine: Machine, settings: ServeSettings) -> Sizing:
    notes: list[str] = []
    gpus = machine.gpus or (Gpu("GPU"),)
    count = choose_parallel_gpus(shape, gpus, settings.gpus)
    if settings.gpus and count < settings.gpus:
        notes.append(
            f"{count} of {settings.gpus} GPUs {'is' if count == 1 else 'are'} used: the model's "
            f"{shape.heads} attention heads cannot be shared out to more of the {len(gpus)} there."
        )
    gpus = gpus[:count]
    context = _wanted_context(shape, settings, _CONTEXT_GPU)
    # With fewer heads than GPUs, each keeps a whole one.
    per_token = shape.cache_bytes_per_token // min(count, max(1, shape.kv_heads))
    weights = shape.weights // count
    cache = int(settings.kv_cache_gb * GIB) if settings.kv_cache_gb is not None else None
    memory = min((gpu.memory for gpu in gpus if gpu.memory), default=None)
    free = min((gpu.free for gpu in gpus if gpu.free is not None), default=memory)
    share = None
    room = cache
    if memory and free is not None and cache is None:
        share = max(0.05, min(_GPU_SHARE, int((free - GIB // 2) / memory * 100) / 100))
        room = int(share * memory - weights - _GPU_OVERHEAD)
    if room is not None:
        context = _within(context, room, per_token, notes)
    needed = int(weights + _GPU_OVERHEAD + (cache or (context + _BLOCK) * per_token))
    fits = free is None or needed <= free
    if not fits:
        notes.append(
            f"It takes about {needed / GIB:.1f} GiB of each GPU, and {(free or 0) / GIB:.1f} GiB are free: "
            "it will probably not start."
        )
    return Sizing(
        count, _gpu_dtype(shape, gpus, settings), context, cache, share, needed, fits, tuple(notes)
    )


def _wanted_context(shape: ModelShape, settings: ServeSettings, most: int) -> int:
    longest = shape.context
    if settings.max_model_len is not None:
        return min(settings.max_model_len, longest or settings.max_model_len)
    return min(longest or _UNKNOWN_CONTEXT, most)


def _within(context: int, cache: int, per_token: int, notes: list[str]) -> int:
    """The context, or what of it fits into the cache: vLLM starts only if one whole context does."""
    if not per_token or (context + _BLOCK) * per_token <= cache:
        return context
    fitting = cache // per_token // _BLOCK * _BLOCK - _BLOCK
    fitting = min(context, max(_SMALLEST_CONTEXT, fitting))
    if fitting < context:
        notes.append(
            f"The context is {fitting:,} tokens instead of {context:,}: "
            f"its cache takes {per_token / 1024:,.0f} KiB a token, and there is room for no more."
        )
    return fitting


def _cpu_dtype(shape: ModelShape, machine: Machine, settings: ServeSettings) -> str:
    if settings.dtype != "auto" or shape.quantised:
        return settings.dtype
    if machine.bf16:
        return "bfloat16"
    # Such a CPU computes 16-bit numbers one by one: reading a prompt took many times as long as in float32.
    needed = _FLOAT32 * shape.weights + CPU_OVERHEAD + GIB  # with a cache of 1 GiB
    return "float32" if needed <= machine.free else "auto"


def _gpu_dtype(shape: ModelShape, gpus: tuple[Gpu, ...], settings: ServeSettings) -> str:
    old = any(gpu.capability is not None and gpu.capability < 8.0 for gpu in gpus)
    if settings.dtype == "auto" and not shape.quantised and old:
        return "float16"  # vLLM refuses bfloat16 there, which is what most models are stored in
    return settings.dtype
