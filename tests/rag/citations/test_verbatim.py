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
    (checked,) = check(sentence, [passage(text)]).sentences
    return checked.grade


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
        ("La caution est de 4 000 euros.", ["La caution est de 4.", "000 euros"]),
        ("这里不允许停车。", ["允许停车。"]),
        ("駐車は許可されていません。", ["駐車は許可され"]),
        ("The bus leaves at 17:45.", ["7:45", "The bus leaves at 7:45.", "17"]),
        ("Paid on 2024-11-21.", ["2024-11", "11-21"]),
        ("The dose is .5 mg.", ["5 mg", "The dose is 5 mg."]),
        ("Write to desk@example.org.", ["Write to desk.", "example.org"]),
        ("At most 12 people may enter.", ["12 people may enter"]),
        ("Use non-slip mats.", ["slip mats"]),
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
    assert all(sentence.grade in Grade for sentence in checked.sentences)


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
    assert [sentence.grade for sentence in checked.sentences] == [Grade.UNCHECKED, Grade.VERBATIM]
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


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Access is unrestricted.", "Access is restricted."),
        ("Le nombre de visites est illimité.", "Le nombre de visites est limité."),
        ("Unpaid invoices are sent again.", "Paid invoices are sent again."),
        ("Use non-smoking rooms.", "Use smoking rooms."),
        ("The pump needs 3 x 400 V.", "The pump needs 3 V."),
        ("The deposit is 4 000 euros.", "The deposit is 4 euros."),
        ("| Screw | Torque |\n| --- | --- |\n| M57 | 62 |", "It costs 62 euros."),
        ("这里不允许停车。", "这里允许停车。"),
    ],
)
def test_a_word_or_figure_that_is_turned_is_not_supported(text: str, sentence: str) -> None:
    (checked,) = check(sentence, [passage(text)]).sentences
    assert not checked.supported


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("La caution est de 4 000 euros.", "La caution est de 4000 euros."),
        ("Die Kaution beträgt 4.000 Euro.", "Die Kaution beträgt 4000 Euro."),
        ("The bus leaves at 17:45.", "The bus leaves at 5:45 pm."),
        ("Der Bus fährt um 17.45 Uhr.", "Der Bus fährt um 17:45."),
        ("Le bus part à 17h45.", "Le bus part à 17:45."),
        ("The dose is 0.5 mg.", "The dose is .5 mg."),
        ("The rate is 7½ percent.", "The rate is 7.5%."),
        ("It withstands 10⁶ cycles.", "It withstands 1,000,000 cycles."),
        ("It withstands 3 × 10⁶ cycles.", "It withstands 3 million cycles."),
        ("The fee is $1,234.50.", "The fee is 1,234.50 dollars."),
        ("The share is 30% of sales.", "30 percent of sales."),
        ("Store it at -15 degrees.", "Store it at -15 °C."),
        ("It is a 16-week course.", "The course is 16 weeks."),
        ("病假为12天。", "病假是12天。"),
        ("We sell 5, 10 and 15 kg bags.", "We sell 10 kg bags."),
    ],
)
def test_the_same_figure_in_another_way_of_writing_is_supported(text: str, sentence: str) -> None:
    (checked,) = check(sentence, [passage(text)]).sentences
    assert checked.supported


_LIFTS = "| Lift | Empty kg | Loaded kg | Most kg | Place |\n| --- | --- | --- | --- | --- |\n" + "".join(
    f"| Lift L{n} type {n % 4} | {n + 10} | {n + 5} | {2 * n + 20} | bay {n % 7} in hall {n % 5} |\n"
    for n in range(1, 50)
)  # fmt: skip


@pytest.mark.parametrize(
    ("sentence", "supported"),
    [
        ("Lift L41 type 1 weighs 46 kg loaded.", True),
        ("The empty weight of lift L41 type 1 is 51 kg.", True),
        ("Lift L41 type 1 weighs 51 kg loaded.", False),
        ("The loaded weight of lift L41 type 1 is 102 kg.", False),
    ],
)
def test_a_value_is_that_of_its_column_whatever_numbers_the_row_is_named_by(
    sentence: str, supported: bool
) -> None:
    (checked,) = check(sentence, [passage(_LIFTS)]).sentences
    assert checked.supported is supported


def test_what_stands_in_a_passage_that_was_not_sent_is_backed_by_it() -> None:
    """The model read the first passage only; its sentence stands in the second."""
    sent = passage("The canteen opens at noon.")
    unsent = passage("Badges are green. Visitors wear an orange badge in the halls.", 2, start=40)
    sentence = "Visitors wear an orange badge in the halls."
    assert check(sentence, [sent]).sentences[0].supported is False
    checked = check(sentence, [sent], unsent=[unsent])
    assert (checked.sentences[0].grade, checked.sentences[0].supported) == (Grade.VERBATIM, True)
    (citation,) = checked.citations
    assert (citation.uri, citation.quote, citation.start) == ("/docs/2.md", sentence, 40 + 18)


@pytest.mark.parametrize(
    "sentence",
    [
        "Visitors wear a yellow badge in the halls.",  # in other words
        "An orange badge.",  # a few words stand somewhere by chance
        "Visitors wear an orange badge.",  # and the rest turns it
    ],
)
def test_only_whole_statements_of_a_passage_that_was_not_sent_count(sentence: str) -> None:
    sent = passage("The canteen opens at noon.")
    unsent = passage("It is not true that visitors wear an orange badge.", 2)
    assert not check(sentence, [sent], unsent=[unsent]).sentences[0].supported
