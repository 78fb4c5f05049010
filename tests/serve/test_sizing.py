"""Context, cache and GPUs for a model and a machine, on figures that can be worked out by hand."""

from __future__ import annotations

import dataclasses

import pytest

from rag.errors import ModelServerStartError
from rag.models import Gpu, Machine, ModelShape
from rag.settings import ServeSettings
from rag.vllm.sizing import CPU_OVERHEAD, GIB, choose_parallel_gpus, require_room, size_up

# Qwen2.5-7B: 28 layers, 4 heads for keys and values of 128 numbers, two bytes each:
# 28 · 2 · 4 · 128 · 2 = 57,344 bytes a token.
SEVEN_B = ModelShape(
    architecture="Qwen2ForCausalLM",
    parameters=7_615_616_512,
    weights=15_231_233_024,
    context=32768,
    layers=28,
    heads=28,
    kv_heads=4,
    head_size=128,
    values_per_token=1024,
    stored="BF16",
    quantised="",
    chat_template="{{ messages }}",
)
SETTINGS = ServeSettings()


def _cpu(free_gib: float, *, bf16: bool = True) -> Machine:
    return Machine(cores=8, memory=64 * GIB, free=int(free_gib * GIB), bf16=bf16)


def _gpus(count: int, gib: int, *, free: int | None = None, capability: float = 9.0) -> Machine:
    gpu = Gpu("H", gib * GIB, (gib if free is None else free) * GIB, capability)
    return Machine(cores=8, memory=64 * GIB, free=64 * GIB, bf16=True, gpus=(gpu,) * count)


def test_the_cache_holds_eight_whole_conversations_where_there_is_room() -> None:
    sizing = size_up(SEVEN_B, _cpu(60), SETTINGS, "cpu")
    assert (sizing.gpus, sizing.context, sizing.notes) == (0, 8192, ())
    assert sizing.cache == 8 * (8192 + 128) * 57_344


def test_the_cache_is_what_the_memory_leaves() -> None:
    """Weights 14.2 GiB, vLLM itself 2.3 GiB: of 18 GiB, 1.5 GiB are left."""
    sizing = size_up(SEVEN_B, _cpu(18), SETTINGS, "cpu")
    assert sizing.cache == int(18 * GIB - SEVEN_B.weights - CPU_OVERHEAD)
    assert sizing.context == 8192
    assert sizing.needed <= 18 * GIB


def test_a_context_that_does_not_fit_into_the_cache_is_shortened_and_it_is_said() -> None:
    """0.25 GiB hold 4,681 tokens of 57,344 bytes: 36 blocks of 128, one of them to spare: 4,480."""
    small = SETTINGS.model_copy(update={"kv_cache_gb": 0.25})
    sizing = size_up(SEVEN_B, _cpu(60), small, "cpu")
    assert sizing.context == 4480
    assert sizing.cache == GIB // 4
    assert "4,480 tokens instead of 8,192" in sizing.notes[0]


def test_float32_takes_twice_the_memory() -> None:
    """Weights 28.4 GiB and vLLM itself 2.3 GiB: of 34 GiB, 3.3 GiB are left for the cache."""
    sizing = size_up(SEVEN_B, _cpu(34, bf16=False), SETTINGS, "cpu")
    assert sizing.dtype == "float32"
    assert sizing.cache == int(34 * GIB - 2 * SEVEN_B.weights - CPU_OVERHEAD)
    assert sizing.needed <= 34 * GIB


def test_too_little_free_memory_is_said_and_still_tried() -> None:
    sizing = size_up(SEVEN_B, _cpu(10), SETTINGS, "cpu")
    assert "10.0 GiB are free" in sizing.notes[-1]
    assert sizing.context >= 512


def test_a_model_larger_than_the_machine_is_refused() -> None:
    for machine, device in (
        (dataclasses.replace(_cpu(8), memory=8 * GIB), "cpu"),
        (_gpus(1, 12), "gpu"),
    ):
        sizing = size_up(SEVEN_B, machine, SETTINGS, device)  # type: ignore[arg-type]
        with pytest.raises(
            ModelServerStartError, match=r"seven does not fit: its weights take 14\.2 GiB"
        ):
            require_room(SEVEN_B, machine, sizing, "seven")
    two = _gpus(2, 12)
    require_room(SEVEN_B, two, size_up(SEVEN_B, two, SETTINGS, "gpu"), "seven")


@pytest.mark.parametrize(
    ("count", "gib", "used"),
    [
        (1, 80, 1),
        (2, 80, 1),  # 14 of 80 GiB: one alone is faster
        (2, 24, 2),
        (3, 24, 2),  # 28 heads are shared out to 2, not to 3
        (4, 24, 4),
        (8, 16, 4),  # 28 heads are not shared out to 8
    ],
)
def test_a_large_model_is_spread_over_the_gpus_that_its_heads_divide(
    count: int, gib: int, used: int
) -> None:
    assert size_up(SEVEN_B, _gpus(count, gib), SETTINGS, "gpu").gpus == used


def test_the_settings_say_how_many_gpus_at_most() -> None:
    gpus = _gpus(4, 24).gpus
    assert [choose_parallel_gpus(SEVEN_B, gpus, most) for most in (1, 2, 4, 8)] == [1, 2, 4, 4]
    three = size_up(SEVEN_B, _gpus(4, 24), SETTINGS.model_copy(update={"gpus": 3}), "gpu")
    assert three.gpus == 2
    assert "28 attention heads" in three.notes[0]


def test_falcon_7b_has_71_heads_and_stays_on_one_gpu() -> None:
    falcon = dataclasses.replace(SEVEN_B, heads=71, kv_heads=1, head_size=64)
    assert size_up(falcon, _gpus(4, 24), SETTINGS, "gpu").gpus == 1


def test_a_gpu_that_others_use_too_gives_what_is_free() -> None:
    """Of 80 GiB, 60 are free: (60 − 0.5) / 80 = 0.74; an empty one gives vLLM's usual 0.9."""
    assert size_up(SEVEN_B, _gpus(1, 80, free=60), SETTINGS, "gpu").share == 0.74
    assert size_up(SEVEN_B, _gpus(1, 80), SETTINGS, "gpu").share == 0.9


def test_on_a_gpu_the_context_is_what_weights_leave_room_for() -> None:
    """0.9 · 18 GiB − 14.2 − 1.5 leaves 0.52 GiB, which holds fewer than the 32,768 tokens."""
    sizing = size_up(SEVEN_B, _gpus(1, 18), SETTINGS, "gpu")
    assert 8000 < sizing.context < 10_000
    assert sizing.cache is None
    assert size_up(SEVEN_B, _gpus(1, 80), SETTINGS, "gpu").context == 32768


def test_numbers_are_those_that_the_hardware_computes_in() -> None:
    assert size_up(SEVEN_B, _cpu(60), SETTINGS, "cpu").dtype == "bfloat16"
    assert size_up(SEVEN_B, _cpu(60, bf16=False), SETTINGS, "cpu").dtype == "float32"
    assert size_up(SEVEN_B, _cpu(20, bf16=False), SETTINGS, "cpu").dtype == "auto"
    assert size_up(SEVEN_B, _gpus(1, 80), SETTINGS, "gpu").dtype == "auto"
    assert size_up(SEVEN_B, _gpus(1, 80, capability=7.5), SETTINGS, "gpu").dtype == "float16"
    exact = SETTINGS.model_copy(update={"dtype": "float32"})
    assert size_up(SEVEN_B, _cpu(60), exact, "cpu").dtype == "float32"
    packed = dataclasses.replace(SEVEN_B, quantised="awq")
    assert size_up(packed, _cpu(60), SETTINGS, "cpu").dtype == "auto"


def test_a_gpu_of_unknown_memory_is_left_to_vllm() -> None:
    machine = dataclasses.replace(_cpu(60), gpus=(Gpu("NVIDIA GPU"),))
    sizing = size_up(SEVEN_B, machine, SETTINGS, "gpu")
    assert (sizing.gpus, sizing.share, sizing.cache, sizing.notes) == (1, None, None, ())
