"""The model catalogue as text for a terminal of 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

import click

from rag.models import Machine, ModelCard

_WIDTH = 80
_ROW = "{:<1} {:<24} {:>4} {:>5} {:>5}  {:<4} {:<7} {}"
_LEGEND = (
    "✓ on this machine · GiB of memory on a CPU · reads: tokens of context · open: Weights, training "
    "Data and Code are public (small: in part) · company: whether a company may use it. "
    "inhouse models show NAME says all about one, inhouse models recommend which to take."
)
_MEANING = {"yes": "yes", "partly": "in part", "no": "no"}
_LABEL_WIDTH = 16


def table(cards: Sequence[ModelCard], here: Iterable[str]) -> str:
    """Every model in a line, language models first; `here`: names of those on this machine."""
    present = set(here)
    lines = []
    for kind, title in (("llm", "Language models"), ("embedder", "Embedders")):
        head = _ROW.format("", title.upper(), "size", "GiB", "reads", "open", "company", "licence")
        lines += ["", click.style(head, bold=True)]
        for card in cards:
            if card.kind == kind:
                lines.append(_row(card, card.name in present).rstrip())
    return "\n".join([*lines[1:], "", textwrap.fill(_LEGEND, _WIDTH)])


def format_fact_sheet(card: ModelCard, folder: str | None) -> str:
    """All that is known about one model, wrapped, its sources last."""
    return "\n".join(_labelled(label, text) for label, text in _facts(card, folder) if text)


def count(parameters: int) -> str:
    """A number of parameters in a few characters: 135M, 7.6B, 13B."""
    if parameters < 9.995e8:
        return f"{parameters / 1e6:.0f}M"
    return f"{parameters / 1e9:.1f}B" if parameters < 9.95e9 else f"{parameters / 1e9:.0f}B"


def format_machine(machine: Machine) -> str:
    """A machine in a line: cores, memory, GPUs."""
    gib = 2**30
    cores = "1 core" if machine.cores == 1 else f"{machine.cores} cores"
    memory = f"{machine.memory / gib:.0f} GiB of memory, {machine.free / gib:.0f} free"
    gpus = [
        gpu.name + (f" with {gpu.memory / gib:.0f} GiB" if gpu.memory else "")
        for gpu in machine.gpus
    ]
    return f"{cores}, {memory}, {', '.join(gpus) or 'no GPU'}"


def _row(card: ModelCard, present: bool) -> str:
    public = (
        ("w", card.weights_public),
        ("d", card.training_data_public),
        ("c", card.code_public),
    )
    return _ROW.format(
        "✓" if present else "",
        card.name,
        count(card.parameters),
        f"{card.memory_gb:.1f}",
        _context(card.context),
        "".join(_letter(letter, value) for letter, value in public),
        _MEANING[card.commercial_use],
        card.licence,
    )


def _facts(card: ModelCard, folder: str | None) -> Iterator[tuple[str, str]]:
    yield "name", card.name
    yield "title", f"{card.title} ({card.family})"
    yield "what", _what(card)
    yield "licence", card.licence
    yield "its limits", card.limits
    yield "companies", f"{_MEANING[card.commercial_use]}: may a company use it"
    yield (
        "public",
        (
            f"weights {_MEANING[card.weights_public]}, training data "
            f"{_MEANING[card.training_data_public]}, code {_MEANING[card.code_public]}"
        ),
    )
    yield "size", f"{card.parameters:,} parameters"
    yield "reads", f"{card.context:,} tokens"
    yield "memory", f"about {card.memory_gb:g} GiB on a CPU, everything counted"
    yield "notes", card.notes
    yield (
        "hub",
        (card.hub.id + (", after its licence is accepted there" if card.gated else ""))
        if card.hub
        else "",
    )
    yield "package", card.wheel.requirement if card.wheel else ""
    yield "on this machine", folder or "no"
    yield "sources", "\n".join(card.links)
    yield "as known on", f"{card.checked:%d %B %Y}".lstrip("0") + "; what the sources say counts"


def _what(card: ModelCard) -> str:
    if card.kind == "embedder":
        return f"embedder, vectors of {card.dimension} numbers"
    if card.chat_template:
        return "language model that follows instructions"
    return "base language model: no chat template, gets a plain one"


def _labelled(label: str, text: str) -> str:
    lines = [
        line
        for paragraph in text.splitlines()
        for line in textwrap.wrap(
            paragraph, _WIDTH - _LABEL_WIDTH, break_long_words=False, break_on_hyphens=False
        )
    ]
    return f"{label:<{_LABEL_WIDTH}}" + ("\n" + " " * _LABEL_WIDTH).join(lines)


def _letter(letter: str, public: str) -> str:
    return {"yes": letter.upper(), "partly": letter}.get(public, "·")


def _context(tokens: int) -> str:
    return f"{tokens // 1024}k" if tokens >= 1024 else str(tokens)
