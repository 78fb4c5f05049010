"""What a model thinks is never its answer, and only a loop is stopped."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.loop_guard import LoopGuard, find_loop_start
from rag.answering.reasoning import ReasoningFilter, answer_in

ANSWER = "Rent is 16 crowns [1]."


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (f"<think>\nMaybe 18?\n</think>\n\n{ANSWER}", ANSWER),
        (f"Maybe 18?\n</think>\n\n{ANSWER}", ANSWER),
        ("<think>\nMaybe 18? And", ""),
        (f"<thinking>Maybe 18?</thinking>{ANSWER}", ANSWER),
        (f"[THINK]Maybe 18?[/THINK]{ANSWER}", ANSWER),
        (f"◁think▷Maybe 18?◁/think▷{ANSWER}", ANSWER),
        (f"<reasoning>18?</reasoning><answer>{ANSWER}</answer>", ANSWER),
        (
            "<|channel|>analysis<|message|>18?<|end|><|start|>assistant<|channel|>final<|message|>"
            f"{ANSWER}<|return|>",
            ANSWER,
        ),
        (f"Steps: 18?\n[BEGIN FINAL RESPONSE]{ANSWER}[END FINAL RESPONSE]", ANSWER),
        (ANSWER, ANSWER),
        ("Write <b>, or `<think>`.", "Write <b>, or `<think>`."),
    ],
)  # fmt: skip
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_reasoning_is_left_out_however_it_is_marked(text: str, answer: str, size: int) -> None:
    stream = ReasoningFilter()
    for start in range(0, len(text), size):
        stream.feed(text[start : start + size])
    stream.finish()
    assert stream.answer == answer


def test_pieces_of_the_answer_come_as_they_are_written_and_those_of_the_reasoning_do_not() -> None:
    stream = ReasoningFilter()
    assert [stream.feed(piece) for piece in ("<th", "ink>18?", "</think", ">Rent ", "is 16.")] == [
        "", "", "", "Rent", " is 16.",
    ]  # fmt: skip
    assert not stream.is_thinking


@given(
    st.lists(st.sampled_from(["<think>", "</think>", "a ", "1", "<", "[THINK]", "\n"]), max_size=12)
)
def test_what_was_streamed_begins_the_answer_or_was_reasoning(pieces: list[str]) -> None:
    stream = ReasoningFilter()
    streamed = "".join([stream.feed(piece) for piece in pieces] + [stream.finish()])
    assert stream.answer == answer_in("".join(pieces)).lstrip()
    assert stream.answer.startswith(streamed) or "</think>" in "".join(pieces)


LONG = [
    f"| {'Code'.ljust(70)} | {'Meaning'.ljust(70)} |\n|" + ("-" * 72 + "|") * 4,
    "\n".join(f"| K{n} | Jammed | Open the cover and pull the sheet out |" for n in range(10, 20)),
    "Scope " + "." * 210 + " 3\nTerms " + "." * 210 + " 9",
    "Name: " + "_" * 220,
    " ".join(["Yes."] * 5),
    "\n".join(f"- {name}: from Monday to Friday, 8:00 to 17:00" for name in "ABCDEFGH"),
]  # fmt: skip


@pytest.mark.parametrize("text", LONG)
def test_tables_forms_and_lists_are_no_loops(text: str) -> None:
    guard = LoopGuard()
    assert [guard.looped_at(text[:end]) for end in range(0, len(text), 6)] == [None] * len(
        range(0, len(text), 6)
    )


@pytest.mark.parametrize(
    "unit", ["Rent is 16 crowns and so on. ", "- the same\n", "ab ", "1, 2, 3. "]
)
def test_a_loop_is_stopped_behind_its_first_round(unit: str) -> None:
    text = "Here it is: " + unit * 200
    guard = LoopGuard()
    ends = [
        (end, at)
        for end in range(0, len(text), 6)
        if (at := guard.looped_at(text[:end])) is not None
    ]
    end, at = ends[0]
    assert end < 800
    assert at - len("Here it is: ") <= 2 * len(unit) + 1


def test_signs_alone_are_a_loop_only_when_they_never_end() -> None:
    assert find_loop_start("." * 2_000) is None
    assert find_loop_start("." * 5_000) is not None
