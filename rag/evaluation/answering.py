"""Asking the model every question, several at a time."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import TypeVar

from rag.answer import Answer, AnswerEvent, Status
from rag.assistant import Assistant
from rag.errors import ModelServerError
from rag.evaluation.questions import Question
from rag.progress import Progress

GIVE_UP_AFTER = 5
"""So many questions in a row without an answer mean that the server is gone."""

T = TypeVar("T")


class _StoppedError(Exception):
    """Somebody ended the evaluation while this question was being answered."""


@dataclass(slots=True)
class _AskingRun:
    """The state that the threads of one evaluation share."""

    stop: threading.Event = field(default_factory=threading.Event)
    failed_in_a_row: int = 0


def answer_all(
    assistant: Assistant, questions: Sequence[Question], concurrency: int, progress: Progress
) -> dict[str, Answer]:
    """The answers by question id, `concurrency` at a time; a question without an answer is missing.

    Such a question is asked once more at the end. Raises ModelServerError if the server is gone.
    """
    run = _AskingRun()

    def ask(question: Question) -> Answer | None:
        events = assistant.stream(question.question, history=question.history)
        # Closing the stream stops the generation on the server.
        with contextlib.closing(events):  # type: ignore[type-var]
            for event in events:
                if run.stop.is_set():
                    raise _StoppedError
                if isinstance(event, AnswerEvent):
                    return _counted(event.answer, run)
        raise AssertionError("a stream ends with its answer")

    progress.start("Asking", len(questions))
    answers = _each(ask, questions, concurrency, progress, run)
    if missing := [unanswered for unanswered in questions if unanswered.id not in answers]:
        progress.start("Asking again", len(missing))
        answers |= _each(ask, missing, 1, progress, run)
    return answers


def write_all(
    write: Callable[[Question], str],
    questions: Sequence[Question],
    concurrency: int,
    progress: Progress,
) -> dict[str, str]:
    """What `write` makes of each question, by its id; what a model server refuses is an error."""
    progress.start("Asking without documents", len(questions))
    return _each(write, questions, concurrency, progress, _AskingRun())


def _counted(answer: Answer, run: _AskingRun) -> Answer | None:
    if answer.status is not Status.MODEL_UNAVAILABLE:
        run.failed_in_a_row = 0
        return answer
    run.failed_in_a_row += 1
    if run.failed_in_a_row >= GIVE_UP_AFTER:
        raise ModelServerError(
            f"The model server left {run.failed_in_a_row} questions in a row without an answer: "
            f"{answer.notice}",
            hint="See: inhouse doctor",
        )
    return None


def _each(
    work: Callable[[Question], T | None],
    questions: Iterable[Question],
    concurrency: int,
    progress: Progress,
    run: _AskingRun,
) -> dict[str, T]:
    """Do the work in threads; the first error, and Ctrl-C, end all of it."""
    done: dict[str, T] = {}
    with ThreadPoolExecutor(concurrency, thread_name_prefix="evaluation") as pool:
        futures: Mapping[Future[T | None], str] = {
            pool.submit(work, question): question.id for question in questions
        }
        try:
            for future in as_completed(futures):
                result = future.result()
                if result is not None:
                    done[futures[future]] = result
                progress.advance()
        finally:
            # Reached with work left only by an error or Ctrl-C: the rest is not waited for.
            run.stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            run.stop = threading.Event()
    return done
