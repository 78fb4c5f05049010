"""Drafting a set of questions from the documents, for a person to edit."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from rag.answering import llm
from rag.errors import ModelServerError, StorageError, UsageError
from rag.evaluation.picking import Picked, pick
from rag.evaluation.wording import holds, words
from rag.index import Snapshot
from rag.progress import Progress
from rag.settings import LLMSettings

CLOZE = "cloze"
DRAFTED = "drafted"
GAP = "…"
_LONGEST_QUESTION = 200
_FEWEST_WORDS = 4
_INSTRUCTIONS = (
    "Write one short question about the sentence, so that the answer to the question is the given "
    "answer. Do not use the answer in the question. Write the question only, in the language of the "
    "sentence."
)

Writer = Callable[[Picked], str]


def draft(
    snapshot: Snapshot, count: int, write: Writer | None, concurrency: int, progress: Progress
) -> tuple[list[dict[str, Any]], ModelServerError | None]:
    """Up to `count` questions in the format that `read_questions` reads.

    `write` puts a question into words; where it is None, or what it writes is no question or gives the
    answer away, the question is the sentence with a gap (type `cloze` instead of `drafted`). After its
    first error it is left alone, and the error is returned as well.
    """
    picked = pick(snapshot, count)
    progress.start("Drafting", len(picked))
    attempt = _DraftAttempt(write)
    with ThreadPoolExecutor(concurrency, thread_name_prefix="draft") as pool:
        rows = []
        for number, (item, text) in enumerate(
            zip(picked, pool.map(attempt, picked), strict=True), start=1
        ):
            rows.append(_row(number, item, read_question(text, item)))
            progress.advance()
    return rows, attempt.problem


class _DraftAttempt:
    """Calls the writer until it fails; an empty text from there on. Safe in several threads."""

    def __init__(self, write: Writer | None) -> None:
        self._write = write
        self.problem: ModelServerError | None = None

    def __call__(self, picked: Picked) -> str:
        if self._write is None or self.problem is not None:
            return ""
        try:
            return self._write(picked)
        except ModelServerError as exc:
            self.problem = exc
            return ""


def make_model_writer(settings: LLMSettings) -> Writer:
    """A writer that asks the served model. Raises ModelServerError, here and when it is called."""
    from langchain_core.messages import HumanMessage, SystemMessage

    model = llm.open_chat_model(settings).model

    def write(picked: Picked) -> str:
        request = f"Sentence: {picked.sentence}\nAnswer: {picked.answer}\nQuestion:"
        pieces = llm.stream(model, [SystemMessage(_INSTRUCTIONS), HumanMessage(request)], ("\n\n",))
        return "".join(piece.text for piece in pieces)

    return write


def read_question(text: str, picked: Picked) -> str | None:
    """The question that a model wrote, or None where it is none.

    It ends with a question mark, shares a word with the sentence, and does not hold the answer.
    """
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    line = line.removeprefix("Question:").strip().strip('"“”')
    end = line.find("?")
    question = line[: end + 1]
    question_words = words(question)
    fits = (
        len(question) <= _LONGEST_QUESTION
        and len(question_words) >= _FEWEST_WORDS
        and not holds(question, [picked.answer])
        and any(len(word) > 3 and word in words(picked.sentence) for word in question_words)
    )
    return question if fits else None


def write_draft(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write the questions, one a line. Raises UsageError if there is such a file already."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    except FileExistsError as exc:
        raise UsageError(f"{path} exists already.", hint="Name a new file.") from exc
    except OSError as exc:
        raise StorageError(f"{path} cannot be written: {exc.strerror or exc}.") from exc


def _row(number: int, picked: Picked, question: str | None) -> dict[str, Any]:
    gap = picked.sentence[: picked.start] + GAP + picked.sentence[picked.end :]
    fact: dict[str, Any] = {"filename": picked.filename, "text": picked.sentence}
    if picked.page is not None:
        fact["page"] = picked.page
    return {
        "id": f"draft-{number:03d}",
        "question": question or gap,
        "type": DRAFTED if question else CLOZE,
        "facts": [fact],
        "answers": [picked.answer],
        "unanswerable": False,
    }
