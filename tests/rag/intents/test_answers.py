"""What is answered to each kind of request."""

from __future__ import annotations

import json

import pytest

from rag.intents import Change, IntentResult
from tests.rag.intents.conftest import Ask

GUEST = frozenset({"guest"})


def names(result: IntentResult | None) -> set[str]:
    assert result is not None
    return {row.cells[0].uri.rpartition("/")[2] for row in result.table.rows}


RULES = {"garden-rules-2023.md", "garden-rules-2025.md"}


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How many documents do you have?", {*RULES, "plans.md", "birds.txt", "heron-deal.txt"}),
        ("List all restricted documents", {"heron-deal.txt"}),
        ("Which documents are in the folder rules?", RULES),
        ("How many documents are there in the folder garden/notes?", {"birds.txt"}),
        ("List all text files", {"birds.txt", "heron-deal.txt"}),
        ("List all PDFs", set()),
        ("Which documents were changed in March 2025?", {*RULES, "plans.md", "birds.txt", "heron-deal.txt"}),
        ("Which documents were changed since 2025-03-06?", set()),
        ("Which documents were changed before 2026?", {*RULES, "plans.md", "birds.txt", "heron-deal.txt"}),
        ("Wie viele Dokumente gibt es im Ordner notes?", {"birds.txt"}),
    ],
)  # fmt: skip
def test_documents(ask: Ask, question: str, expected: set[str]) -> None:
    """The list is complete, and its number stands in the sentence."""
    result = ask(question)
    assert names(result) == expected
    assert result is not None
    assert result.table.total == len(expected)
    assert not expected or str(len(expected)) in result.text


def test_documents_of_a_guest(ask: Ask) -> None:
    """Somebody who may not read a document is not told that there is one."""
    result = ask("How many documents do you have?", GUEST)
    assert names(result) == {*RULES, "plans.md", "birds.txt"}
    restricted = ask("Which documents are restricted?", GUEST)
    assert names(restricted) == set()
    assert restricted is not None
    assert "none of the 4 documents" in restricted.text
    assert ask("Which documents are in the folder secret?", GUEST) is None


def test_unknown_place(ask: Ask) -> None:
    """A folder or a tag that is not there makes it an ordinary question."""
    assert ask("List all documents in the folder unicorns") is None
    assert ask("List all documents tagged unicorns") is None
    assert ask("List all files from your cousin") is None


@pytest.mark.parametrize(
    "question",
    [
        "What changed between the garden rules of 2023 and 2025?",
        "What changed between the garden rules 2025 and the garden rules 2023?",
        "What changed in the garden rules?",
        "What changed in the garden rules between 2023 and 2025?",
        "What are the differences between the old and the new garden rules?",
        "Was hat sich zwischen den garden rules von 2023 und 2025 geändert?",
    ],
)
def test_changes(ask: Ask, question: str) -> None:
    """Sentence by sentence, under their headings, the older version on the left."""
    result = ask(question, GUEST)
    assert result is not None
    assert result.kind == "changes"
    assert result.table.columns[1:] == ("Garden rules 2023", "Garden rules 2025")
    rows = [
        (row.change, row.cells[0].text, row.cells[1].text, row.cells[2].text)
        for row in result.table.rows
    ]
    assert rows == [
        (Change.ADDED, "Garden rules 2025", "", "This replaces the Garden rules 2023."),
        (Change.CHANGED, "Opening", "The garden opens at 8:00.", "The garden opens at 7:30."),
        (Change.REMOVED, "Bees", "The hives are looked after by Mr Ardal.", ""),
        (Change.ADDED, "Greenhouse", "", "The greenhouse is heated from November on."),
    ]
    changed = result.table.rows[1]
    marked = [[cell.text[slice(*mark)] for mark in cell.marks] for cell in changed.cells[1:]]
    assert marked == [["8", "00"], ["7", "30"]]


def test_changes_without_versions(ask: Ask) -> None:
    """What has no other version, and what nobody may see, makes it an ordinary question."""
    assert ask("What changed in the membership plans?") is None
    assert ask("What changed between the unicorn rules of 2023 and 2025?") is None
    assert ask("What changed between the heron deal and the garden rules 2025?", GUEST) is None


def test_summary(ask: Ask) -> None:
    """The outline of the newest version, and how each section begins."""
    result = ask("Summarise the garden rules", GUEST)
    assert result is not None
    assert [(row.cells[0].text.strip(), row.cells[1].text) for row in result.table.rows] == [
        ("Garden rules 2025", "This replaces the Garden rules 2023."),
        ("Opening", "The garden opens at 7:30. Dogs stay outside."),
        ("Ponds", "Nobody swims. The pond is 3 metres deep."),
        ("Greenhouse", "The greenhouse is heated from November on."),
    ]
    assert result.asks_model
    assert "Garden rules 2023" in result.notes[0]
    older = ask("Summarise the garden rules of 2023", GUEST)
    assert older is not None
    assert "Garden rules 2023" in older.text
    assert ask("Summarise the heron deal", GUEST) is None
    assert ask("Summarise the unicorns") is None


def test_comparison_of_columns(ask: Ask) -> None:
    """Two columns of a table stand side by side, row by row."""
    result = ask("Compare the gold plan and the silver plan", GUEST)
    assert result is not None
    assert [tuple(cell.text for cell in row.cells) for row in result.table.rows] == [
        ("Price a year", "90", "40"),
        ("Guests", "4", "1"),
    ]


def test_comparison_of_documents(ask: Ask) -> None:
    """Each side's sentences are its own document's."""
    result = ask("Compare the birds and the garden rules 2023", GUEST)
    assert result is not None
    assert result.table.columns == ("birds", "garden rules 2023")
    sides = [
        {row.cells[side].uri.rpartition("/")[2] for row in result.table.rows} for side in (0, 1)
    ]
    assert sides[0] <= {"birds.txt", ""}
    assert sides[1] <= {"garden-rules-2023.md", ""}
    assert ask("Compare the heron deal and the unicorns", GUEST) is None


@pytest.mark.parametrize(
    ("question", "kind", "language"),
    [
        ("Hello, how are you?", "greeting", "en"),
        ("Who wrote you?", "identity", "en"),
        ("Was kannst du?", "abilities", "de"),
        ("Merci beaucoup", "thanks", "fr"),
        ("Adiós", "goodbye", "es"),
    ],
)
def test_about(ask: Ask, question: str, kind: str, language: str) -> None:
    """A fixed sentence in the language of the question, which claims nothing of the documents."""
    result = ask(question, GUEST)
    assert result is not None
    assert (result.kind, result.language) == (kind, language)
    assert result.extracts == ()
    assert kind != "identity" or ("Inhouse" in result.text and "tiny" in result.text)


def test_json(ask: Ask) -> None:
    """A result is a plain value: what comes back from JSON is the same."""
    result = ask("What changed in the garden rules?")
    assert result is not None
    assert IntentResult.model_validate_json(json.dumps(result.to_json())) == result


def test_ordinary_question(ask: Ask) -> None:
    assert ask("How deep is the pond?") is None
