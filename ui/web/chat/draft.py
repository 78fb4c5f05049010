"""What has come of a question so far, while its answer is being written."""

from __future__ import annotations

from dataclasses import dataclass, field

from rag.answer import (
    Answer,
    AnswerEvent,
    Citation,
    CitationsEvent,
    Context,
    DeltaEvent,
    Event,
    RetrievalEvent,
    Sentence,
    SentencesEvent,
    Status,
    Verdict,
)


@dataclass(slots=True)
class Draft:
    """Hears an assistant's events. `answer` is there once it is finished, or was stopped."""

    question: str
    profile: str = ""
    model: str = ""
    retrieval: RetrievalEvent = field(default_factory=lambda: RetrievalEvent(hits=(), generation=0))
    text: str = ""
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    answer: Answer | None = None
    is_stopped: bool = False

    def hear(self, event: Event) -> None:
        """Take in the next event of the answer."""
        if isinstance(event, RetrievalEvent):
            self.retrieval = event
        elif isinstance(event, DeltaEvent):
            self.text += event.text
        elif isinstance(event, SentencesEvent | CitationsEvent):
            self.sentences, self.citations = event.sentences, event.citations
        elif isinstance(event, AnswerEvent):
            self.answer = event.answer

    def stop(self) -> None:
        """Keep what there is: the documents' words, and the sentences that were checked until now."""
        self.is_stopped = True
        self.answer = self.so_far()

    def so_far(self) -> Answer:
        """What there is by now, as an answer."""
        return Answer(
            question=self.question,
            text=self.text,
            status=Status.UNSUPPORTED,
            verdict=Verdict.NO_CLEAR_ANSWER,
            confidence=self.retrieval.confidence,
            sentences=self.sentences,
            extracts=self.retrieval.extracts,
            computed=self.retrieval.computed,
            citations=self.citations,
            context=Context(retrieved=self.retrieval.hits),
            model=self.model,
            profile=self.profile,
            generation=self.retrieval.generation,
            searched=self.retrieval.searched,
        )
