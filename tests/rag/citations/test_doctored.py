"""Answers that were tampered with, and their true twins, against the sample documents.

Each pair of `doctored/pairs.jsonl` is a sentence that a model could have said, and the same with one thing
wrong: a number, a unit, a name, a denial, an opposite, a half that was made up, or all of it.

The set has grown, and what it found was mended, so that it is no unseen set. Pairs were counted once before
anything was mended: of the last 40, 75 % of the doctored were caught and 10 % of the true ones marked
unsupported; of the 34 before them 82 % and 18 %.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import pytest

from rag import Assistant
from rag.citations import Checked, check
from rag.citations.statements import PassageSentences
from rag.embedder import Embedder
from rag.hit import Hit
from rag.settings import Settings

PAIRS = [
    json.loads(line)
    for line in (Path(__file__).parent / "doctored" / "pairs.jsonl").read_text("utf-8").splitlines()
]
READ = 6

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def assistant(sample_index: Path, embedder: Embedder) -> Assistant:
    return Assistant.open(sample_index, settings=Settings(), embedder=embedder)


class TrueTwin(NamedTuple):
    """A pair, the passages for its true sentence, and what the check says of that sentence."""

    pair: dict[str, str]
    passages: list[Hit]
    source: PassageSentences
    checked: Checked

    def check(self, text: str) -> Checked:
        return check(text, self.passages, source=self.source)


@pytest.fixture(scope="module")
def twins(assistant: Assistant) -> list[TrueTwin]:
    twins = []
    for pair in PAIRS:
        passages = assistant.search(pair["true"], k=READ)
        source = PassageSentences(passages)
        checked = check(pair["true"], passages, source=source)
        twins.append(TrueTwin(pair, passages, source, checked))
    return twins


def is_supported(checked: Checked) -> bool:
    return bool(checked.sentences) and all(sentence.supported for sentence in checked.sentences)


def test_the_set_is_large_enough() -> None:
    assert len(PAIRS) >= 60
    assert len({pair["how"] for pair in PAIRS}) >= 6


def test_what_was_tampered_with_is_marked_and_its_twin_is_not(twins: list[TrueTwin]) -> None:
    """At least 95 % of the doctored sentences are unsupported, at most 5 % of the true ones."""
    believed, doubted = [], []
    for twin in twins:
        if is_supported(twin.check(twin.pair["doctored"])):
            believed.append(twin.pair["doctored"])
        if not is_supported(twin.checked):
            doubted.append(twin.pair["true"])
    assert len(believed) <= 0.05 * len(PAIRS), believed
    assert len(doubted) <= 0.05 * len(PAIRS), doubted


def test_a_passage_number_that_is_wrong_is_corrected_and_counted(twins: list[TrueTwin]) -> None:
    """Whatever number the model wrote, the citation shown is the passage that carries the sentence."""
    corrected = 0
    for twin in twins:
        right = twin.checked
        if not right.citations:
            continue
        wrong = next(n for n in range(1, READ + 2) if n - 1 not in right.cited)
        marked = twin.check(f"{twin.pair['true'].rstrip('.')} [{wrong}].")
        assert marked.citations == right.citations
        assert (marked.corrected, marked.dropped) == (1, 0)
        corrected += 1
    assert corrected >= 60


def test_a_passage_number_of_an_invented_sentence_is_dropped(assistant: Assistant) -> None:
    passages = assistant.search("swimming pool", k=READ)
    checked = check("The swimming pool is open to all employees [1][2].", passages)
    assert (checked.citations, checked.corrected, checked.dropped) == ((), 0, 2)
