"""Several questions in one are taken apart; one question stays whole."""

from __future__ import annotations

import pytest

from rag.intents import split_questions


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "How long is the lease, what is the deposit, and who signs the contract?",
            ("How long is the lease?", "What is the deposit?", "Who signs the contract?"),
        ),
        (
            "How many keys are there? And who has them?",
            ("How many keys are there?", "And who has them?"),
        ),
        (
            "Wie lange läuft der Vertrag und wer unterschreibt den Vertrag?",
            ("Wie lange läuft der Vertrag?", "Wer unterschreibt den Vertrag?"),
        ),
        (
            "Quelle est la durée du bail et qui signe le contrat ?",
            ("Quelle est la durée du bail?", "Qui signe le contrat?"),
        ),
        (
            "¿Cuánto dura el contrato y quién firma el contrato?",
            ("¿Cuánto dura el contrato?", "Quién firma el contrato?"),
        ),
        (
            "Summarise the lease. List all documents.",
            ("Summarise the lease.", "List all documents."),
        ),
    ],
)
def test_several(question: str, parts: tuple[str, ...]) -> None:
    assert split_questions(question) == parts


@pytest.mark.parametrize(
    "question",
    [
        "How much is spent on research and development?",
        "What and when do I have to report?",
        "When and where is the meeting?",
        "When doors are locked, what do I do with the key?",
        "Explain what a lien is and how it works",
        "I just signed my contract. How long am I on probation?",
        "Which rule holds, 12 or 14 characters?",
        "What is the difference between what A says and what B says?",
        "Compare the Falcon 3 and the Kestrel 5",
        "Is it allowed? Thanks.",
        "Who, what, when, where?",
        "Was passiert mit Urlaub und Überstunden?",
        "?? ?",
        "What is 1? " * 9,
    ],
)
def test_single(question: str) -> None:
    assert split_questions(question) == (question,)
