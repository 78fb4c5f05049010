"""How the page gets its assistant."""

from __future__ import annotations

import threading

from rag.errors import EmbeddingError
from tests.ui.stand_in import StandIn
from ui.web.assistant_service import AssistantService


class SlowStart(StandIn):
    """Its models fail to load, and its words are embedded for as long as a test says."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[str] = []
        self.are_words_embedded = threading.Event()
        self.has_begun_words = threading.Event()

    def warm_up(self) -> None:
        self.steps.append("models")
        raise EmbeddingError("The embedder failed.")

    def warm_up_words(self) -> None:
        self.steps.append("words")
        self.has_begun_words.set()
        self.are_words_embedded.wait(60)


def test_a_question_waits_for_the_models_and_not_for_the_words() -> None:
    """What fails while it is warmed up fails no question by itself."""
    slow = SlowStart()
    service = AssistantService(lambda: slow)
    try:
        assert service.assistant() is slow
        assert slow.steps[0] == "models"
        assert slow.has_begun_words.wait(60)
        assert service.assistant() is slow, "the words were not waited for"
    finally:
        slow.are_words_embedded.set()
