"""Build the answer to one question: the prompt, the model's text as it arrives, its check, the `Answer`.

Nothing here waits for the model: `rag.answering.streaming` does, with and without `await`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rag.answer import (
    Answer,
    AnswerEvent,
    Citation,
    CitationsEvent,
    Context,
    DeltaEvent,
    Event,
    Extract,
    Sentence,
    SentencesEvent,
    Status,
    Turn,
    Usage,
)
from rag.answering import context, prompt, verdict
from rag.answering.llm import Piece
from rag.answering.loop_guard import LoopGuard
from rag.answering.passage_order import PassageOrderCache
from rag.answering.query import Retrieved
from rag.answering.reasoning import ReasoningFilter
from rag.embedder import Embedder
from rag.errors import ModelServerError
from rag.hit import Hit
from rag.language import sentences
from rag.profile import Profile
from rag.tracing import span

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

    from rag.citations import Checked
    from rag.citations.checking import SentenceCheck
    from rag.citations.entailment import Entailment
    from rag.citations.judge import Judge
    from rag.citations.relevance import Bearing
    from rag.citations.statements import PassageSentences

_SILENT = "The model gave no answer: it ended without writing a word."
_THOUGHT = (
    "The model gave no answer: it spent all its tokens on its reasoning. "
    "A higher llm.max_tokens leaves it more."
)
_CHECKED_EARLY = 6
"""Sentences that are checked while the model still writes. Each check goes over all that is complete; the
rest is checked at the end."""


class AnswerBuilder:
    """One answer in the making.

    `retrieved` is what the search brought, `history` the earlier turns. `without_documents`: the model is
    shown no passage, but what it says is checked against them. `ask_model` False: on purpose, no model is
    asked.
    """

    def __init__(
        self,
        retrieved: Retrieved,
        history: Sequence[Turn],
        profile: Profile,
        passage_order: PassageOrderCache,
        embedder: Embedder,
        entailment: Entailment | None = None,
        judge: Judge | None = None,
        *,
        started: float,
        without_documents: bool = False,
        ask_model: bool = True,
    ) -> None:
        self.retrieved, self.history, self.profile = retrieved, history, profile
        self._passage_order, self._embedder, self._entailment = passage_order, embedder, entailment
        self._judge = judge
        self._started, self._without_documents = started, without_documents
        self._ask_model = ask_model
        self._timings = {"search": self._elapsed()}
        self._notices: list[str] = []
        self._usage = Usage()
        self._prompted: tuple[Hit, ...] = ()
        self._turns = 0
        self._drifts = False
        self._failure: ModelServerError | None = None
        self._checked_sentences = self._complete_end = self._next_look = 0
        self._reasoning, self._loop_guard = ReasoningFilter(), LoopGuard()
        self._source: PassageSentences | None = None
        self._bearing: Bearing | None = None
        self._verdicts: dict[str, SentenceCheck] = {}
        # What nothing was found for needs no model to be refused.
        is_answered = retrieved.hits or retrieved.computed is not None
        self.text = "" if is_answered or without_documents else profile.refusal
        self.is_complete = False
        """Whether the model need not say more."""

    @property
    def needs_model(self) -> bool:
        """Whether the model has anything to answer from, and may be asked."""
        return self._ask_model and (self._without_documents or bool(self.retrieved.hits))

    @property
    def failure(self) -> ModelServerError | None:
        """Why the model did not answer to the end."""
        return self._failure

    def build_prompt(self, style: prompt.Style, budget: context.TokenBudget) -> list[BaseMessage]:
        """Build the prompt within the token budget, and remember which passages and turns went into it."""
        self._drifts = style.wanders
        question, profile = self.retrieved.query.corrected, self.profile
        if self._without_documents:
            turns = context.fit_turns(question, self.history, style, profile, budget)
            self._turns = len(turns)
            return prompt.build_messages_without_documents(question, turns, style, profile)
        generation, fence = self.retrieved.generation, self.retrieved.fence if style.fenced else ""
        fitted = context.fit(
            question, self.retrieved.hits, self.history, style, profile, fence, budget
        )
        self._turns = len(fitted.turns)
        order = self._passage_order
        self._prompted = order.cached_first(generation, self.history, fitted.passages)
        order.keep(generation, self.retrieved.query.question, self.history, self._prompted)
        self._notices += [fitted.notice] if fitted.notice else []
        return prompt.messages(question, self._prompted, fitted.turns, style, profile, fence)

    def add(self, piece: Piece) -> Iterator[DeltaEvent]:
        """Take in the next piece of the model's text."""
        if piece.text:
            yield from self._show(self._reasoning.feed(piece.text))
        if piece.completion_tokens:
            self._usage = Usage(
                prompt_tokens=piece.prompt_tokens, completion_tokens=piece.completion_tokens
            )
        if piece.cut:
            self._notices.append("The answer was cut at its longest length (llm.max_tokens).")
        if (end := self._loop_guard.looped_at(self.text)) is not None:
            self.is_complete = True
            self.text = self.text[:end]
            self._notices.append("The model went on saying the same, and was stopped.")

    def _show(self, text: str) -> Iterator[DeltaEvent]:
        if text:
            self._timings.setdefault("first_token", self._elapsed())
            self.text += text
            yield DeltaEvent(text=text)

    def note_complete_sentences(self) -> bool:
        """Note where the complete sentences end; whether there is one more than at the last call.

        The last one may go on: "It is 1." may become "It is 1.5 m".
        """
        if self._without_documents or self._checked_sentences >= _CHECKED_EARLY:
            return False
        # A text without an end of a sentence is looked through again when it is longer by a hundredth: else
        # one of thousands of dots would take the square of its length.
        if len(self.text) < self._next_look:
            return False
        self._next_look = len(self.text) + len(self.text) // 100
        spans = list(sentences.spans(self.text))
        if len(spans) - 1 <= self._checked_sentences:
            return False
        self._checked_sentences, self._complete_end = len(spans) - 1, spans[-2][1]
        return True

    def check_complete_sentences(self) -> SentencesEvent:
        """Check the sentences that are complete."""
        checked = self._check(self.text[: self._complete_end])
        return SentencesEvent(sentences=checked.sentences, citations=checked.citations)

    def fail(self, error: ModelServerError) -> None:
        """The model will say no more. What it said so far counts."""
        self._failure = error

    def finish(self, model: str) -> Iterator[Event]:
        """Check what was said, and make the Answer of it. `model` is the name of who said it."""
        if not self.is_complete and self.needs_model:
            yield from self._show(self._reasoning.finish())
            # What was shown may have turned out to be reasoning.
            self.text = self._reasoning.answer
            if not _is_visible(self.text) and not self._failure:
                self._notices.append(_THOUGHT if self._reasoning.is_thinking else _SILENT)
        checked = self._check(self.text, None if self._failure else self._judge)
        yield CitationsEvent(sentences=checked.sentences, citations=checked.citations)
        status, outcome = verdict.decide(
            self.retrieved,
            checked.sentences,
            checked.status,
            refused=checked.status is Status.NOT_IN_DOCUMENTS,
            asked_model=self._ask_model,
            failed=self._failure is not None,
        )
        notices = (*([str(self._failure)] if self._failure else []), *self._notices)
        yield AnswerEvent(
            answer=Answer(
                question=self.retrieved.query.question,
                text=self.text.strip(),
                status=status,
                verdict=outcome,
                confidence=round(self.retrieved.confidence, 4),
                sentences=checked.sentences,
                extracts=self.retrieved.extracts,
                computed=self.retrieved.computed,
                citations=checked.citations,
                context=self._context(checked.cited),
                model=model,
                profile=self.profile.name,
                generation=self.retrieved.generation,
                usage=self._usage,
                corrected=checked.corrected,
                dropped=checked.dropped,
                turns=self._turns,
                timings_ms=self._timings | {"total": self._elapsed()},
                notice=" ".join(notices),
                notices=notices,
                searched=self.retrieved.searched,
            )
        )

    def _check(self, text: str, judge: Judge | None = None) -> Checked:
        """Check each sentence against the passages that the model read, or could have read.

        The `judge` is asked once, when the answer is complete.
        """
        from rag.citations.checking import check
        from rag.citations.plain_claim import strip_claim
        from rag.citations.relevance import Bearing, only_repeats
        from rag.citations.statements import PassageSentences
        from rag.extracts.alike_rows import leaves_row_open

        passages = self.retrieved.hits if self._without_documents else self._prompted
        if self._source is None:
            self._source = PassageSentences(passages)
        if self._bearing is None and self._drifts and text.strip() and passages:
            self._bearing = Bearing(self.retrieved.query.text, self._source, self._embedder)
        before = ""
        if self.retrieved.query.is_followup and self.history:
            before = f"{self.history[-1].question} {self.history[-1].answer}"
        with span("check", passages=len(passages)) as current:
            checked = check(
                text,
                passages,
                self.profile.refusal,
                None if self._failure else self._bearing,
                embedder=self._embedder,
                entailment=self._entailment,
                judge=judge,
                source=self._source,
                question=self.retrieved.query.text,
                before=before,
                unsent=[hit for hit in self.retrieved.hits if hit not in passages],
                known={} if self._failure else self._verdicts,
            )
            current.note(sentences=len(checked.sentences))
        by_number = {citation.n: citation for citation in checked.citations}

        def is_beside_the_point(sentence: Sentence) -> bool:
            citations = [by_number[n] for n in sentence.citations if n in by_number]
            for citation in citations:
                for extract in self.retrieved.extracts:
                    if _overlap(citation, extract) and leaves_row_open(sentence.text, extract):
                        return True  # it answers for one of the rows that are shown, without saying which
            quotes = [citation.quote for citation in citations]
            if only_repeats(strip_claim(sentence.text), self.retrieved.query.question, quotes):
                return True
            # What is shown as the answer cannot be beside the point when the model says it too. The further
            # extracts are shown in case it is not the first: most of them are no answer.
            is_first = any(
                _overlap(citation, first, first.core)
                for first in self.retrieved.extracts[:1]
                for citation in citations
            )
            return sentence.is_beside_the_point and (bool(before) or not is_first)

        return replace(
            checked,
            sentences=tuple(
                sentence.model_copy(update={"is_beside_the_point": is_beside_the_point(sentence)})
                for sentence in checked.sentences
            ),
        )

    def _context(self, cited: frozenset[int]) -> Context:
        """What became of each passage; one that was cut is there as it was sent."""
        prompted = self._prompted
        return Context(
            cited=tuple(hit for number, hit in enumerate(prompted) if number in cited),
            read=tuple(hit for number, hit in enumerate(prompted) if number not in cited),
            retrieved=self.retrieved.hits[len(prompted) :],
        )

    def _elapsed(self) -> float:
        """Milliseconds since the question was asked."""
        return round((time.perf_counter() - self._started) * 1e3, 1)


def _is_visible(text: str) -> bool:
    """Whether there is anything to read: a zero-width space is neither a blank nor a word."""
    return any(character.isprintable() and not character.isspace() for character in text)


def _overlap(citation: Citation, extract: Extract, part: tuple[int, int] | None = None) -> bool:
    """Whether both have a character of one document in common; with `part`, in that of the extract."""
    start, end = part or (extract.start, extract.end)
    return citation.uri == extract.uri and citation.start < end and start < citation.end
