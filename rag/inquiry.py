"""One question on its way to its answer: what was found, what the model was told, what it said.

Nothing here waits for the model. `rag.assistant` does, with and without `await`, and hands on what it hears.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

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
from rag.errors import ModelServerError
from rag.hit import Hit
from rag.llm import Piece
from rag.profile import Profile


@dataclass(slots=True)
class Inquiry:
    """A question with the passages found for it, and what has come of it so far.

    `sent`: how many of the passages, from the first, the model has been told; it has all of them before it
    in `check` where it was asked `alone`, without any. `failure`: why the model did not answer to the end.
    """

    question: str
    history: Sequence[Turn]
    profile: Profile
    hits: Sequence[Hit]
    generation: int
    started: float
    searched: str = ""
    alone: bool = False
    text: str = ""
    sent: int = 0
    usage: Usage = field(default_factory=Usage)
    failure: str = ""
    timings: dict[str, float] = field(default_factory=dict)

    def found(self) -> RetrievalEvent:
        """What the search found."""
        return RetrievalEvent(
            hits=tuple(self.hits), generation=self.generation, searched=self.searched
        )

    def refuse(self) -> None:
        """Say that the documents do not say it, without asking the model."""
        self.text = self.profile.refusal

    def hear(self, piece: Piece) -> Iterator[DeltaEvent]:
        """Take in the next piece of the model's text."""
        if piece.text:
            self.timings.setdefault("first_token", self.elapsed())
            self.text += piece.text
            yield DeltaEvent(text=piece.text)
        if piece.completion_tokens:
            self.usage = Usage(
                prompt_tokens=piece.prompt_tokens, completion_tokens=piece.completion_tokens
            )

    def break_off(self, error: ModelServerError) -> None:
        """The model will say no more. What it said so far counts."""
        self.failure = str(error)

    def finish(self, model: str) -> Iterator[Event]:
        """Check what was said, and make the Answer of it. `model` is the name of who said it."""
        read = self.hits if self.alone else self.hits[: self.sent]
        checked = citations.check(self.text, read, self.profile.refusal)
        yield CitationsEvent(sentences=checked.sentences, citations=checked.citations)
        yield AnswerEvent(
            answer=Answer(
                question=self.question,
                text=self.text.strip(),
                status=Status.MODEL_UNAVAILABLE if self.failure else checked.status,
                sentences=checked.sentences,
                citations=checked.citations,
                context=_disclose(self.hits, self.sent, checked.cited),
                model=model,
                profile=self.profile.name,
                generation=self.generation,
                usage=self.usage,
                corrected=checked.corrected,
                dropped=checked.dropped,
                timings_ms=self.timings | {"total": self.elapsed()},
                notice=self.failure,
                searched=self.searched,
            )
        )

    def elapsed(self) -> float:
        """Milliseconds since the question was asked."""
        return round((time.perf_counter() - self.started) * 1e3, 1)


def _disclose(hits: Sequence[Hit], sent: int, cited: frozenset[int]) -> Context:
    return Context(
        cited=tuple(hit for number, hit in enumerate(hits[:sent]) if number in cited),
        read=tuple(hit for number, hit in enumerate(hits[:sent]) if number not in cited),
        retrieved=tuple(hits[sent:]),
    )
