"""Which documents mention something: complete, counted in the text, and within the asker's rights."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from rag import Assistant
from rag.index.filter import Filter
from rag.intents import IntentResult
from rag.intents.mentions import count_mentions
from rag.intents.workspace import Workspace
from tests.rag.intents.conftest import Ask

GUEST = frozenset({"guest"})
"""Tokens of a stranger: what is for everybody is all that they may read."""


def workspace(assistant: Assistant, filter: Filter | None = None) -> Workspace:
    return Workspace(assistant._search.snapshot(), filter or Filter(), assistant._search.embedder)


def brute_force(assistant: Assistant, word: str) -> Mapping[int, int]:
    snapshot = assistant._search.snapshot()
    counts = {
        document.document_id: len(
            re.findall(
                rf"\b{re.escape(word)}\b", snapshot.text(document.document_id), re.IGNORECASE
            )
        )
        for document in snapshot.list_documents()
    }
    return {document: count for document, count in counts.items() if count}


def counts(result: IntentResult | None) -> dict[str, int]:
    assert result is not None
    return {
        row.cells[0].uri.rpartition("/")[2]: int(row.cells[1].text) for row in result.table.rows
    }


def test_brute_force(sample_words: Assistant) -> None:
    """For every 20th word of the sample documents, the counts are those of a search through every text."""
    snapshot = sample_words._search.snapshot()
    words = {
        word.casefold()
        for document in snapshot.list_documents()
        for word in re.findall(r"\w+", snapshot.text(document.document_id))
    }
    some = sorted(words)[::20]
    assert len(some) > 100
    for word in some:
        mentions = count_mentions(workspace(sample_words), [word])
        assert {document: mention.count for document, mention in mentions.items()} == brute_force(
            sample_words, word
        ), word


def test_whole_words(ask: Ask) -> None:
    """Other forms are not counted, and it is said how many more documents have them."""
    result = ask("Which documents mention heron?", frozenset({"board"}))
    assert counts(result) == {"heron-deal.txt": 4, "birds.txt": 3}
    assert result is not None
    assert [extract.uri.rpartition("/")[2] for extract in result.extracts] == [
        "heron-deal.txt",
        "birds.txt",
    ]
    plural = ask("Which documents mention herons?", GUEST)
    assert counts(plural) == {"birds.txt": 1}
    assert ask("Which documents mention the fishing?", GUEST) is not None


def test_other_forms(ask: Ask) -> None:
    result = ask("Which documents mention hive?")
    assert counts(result) == {}
    assert result is not None
    assert "1 more document" in " ".join(result.notes)
    assert "hives" in " ".join(result.notes)


def test_rights(ask: Ask) -> None:
    """What the asker may not read is not counted, named or hinted at."""
    result = ask("Which documents mention heron?", GUEST)
    assert counts(result) == {"birds.txt": 3}
    hidden = ask("Which documents mention the sanctuary?", GUEST)
    assert counts(hidden) == {}
    assert hidden is not None
    assert "heron-deal" not in hidden.model_dump_json()
    assert "sanctuary" not in " ".join(hidden.notes)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ('Which documents mention "blue heron"?', {"birds.txt": 2}),
        ("Which documents mention the BLUE HERON?", {"birds.txt": 2}),
        ("Which documents mention C++?", {"birds.txt": 1}),
        ("Which documents mention § 4?", {"birds.txt": 1}),
        ("Which documents mention pond or greenhouse?", {
            "birds.txt": 1, "garden-rules-2023.md": 1, "garden-rules-2025.md": 3,
        }),
        ('Which documents mention "pond" and "greenhouse"?', {"garden-rules-2025.md": 3}),
        ('Which documents mention "pond" or "greenhouse"?', {
            "birds.txt": 1, "garden-rules-2023.md": 1, "garden-rules-2025.md": 3,
        }),
        ("Which documents mention zebras?", {}),
    ],
)  # fmt: skip
def test_terms(ask: Ask, question: str, expected: dict[str, int]) -> None:
    """Phrases, signs, and several terms; white space and letter case do not matter."""
    assert counts(ask(question, GUEST)) == expected


def test_extracts(ask: Ask, library: Assistant) -> None:
    """The extract is the sentence of the first mention, where it stands in the text."""
    result = ask("Which documents mention greenhouse?", GUEST)
    assert result is not None
    extract = result.extracts[0]
    document = next(
        record
        for record in library._search.snapshot().list_documents()
        if record.uri == extract.uri
    )
    stands = library._search.snapshot().text(document.document_id)[extract.start : extract.end]
    assert "Greenhouse" in stands
    assert result.text == "Counted without the model: 1 document mentions “greenhouse”, 2 times."
