"""Requests are recognised in four languages, and an ordinary question is never taken for one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.intents import recognise, split_questions
from rag.intents.intent import IntentKind
from rag.intents.wording import list_wordings

HERE = Path(__file__).parent
PHRASINGS = [line.split("\t") for line in (HERE / "phrasings.tsv").read_text("utf-8").splitlines()]
ORDINARY = (HERE / "ordinary.txt").read_text("utf-8").splitlines()


@pytest.mark.parametrize(("kind", "question"), PHRASINGS, ids=lambda value: value)
def test_phrasings(kind: str, question: str) -> None:
    """Each of these is the request that it is."""
    intent = recognise(question)
    assert intent is not None
    assert intent.kind == kind


@pytest.mark.parametrize("question", ORDINARY)
def test_ordinary(question: str) -> None:
    """A question that only sounds like a request is an ordinary question."""
    assert recognise(question) is None


def test_sample_questions(sample_docs: Path) -> None:
    """None of the sample questions, which the documents answer, is taken for a request."""
    lines = (sample_docs / "questions.jsonl").read_text("utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines]
    assert [question for question in questions if recognise(question)] == []


@given(st.text(max_size=400))
def test_any_text(text: str) -> None:
    """Whatever is typed, recognising and splitting come to an end and lose nothing."""
    recognise(text)
    assert split_questions(text)


@pytest.mark.parametrize(
    "filler", ["and ", "the documents ", "a", "mention mention ", "in the ", '"']
)
def test_long(filler: str) -> None:
    """A text without an end is no request, and is not searched for one without an end."""
    assert recognise("which documents " + filler * 2_000) is None
    recognise(("which documents " + filler * 300)[:300])


def test_languages_complete() -> None:
    """Each language has a sentence, a column and a pattern for everything that English has."""
    english = next(wording for wording in list_wordings() if wording.code == "en")
    assert {wording.code for wording in list_wordings()} == {"de", "en", "es", "fr"}
    for wording in list_wordings():
        assert wording.replies.keys() == english.replies.keys()
        assert wording.columns.keys() == english.columns.keys()
        assert wording.words.keys() == english.words.keys()
        assert wording.tails.keys() == english.tails.keys()
        assert wording.types.keys() == english.types.keys()
        assert wording.patterns.keys() == set(IntentKind)
        assert len(wording.months) == 12


def test_politeness() -> None:
    """Words around a request that only make it polite change nothing."""
    bare = recognise("list all PDFs in the folder hr")
    assert bare == recognise("Hello, could you please list all PDFs in the folder hr, please?")
    assert bare is not None
    assert bare.slots == {"type": "PDFs", "tail": "in the folder hr"}
