"""Where sentences begin and end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.language.sentences import spans

_PIECES = st.sampled_from(
    [
        ". ",
        "! ",
        "? ",
        "… ",
        "\n",
        "\n\n",
        "\n- ",
        "\n1. ",
        "\n# ",
        "\n| ",
        "。",
        '." ',
        " z. B. ",
        "3. ",
    ]
)


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in spans(text)]


@given(st.lists(st.one_of(st.text(max_size=12), _PIECES)).map("".join))
def test_spans_are_in_order_apart_and_inside_the_text(text: str) -> None:
    """And none is empty, begins or ends with white space, or holds no letter and no digit."""
    last = 0
    for start, end in spans(text):
        assert last <= start < end <= len(text)
        assert text[start:end] == text[start:end].strip()
        assert any(character.isalnum() for character in text[start:end])
        last = end


@given(
    st.lists(
        st.sampled_from(["The desk is free", "Ask Anna first", "It costs nothing"]), min_size=1
    )
)
def test_plain_sentences_come_back_as_they_went_in(sentences: list[str]) -> None:
    written = [f"{sentence}." for sentence in sentences]
    assert split(" ".join(written)) == written


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", []),
        (" \n ", []),
        ("...", []),
        ("no full stop", ["no full stop"]),
        ("It costs 3.5 EUR. Version 2.1.0 is out.", ["It costs 3.5 EUR.", "Version 2.1.0 is out."]),
        (
            "Dr. Weber agrees. Ask Mr. Li, e.g. by mail.",
            ["Dr. Weber agrees.", "Ask Mr. Li, e.g. by mail."],
        ),
        ("See No. 5 and Fig. 3. Then go.", ["See No. 5 and Fig. 3.", "Then go."]),
        ("Open from 9 a.m. on Mondays. Come.", ["Open from 9 a.m. on Mondays.", "Come."]),
        ("Wait… what? Yes! “Go.” Now.", ["Wait…", "what?", "Yes!", "“Go.”", "Now."]),
        ("第一句。第二句！", ["第一句。", "第二句！"]),
    ],
)
def test_english(text: str, sentences: list[str]) -> None:
    assert split(text) == sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Das gilt z. B. für Büros. Sonst nicht.", ["Das gilt z. B. für Büros.", "Sonst nicht."]),
        ("Siehe Art. 5 Abs. 2. Ende.", ["Siehe Art. 5 Abs. 2.", "Ende."]),
        ("Am 3. Oktober ist frei. Am 4. nicht.", ["Am 3. Oktober ist frei.", "Am 4. nicht."]),
        ("Das sind bzw. waren ca. 5 Tage. Ja.", ["Das sind bzw. waren ca. 5 Tage.", "Ja."]),
    ],
)
def test_german(text: str, sentences: list[str]) -> None:
    assert split(text) == sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("# Leave\nIt is long. Very.", ["Leave", "It is long.", "Very."]),
        ("## 2. Who?\nAll.", ["Who?", "All."]),
        ("- one\n- two\n* three", ["one", "two", "three"]),
        ("1. First\n2. Second\n\n3) Third", ["First", "Second", "Third"]),
        ("| a | b |\n|---|---|\n| 1 | 2 |", ["| a | b |", "| 1 | 2 |"]),
        ("One line\nand the next. End", ["One line\nand the next.", "End"]),
        ("Above\n\nBelow", ["Above", "Below"]),
        ("> quoted\n> too", ["quoted", "too"]),
    ],
)
def test_headings_items_rows_and_paragraphs_end_a_sentence(text: str, sentences: list[str]) -> None:
    assert split(text) == sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("两个签字。每年评估一次！是吗？好。", ["两个签字。", "每年评估一次！", "是吗？", "好。"]),
        ("「日当は三千円です。」と言った。", ["「日当は三千円です。」", "と言った。"]),
        ("مدة الإجازة عشرون يوما. هل هذا صحيح؟ نعم.", ["مدة الإجازة عشرون يوما.", "هل هذا صحيح؟", "نعم."]),
        ("छुट्टी बीस दिन है। यह नियम है।", ["छुट्टी बीस दिन है।", "यह नियम है।"]),
    ],
)  # fmt: skip
def test_other_scripts(text: str, sentences: list[str]) -> None:
    """Their marks end a sentence, with the closing bracket behind them, whether or not a space follows."""
    assert split(text) == sentences


def test_a_question_mark_inside_an_address_ends_nothing() -> None:
    text = "See http://intra/find?unit=3 for more."
    assert split(text) == [text]
