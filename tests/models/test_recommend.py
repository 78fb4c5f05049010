"""Which model is recommended, on machines whose answer can be worked out."""

from __future__ import annotations

import dataclasses

import pytest

from rag.models import Gpu, Machine, ModelCard, catalogue, recommend
from rag.models.recommend import explain_misfit, tokens_per_s

GIB = 2**30


def _cpu(cores: int, gib: int) -> Machine:
    return Machine(cores=cores, memory=gib * GIB, free=gib * GIB, bf16=True)


def _gpus(count: int, gib: int) -> Machine:
    gpus = (Gpu("G", gib * GIB, gib * GIB, 8.9),) * count
    return dataclasses.replace(_cpu(8, 64), gpus=gpus)


def _card(name: str) -> ModelCard:
    return next(card for card in catalogue() if card.name == name)


def test_the_estimate_of_speed_is_what_was_measured() -> None:
    """SmolLM2-135M wrote 48 to 57 tokens a second on two cores."""
    assert 48 <= tokens_per_s(_card("smollm2-135m-instruct"), _cpu(2, 24)) <= 57


@pytest.mark.parametrize(
    ("machine", "first"),
    [
        (_cpu(2, 24), "qwen2.5-1.5b-instruct"),  # 4.5 tokens a second; 2.5 billion would give 2.8
        (_cpu(1, 6), "qwen2.5-0.5b-instruct"),  # 7 tokens a second, 4.2 of 4.8 GiB
        (_cpu(8, 16), "qwen3-4b-instruct-2507"),  # 10.8 of 12.8 GiB; 7.6 billion need 17.5
        (_gpus(1, 24), "qwen2.5-7b-instruct"),  # 14.2 + 3.5 of 21.6 GiB
        (_gpus(1, 48), "mistral-nemo-instruct"),
        (_gpus(3, 12), "qwen2.5-7b-instruct"),  # on two of them: 7.1 + 3.5 of 10.8 GiB
    ],
)
def test_the_first_choice_is_the_largest_good_one_that_fits_and_is_quick_enough(
    machine: Machine, first: str
) -> None:
    suggested = recommend(machine)[0]
    assert suggested.card.name == first
    assert explain_misfit(suggested.card, machine) == ""


def test_why_not_the_next_larger_one_is_said() -> None:
    assert "granite-3.3-2b-instruct would write about 2.8 words" in recommend(_cpu(2, 24))[0].why
    assert "needs 18 GiB of memory, of 16 here" in recommend(_cpu(8, 16))[0].why


def test_a_fully_open_model_is_named_beside_one_that_is_not() -> None:
    second = recommend(_cpu(8, 16))[1]
    assert second.card.training_data_public == "yes"
    assert second.card.name == "smollm3-3b"


def test_a_machine_too_small_for_any_gets_the_smallest_and_is_told() -> None:
    (only,) = recommend(_cpu(1, 2))
    assert only.card.name == "smollm2-135m-instruct"
    assert "needs 4 GiB of memory, of 2 here" in only.why


def test_nothing_is_recommended_that_not_everybody_may_have() -> None:
    for machine in (_cpu(2, 8), _cpu(8, 64), _gpus(1, 24), _gpus(8, 80)):
        for choice in recommend(machine):
            assert not choice.card.gated
            assert choice.card.chat_template
            assert choice.card.commercial_use != "no"
