"""Rows of a table that a question does not tell apart."""

from __future__ import annotations

import numpy as np
import pytest

from rag.answer import Extract
from rag.extracts.alike_rows import leaves_row_open
from rag.extracts.question_type import AnswerType, holds_type
from rag.extracts.selection import group_units, select_answering_units
from rag.extracts.units import split_units
from rag.extracts.words import find_content_words, question_words
from rag.hit import Hit

TABLE = """## 2. How much leave

| Who | Total leave |
|---|---|
| Birth parent | 44 weeks |
| Second parent | 18 weeks |
| Long-term foster parent | 12 weeks |
"""


def _first_group(question: str, text: str = TABLE) -> list[str]:
    units = split_units([_hit(text)])
    probabilities = np.array([0.3 if unit.cells else 0.05 for unit in units])
    group = group_units(question, units, probabilities)[0]
    return [units[number].cells[0] for number in group if units[number].cells]


def _hit(text: str) -> Hit:
    return Hit.model_validate(
        {"rank": 1, "score": 1.0, "uri": "a.md", "title": "a", "text": text, "start": 0, "end": len(text),
         "chunk_id": 1, "page": None, "section": None}
    )  # fmt: skip


def test_all_rows() -> None:
    """Where nothing in the question tells which row is meant, the rows are shown together."""
    rows = ["Birth parent", "Second parent", "Long-term foster parent"]
    assert _first_group("How long is parental leave?") == rows


def test_one_row() -> None:
    """A row that the question names is shown by itself."""
    assert len(_first_group("How long is the leave of a second parent?")) == 1


def test_long_table() -> None:
    """A long table is never shown whole."""
    rows = "\n".join(f"| Part {letter} | 1 week |" for letter in "abcdefgh")
    assert len(_first_group("How long is it?", f"| Part | Time |\n|---|---|\n{rows}\n")) == 1


def test_role_is_no_person() -> None:
    """Who has a role is not answered by naming the role."""
    question = "Who is the managing director?"
    kind = AnswerType.PERSON
    assert not holds_type(kind, "half an hour with the managing director", question)
    assert holds_type(kind, "Signed: Ada Byron, managing director", question)
    assert holds_type(kind, "your line manager approves it", "Who approves overtime?")


@pytest.mark.parametrize(
    ("sentence", "is_open"),
    [
        ("The total parental leave is 12 weeks.", True),
        ("Foster parents get 12 weeks.", False),
        ("The second parent has 18 weeks.", False),
        ("Parents get 44 weeks or 18 weeks.", False),  # the figures of no single row
        ("Parental leave is taken after birth.", False),
        ("It ends after 2 years.", False),  # the same in all rows
    ],
)
def test_leaves_row_open(sentence: str, is_open: bool) -> None:
    """Where several rows are shown, a sentence with the figures of one of them has to say which."""
    rows = [
        f"{label} — Total leave: {weeks} weeks · Within: 2 years"
        for label, weeks in (("Birth parent", 44), ("Second parent", 18), ("Foster parent", 12))
    ]
    extract = Extract(
        rank=1, text="2. How much leave: " + "\n".join(rows), uri="a.md", title="a", page=None,
        section=None, start=0, end=200, score=0.9,
    )  # fmt: skip
    assert leaves_row_open(sentence, extract) is is_open


def test_headline() -> None:
    """The line that stands above a document is no answer."""
    text = "Calling in sick: the short version\n\nRing your shift lead before your shift starts.\n"
    assert _first_group("What do I do when I am sick?", text) == []
    assert [unit.text for unit in select_answering_units([_hit(text)])] == [
        "Ring your shift lead before your shift starts."
    ]


def test_how_long() -> None:
    """ "long" of "how long" says what kind of answer is asked for, and is no word to look for."""
    assert question_words("How long is the trial period?") == question_words("trial period")
    assert question_words("How long?") == find_content_words("how long")
