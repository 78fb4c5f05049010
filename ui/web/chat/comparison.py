"""The same question asked twice at the same time, with the documents and without; both told as they go on."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Iterator

from rag.answer import AnswerEvent, DeltaEvent, Event, RetrievalEvent, SentencesEvent
from rag.errors import InhouseError
from ui.messages.page import Words
from ui.view import compare as view
from ui.view.compare import Pane
from ui.view.evidence import Shelf
from ui.web.assistant_service import Answering
from ui.web.chat.event_batches import EventBatches

_log = logging.getLogger(__name__)

Shown = tuple[Pane, str]
"""What a pane shows from now on, as HTML."""


def compare(question: str, assistant: Answering, words: Words) -> Iterator[Shown]:
    """What each pane shows, as it comes. Raises nothing; closing it lets go of the model."""
    arrived: queue.SimpleQueue[Shown | None] = queue.SimpleQueue()
    closed = threading.Event()

    def watch(side: Pane) -> None:
        try:
            for html in _pane(side, question, assistant, words, closed):
                arrived.put((side, html))
        finally:
            arrived.put(None)

    for side in Pane:
        threading.Thread(target=watch, args=(side,), name=f"compare-{side}", daemon=True).start()
    open_ = len(Pane)
    try:
        while open_:
            update = arrived.get()
            if update is None:
                open_ -= 1
            else:
                yield update
    finally:
        closed.set()


def _pane(
    side: Pane, question: str, assistant: Answering, words: Words, closed: threading.Event
) -> Iterator[str]:
    yield view.render_waiting(side, None, words)
    try:
        yield from _said(side, question, assistant, words, closed)
    except InhouseError as exc:
        yield view.render_failure(str(exc), words)
    except Exception:  # the reader gets a sentence, the operator the traceback
        _log.exception("A comparison failed.")
        yield view.render_failure(words.broken, words)


def _said(
    side: Pane, question: str, assistant: Answering, words: Words, closed: threading.Event
) -> Iterator[str]:
    frames = EventBatches(_events(side, question, assistant))
    shelf, text = Shelf(assistant.reading().name), ""
    retrieval: RetrievalEvent | None = None
    try:
        for frame in frames:
            if closed.is_set():
                return
            for event in frame:
                if isinstance(event, RetrievalEvent):
                    retrieval = event
                    yield view.render_quotes(side.turn, (), event, shelf, words)
                elif isinstance(event, SentencesEvent) and retrieval and side is Pane.WITH:
                    yield view.render_quotes(side.turn, event.sentences, retrieval, shelf, words)
                elif isinstance(event, DeltaEvent):
                    text += event.text
                elif isinstance(event, AnswerEvent):
                    yield view.render_side(side, event.answer, shelf, words)
                    return
            if frame and text and side is Pane.ALONE:
                yield view.render_model_text(text, words)
    finally:
        frames.close()


def _events(side: Pane, question: str, assistant: Answering) -> Iterator[Event]:
    if side is Pane.WITH:
        return iter(assistant.stream(question))
    return iter(assistant.stream_without_documents(question))
