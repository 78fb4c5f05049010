"""One person's conversation: what was asked and answered, and what the page shows of it now."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from rag.answer import Answer, AnswerEvent, DeltaEvent, RetrievalEvent, Status, Turn
from rag.errors import InhouseError
from ui.errors import NotThereError
from ui.view import answer as view
from ui.view import evidence
from ui.view.acts import Kept
from ui.view.languages import LANGUAGES
from ui.view.text import Words
from ui.web.desk import Desk
from ui.web.events import Frames
from ui.web.feedback import FeedbackBook
from ui.web.history import History
from ui.web.people import Person
from ui.web.recall import recall

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


@dataclass(frozen=True, slots=True)
class Shown:
    """A turn as it stands on the page: the question, its answer, its evidence, both as HTML."""

    question: str
    turn: str
    evidence: str
    answered: bool


class Conversation:
    """The turns of one browser tab, kept on the server for as long as the tab is open.

    With a `History` each answer is also kept there, as the conversation `id`; it can be opened again.
    """

    def __init__(self, language: str = "") -> None:
        self.language = language
        self.id: str | None = None
        self.history: list[Turn] = []
        self.shown: list[Shown] = []
        self.stopping = False
        self.busy = False

    def ask(
        self, question: str, desk: Desk, person: Person, history: History | None = None
    ) -> Iterator[Screen]:
        """Answer a question, screen by screen; the last screen is not busy. Raises nothing."""
        if self.busy:  # one answer at a time, wherever on the page the question came from
            yield Screen()
            return
        question = question.strip()
        if complaint := _complaint(question, self._words(desk)):
            yield Screen(note=complaint, busy=False)
            return
        self.stopping, self.busy = False, True
        try:
            yield from self._screens(question, desk, person, history)
        finally:  # also when the tab was closed in the middle
            self.busy = False

    def _words(self, desk: Desk) -> Words:
        """In the language that was chosen for this tab."""
        return LANGUAGES.get(self.language, desk.words)

    def stop(self) -> None:
        """End the answer that is being written, within a moment."""
        self.stopping = True

    def open(
        self, kept: str, desk: Desk, person: Person, history: History, feedback: FeedbackBook
    ) -> Screen:
        """Take up a conversation that was kept, as far as this person may still see it. Raises nothing."""
        if self.busy or self.shown:
            return Screen(busy=self.busy)
        words = self._words(desk)
        try:
            name = desk.assistant_for(person).reading().name
            said = feedback.of(person, kept)
            turns = history.turns(person, kept)
            for turn in turns:
                old = recall(turn.answer, desk, person, words)
                helpful = said[turn.n].helpful if turn.n in said else None
                place = Kept(kept, turn.n, helpful)
                self._add(old.answer, evidence.Shelf(name, old.gone), place, words)
        except InhouseError as exc:
            self.__init__(self.language)  # type: ignore[misc]
            return Screen(note=str(exc), busy=False)
        self.id = kept
        return self._screen(busy=False)

    def _screen(self, *, busy: bool, note: str = "") -> Screen:
        """All of it, the last turn in the place of the newest."""
        earlier, last = self.shown[:-1], self.shown[-1:]
        return Screen(
            last[0].turn if last else "",
            last[0].evidence if last else "",
            "".join(each.turn for each in earlier),
            "".join(each.evidence for each in earlier),
            note=note,
            busy=busy,
        )

    def _screens(
        self, question: str, desk: Desk, person: Person, history: History | None
    ) -> Iterator[Screen]:
        words = self._words(desk)
        if self.shown and not self.shown[-1].answered and self.shown[-1].question == question:
            self.shown.pop()  # asked again because it came to nothing
        number = len(self.shown) + 1
        turn, sources = view.searching(number, question, words), ""
        earlier = "".join(each.turn for each in self.shown)
        yield Screen(turn, sources, earlier, "".join(each.evidence for each in self.shown), note="")
        answer = None
        try:
            for turn, sources, answer in self._answer(number, question, desk, person):
                if answer is None:
                    yield Screen(turn, sources)
        except InhouseError as exc:
            turn = view.failed(number, question, str(exc), words)
        except Exception:  # the reader gets a sentence, the operator the traceback
            _log.exception("A question could not be answered.")
            turn = view.failed(number, question, words.broken, words)
        if answer is None:
            self.shown.append(Shown(question, turn, sources, answered=False))
            yield Screen(turn, sources, busy=False)
            return
        place, note = self._keep(answer, person, history)
        shelf = evidence.Shelf(desk.assistant_for(person).reading().name)
        self._add(answer, shelf, place, words)
        yield Screen(self.shown[-1].turn, self.shown[-1].evidence, note=note, busy=False)

    def _keep(
        self, answer: Answer, person: Person, history: History | None
    ) -> tuple[Kept | None, str | None]:
        """Where the answer is kept, or the sentence that says why it is not."""
        if history is None:
            return None, None
        try:
            if self.id is None:
                self.id = history.create(person)
            try:
                turn = history.append(person, self.id, answer)
            except NotThereError:  # deleted in another tab: what is asked from now on is a new one
                self.id = history.create(person)
                turn = history.append(person, self.id, answer)
        except InhouseError as exc:
            return None, str(exc)
        return Kept(self.id, turn), None

    def _answer(
        self, number: int, question: str, desk: Desk, person: Person
    ) -> Iterator[tuple[str, str, Answer | None]]:
        """(turn, evidence, None) each time that something new is to be seen; at the end with the answer."""
        words, text, sources, passages = self._words(desk), "", "", 0
        assistant = desk.assistant_for(person)
        shelf = evidence.Shelf(assistant.reading().name)
        frames = Frames(iter(assistant.stream(question, history=tuple(self.history))))
        try:
            for frame in frames:
                for event in frame:
                    if isinstance(event, RetrievalEvent):
                        passages = len(event.hits)
                        sources = evidence.found(number, question, event.hits, words, shelf)
                        yield view.reading(number, question, passages, words), sources, None
                    elif isinstance(event, DeltaEvent):
                        text += event.text
                    elif isinstance(event, AnswerEvent):
                        yield "", "", event.answer
                        return
                if self.stopping:
                    yield view.stopped(number, question, text, words), sources, None
                    return
                if frame and text:
                    yield view.writing(number, question, text, passages, words), sources, None
        finally:
            frames.close()

    def _add(self, answer: Answer, shelf: evidence.Shelf, place: Kept | None, words: Words) -> None:
        """The finished answer, for the page and for the questions that follow it."""
        is_one = bool(answer.text) and answer.status is not Status.MODEL_UNAVAILABLE
        if is_one:
            self.history.append(Turn(question=answer.question, answer=answer.text))
        number = len(self.shown) + 1
        turn = view.answered(number, answer, words, place, withdrawn=bool(shelf.gone))
        sources = evidence.evidence(number, answer, words, shelf)
        self.shown.append(Shown(answer.question, turn, sources, answered=is_one))


def _complaint(question: str, words: Words) -> str:
    from rag.assistant import MAX_QUESTION_CHARACTERS

    if not question:
        return words.question_empty
    if len(question) > MAX_QUESTION_CHARACTERS:
        length, limit = f"{len(question):,}", f"{MAX_QUESTION_CHARACTERS:,}"
        return words.question_too_long.format(n=length, limit=limit)
    return ""
