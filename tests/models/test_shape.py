"""What a model's own configuration says, for families that each say it in their own words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from rag.models import known_traits, read_shape

# As the families' own configurations have it; bytes of cache per token are worked out beside.
FALCON_7B = {"num_attention_heads": 71, "hidden_size": 4544, "num_hidden_layers": 32}
CONFIGURATIONS: dict[str, tuple[dict[str, Any], int, int | None]] = {
    "Llama 3.2 1B": (  # 16 layers, 8 heads of 64, keys and values, 2 bytes
        {
            "num_attention_heads": 32,
            "num_key_value_heads": 8,
            "hidden_size": 2048,
            "head_dim": 64,
            "num_hidden_layers": 16,
            "max_position_embeddings": 131072,
        },
        16 * 2 * 8 * 64 * 2,
        131072,
    ),
    "Falcon 7B": ({**FALCON_7B, "multi_query": True}, 32 * 2 * 1 * 64 * 2, None),
    "Falcon 40B": (
        {
            "num_attention_heads": 128,
            "num_kv_heads": 8,
            "hidden_size": 8192,
            "num_hidden_layers": 60,
            "new_decoder_architecture": True,
            "multi_query": True,
        },
        60 * 2 * 8 * 64 * 2,
        None,
    ),
    "BLOOM 560M": (
        {"n_head": 16, "n_layer": 24, "hidden_size": 1024, "seq_length": 2048},
        24 * 2 * 16 * 64 * 2,
        2048,
    ),
    "a model that sees, too": (
        {
            "text_config": {
                "num_attention_heads": 8,
                "num_key_value_heads": 4,
                "head_dim": 256,
                "hidden_size": 2560,
                "num_hidden_layers": 34,
                "max_position_embeddings": 131072,
            }
        },
        34 * 2 * 4 * 256 * 2,
        131072,
    ),
    "a hybrid of which one layer in four attends": (
        {
            "num_attention_heads": 16,
            "num_key_value_heads": 4,
            "head_dim": 128,
            "num_hidden_layers": 8,
            "layer_types": ["linear_attention", "linear_attention", "mamba", "full_attention"] * 2,
        },
        2 * 2 * 4 * 128 * 2,
        None,
    ),
    "DeepSeek's compressed keys and values": (
        {
            "num_attention_heads": 16,
            "hidden_size": 2048,
            "num_hidden_layers": 27,
            "kv_lora_rank": 512,
            "qk_rope_head_dim": 64,
        },
        27 * (512 + 64) * 2,
        None,
    ),
    "nothing at all": ({}, 0, None),
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_token_s_cache_and_the_context_are_read_from_the_configuration(
    name: str, tmp_path: Path
) -> None:
    config, cache, context = CONFIGURATIONS[name]
    (tmp_path / "config.json").write_text(json.dumps(config))
    shape = read_shape(tmp_path)
    assert shape.cache_bytes_per_token == cache
    assert shape.context == context
    assert shape.plain_cache == (not name.startswith(("a hybrid", "DeepSeek")))


@pytest.mark.parametrize(
    ("kind", "config", "served"),
    [
        (np.float16, {}, 2 * 12),
        (np.float32, {}, 2 * 12),  # served in two bytes a number
        (np.int8, {"quantization_config": {"quant_method": "awq"}}, 12),
    ],
)
def test_the_weights_are_counted_as_they_are_served(
    kind: type[Any], config: dict[str, Any], served: int, tmp_path: Path
) -> None:
    """Three rows of four numbers, in two files of which the index names each."""
    (tmp_path / "config.json").write_text(json.dumps(config))
    save_file({"a": np.zeros((2, 4), kind)}, tmp_path / "model-1.safetensors")
    save_file({"b": np.zeros(4, kind)}, tmp_path / "model-2.safetensors")
    save_file({"c": np.zeros(9, kind)}, tmp_path / "consolidated.safetensors")  # a second copy
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    shape = read_shape(tmp_path)
    assert shape.parameters == 12
    assert shape.weights == served


def test_how_a_model_is_spoken_to_is_known_by_its_name_or_from_its_folder(tmp_path: Path) -> None:
    base = known_traits("falcon-7b")
    assert base is not None
    assert not base.chat_template
    assert known_traits("served-under-another-name", "tiiuae/falcon-7b") == base
    (tmp_path / "config.json").write_text("{}")
    save_file({"a": np.zeros(7, np.float16)}, tmp_path / "model.safetensors")
    traits = known_traits("mine", str(tmp_path))
    assert traits is not None
    assert (traits.parameters, traits.chat_template) == (7, False)
    (tmp_path / "chat_template.jinja").write_text("{{ messages }}")
    again = known_traits("mine", str(tmp_path))
    assert again is not None
    assert again.chat_template
    assert known_traits("mine", "/nowhere/there") is None
    assert known_traits("mine") is None
