"""Questions with what is known of their answers: one JSON object a line, see docs/evaluation.md."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rag.answer import Turn
from rag.errors import UsageError
from rag.question import MAX_QUESTION_CHARACTERS
from rag.validation import problems

FORMAT_HINT = "docs/evaluation.md says how a question looks."
_SHOWN_ERRORS = 10


class _QuestionPart(BaseModel):
    model_config = ConfigDict(frozen=True)


class Fact(_QuestionPart):
    """Where an answer stands.

    `filename`: a document's file name, with or without its ending. `text`: what it says there, in its own
    words, or empty; `page`: 1-based, or None.
    """

    filename: str = Field(min_length=1)
    text: str = ""
    page: int | None = Field(None, ge=1)


class JudgedAnswer(_QuestionPart):
    """An answer that a person has read, and whether it is right."""

    answer: str = Field(min_length=1)
    right: bool


class Question(_QuestionPart):
    """A question, and what a good answer to it holds.

    `judged` are answers that a person has judged. `standalone` is a follow-up's question made whole;
    `history` is what it leans on.
    """

    # Not so for a fact's file name: one may begin with a space.
    model_config = ConfigDict(str_strip_whitespace=True)

    id: str = Field(min_length=1)
    question: str = Field(min_length=1, max_length=MAX_QUESTION_CHARACTERS)
    type: str = "question"
    facts: tuple[Fact, ...] = ()
    answers: tuple[str, ...] = ()
    judged: tuple[JudgedAnswer, ...] = ()
    unanswerable: bool = False
    history: tuple[Turn, ...] = ()
    standalone: str = Field("", max_length=MAX_QUESTION_CHARACTERS)

    @model_validator(mode="after")
    def _says_what_is_right(self) -> Question:
        if self.unanswerable and self.answers:
            raise ValueError("an unanswerable question has no answers")
        if not (self.unanswerable or self.facts or self.answers):
            raise ValueError("neither facts nor answers, and not marked as unanswerable")
        return self


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """The questions of a file, in its order. `sha256` is that of the file, `ignored` its unknown keys."""

    name: str
    sha256: str
    questions: tuple[Question, ...]
    ignored: tuple[str, ...] = ()


def read_questions(path: Path) -> QuestionSet:
    """Read a file of questions. A question without an id gets the number of its line.

    Raises UsageError, which names the lines that are wrong and what is wrong with them.
    """
    try:
        content = path.read_bytes()
        # Not splitlines(): it also breaks at characters that may stand inside of a JSON string.
        lines = content.decode("utf-8-sig").split("\n")
    except OSError as exc:
        raise UsageError(f"{path} cannot be read: {exc.strerror or exc}.") from exc
    except UnicodeDecodeError as exc:
        line = content.count(b"\n", 0, exc.start) + 1
        raise UsageError(f"{path} line {line} is not UTF-8.", hint=FORMAT_HINT) from exc
    questions, errors, ignored = _parse(lines)
    errors += _repeated(questions)
    if errors:
        errors.sort()
        listed = "; ".join(f"line {number}: {reason}" for number, reason in errors[:_SHOWN_ERRORS])
        more = len(errors) - _SHOWN_ERRORS
        also = f"; and {more:,} more" if more > 0 else ""
        raise UsageError(f"{path} {listed}{also}.", hint=FORMAT_HINT)
    if not questions:
        raise UsageError(f"{path} holds no question.", hint=FORMAT_HINT)
    return QuestionSet(
        path.name, hashlib.sha256(content).hexdigest(), tuple(questions.values()), tuple(ignored)
    )


_Errors = list[tuple[int, str]]


def _parse(lines: list[str]) -> tuple[dict[int, Question], _Errors, list[str]]:
    questions: dict[int, Question] = {}
    errors: _Errors = []
    ignored: set[str] = set()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as exc:
            reason = exc.msg if isinstance(exc, json.JSONDecodeError) else "nested too deeply"
            errors.append((number, f"no JSON ({reason})"))
            continue
        if not isinstance(row, dict):
            errors.append((number, "no JSON object"))
            continue
        unknown = row.keys() - Question.model_fields.keys()
        ignored |= {key.encode("utf-8", "replace").decode() for key in unknown}
        try:
            question = Question.model_validate({"id": str(number)} | row)
        except ValidationError as exc:
            errors += [
                (number, f"{problem.key}: {problem.reason}" if problem.key else problem.reason)
                for problem in problems(exc)
            ]
        else:
            questions[number] = question
    return questions, errors, sorted(ignored)


def _repeated(questions: dict[int, Question]) -> _Errors:
    """Every second use of an id: results are compared by it."""
    count: Counter[Any] = Counter()
    errors = []
    for number, question in questions.items():
        count[question.id] += 1
        if count[question.id] > 1:
            errors.append((number, f"the id {question.id!r} is taken"))
    return errors
