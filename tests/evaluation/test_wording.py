"""Comparing answers by their words, against sums worked out by hand."""

from __future__ import annotations

import pytest

from rag.evaluation.wording import holds, normalise_tokens, share_of, token_f1, words


def test_normalisation_is_squad_s() -> None:
    """Lower case, no punctuation, no articles, single spaces."""
    assert normalise_tokens("The  7,200 undergraduates (of a College)!") == [
        "7200",
        "undergraduates",
        "of",
        "college",
    ]
    assert normalise_tokens("Theatre and an-archy") == ["theatre", "and", "anarchy"]


@pytest.mark.parametrize(
    ("text", "expected", "there"),
    [
        ("You get five months of trial.", ["five months"], True),
        ("You get the five, months", ["Five months."], True),
        ("You get 15 days.", ["5 days"], False),
        ("You get 5 working days.", ["5 days"], False),
        ("On 30 April or later.", ["1 May", "30 April"], True),
        ("", ["x"], False),
        ("a text", [], False),
        ("a text", ["the"], False),  # of an article nothing is left
    ],
)
def test_an_expected_answer_stands_in_the_text(text: str, expected: list[str], there: bool) -> None:
    assert holds(text, expected) is there


def test_token_f1() -> None:
    """Given: trial is five months (4 tokens). Wanted: five months (2).

    Shared 2, precision 2/4, recall 2/2, F1 = 2 · 0.5 · 1 / 1.5 = 2/3.
    """
    assert token_f1("The trial is five months.", ["five months"]) == pytest.approx(2 / 3)


def test_token_f1_takes_the_best_answer_and_counts_repetitions() -> None:
    """Given: no no yes. Against "no": 1 shared, 2 · (1/3) · 1 / (4/3) = 1/2; against "no no": 4/5."""
    assert token_f1("no, no, yes", ["no"]) == pytest.approx(0.5)
    assert token_f1("no, no, yes", ["no", "no no"]) == pytest.approx(0.8)
    assert token_f1("nothing of it", ["five months"]) == 0
    assert token_f1("", ["five months"]) == 0
    assert token_f1("the", ["a"]) == 1, "nothing is left on either side, as SQuAD has it"
    assert token_f1("anything", []) == 0


def test_words_are_letters_and_digits_of_any_language() -> None:
    assert words("Größe_2: 7,5-mal (β)") == ["größe", "2", "7", "5", "mal", "β"]
    assert share_of(["a", "a", "b"], ["a"]) == 0.5
    assert share_of([], ["a"]) == 0
