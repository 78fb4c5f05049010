"""One question on its way to its answer: what was found, what the model was told, what it said.

Nothing here waits for the model. `rag.assistant` does, with and without `await`, and hands on what it hears.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rag import citations
from rag.answer import (
    Answer,
    AnswerEvent,
    CitationsEvent,
    Context,
    DeltaEvent,
    Event,
    RetrievalEvent,
    Status,
    Turn,
    Usage,
)
from rag.answering import context, followup, prompt
from rag.answering.llm import Piece
from rag.answering.passage_order import Recent
from rag.citations.entailment import Entailment
from rag.citations.relevance import Bearing
from rag.citations.statements import PassageSentences
from rag.embedder import Embedder
from rag.errors import ModelServerError
from rag.hit import Hit
from rag.index.catalog.rows import Generation
from rag.profile import Profile

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage


_TAIL = 48
"""Characters that a model which says the same again and again has said at the end."""
_TIMES = 4
_LOOK_EVERY = 64


@dataclass(slots=True)
class Inquiry:
    """A question with the passages found for it, and what has come of it so far.

    `recent`: what the prompts before it began with. `read`: the passages in the order in which the model was
    told them; they are the first of `hits`, and none where it was asked `alone`. `turns`: how many of the
    earlier turns it was told. `asks_model`: False where it need not be asked. `failure`: why it did not
    answer to the end.
    """

    question: str
    history: Sequence[Turn]
    profile: Profile
    recent: Recent
    embedder: Embedder
    entailment: Entailment | None = None
    alone: bool = False
    hits: Sequence[Hit] = ()
    generation: int = 0
    searched: str = ""
    fence: str = ""
    asks_model: bool = True
    started: float = field(default_factory=time.perf_counter)
    text: str = ""
    read: Sequence[Hit] = ()
    turns: int = 0
    usage: Usage = field(default_factory=Usage)
    failure: ModelServerError | None = None
    notices: list[str] = field(default_factory=list)
    timings: dict[str, float] = field(default_factory=dict)
    is_over: bool = False
    wanders: bool = False
    _looked: int = 0

    def search(self, hits: Sequence[Hit], generation: Generation, may_answer: bool) -> None:
        """Take in what was found, in which state of the index, and whether that may hold an answer."""
        self.hits, self.generation, self.fence = hits, generation.id, generation.token
        self.asks_model = may_answer
        if not may_answer:
            self.text = self.profile.refusal
        self.timings["search"] = self.elapsed()

    def found(self) -> RetrievalEvent:
        """What the search found."""
        return RetrievalEvent(
            hits=tuple(self.hits), generation=self.generation, searched=self.searched
        )

    def tell(self, style: prompt.Style, room: context.Room) -> list[BaseMessage]:
        """What the model is told, as far as there is room; keeps what of it that is."""
        self.wanders = style.wanders
        if self.alone:
            turns = context.fit_turns(self.question, self.history, style, self.profile, room)
            self.turns = len(turns)
            return prompt.messages_without_documents(self.question, turns, style, self.profile)
        fence = self.fence if style.fenced else ""
        fitted = context.fit(
            self.question, self.hits, self.history, style, self.profile, fence, room
        )
        self.turns = len(fitted.turns)
        self.read = self.recent.familiar_first(self.generation, self.history, fitted.passages)
        self.recent.keep(self.generation, self.question, self.history, self.read)
        self.notices += [fitted.notice] if fitted.notice else []
        return prompt.messages(self.question, self.read, fitted.turns, style, self.profile, fence)

    def hear(self, piece: Piece) -> Iterator[DeltaEvent]:
        """Take in the next piece of the model's text. Once `is_over`, it need not say more."""
        if piece.text:
            self.timings.setdefault("first_token", self.elapsed())
            self.text += piece.text
            yield DeltaEvent(text=piece.text)
        if piece.completion_tokens:
            self.usage = Usage(
                prompt_tokens=piece.prompt_tokens, completion_tokens=piece.completion_tokens
            )
        if piece.cut:
            self.notices.append("The answer was cut at its longest length (llm.max_tokens).")
        if len(self.text) - self._looked >= _LOOK_EVERY:
            self._looked = len(self.text)
            self._notice_a_loop()

    def _notice_a_loop(self) -> None:
        again = self.text[-_TAIL:]
        if self.text.count(again) < _TIMES:
            return
        self.is_over = True
        first = self.text.index(again) + _TAIL
        self.text = self.text[:first]
        self.notices.append("The model went on saying the same, and was stopped.")

    def break_off(self, error: ModelServerError) -> None:
        """The model will say no more. What it said so far counts."""
        self.failure = error

    def finish(self, model: str) -> Iterator[Event]:
        """Check what was said, and make the Answer of it. `model` is the name of who said it."""
        checked = self._checked()
        if checked.quotation:
            added = f"\n\n{checked.quotation}"
            self.text = self.text.rstrip() + added
            yield DeltaEvent(text=added)
        yield CitationsEvent(sentences=checked.sentences, citations=checked.citations)
        yield AnswerEvent(
            answer=Answer(
                question=self.question,
                text=self.text.strip(),
                status=Status.MODEL_UNAVAILABLE if self.failure else checked.status,
                sentences=checked.sentences,
                citations=checked.citations,
                context=self._disclosed(checked.cited),
                model=model,
                profile=self.profile.name,
                generation=self.generation,
                usage=self.usage,
                corrected=checked.corrected,
                dropped=checked.dropped,
                turns=self.turns,
                timings_ms=self.timings | {"total": self.elapsed()},
                notice=" ".join([*([str(self.failure)] if self.failure else []), *self.notices]),
                searched=self.searched,
            )
        )

    def _checked(self) -> citations.Checked:
        """Each sentence against the passages; what a small model missed in them is quoted.

        Not where the question leans on the conversation: it is searched for as two in one, and the quotation
        might answer the other of them.
        """
        against = self.hits if self.alone else self.read
        bearing = None
        if self.wanders and self.text.strip() and against and not self.failure:
            bearing = Bearing(self.searched, PassageSentences(against), self.embedder)
        leans = followup.leans(self.question, self.history)
        return citations.check(
            self.text,
            against,
            self.profile.refusal,
            bearing,
            entailment=self.entailment,
            quote=not self.alone and not leans,
            before=f"{self.history[-1].question} {self.history[-1].answer}" if leans else "",
        )

    def _disclosed(self, cited: frozenset[int]) -> Context:
        """What became of each passage that was found; a passage that was cut is there as it was sent."""
        return Context(
            cited=tuple(hit for number, hit in enumerate(self.read) if number in cited),
            read=tuple(hit for number, hit in enumerate(self.read) if number not in cited),
            retrieved=tuple(self.hits[len(self.read) :]),
        )

    def elapsed(self) -> float:
        """Milliseconds since the question was asked."""
        return round((time.perf_counter() - self.started) * 1e3, 1)
