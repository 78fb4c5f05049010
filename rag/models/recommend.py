"""Which models suit a machine and its documents: the best that fit and are quick enough, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rag.models.cards import ModelCard, catalogue
from rag.models.machine import Machine

_GIB = 2**30
_CPU_BYTES_PER_S = 7e9
"""What a core reads of the weights in a second: 135 million parameters in bf16 gave 52 tokens/s on two."""
_CPU_CORES_THAT_COUNT = 8  # beyond, the memory is what everything waits for
_SLOWEST = 4.0  # tokens a second; people read about that fast
_MEMORY_SHARE = 0.8  # the rest is for the index, the page and the system
_GPU_SHARE = 0.9
_GPU_OVERHEAD = 3.5 * _GIB  # CUDA and graphs, and a cache of 2 GiB
_LARGEST_EMBEDDER_ON_A_CPU = 150_000_000  # above, a thousand pages take an hour on two cores
TELLING_SHARE = 0.1
"""Share of the documents in a language from which on the embedder should be made for it."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A model for this machine, and why; `tokens_per_s` is an estimate, None on a GPU."""

    card: ModelCard
    why: str
    tokens_per_s: float | None = None


def recommend(machine: Machine, cards: Sequence[ModelCard] | None = None) -> list[Suggestion]:
    """The models to take on `machine`, the first choice first; never empty for our own catalogue.

    First the largest recommended one that fits and is quick enough, then the largest of those whose
    training data is public too, if it is another. Models that companies may not use, that know no
    conversation, or that a hub gives only to some are left out.
    """
    known = [card for card in cards or catalogue() if card.kind == "llm" and is_for_everyone(card)]
    known.sort(key=lambda card: card.parameters)
    suitable = [card for card in known if not explain_misfit(card, machine)] or known[:1]
    good = [card for card in suitable if card.recommended] or suitable
    suggestions = []
    if good:
        first = good[-1]
        larger = [c for c in known if c.recommended and c.parameters > first.parameters]
        suggestions.append(_suggest(first, machine, _because(first, machine, larger)))
        public = [c for c in suitable if c.training_data_public == "yes" and c is not first]
        if public and first.training_data_public != "yes":
            why = "the largest that fits whose training data and code are public as well"
            suggestions.append(_suggest(public[-1], machine, why))
    return suggestions


def recommend_embedder(
    machine: Machine, languages: Iterable[str], cards: Sequence[ModelCard] | None = None
) -> ModelCard:
    """The embedder for documents in these languages (ISO 639-1): the smallest good one that covers them all.

    On a GPU the largest; where none covers them all, the one that covers most.
    """
    codes = frozenset(languages) or {"en"}
    known = [
        card
        for card in cards or catalogue()
        if card.kind == "embedder" and card.recommended and is_for_companies(card)
    ]
    small = [card for card in known if card.parameters <= _LARGEST_EMBEDDER_ON_A_CPU]
    fitting = known if machine.gpus else small or known

    def merit(card: ModelCard) -> tuple[int, int]:
        size = card.parameters if machine.gpus else -card.parameters
        return sum(map(card.covers, codes)), size

    return max(fitting, key=merit)


def choose_embedders(languages: Iterable[str]) -> list[ModelCard]:
    """Embedders that any machine can run: those first that cover most of the languages, then the small."""
    codes = frozenset(languages)
    return sorted(
        (
            card
            for card in catalogue()
            if card.kind == "embedder"
            and card.recommended
            and is_for_companies(card)
            and card.parameters <= _LARGEST_EMBEDDER_ON_A_CPU
        ),
        key=lambda card: (-sum(map(card.covers, codes)), card.parameters),
    )


def list_uncovered_languages(card: ModelCard, documents: Mapping[str, int]) -> list[str]:
    """The languages of many documents that the embedder is not made for; `documents` counts them by language.

    Documents of which the language could not be told (key "") count to none.
    """
    total = sum(count for language, count in documents.items() if language)
    if not card.languages:
        return []
    return [
        language
        for language, count in documents.items()
        if language and count >= TELLING_SHARE * total and not card.covers(language)
    ]


def explain_misfit(card: ModelCard, machine: Machine) -> str:
    """Why the machine does not suit the model, as a clause; empty if it does."""
    if machine.gpus and (sizes := [gpu.memory for gpu in machine.gpus if gpu.memory]):
        count = 1 << (len(sizes).bit_length() - 1)  # heads are shared out to a power of two
        needed, there = 2 * card.parameters / count + _GPU_OVERHEAD, min(sizes)
        if needed > _GPU_SHARE * there:
            return f"needs {needed / _GIB:.0f} GiB of each GPU, which has {there / _GIB:.0f}"
        return ""
    if card.memory_gb * _GIB > _MEMORY_SHARE * machine.memory:
        return f"needs {card.memory_gb:.0f} GiB of memory, of {machine.memory / _GIB:.0f} here"
    speed = tokens_per_s(card, machine)
    if speed < _SLOWEST:
        return f"would write about {speed:.1f} words a second on {_cores(machine)}"
    return ""


def tokens_per_s(card: ModelCard, machine: Machine) -> float:
    """About how many tokens a second a CPU writes: it reads all the weights for each of them."""
    cores = min(machine.cores, _CPU_CORES_THAT_COUNT)
    return cores * _CPU_BYTES_PER_S / (2 * card.parameters)


def is_for_everyone(card: ModelCard) -> bool:
    """Whether a company may use the model, everybody can fetch it, and it can converse."""
    return card.chat_template and is_for_companies(card)


def is_for_companies(card: ModelCard) -> bool:
    """Whether a company may use the model, and everybody can fetch it."""
    return card.commercial_use != "no" and not card.gated


def _because(first: ModelCard, machine: Machine, larger: Sequence[ModelCard]) -> str:
    if reason := explain_misfit(first, machine):
        return f"the smallest there is, though it {reason}"
    if not larger:
        return "the largest good one of the catalogue, and it fits"
    return f"the largest good one that fits; {larger[0].name} {explain_misfit(larger[0], machine)}"


def _suggest(card: ModelCard, machine: Machine, why: str) -> Suggestion:
    return Suggestion(card, why, None if machine.gpus else round(tokens_per_s(card, machine), 1))


def _cores(machine: Machine) -> str:
    return "one core" if machine.cores == 1 else f"{machine.cores} cores"
