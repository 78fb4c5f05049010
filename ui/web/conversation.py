"""One person's conversation: what was asked and answered, and what the page shows of it now."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from rag.answer import Answer, AnswerEvent, DeltaEvent, RetrievalEvent, Status, Turn
from rag.errors import InhouseError
from ui.view import answer as view
from ui.view import evidence
from ui.view.text import Words
from ui.web.desk import Desk
from ui.web.events import Frames
from ui.web.people import Person

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Screen:
    """What changes on the page; None leaves a part as it is.

    `now` is the turn that is being answered, `earlier` are the finished ones, each with its evidence,
    all as HTML. `note` is a plain sentence beside the question box.
    """

    now: str | None = None
    now_evidence: str | None = None
    earlier: str | None = None
    earlier_evidence: str | None = None
    note: str | None = None
    busy: bool = True


class Conversation:
    """The turns of one browser tab, kept on the server for as long as the tab is open."""

    def __init__(self) -> None:
        self.history: list[Turn] = []
        self.turns: list[str] = []
        self.evidences: list[str] = []
        self.stopping = False
        self.busy = False

    def ask(self, question: str, desk: Desk, person: Person) -> Iterator[Screen]:
        """Answer a question, screen by screen; the last screen is not busy. Raises nothing."""
        if self.busy:  # one answer at a time, wherever on the page the question came from
            yield Screen()
            return
        question = question.strip()
        if complaint := _complaint(question, desk.words):
            yield Screen(note=complaint, busy=False)
            return
        self.stopping, self.busy = False, True
        try:
            yield from self._screens(question, desk, person)
        finally:  # also when the tab was closed in the middle
            self.busy = False

    def stop(self) -> None:
        """End the answer that is being written, within a moment."""
        self.stopping = True

    def _screens(self, question: str, desk: Desk, person: Person) -> Iterator[Screen]:
        number = len(self.turns) + 1
        turn, sources = view.searching(number, question, desk.words), ""
        yield Screen(turn, sources, "".join(self.turns), "".join(self.evidences), note="")
        try:
            for turn, sources in self._answer(number, question, desk, person):
                yield Screen(turn, sources)
        except InhouseError as exc:
            turn = view.failed(number, question, str(exc), desk.words)
        except Exception:  # the reader gets a sentence, the operator the traceback
            _log.exception("A question could not be answered.")
            turn = view.failed(number, question, desk.words.broken, desk.words)
        self.turns.append(turn)
        self.evidences.append(sources)
        yield Screen(turn, sources, busy=False)

    def _answer(
        self, number: int, question: str, desk: Desk, person: Person
    ) -> Iterator[tuple[str, str]]:
        """(turn, evidence) each time that something new is to be seen."""
        words, text, sources, passages = desk.words, "", "", 0
        assistant = desk.assistant_for(person)
        shelf = evidence.Shelf(assistant.reading().name)
        frames = Frames(iter(assistant.stream(question, history=tuple(self.history))))
        try:
            for frame in frames:
                for event in frame:
                    if isinstance(event, RetrievalEvent):
                        passages = len(event.hits)
                        sources = evidence.found(number, question, event.hits, words, shelf)
                        yield view.reading(number, question, passages, words), sources
                    elif isinstance(event, DeltaEvent):
                        text += event.text
                    elif isinstance(event, AnswerEvent):
                        yield self._finish(number, event.answer, words, shelf)
                        return
                if self.stopping:
                    yield view.stopped(number, question, text, words), sources
                    return
                if frame and text:
                    yield view.writing(number, question, text, passages, words), sources
        finally:
            frames.close()

    def _finish(
        self, number: int, answer: Answer, words: Words, shelf: evidence.Shelf
    ) -> tuple[str, str]:
        if answer.text and answer.status is not Status.MODEL_UNAVAILABLE:
            self.history.append(Turn(question=answer.question, answer=answer.text))
        sources = evidence.evidence(number, answer, words, shelf)
        return view.answered(number, answer, words), sources


def _complaint(question: str, words: Words) -> str:
    from rag.assistant import MAX_QUESTION_CHARACTERS

    if not question:
        return words.question_empty
    if len(question) > MAX_QUESTION_CHARACTERS:
        length, limit = f"{len(question):,}", f"{MAX_QUESTION_CHARACTERS:,}"
        return words.question_too_long.format(n=length, limit=limit)
    return ""
