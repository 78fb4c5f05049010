"""The model's own passage numbers are taken out in all their forms; what only looks like one stays."""

from __future__ import annotations

import pytest

from rag.citations import check
from rag.citations.markers import strip_markers
from rag.language.sentences import spans
from tests.rag.citations.test_citations import passage


@pytest.mark.parametrize(
    ("text", "plain", "numbers"),
    [
        ("Rent is due on Monday【1】.", "Rent is due on Monday.", [1]),
        ("Rent is due on Monday【2†source】.", "Rent is due on Monday.", [2]),
        ("Rent is due on Monday [1-3].", "Rent is due on Monday.", [1, 2, 3]),
        ("Rent is due on Monday (Passage 1).", "Rent is due on Monday.", [1]),
        ("Rent is due on Monday[^1].", "Rent is due on Monday.", [1]),
        ("Rent is due on Monday^1^.", "Rent is due on Monday.", [1]),
        ("Rent is due [[1]] on Monday.", "Rent is due on Monday.", [1]),
        ("Rent is due on Monday[1].", "Rent is due on Monday.", [1]),
        ("Rent is due [1, 2] on Monday [3] [4].", "Rent is due on Monday.", [1, 2, 3, 4]),
        ("Rent is due on Monday [source 2].", "Rent is due on Monday.", [2]),
        ("Rent is due.\n\nSources:\n[1] House rules\n[2] Lease", "Rent is due.", []),
        ("Rent is due.\n\nReferences: [1], [2]", "Rent is due.", []),
        ("Set cfg[1] to 5.", "Set cfg[1] to 5.", []),
        ("Set cfg[1].", "Set cfg[1].", []),
        ("Set row_2[1].", "Set row_2[1].", []),
        ("Use `rent[1]` here [2].", "Use `rent[1]` here.", [2]),
        ("```py\nrent[1] = 2\n```\nDone [1].", "```py\nrent[1] = 2\n```\nDone.", [1]),
        ("See [1](page.html).", "See [1](page.html).", []),
        ("The box is 5*3*2 cm.", "The box is 5*3*2 cm.", []),
    ],
)
def test_markers_are_taken_out(text: str, plain: str, numbers: list[int]) -> None:
    left, markers = strip_markers(text)
    assert (left, [number for _, number in markers]) == (plain, numbers)


@pytest.mark.parametrize(
    "marker", ["【1】", "【1†source】", " [1-2]", " (Passage 1)", "[^1]", "^1^"]
)
def test_a_marker_is_no_number_of_the_claim(marker: str) -> None:
    (sentence,) = check(f"Rent is 16 crowns{marker}.", [passage("Rent is 16 crowns.")]).sentences
    assert (sentence.text, sentence.supported) == ("Rent is 16 crowns.", True)


def test_the_sentences_cover_the_text_in_order() -> None:
    text = "# Rent\n\nIt is due [1].\n\n```sh\npay --now\n```\n\n| A | B |\n| --- | --- |\n| x | 1 |\n\nDone."
    sentences = [sentence.text for sentence in check(text, [passage("Rent.")]).sentences]
    assert sentences == [
        "Rent",
        "It is due.",
        "```sh\npay --now\n```",
        "| A | B |",
        "| x | 1 |",
        "Done.",
    ]


@pytest.mark.parametrize(
    ("answer", "text", "supported"),
    [
        ("60. Leave is booked in the portal.", "Leave is booked in the portal.", [False, True]),
        (
            "1. Leave is booked.\n2. Forms are sent.",
            "Leave is booked. Forms are sent.",
            [True, True],
        ),
        ("It is false that leave is 16 weeks.", "Leave is 16 weeks.", [False]),
        ("It is not true that leave is 16 weeks.", "Leave is 16 weeks.", [False]),
        ("Es ist falsch, dass der Urlaub 16 Tage dauert.", "Der Urlaub dauert 16 Tage.", [False]),
        ("Leave is ⑯ weeks.", "Leave is 16 weeks.", [True]),
        ("Leave is ⑰ weeks.", "Leave is 16 weeks.", [False]),
        ("The fee is 500 euros.", "The fee is 500² euros.", [True]),
        ("The fee is 5002 euros.", "The fee is 500² euros.", [False]),
        ("The fee is 500 euros.", "The fee is 500 [2] euros.", [True]),
        ("It withstands 10^6 cycles.", "It withstands 10⁶ cycles.", [True]),
        ("It withstands 106 cycles.", "It withstands 10⁶ cycles.", [False]),
        ("It withstands 10^7 cycles.", "It withstands 10⁶ cycles.", [False]),
        ("The torque is 25Nm.", "The torque is 25 Nm.", [True]),
    ],
)
def test_what_is_claimed_is_what_is_checked(answer: str, text: str, supported: list[bool]) -> None:
    """A number at the beginning that counts no items, a denial in front, figures in other signs."""
    assert [
        sentence.supported for sentence in check(answer, [passage(text)]).sentences
    ] == supported


def test_a_refusal_takes_no_mark_from_other_sentences() -> None:
    from rag.answer import Grade, Status
    from rag.profile import REFUSAL

    checked = check(f"The bakery opens at 7 on Mondays. {REFUSAL}", [passage("Leave is 16 weeks.")])
    assert checked.sentences[0].grade is Grade.NOT_FOUND
    assert checked.status is Status.UNSUPPORTED


@pytest.mark.parametrize("unit", ["\n", "①", ".", "$1 ", "[1]", "\nSources:", "1. "])
def test_a_long_answer_of_one_mark_is_split_in_a_time_linear_in_it(unit: str) -> None:
    """With the square of it, this would take the better part of an hour."""
    text = unit * (300_000 // len(unit))
    assert all(start < end <= len(text) for start, end in spans(text))
    assert "".join(strip_markers(text)[0].split()) in "".join(text.split())
