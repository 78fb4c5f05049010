"""A BERT encoder as an OpenVINO network, built from its weights alone: without torch.

The network goes from token ids to vectors of length 1: embeddings, layers, mean pooling, normalising. It
computes what transformers' `BertModel` and sentence-transformers' pooling do; whoever builds one proves it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rag.embedder.openvino import import_openvino

INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_MODULES = (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])
_MIN_TOKEN_COUNT = 1e-9  # the divisor for a text without a token, as in sentence-transformers
_DTYPES = {"F32": np.float32, "F16": np.float16}


class UnknownModelError(Exception):
    """The model is not a BERT encoder with mean pooling, as its files tell; the text says where."""


def build_network(folder: Path) -> Any:
    """The `openvino.Model` of the sentence-transformers model in `folder`. Raises UnknownModelError."""
    try:
        config = _require_bert(folder)
        weights = _read_weights(folder / "model.safetensors")
        return _GraphBuilder(config, weights).build()
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as exc:
        raise UnknownModelError(f"{type(exc).__name__}: {exc}") from exc


def _require_bert(folder: Path) -> dict[str, Any]:
    """The encoder's configuration, where it and what follows the encoder are of the one kind built here."""
    config: dict[str, Any] = _read_json(folder / "config.json")
    modules = _read_json(folder / "modules.json")
    pooling = _read_json(folder / modules[1]["path"] / "config.json")
    known = {
        "model_type": config["model_type"] == "bert",
        "hidden_act": config["hidden_act"] == "gelu",
        "position_embedding_type": config.get("position_embedding_type", "absolute") == "absolute",
        "modules": [module["type"].rpartition(".")[2] for module in modules] in _MODULES,
        "pooling": _pooling_modes(pooling) == ["mean"],
    }
    if unknown := [name for name, is_known in known.items() if not is_known]:
        raise UnknownModelError(f"its {' and '.join(unknown)} are not known here")
    return config


def _pooling_modes(pooling: Mapping[str, Any]) -> list[str]:
    if "pooling_mode" in pooling:  # since sentence-transformers 6
        return [str(pooling["pooling_mode"])]
    prefix, suffix = "pooling_mode_", "_tokens"
    modes = [key for key, value in pooling.items() if key.startswith(prefix) and value]
    return [mode.removeprefix(prefix).removesuffix(suffix) for mode in modes]


def _read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _read_weights(path: Path) -> dict[str, npt.NDArray[np.float32]]:
    """Every tensor of a safetensors file: a header in JSON, its length before it, the numbers behind it."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
    content = np.memmap(path, np.uint8, mode="r", offset=8 + length)
    return {
        name: content[entry["data_offsets"][0] : entry["data_offsets"][1]]
        .view(_DTYPES[entry["dtype"]])
        .reshape(entry["shape"])
        .astype(np.float32, copy=False)
        for name, entry in header.items()
        if name != "__metadata__" and entry["dtype"] in _DTYPES
    }


class _GraphBuilder:
    def __init__(
        self, config: Mapping[str, Any], weights: Mapping[str, npt.NDArray[np.float32]]
    ) -> None:
        self._openvino = import_openvino()
        self._ops = self._openvino.opset13
        self._config, self._weights = config, weights
        self._heads = int(config["num_attention_heads"])
        self._head_size = int(config["hidden_size"]) // self._heads

    def build(self) -> Any:
        shape = self._openvino.PartialShape([-1, -1])
        inputs = [self._ops.parameter(shape, np.int64, name) for name in INPUTS]
        for name, node in zip(INPUTS, inputs, strict=True):
            node.output(0).get_tensor().set_names({name})
        ids, mask, types = inputs
        is_token = self._ops.convert(mask, "f32")
        states = self._embed(ids, types)
        bias = self._attention_bias(is_token)
        for layer in range(int(self._config["num_hidden_layers"])):
            states = self._layer(states, bias, f"encoder.layer.{layer}")
        vectors = self._ops.normalize_l2(self._mean(states, is_token), [1], 1e-24, "max")
        return self._openvino.Model([vectors], inputs, "bert")

    def _embed(self, ids: Any, types: Any) -> Any:
        ops, zero = self._ops, self._constant(0)
        length = ops.gather(ops.shape_of(ids), self._constant(1), zero)
        positions = ops.range(zero, length, self._constant(1), "i64")
        words = ops.gather(self._weight("embeddings.word_embeddings.weight"), ids, zero)
        kinds = ops.gather(self._weight("embeddings.token_type_embeddings.weight"), types, zero)
        places = ops.gather(self._weight("embeddings.position_embeddings.weight"), positions, zero)
        return self._norm(ops.add(ops.add(words, kinds), places), "embeddings.LayerNorm")

    def _attention_bias(self, is_token: Any) -> Any:
        """0 for a token and the lowest number for padding, as [texts, 1, 1, tokens]."""
        ops = self._ops
        absent = ops.subtract(np.float32(1.0), is_token)
        scaled = ops.multiply(absent, np.finfo(np.float32).min)
        return ops.unsqueeze(scaled, np.array([1, 2], np.int64))

    def _layer(self, states: Any, bias: Any, name: str) -> Any:
        ops, attention = self._ops, f"{name}.attention"
        query, key, value = (
            self._split_heads(self._linear(states, f"{attention}.self.{part}"))
            for part in ("query", "key", "value")
        )
        scale = ops.constant(np.float32(1 / math.sqrt(self._head_size)))
        mixed = ops.scaled_dot_product_attention(query, key, value, bias, scale)
        joined = ops.reshape(
            ops.transpose(mixed, np.array([0, 2, 1, 3])),
            np.array([0, 0, self._heads * self._head_size]),
            True,
        )
        attended = self._linear(joined, f"{attention}.output.dense")
        states = self._norm(ops.add(attended, states), f"{attention}.output.LayerNorm")
        inner = ops.gelu(self._linear(states, f"{name}.intermediate.dense"), "erf")
        outer = self._linear(inner, f"{name}.output.dense")
        return self._norm(ops.add(outer, states), f"{name}.output.LayerNorm")

    def _split_heads(self, states: Any) -> Any:
        """[texts, tokens, hidden] to [texts, heads, tokens, head]."""
        shape = np.array([0, 0, self._heads, self._head_size])
        return self._ops.transpose(self._ops.reshape(states, shape, True), np.array([0, 2, 1, 3]))

    def _mean(self, states: Any, is_token: Any) -> Any:
        ops = self._ops
        weights = ops.unsqueeze(is_token, self._constant(2))
        total = ops.reduce_sum(ops.multiply(states, weights), self._constant(1))
        count = ops.maximum(
            ops.reduce_sum(weights, self._constant(1)), np.float32(_MIN_TOKEN_COUNT)
        )
        return ops.divide(total, count)

    def _linear(self, states: Any, name: str) -> Any:
        ops = self._ops
        product = ops.matmul(states, self._weight(f"{name}.weight"), False, True)
        return ops.add(product, self._weight(f"{name}.bias"))

    def _norm(self, states: Any, name: str) -> Any:
        ops, epsilon = self._ops, float(self._config["layer_norm_eps"])
        even = ops.mvn(states, self._constant([-1]), True, epsilon, "inside_sqrt")
        scaled = ops.multiply(even, self._weight(f"{name}.weight"))
        return ops.add(scaled, self._weight(f"{name}.bias"))

    def _weight(self, name: str) -> Any:
        return self._ops.constant(self._weights[name])

    def _constant(self, value: int | list[int]) -> Any:
        return self._ops.constant(np.array(value, np.int64))
