"""Files of questions: what is read, and how a wrong line is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag.errors import UsageError
from rag.evaluation import Fact, Question, read_questions

GOOD = {"question": "How long?", "facts": [{"filename": "leave", "text": "16 weeks."}]}


def write(path: Path, *lines: object) -> Path:
    path.write_text(
        "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), "utf-8"
    )
    return path


def test_a_file_is_read_in_order(tmp_path: Path) -> None:
    """Blank lines, a byte order mark, CRLF and odd line ends inside of strings do no harm."""
    more = {"id": "b", "question": "When\u2028then?", "unanswerable": True, "type": "none"}
    path = tmp_path / "q.jsonl"
    path.write_bytes(
        b"\xef\xbb\xbf"
        + json.dumps(GOOD).encode()
        + b"\r\n\r\n"
        + json.dumps(more, ensure_ascii=False).encode()
        + b"\r\n"
    )
    questions = read_questions(path)
    assert questions.questions == (
        Question(id="1", question="How long?", facts=(Fact(filename="leave", text="16 weeks."),)),
        Question(id="b", question="When\u2028then?", type="none", unanswerable=True),
    )
    assert (questions.name, len(questions.sha256), questions.ignored) == ("q.jsonl", 64, ())


def test_the_sample_questions_are_read(sample_docs: Path) -> None:
    questions = read_questions(sample_docs / "questions.jsonl")
    assert len(questions.questions) == 205
    assert sum(question.unanswerable for question in questions.questions) == 40
    assert (
        sum(bool(question.history and question.standalone) for question in questions.questions)
        == 16
    )
    assert questions.ignored == ()


def test_unknown_keys_are_said_and_left(tmp_path: Path) -> None:
    questions = read_questions(write(tmp_path / "q", GOOD | {"about": 1, "fact": 2}))
    assert questions.ignored == ("about", "fact")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{not json", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "no JSON object"),
        ("null", "no JSON object"),
        ({"facts": []}, "question: field required"),
        (GOOD | {"question": "  "}, "question: string should have at least 1 character"),
        (GOOD | {"question": "x" * 4001}, "question: string should have at most 4000 characters"),
        (GOOD | {"question": 7}, "question: input should be a valid string"),
        (GOOD | {"facts": [{"text": "x"}]}, "facts[1].filename: field required"),
        (
            GOOD | {"facts": [{"filename": "x", "page": 0}]},
            "facts[1].page: input should be greater",
        ),
        (GOOD | {"facts": {"filename": "x"}}, "facts: input should be a valid tuple"),
        (GOOD | {"history": [{"question": "x"}]}, "history[1].answer: field required"),
        ({"question": "What?"}, "neither facts nor answers"),
        (
            GOOD | {"unanswerable": True, "answers": ["x"]},
            "an unanswerable question has no answers",
        ),
        (
            '{"question": "\\ud800", "unanswerable": true}',
            "question: input should be a valid string",
        ),
    ],
)
def test_a_bad_line_is_named_with_its_number(tmp_path: Path, line: object, reason: str) -> None:
    path = write(tmp_path / "q.jsonl", GOOD, "", line, GOOD)
    with pytest.raises(UsageError) as caught:
        read_questions(path)
    assert f"{path} line 3: {reason}" in caught.value.message
    assert "docs/evaluation.md" in caught.value.hint


def test_every_bad_line_is_named_up_to_ten(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"line 1: .*; line 2: .*; line 10: .*; and 2 more"):
        read_questions(write(tmp_path / "q", *["x"] * 12))


def test_an_id_is_taken_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="line 2: the id 'a' is taken"):
        read_questions(write(tmp_path / "q", GOOD | {"id": "a"}, GOOD | {"id": "a"}))


def test_what_is_no_file_of_questions(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no question"):
        read_questions(write(tmp_path / "empty", "", ""))
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read_questions(tmp_path / "missing")
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        read_questions(tmp_path)
    latin = tmp_path / "latin"
    latin.write_bytes(json.dumps(GOOD).encode() + b'\n{"question": "Gr\xf6\xdfe"}')
    with pytest.raises(UsageError, match="line 2 is not UTF-8"):
        read_questions(latin)
