"""Tiny models of real families: random weights, a real tokenizer, everything else as the family has it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

_COMMON = {"vocab_size": 49152, "bos_token_id": 1, "eos_token_id": 2}
_LLAMA = {
    **_COMMON,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
}


def _llama() -> Any:
    from transformers import LlamaConfig

    return LlamaConfig(**_LLAMA, num_key_value_heads=1, rms_norm_eps=1e-5, rope_theta=500_000.0)


def _mistral() -> Any:
    from transformers import MistralConfig

    return MistralConfig(**_LLAMA, num_key_value_heads=1, sliding_window=4096)


def _falcon() -> Any:
    """As Falcon-7B: one head of keys and values for all, attention beside the perceptron, no bias."""
    from transformers import FalconConfig

    return FalconConfig(
        **_COMMON,
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        multi_query=True,
        parallel_attn=True,
        bias=False,
        alibi=False,
        new_decoder_architecture=False,
    )


def _bloom() -> Any:
    from transformers import BloomConfig

    return BloomConfig(**_COMMON, hidden_size=64, n_layer=2, n_head=2, seq_length=2048)


def _openllama() -> Any:
    """OpenLLaMA's own configuration: Llama's first one, no heads shared, 2,048 tokens, untied."""
    from transformers import LlamaConfig

    return LlamaConfig(
        **_LLAMA, max_position_embeddings=2048, rms_norm_eps=1e-6, tie_word_embeddings=False
    )


FAMILIES: dict[str, tuple[str, Callable[[], Any]]] = {
    "llama": ("LlamaForCausalLM", _llama),
    "mistral": ("MistralForCausalLM", _mistral),
    "falcon": ("FalconForCausalLM", _falcon),
    "bloom": ("BloomForCausalLM", _bloom),
    "openllama": ("LlamaForCausalLM", _openllama),
}


def make_tiny(family: str, folder: Path, tokenizer: Path) -> Path:
    """Write a model of that family to `folder`, with the tokenizer of the folder `tokenizer`.

    Llama's keeps its chat template, as an instruct model has one; the others are base models.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    architecture, configure = FAMILIES[family]
    torch.manual_seed(7)
    model = AutoModelForCausalLM.from_config(configure(), dtype=torch.bfloat16)
    model.generation_config.eos_token_id = None  # random weights: a random end would be no answer
    model.save_pretrained(folder)
    assert json.loads((folder / "config.json").read_text())["architectures"] == [architecture]
    words = AutoTokenizer.from_pretrained(tokenizer)
    if family != "llama":
        words.chat_template = None
    words.save_pretrained(folder)
    return folder
