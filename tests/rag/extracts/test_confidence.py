"""Whether the documents hold an answer at all, and how few of their sentences are embedded to find it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rag.embedder import Embedder
from rag.embedder.vectors import Float32
from rag.extracts import select_extracts
from rag.extracts.confidence import SIGNALS, WITHOUT_CODE, lacks_code, measure_signals
from rag.extracts.relevance import LEAST_EMBEDDED, load_model
from rag.extracts.units import split_units
from rag.hit import Hit
from rag.testing import HashingEmbedder

ALARMS = (
    "| Code | Meaning | Remedy |\n|---|---|---|\n"
    "| K15 | Basket full | Empty the basket |\n| K17 | Lamp broken | Change the lamp |"
)
LEAVE = "## Leave\n\nWhoever moves house gets two days off. Leave is asked for a week ahead."
MEALS = "## Canteen\n\nLunch costs 9 euro. On Fridays there is fish."


def passages(*texts: str) -> list[Hit]:
    return [
        Hit(
            rank=rank, score=1 / rank, uri=f"/{rank}.md", title=f"Guide {rank}", text=text,
            start=0, end=len(text),
        )
        for rank, text in enumerate(texts, 1)
    ]  # fmt: skip


class CountingEmbedder(HashingEmbedder):
    """Remembers which texts of more than a word were embedded."""

    def __init__(self) -> None:
        super().__init__()
        self.embedded: list[str] = []

    def embed_documents(self, texts: Sequence[str]) -> Float32:
        self.embedded += [text for text in texts if " " in text]
        return super().embed_documents(texts)


@pytest.mark.parametrize(
    ("answered", "unanswered"),
    [
        ("What does K15 mean?", "What does K33 mean?"),
        ("How many days off do I get for moving house?", "How many days off do blood donors get?"),
        ("What does lunch cost?", "What does membership of the gym cost?"),
        ("What is there to eat on Fridays?", "Who is the head of the laboratory?"),
    ],
)
def test_what_is_not_there_is_told(answered: str, unanswered: str, embedder: Embedder) -> None:
    """A question that the passages answer gets more confidence than one of its kind that they do not."""
    hits = passages(LEAVE, ALARMS, MEALS)
    first, other = (
        select_extracts(question, hits, embedder).confidence for question in (answered, unanswered)
    )
    assert first > other


@pytest.mark.parametrize(
    "question",
    ["What does K16 mean?", "K-16??", "k 15 or m2", "What does K151 mean?", "Price of ALT-20417-B"],
)
def test_code_that_stands_nowhere(question: str, embedder: Embedder) -> None:
    """The row of another code is never shown as the clear answer."""
    selection = select_extracts(question, passages(ALARMS, MEALS), embedder)
    assert selection.confidence <= WITHOUT_CODE


@pytest.mark.parametrize(
    "question",
    [
        "What does K15 mean?", "k-15 and K 17", "How may I use the minus-20 chamber?", "Lunch for 9 euro?",
        "What did version v3 or Q3 change?", "Is it open for 24h or 7 days?",
    ],
)  # fmt: skip
def test_code_that_stands_there(question: str) -> None:
    """However a code is separated, it is found; numbers, versions and quarters are no codes."""
    assert not lacks_code(question, passages(ALARMS, MEALS))


def test_what_stands_above_a_sentence_counts(embedder: Embedder) -> None:
    """ "Five days each year." answers a question about leave below that heading, and not below another."""
    question = "How much study leave is there?"
    below, elsewhere = (
        select_extracts(question, passages(f"## {heading}\n\nFive days each year."), embedder)
        for heading in ("Study leave", "Cleaning of the boiler")
    )
    assert below.confidence > elsewhere.confidence


def test_signals_count_what_is_missing() -> None:
    """Numbers and names that the best passage lacks, and what every passage lacks."""
    hits = passages("Anna opens gate 4.", "Bruno closes gate 7.")
    (unit, _) = split_units(hits)
    measured = measure_signals(
        "Does Bruno or Clara open gate 4 or 9?", hits, unit, unit.text,
        {"soft_covered": 0.5, "type_missing": 0.0}, HashingEmbedder(),
    )  # fmt: skip
    named = dict(zip(SIGNALS, measured, strict=True))
    assert named["numbers_not_in_passage"] == 1  # 9
    assert named["names_not_in_passage"] == 2  # Bruno, Clara
    assert named["numbers_nowhere"] == 1
    assert named["names_nowhere"] == 1  # Clara
    assert named["words_nowhere"] == 2
    assert named["words"] == 6


def test_few_sentences_are_embedded() -> None:
    """Of long passages only the sentences that look best at first sight, and the answer is among them."""
    filler = [f"Cupboard {n} holds paper of size {n}." for n in range(200)]
    embedder = CountingEmbedder()
    text = " ".join([*filler[:120], "The ladder carries 150 kilograms.", *filler[120:]])
    selection = select_extracts(
        "How many kilograms does the ladder carry?", passages(text), embedder
    )
    assert "150 kilograms" in selection.extracts[0].text
    of_passage = [sentence for sentence in embedder.embedded if sentence in text]
    assert len(of_passage) <= LEAST_EMBEDDED + 2  # and the best one below its heading


def test_the_model_has_a_weight_for_each_signal() -> None:
    """And one for what it adds to all of them."""
    assert len(load_model().selection) == len(SIGNALS) + 1
