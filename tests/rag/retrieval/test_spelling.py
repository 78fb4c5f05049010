"""Misspelt words of a question."""

from __future__ import annotations

from collections import Counter

import pytest

from rag.retrieval.spelling import correct_spelling


class AskerWords:
    """The words of one asker's documents."""

    def __init__(self, text: str) -> None:
        self._counts = Counter(text.lower().split())

    def has_form(self, word: str) -> bool:
        return any(word.rstrip("s") == other.rstrip("s") for other in self._counts)

    def count(self, word: str) -> int:
        return self._counts[word]


WORDS = AskerWords(
    "the trial period of employees is what a petrel skua needs zornak zornak passwords frist"
)


@pytest.mark.parametrize(
    ("question", "corrected"),
    [
        ("how long is teh trial perod", "how long is the trial period"),
        ("waht do emploees need", "what do employees need"),
        (
            "how long is the probaton",
            "how long is the probation",
        ),  # in no document, in the dictionary
        ("Wich govrenment signed it?", "Wich government signed it?"),
        ("combien de jours de vacnces", "combien de jours de vacances"),
        ("PEROD OF TRIAL", "PERIOD OF TRIAL"),
        ("Perod of trial", "Period of trial"),
    ],
)
def test_typos(question: str, corrected: str) -> None:
    """A word that is one letter off is replaced, by the documents' words before the dictionary's."""
    assert correct_spelling(question, WORDS) == corrected


@pytest.mark.parametrize(
    "question",
    [
        "How long is the trial period?",
        "What does Mr Hansen's colleague say?",
        "Who is Petrov?",  # a name, near to "petrel"
        "Does the company subsidise hackers at the centre?",  # British spelling
        "It isn't what didn't happen.",
        "Our tech is state-of-teh-art",  # parts of a longer word
        "error E12 of SKU-9",
        "Wie lange ist die Probezeit, und muss ich sie nehmen?",
        "пeриод испытания",
        "试用期多久",
        "",
        "!!!",
    ],
)
def test_left_alone(question: str) -> None:
    """Words that are right, names, codes and other scripts stay as they are."""
    assert correct_spelling(question, WORDS) == question


def test_nothing_readable() -> None:
    """What is suggested comes from the documents that the asker may read, and from no others."""
    assert correct_spelling("where is teh zornakk", WORDS) == "where is the zornak"
    assert correct_spelling("where is teh zornakk", AskerWords("")) == "where is teh zornakk"
