"""What has come of a question so far, while its answer is being written."""

from __future__ import annotations

from dataclasses import dataclass

from rag.answer import Answer, AnswerEvent, Context, DeltaEvent, Event, RetrievalEvent, Status
from rag.hit import Hit


@dataclass(slots=True)
class Draft:
    """Hears an assistant's events. `answer` is there once it is finished, or was stopped."""

    question: str
    profile: str = ""
    model: str = ""
    generation: int = 0
    hits: tuple[Hit, ...] = ()
    text: str = ""
    answer: Answer | None = None
    is_stopped: bool = False

    def hear(self, event: Event) -> None:
        """The next event."""
        if isinstance(event, RetrievalEvent):
            self.hits, self.generation = event.hits, event.generation
        elif isinstance(event, DeltaEvent):
            self.text += event.text
        elif isinstance(event, AnswerEvent):
            self.answer = event.answer

    def stop(self) -> None:
        """As far as it came is what there is: an answer of which no sentence was checked."""
        self.is_stopped = True
        self.answer = Answer(
            question=self.question,
            text=self.text,
            status=Status.UNSUPPORTED,
            context=Context(retrieved=self.hits),
            model=self.model,
            profile=self.profile,
            generation=self.generation,
        )
