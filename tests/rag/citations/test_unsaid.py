"""A word that the evidence does not say is not outweighed by the words that it does say."""

from __future__ import annotations

import pytest

from rag.answer import Grade, Sentence
from rag.citations import check
from rag.embedder import Embedder
from rag.hit import Hit

TRIPS = "After more than 5 nights away in a row the company pays a flight home at the weekend."
GARDEN = "The garden is watered by the gardener. Tools are kept in the shed. Dogs stay outside."
FORGE = (
    "The first iron bridge was built in 1781. Most looms of the town ran on water. A loom cost £9."
)

pytestmark = pytest.mark.slow


def checked(sentence: str, text: str, embedder: Embedder, question: str = "") -> Sentence:
    hit = Hit(
        rank=1, score=1.0, uri="/a.md", title="Rules", text=text, start=0, end=len(text)
    )  # fmt: skip
    return check(sentence, [hit], embedder=embedder, question=question).sentences[0]


@pytest.mark.parametrize(
    ("sentence", "text", "question"),
    [
        ("The company pays for your massage at the weekend.", TRIPS, "Who pays for my massage?"),
        ("The company pays for a nanny at the weekend.", TRIPS, ""),
        ("The tools are kept in the shed by the gardener.", GARDEN, "Where are the tools kept?"),
        ("The first iron loom was built in 1781.", FORGE, "When was the first iron loom built?"),
        ("Dogs stay in the shed outside.", GARDEN, "Where do dogs stay?"),
    ],
)
def test_a_foreign_word_is_not_supported(
    sentence: str, text: str, question: str, embedder: Embedder
) -> None:
    """Most words are there, and the one that is not makes it another statement: it is not shown as backed."""
    assert not checked(sentence, text, embedder, question).supported


@pytest.mark.parametrize(
    ("sentence", "text", "question"),
    [
        ("The company pays for a flight home at the weekend.", TRIPS, "Who pays my flight home?"),
        ("The gardener waters the garden.", GARDEN, "Who waters the garden?"),
        ("You keep the tools in the shed.", GARDEN, "Where do I keep the tools?"),
        ("The first iron bridge was constructed in 1781.", FORGE, "When was the bridge made?"),
        ("The price of a loom was £9.", FORGE, "What was the price of a loom?"),
    ],
)
def test_other_words_for_the_same_are_supported(
    sentence: str, text: str, question: str, embedder: Embedder
) -> None:
    """A synonym, another form of a word and a word of the question are no foreign words."""
    assert checked(sentence, text, embedder, question).supported


def test_a_foreign_word_leaves_it_probable(embedder: Embedder) -> None:
    """The reader is told that it is probably there, with the sentence beside it, and not that nothing is."""
    sentence = checked("The company pays for a nanny at the weekend.", TRIPS, embedder)
    assert (sentence.grade, sentence.citations) == (Grade.PARAPHRASE, (1,))
