"""What a model's own files say of it: how large it is, how much it reads, whether it knows a conversation.

Only JSON and the headers of the weights are read; nothing is loaded.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.models.cards import get_card
from rag.models.check import WEIGHTS

# Where configurations keep the context that the model was made for: the names that vLLM looks for as well.
_CONTEXT_KEYS = (
    *("max_position_embeddings", "n_positions", "max_seq_len", "seq_length", "model_max_length"),
    *("max_sequence_length", "max_seq_length", "seq_len"),
)
_LAYER_KEYS = ("num_hidden_layers", "n_layer", "n_layers")
_BYTES = {"F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2}
_BYTES |= {"I16": 2, "U16": 2}  # what is not named takes one: I8, U8, BOOL, the kinds of F8
_TEMPLATE_FILES = ("chat_template.jinja", "chat_template.json")


@dataclass(frozen=True, slots=True)
class ModelShape:
    """A model folder in numbers.

    `context`: tokens it was made for, None where it does not say. `layers`: those that keep keys and
    values. `values_per_token`: what each of them keeps for one token, counted in numbers.
    `weights`: bytes of the weights as served in two bytes a number, or as they are where they are quantised.
    `plain_cache`: every layer keeps keys and values, and keeps them as they are.
    """

    architecture: str
    parameters: int
    weights: int
    context: int | None
    layers: int
    heads: int
    kv_heads: int
    head_size: int
    values_per_token: int
    stored: str
    quantised: str
    chat_template: str
    plain_cache: bool = True

    @property
    def cache_bytes_per_token(self) -> int:
        """Bytes of cache that one token of context takes, two a number."""
        return 2 * self.layers * self.values_per_token

    @property
    def thinks(self) -> bool:
        """Whether its template can be told not to think aloud before the answer."""
        return "enable_thinking" in self.chat_template


def read_shape(folder: Path) -> ModelShape:
    """The shape of the model in `folder`; what its configuration does not say is 0 or None."""
    outer = _read_json(folder / "config.json")
    config = _mapping(outer.get("text_config")) or outer
    heads = _number(config, "num_attention_heads", "n_head", "n_heads")
    hidden = _number(config, "hidden_size", "n_embed", "n_embd", "d_model")
    head_size = _number(config, "head_dim") or (hidden // heads if heads else 0)
    kv_heads = _kv_heads(config, heads)
    latent = _number(config, "kv_lora_rank")  # DeepSeek's attention keeps one compressed vector
    parameters, stored, weights = _count_weights(folder)
    quantisation = _mapping(config.get("quantization_config"))
    quantised = str(quantisation.get("quant_method", "yes")) if quantisation else ""
    if not quantised and stored in {"F64", "F32"}:
        weights = 2 * parameters
    architectures = outer.get("architectures") or ""
    return ModelShape(
        architecture=str(architectures[0])
        if isinstance(architectures, list | tuple) and architectures
        else "",
        parameters=parameters,
        weights=weights,
        context=_number(config, *_CONTEXT_KEYS) or None,
        layers=_layers(config),
        heads=heads,
        kv_heads=kv_heads,
        head_size=head_size,
        values_per_token=latent + _number(config, "qk_rope_head_dim")
        if latent
        else 2 * kv_heads * head_size,
        stored=stored,
        quantised=quantised,
        chat_template=read_chat_template(folder),
        plain_cache=not latent and _layers(config) == _number(config, *_LAYER_KEYS),
    )


def read_chat_template(folder: Path) -> str:
    """The template that makes one text of a conversation; empty for a base model, which has none."""
    for name in _TEMPLATE_FILES:
        path = folder / name
        if path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            if path.suffix != ".json":
                return text
            return str(_read_json(path).get("chat_template") or "")
    template = _read_json(folder / "tokenizer_config.json").get("chat_template")
    if isinstance(template, list):  # several, each with a name
        return "\n".join(str(_mapping(entry).get("template", "")) for entry in template)
    return template if isinstance(template, str) else ""


def _kv_heads(config: Mapping[str, Any], heads: int) -> int:
    if config.get("multi_query") and not config.get("new_decoder_architecture"):  # Falcon 7B
        return 1
    return _number(config, "num_key_value_heads", "num_kv_heads", "n_head_kv") or heads


def _layers(config: Mapping[str, Any]) -> int:
    kinds = config.get("layer_types") or config.get("layers_block_type")
    if isinstance(kinds, list):  # some layers keep a state of fixed size instead
        return sum("attention" in str(kind) and "linear" not in str(kind) for kind in kinds)
    return _number(config, *_LAYER_KEYS)


def _count_weights(folder: Path) -> tuple[int, str, int]:
    """Numbers in the weights, the kind most of them are stored as, and their bytes."""
    counts: dict[str, int] = {}
    for kind, shape in _tensors(folder):
        counts[kind] = counts.get(kind, 0) + math.prod(shape)
    total = sum(count * _BYTES.get(kind, 1) for kind, count in counts.items())
    return sum(counts.values()), max(counts, key=lambda kind: counts[kind], default=""), total


def _tensors(folder: Path) -> Iterator[tuple[str, list[int]]]:
    index = _read_json(folder / f"model{WEIGHTS}.index.json").get("weight_map")
    names = set(_mapping(index).values()) or {path.name for path in folder.glob(f"*{WEIGHTS}")}
    for name in sorted(map(str, names)):
        try:
            with (folder / name).open("rb") as file:
                header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        except (OSError, ValueError, MemoryError):
            continue  # `check_folder` refuses it; here it counts for nothing
        for tensor, entry in _mapping(header).items():
            if tensor != "__metadata__" and isinstance(entry, dict):
                yield str(entry.get("dtype", "")), list(entry.get("shape", ()))


def _number(config: Mapping[str, Any], *keys: str) -> int:
    for key in keys:
        value = config.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            return int(value)
    return 0


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _read_json(path: Path) -> Mapping[str, Any]:
    try:
        return _mapping(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError):
        return {}


@dataclass(frozen=True, slots=True)
class Traits:
    """What decides how a model is spoken to."""

    parameters: int
    chat_template: bool


def known_traits(name: str, folder: str = "") -> Traits | None:
    """The traits of a model by its name in the catalogue, or from the folder (or hub id) it comes from."""
    for known in (name, folder):
        if known and (card := get_card(known)) is not None:
            return Traits(card.parameters, card.chat_template)
    path = Path(folder)
    if folder and path.is_absolute() and (path / "config.json").is_file():
        shape = read_shape(path)
        return Traits(shape.parameters, bool(shape.chat_template)) if shape.parameters else None
    return None
