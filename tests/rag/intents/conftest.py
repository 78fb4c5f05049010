"""The sample documents and a small library of two versions, with an embedder that can be worked out."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest import ingest
from rag import Assistant, Filter
from rag.intents import IntentResult, answer_without_model
from rag.settings import Settings
from rag.testing import HashingEmbedder

Ask = Callable[..., IntentResult | None]

LIBRARY = {
    "rules/garden-rules-2023.md": (
        "# Garden rules 2023\n\n## Opening\n\nThe garden opens at 8:00. Dogs stay outside.\n\n"
        "## Bees\n\nThe hives are looked after by Mr Ardal.\n\n"
        "## Ponds\n\nNobody swims. The pond is 3 metres deep.\n"
    ),
    "rules/garden-rules-2025.md": (
        "# Garden rules 2025\n\nThis replaces the Garden rules 2023.\n\n"
        "## Opening\n\nThe garden opens at 7:30. Dogs stay outside.\n\n"
        "## Ponds\n\nNobody swims. The pond is 3 metres deep.\n\n"
        "## Greenhouse\n\nThe greenhouse is heated from November on.\n"
    ),
    "plans.md": (
        "# Membership plans\n\n| What | Gold plan | Silver plan |\n|---|---|---|\n"
        "| Price a year | 90 | 40 |\n| Guests | 4 | 1 |\n"
    ),
    "secret/heron-deal.txt": "Heron deal\n\nThe heron sanctuary is bought for 70,000. Heron, heron.\n",
    "notes/birds.txt": (
        'Birds\n\nA heron was seen on the pond. Herons eat fish. "Blue  heron" is a name.\n'
        "A blue\nheron nests in May. C++ is no bird, § 4 neither.\n"
    ),
}


@pytest.fixture(scope="session")
def sample_words(tmp_path_factory: pytest.TempPathFactory, sample_docs: Path) -> Assistant:
    """The sample documents; their vectors do not matter for words, so they are quick ones."""
    data = tmp_path_factory.mktemp("sample-words")
    embedder = HashingEmbedder()
    report = ingest([sample_docs], data_dir=data, settings=Settings(), embedder=embedder)
    assert not report.failed
    return Assistant.open(data, settings=Settings(), embedder=embedder)


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """LIBRARY, of which `secret/` is for the token "board" alone; every file was changed on 5 March 2025."""
    folder = tmp_path_factory.mktemp("library")
    for name, text in LIBRARY.items():
        path = folder / "garden" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        os.utime(path, (1741176000, 1741176000))  # 5 March 2025, 12:00 UTC
    rules = [
        {"glob": "**/secret/", "readers": ["board"]},
        {"glob": "**/rules/", "readers": ["*"]},
        {"glob": "**/notes/", "readers": ["*"]},
        {"glob": "**/plans.md", "readers": ["*"]},
    ]
    settings = Settings.model_validate({"access": {"rules": rules}})
    embedder = HashingEmbedder()
    garden, data = folder / "garden", folder / "data"
    report = ingest([garden], data_dir=data, settings=settings, embedder=embedder)
    assert not report.failed
    return Assistant.open(data, settings=Settings(), embedder=embedder)


@pytest.fixture
def ask(library: Assistant) -> Ask:
    """Ask the library without a model, as somebody who may read everything, or with these tokens."""
    return asking(library)


def asking(assistant: Assistant) -> Ask:
    """Ask this assistant's index without a model."""

    def answer(question: str, readers: frozenset[str] | None = None) -> IntentResult | None:
        return answer_without_model(
            question,
            snapshot=assistant._search.snapshot(),
            filter=Filter(readers=readers),
            embedder=assistant._search.embedder,
            model="tiny",
        )

    return answer
