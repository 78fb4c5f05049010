"""Words and figures are matched whole: a part of a token supports nothing, and never breaks the check."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answer import Grade, Status
from rag.citations import check, checking
from rag.citations.statements import PassageSentences
from rag.citations.verbatim import stands_in
from rag.hit import Hit
from tests.rag.citations.test_citations import passage


def grade(sentence: str, text: str) -> Grade:
    (found,) = check(sentence, [passage(text)]).sentences
    return found.grade


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("The deposit is 4000 francs.", ["The deposit is 400.", "The deposit is 40", "400", "0"]),
        ("Ring extension 61803.", ["Ring extension 6180.", "6180"]),
        ("Order part QX7788.", ["Order part QX778.", "QX778"]),
        ("It ends on 21 June 2024.", ["It ends on 21 June 202", "1 June 2024", "It ends on 2"]),
        ("The flow is 13.5 litres.", ["The flow is 13.", "5 litres", "3.5 litres"]),
        ("Store it at -20 degrees.", ["20 degrees", "Store it at 20 degrees."]),
        ("Use 230 V only.", ["30 V only", "30 V"]),
        ("The ticket is nonrefundable.", ["refundable", "The ticket is non"]),
        ("Access is unrestricted.", ["restricted", "Access is restricted."]),
        ("It is illegal to park here.", ["legal to park here", "It is legal to park here."]),
        ("It takes 2 to 6 weeks.", ["6 weeks"]),
        ("The budget is 7 million euros.", ["The budget is 7"]),
        ("Smoking is not allowed here.", ["allowed here"]),
    ],
)
def test_a_part_of_a_token_is_not_verbatim(text: str, parts: list[str]) -> None:
    for part in parts:
        assert grade(part, text) is not Grade.VERBATIM, part
        assert not stands_in(part, text), part
    assert grade(text, text) is Grade.VERBATIM


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("The deposit is 4,000 francs.", "The **deposit** is 4000 francs!"),
        ("Set `cfg[1]` to 5*3*2 in __init__.py.", "Set cfg[1] to 5*3*2 in __init__.py."),
        ("| M57 | 62 |", "| M57 | 62 |"),
        ("员工的育儿假为16周。", "育儿假为16周。"),
    ],
)
def test_the_same_tokens_are_verbatim_whatever_is_drawn_around_them(
    text: str, sentence: str
) -> None:
    assert stands_in(sentence, text)


@pytest.mark.parametrize(
    "sentence",
    ["It is 62 Nm.", "62 Nm.", "It is 62.", "62 euros", "62", "😀", "!!!", "Yes.", "x " * 5000, "9" * 5000],
)  # fmt: skip
@pytest.mark.parametrize(
    "text", ["| Screw | Nm |\n| --- | --- |\n| M57 | 62 |", "62", "| 62 |", "😀", ""]
)
def test_every_sentence_gets_a_grade(sentence: str, text: str) -> None:
    checked = check(sentence, [passage(text)] if text else [])
    assert all(each.grade in Grade for each in checked.sentences)


def test_what_claims_nothing_is_unchecked_and_what_stands_nowhere_is_not_found() -> None:
    assert grade("Yes.", "Leave is 16 weeks.") is Grade.UNCHECKED
    assert grade("The bakery sells poppy rolls.", "Leave is 16 weeks.") is Grade.NOT_FOUND


def test_a_sentence_in_other_words_has_a_score_and_its_place() -> None:
    checked = check("Parental leave lasts sixteen weeks.", [passage("Parental leave is 16 weeks.")])
    (sentence,) = checked.sentences
    assert (sentence.grade, sentence.supported) == (Grade.PARAPHRASE, True)
    assert sentence.score is not None
    assert 0.3 < sentence.score < 1
    assert checked.citations[0].quote == "Parental leave is 16 weeks."


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        ("Der Urlaub ist von der Leitung zu bewilligen.", "The head of the team is the one to ask for it."),
        ("The staff have leave, and it is granted by the head.", "员工每年有27天假期，由主管批准。"),
    ],
)  # fmt: skip
def test_an_answer_in_another_language_is_unchecked_rather_than_not_found(
    sentence: str, text: str
) -> None:
    assert grade(sentence, text) is Grade.UNCHECKED


def test_an_error_in_the_check_is_logged_and_the_sentence_unchecked(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With what it takes to reproduce it; the other sentences keep their verdict."""

    def fails(sentence: str, source: PassageSentences) -> None:
        raise ZeroDivisionError(sentence)

    monkeypatch.setattr(checking, "find_support", fails)
    with caplog.at_level(logging.ERROR):
        checked = check("Leave lasts a while. Leave is 16 weeks.", [passage("Leave is 16 weeks.")])
    assert [each.grade for each in checked.sentences] == [Grade.UNCHECKED, Grade.VERBATIM]
    assert "'Leave lasts a while.'" in caplog.text
    assert "/docs/1.md[100:118]" in caplog.text
    assert checked.status is not Status.UNSUPPORTED


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_two_texts_are_compared(sentence: str, text: str) -> None:
    """And what stands in a text as it is stands in it."""
    hit = Hit(rank=1, score=1, uri="a", title="", text=text, start=0, end=len(text))
    check(sentence, [hit])
    assert isinstance(stands_in(sentence, text), bool)


@pytest.mark.parametrize(
    "text", ["9" * 20_000, "1,1" * 9_000, "-" * 20_000, "a." * 9_000, "[1]" * 5_000]
)
def test_long_runs_of_one_sign_take_no_time(text: str) -> None:
    """Reading is linear: this would never end if it were not."""
    check(text, [passage(text)])
