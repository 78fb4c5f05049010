"""One person's conversation: what was asked and answered, and what the page shows of it now."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rag.answer import Answer, RetrievalEvent, SentencesEvent, Status, Turn
from rag.errors import InhouseError
from ui.errors import NotAllowedError, NotThereError
from ui.messages.languages import LANGUAGES
from ui.messages.numbers import number
from ui.messages.page import Words
from ui.messages.refusals import translate_refusal
from ui.view import answer as view
from ui.view import evidence
from ui.view.answer_actions import Kept
from ui.web.assistant_service import AssistantService
from ui.web.chat.draft import Draft
from ui.web.chat.event_batches import EventBatches
from ui.web.chat.redaction import Recalled, find_uris, redact, redact_turns
from ui.web.chat.screen import RenderedTurn, Screen
from ui.web.identity import Person
from ui.web.scope import make_scope_filter, scope_names
from ui.web.suggestions import NEXT_QUESTIONS, next_questions, questions_of_others
from ui.web.userdata.feedback import FeedbackBook
from ui.web.userdata.history import History, KeptTurn, find_basis
from ui.web.userdata.shared_links import SharedConversation, SharedLinks

SHARED = "s:"
"""What the name of a conversation begins with that is opened by its link."""
_log = logging.getLogger(__name__)
_PATIENCE_S, _LOOK_S = 3.0, 0.02  # for an answer whose page has lost it, and asks again


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks of what, and where it is kept. `is_welcome`: whether they still may, in mid-answer.

    `scope` are the ids of the documents, folders and tags that are asked; none: all of them. `scope_names`
    are their names for this person.
    """

    service: AssistantService
    person: Person
    history: History | None
    is_welcome: Callable[[], bool]
    scope: tuple[str, ...] = ()
    scope_names: tuple[str, ...] = ()


class Conversation:
    """The turns of one browser tab, kept on the server for as long as the tab is open.

    With a `History` each answer is also kept there, as the conversation `id`; it can be opened again. All
    of it is asked of one `profile`, that of the first question.
    """

    def __init__(self, language: str = "") -> None:
        self.language = language
        self.id: str | None = None
        self.profile: str | None = None
        self.scope: tuple[str, ...] = ()
        self.history: list[Turn] = []
        self.shown: list[RenderedTurn] = []
        self.stopping = False
        self.busy = False
        self.is_kept_so_far = False

    def ask(
        self,
        question: str,
        service: AssistantService,
        person: Person,
        history: History | None = None,
        *,
        kept: str = "",
        feedback: FeedbackBook | None = None,
        links: SharedLinks | None = None,
        profile: str = "",
        scope: Sequence[str] = (),
        is_welcome: Callable[[], bool] = lambda: True,
    ) -> Iterator[Screen]:
        """Answer a question, screen by screen; the last screen is not busy. Raises nothing.

        `kept`: the conversation that the page shows, which another process may have begun. `profile` counts
        for the first question; `scope` are the ids of what is asked (see `ui.web.scope`); `is_welcome` is
        looked at while the answer is written.
        """
        question = question.strip()
        if complaint := _complaint(question, self._words(service)):
            yield Screen(note=complaint, busy=False)
            return
        if not self._is_free():
            yield Screen(note=self._words(service).still_answering, busy=False)
            return
        if kept and not self.shown and history is not None and feedback is not None:
            self.open(kept, service, person, history, feedback, links)  # what is gone begins anew
        self.stopping, self.busy, self.is_kept_so_far = False, True, False
        if self.profile is None:
            self.profile = service.profiles.named(profile).name
        try:
            names = scope_names(scope, service, person, self._words(service))
            visit = Visit(service, person, history, is_welcome, tuple(scope), names)
            yield from self._screens(question, visit)
        finally:  # also when the tab was closed in the middle
            self.busy = False

    def _words(self, service: AssistantService) -> Words:
        """In the language that was chosen for this tab."""
        return LANGUAGES.get(self.language, service.words)

    def _is_free(self) -> bool:
        """Whether nothing is being answered; an answer that nobody hears any more is given up first."""
        give_up = time.monotonic() + _PATIENCE_S
        while self.busy and time.monotonic() < give_up:
            self.stopping = True
            time.sleep(_LOOK_S)
        return not self.busy

    def stop(self) -> None:
        """End the answer that is being written, within a moment."""
        self.stopping = True

    def open(
        self,
        kept: str,
        service: AssistantService,
        person: Person,
        history: History,
        feedback: FeedbackBook,
        links: SharedLinks | None = None,
    ) -> Screen:
        """Take up a conversation that was kept, as far as this person may still see it. Raises nothing.

        One that somebody shares, which is called by SHARED and its link's token, becomes this person's own
        with their first question.
        """
        if self.busy or self.shown:
            return Screen(busy=self.busy)
        words, note = self._words(service), ""
        is_shared = links is not None and kept.startswith(SHARED)
        try:
            if links is not None and is_shared:
                self._open_shared(links.open(kept.removeprefix(SHARED)), service, person)
                return self._screen(busy=False)
            name = service.assistant_for(person).reading().name
            feedback_given = feedback.of(person, kept)
            conversation = history.get(person, kept)
            profile, self.scope = conversation.profile, conversation.scope
            self.profile = service.profiles.named(profile).name
            if profile and profile != self.profile:
                note = words.profile_gone.format(name=profile, other=self.profile)
            for turn, old in redact_turns(history.turns(person, kept), service, person, words):
                helpful = feedback_given[turn.n].helpful if turn.n in feedback_given else None
                names = scope_names(turn.scope, service, person, words)
                shelf = evidence.Shelf(name, old.gone)
                self._add_stored(turn, old, shelf, Kept(kept, turn.n, helpful), words, names)
        except InhouseError as exc:
            self.__init__(self.language)  # type: ignore[misc]
            note = str(exc)
            if isinstance(exc, NotThereError):
                note = words.link_gone if is_shared else words.conversation_gone
            return Screen(note=note, busy=False)
        self.id = kept
        return self._screen(busy=False, note=note)

    def _open_shared(
        self, shared: SharedConversation, service: AssistantService, person: Person
    ) -> None:
        words, name = self._words(service), service.assistant_for(person).reading().name
        self.profile = service.profiles.named(shared.profile).name
        for turn, old in redact_turns(shared.turns, service, person, words):
            names = scope_names(turn.scope, service, person, words)
            self._add_stored(turn, old, evidence.Shelf(name, old.gone), None, words, names)

    def _screen(self, *, busy: bool, note: str = "") -> Screen:
        """All of it, the last turn in the place of the newest."""
        earlier, last = self.shown[:-1], self.shown[-1:]
        return Screen(
            last[0].turn if last else "",
            last[0].evidence if last else "",
            "".join(turn.turn for turn in earlier),
            "".join(turn.evidence for turn in earlier),
            note=note,
            busy=busy,
        )

    def _screens(self, question: str, visit: Visit) -> Iterator[Screen]:
        words, again = self._words(visit.service), None
        if self.shown and not self.shown[-1].answered and self.shown[-1].question == question:
            again = self.shown.pop().kept  # asked again because it came to nothing
        self._withdraw(visit)
        number = len(self.shown) + 1
        turn, sources = view.render_searching(number, question, words, visit.scope_names), ""
        earlier = "".join(turn.turn for turn in self.shown)
        yield Screen(turn, sources, earlier, "".join(turn.evidence for turn in self.shown), note="")
        draft = Draft(question, self.profile or "")
        try:
            for parts in self._write(number, draft, visit):
                if parts is not None:
                    turn, sources = parts
                    again = self._keep_so_far(draft, visit, again)
                yield Screen() if parts is None else Screen(turn, sources)
        except (
            GeneratorExit
        ):  # the tab was closed, or the server ends: what there was until then is kept
            is_interrupted = not self.stopping
            draft.stop()
            saved_as, _ = self._keep(draft, visit, again, is_interrupted=is_interrupted)
            self._add_unfinished(draft, visit, saved_as, is_interrupted=is_interrupted)
            raise
        except InhouseError as exc:
            complaint = translate_refusal(str(exc), words)
            turn = view.render_failed(number, question, complaint, words, visit.scope_names)
            sources = "" if isinstance(exc, NotAllowedError) else sources
        except Exception:  # the reader gets a sentence, the operator the traceback
            _log.exception("A question could not be answered.")
            turn = view.render_failed(number, question, words.broken, words, visit.scope_names)
        if draft.answer is None:
            self.shown.append(RenderedTurn(question, turn, sources, answered=False))
            yield Screen(turn, sources, busy=False)
            return
        saved_as, note = self._keep(draft, visit, again)
        shelf = evidence.Shelf(visit.service.assistant_for(visit.person).reading().name)
        self._add(
            draft.answer,
            shelf,
            saved_as,
            words,
            is_stopped=draft.is_stopped,
            scope=visit.scope,
            names=visit.scope_names,
        )
        turn = self.shown[-1].turn + self._next(draft.answer, visit)
        yield Screen(turn, self.shown[-1].evidence, note=note, busy=False)

    def _next(self, answer: Answer, visit: Visit) -> str:
        """What one might ask next, below the newest answer."""
        words = self._words(visit.service)
        try:
            shelf = visit.service.assistant_for(visit.person, self.profile or "").shelf()
            questions = [
                *self._asked_by_others(answer, visit),
                *next_questions(shelf, answer, words),
            ]
        except InhouseError:
            return ""
        return view.render_next_questions(list(dict.fromkeys(questions))[:NEXT_QUESTIONS], words)

    def _asked_by_others(self, answer: Answer, visit: Visit) -> list[str]:
        basis = find_basis(answer)
        if visit.history is None or not basis:
            return []
        asked = visit.history.asked_by_others(visit.person, basis)
        uris = frozenset[str]().union(*(find_uris([question.answer]) for question in asked))
        readable = visit.service.readable(visit.person, uris)
        asked = [question for question in asked if find_uris([question.answer]) <= readable]
        return questions_of_others(asked, [turn.question for turn in self.shown])

    def _add_unfinished(
        self, draft: Draft, visit: Visit, saved_as: Kept | None, *, is_interrupted: bool
    ) -> None:
        with contextlib.suppress(InhouseError):  # the server may be on its way out
            shelf = evidence.Shelf(visit.service.assistant_for(visit.person).reading().name)
            self._add(
                draft.so_far(),
                shelf,
                saved_as,
                self._words(visit.service),
                is_stopped=True,
                is_interrupted=is_interrupted,
                scope=visit.scope,
                names=visit.scope_names,
            )

    def _withdraw(self, visit: Visit) -> None:
        """Take out of the earlier turns what this person may no longer read, for the tab and the model."""
        if visit.person.readers is None or not self.shown:
            return
        words, before = self._words(visit.service), list[Answer]()
        name = visit.service.assistant_for(visit.person).reading().name
        turns, self.shown, self.history = self.shown, [], []
        for turn in turns:
            if turn.answer is None:
                self.shown.append(turn)
                continue
            old = redact(turn.answer, visit.service, visit.person, words, before)
            before.append(turn.answer)
            shelf = evidence.Shelf(name, old.gone)
            self._add(
                old.answer,
                shelf,
                turn.kept,
                words,
                is_stopped=turn.is_stopped,
                is_interrupted=turn.is_interrupted,
                scope=turn.scope,
                names=scope_names(turn.scope, visit.service, visit.person, words),
            )

    def _keep_so_far(self, draft: Draft, visit: Visit, again: Kept | None) -> Kept | None:
        """Keep the first that is found, so that it is there even if the server is killed."""
        if self.is_kept_so_far or not draft.retrieval.is_final or not draft.retrieval.hits:
            return again
        self.is_kept_so_far = True
        unfinished = Draft(draft.question, draft.profile, draft.model, draft.retrieval)
        unfinished.stop()
        saved_as, _ = self._keep(unfinished, visit, again, is_interrupted=True)
        return saved_as or again

    def _keep(
        self, draft: Draft, visit: Visit, again: Kept | None, *, is_interrupted: bool = False
    ) -> tuple[Kept | None, str | None]:
        """Where the answer is kept, or the sentence that says why it is not."""
        history, person, answer = visit.history, visit.person, draft.answer
        if history is None or answer is None:
            return None, None
        instead_of = None if again is None else again.turn
        try:
            if self.id is None:
                self.id = history.create(person, profile=self.profile or "")
                self.scope = ()
                for earlier in self.shown:  # of a conversation that somebody shares
                    if earlier.answer is not None:
                        history.append(
                            person,
                            self.id,
                            earlier.answer,
                            stopped=earlier.is_stopped,
                            interrupted=earlier.is_interrupted,
                            scope=earlier.scope,
                            is_own=False,
                        )
            try:
                turn = history.append(
                    person,
                    self.id,
                    answer,
                    stopped=draft.is_stopped,
                    interrupted=is_interrupted,
                    scope=visit.scope,
                    instead_of=instead_of,
                )
            except NotThereError:  # deleted in another tab: what is asked from now on is a new one
                self.id = history.create(person, profile=self.profile or "")
                self.scope = ()
                turn = history.append(
                    person, self.id, answer, stopped=draft.is_stopped, scope=visit.scope
                )
            if visit.scope != self.scope:
                history.keep_scope(person, self.id, visit.scope)
                self.scope = visit.scope
        except InhouseError as exc:
            return None, translate_refusal(str(exc), self._words(visit.service))
        return Kept(self.id, turn), None

    def _write(self, number: int, draft: Draft, visit: Visit) -> Iterator[tuple[str, str] | None]:
        """Turn and evidence each time that something new is to be seen; fills the draft.

        None where the model wrote on and nothing new is to be seen: so a page that was left is noticed.
        """
        words, sources = self._words(visit.service), ""
        assistant = visit.service.assistant_for(visit.person, draft.profile)
        draft.model = assistant.model_name
        shelf = evidence.Shelf(assistant.reading().name)
        question = draft.question
        filter = make_scope_filter(visit.scope, assistant, words)
        events = assistant.stream(question, history=tuple(self.history), filter=filter)
        batches = EventBatches(visit.service.metrics.events(iter(events)))
        try:
            for batch in batches:
                if not visit.is_welcome():
                    raise NotAllowedError(words.no_longer_welcome)
                changed = False
                for event in batch:
                    draft.hear(event)
                    if isinstance(event, RetrievalEvent):
                        sources = evidence.render_passages(
                            number, question, event.hits, words, shelf, event.extracts
                        )
                        quotes = view.render_quotes(
                            number, question, event, words, shelf, visit.scope_names
                        )
                        yield quotes, sources
                    changed = changed or isinstance(event, SentencesEvent)
                if draft.answer is not None:
                    return
                if self.stopping:
                    draft.stop()
                    return
                if changed:
                    turn = view.render_writing(
                        number,
                        question,
                        draft.sentences,
                        draft.retrieval,
                        words,
                        shelf,
                        visit.scope_names,
                    )
                    yield turn, sources
                elif batch:
                    yield None
        finally:
            batches.close()

    def _add_stored(
        self,
        turn: KeptTurn,
        old: Recalled,
        shelf: evidence.Shelf,
        saved_as: Kept | None,
        words: Words,
        names: Sequence[str],
    ) -> None:
        """An answer of a stored or shared conversation, as its viewer may see it now."""
        self._add(
            old.answer,
            shelf,
            saved_as,
            words,
            is_stopped=turn.stopped,
            is_interrupted=turn.interrupted,
            scope=turn.scope,
            names=names,
        )

    def _add(
        self,
        answer: Answer,
        shelf: evidence.Shelf,
        saved_as: Kept | None,
        words: Words,
        *,
        is_stopped: bool = False,
        is_interrupted: bool = False,
        scope: tuple[str, ...] = (),
        names: Sequence[str] = (),
    ) -> None:
        """The answer, for the page, and where it was finished for the questions that follow it."""
        number = len(self.shown) + 1
        render = view.render_stopped if is_stopped else view.render_answer
        render = view.render_interrupted if is_interrupted else render
        turn = render(number, answer, words, saved_as, shelf, names)
        is_one = (
            bool(answer.shown_text)
            and not is_stopped
            and answer.status is not Status.MODEL_UNAVAILABLE
        )
        if is_one:
            self.history.append(answer.as_turn())
        sources = evidence.render_evidence(number, answer, words, shelf)
        self.shown.append(
            RenderedTurn(
                answer.question,
                turn,
                sources,
                is_one,
                saved_as,
                answer,
                is_stopped=is_stopped,
                is_interrupted=is_interrupted,
                scope=scope,
            )
        )


def _complaint(question: str, words: Words) -> str:
    from rag.question import MAX_QUESTION_CHARACTERS

    if not question:
        return words.question_empty
    if len(question) > MAX_QUESTION_CHARACTERS:
        length, limit = number(len(question), words), number(MAX_QUESTION_CHARACTERS, words)
        return words.question_too_long.format(n=length, limit=limit)
    return ""
