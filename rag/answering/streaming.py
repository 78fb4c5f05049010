"""Wait for the search and the model, with and without `await`: the only place where the two differ."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing, closing

from rag.answer import Answer, AnswerEvent, Event
from rag.answering import llm
from rag.answering.answer_builder import AnswerBuilder
from rag.answering.model_connection import ModelConnection
from rag.answering.query import Retrieved, SearchQuery
from rag.answering.question_search import QuestionSearch
from rag.errors import ModelServerError
from rag.index import Filter
from rag.models.machine import count_usable_cores
from rag.tracing import span
from rag.waiting_line import LONGEST_HOLD_S, WaitingLine

_selecting = WaitingLine(count_usable_cores())
"""Selecting extracts computes without a pause: more at a time would all end as late as the last of them. It
is held back while passages are searched for somebody: that takes a tenth of the time, and gives a reader
something to read."""
_SOON_S = 0.25
"""Who waits longer for the extracts gets the passages first. Alone, a question has its extracts by then."""


def stream_retrieval(
    search: QuestionSearch, query: SearchQuery, filter: Filter | None
) -> Iterator[Retrieved]:
    """What was found; the passages alone before it, if others' questions are being worked on."""
    if computed := search.compute(query, filter):
        yield computed
        return
    with _selecting.hold_back():
        retrieval = search.find_hits(query, filter)
    with _selecting.queue_up() as ticket:
        try:
            ticket.result(_find_wait())
        except TimeoutError:
            yield retrieval.preview()
            while not ticket.done():
                _selecting.call_up()
                with contextlib.suppress(TimeoutError):
                    ticket.result(LONGEST_HOLD_S)
        retrieved = search.select(retrieval)
    yield retrieved


async def astream_retrieval(
    search: QuestionSearch, query: SearchQuery, filter: Filter | None
) -> AsyncGenerator[Retrieved, None]:
    """The same for a coroutine."""
    if computed := await asyncio.to_thread(search.compute, query, filter):
        yield computed
        return
    with _selecting.hold_back():
        retrieval = await asyncio.to_thread(search.find_hits, query, filter)
    with _selecting.queue_up() as ticket:
        # `wait` does not cancel a ticket that was called up when the task is cancelled.
        called_up = asyncio.wrap_future(ticket)
        if not (await asyncio.wait({called_up}, timeout=_find_wait()))[0]:
            yield retrieval.preview()
            while not (await asyncio.wait({called_up}, timeout=LONGEST_HOLD_S))[0]:
                _selecting.call_up()
        retrieved = await asyncio.to_thread(search.select, retrieval)
    yield retrieved


def _find_wait() -> float:
    """Seconds to wait for the extracts before the passages are shown: none in a crowd."""
    return _SOON_S if _selecting.waiting <= _selecting.limit else 0


def stream_answer(builder: AnswerBuilder, connection: ModelConnection) -> Iterator[Event]:
    """The model's text in pieces, its sentences as they are checked, then all citations and the Answer."""
    if builder.needs_model:
        yield from consume(builder, connection)
    yield from builder.finish(connection.name)


async def astream_answer(
    builder: AnswerBuilder, connection: ModelConnection
) -> AsyncGenerator[Event, None]:
    """The same for a coroutine."""
    if builder.needs_model:
        async with aclosing(_aconsume(builder, connection)) as events:
            async for event in events:
                yield event
    for event in await asyncio.to_thread(lambda: list(builder.finish(connection.name))):
        yield event


def find_last_answer(events: Iterable[Event]) -> Answer:
    """The answer that a stream ends with."""
    for event in events:
        if isinstance(event, AnswerEvent):
            return event.answer
    raise AssertionError("a stream ends with its answer")


def collect_text(builder: AnswerBuilder, connection: ModelConnection) -> str:
    """The model's text alone. Raises ModelServerError."""
    for _ in consume(builder, connection):
        pass
    if builder.failure:
        raise builder.failure
    return builder.text.strip()


def consume(builder: AnswerBuilder, connection: ModelConnection) -> Iterator[Event]:
    """Ask the model; what it said so far counts even if it breaks off."""
    try:
        with span("model", is_parent=False), connection.queue.wait_turn():
            opened = connection.open()
            messages = builder.build_prompt(opened.style, opened.room)
            stream = llm.stream(opened.model, messages, opened.style.stop, opened.elsewhere)
            with connection.occupy(opened), closing(stream) as pieces:
                for piece in pieces:
                    yield from builder.add(piece)
                    if builder.note_complete_sentences():
                        yield builder.check_complete_sentences()
                    if builder.is_complete:
                        return
    except ModelServerError as exc:
        connection.forget()
        builder.fail(exc)


async def _aconsume(
    builder: AnswerBuilder, connection: ModelConnection
) -> AsyncGenerator[Event, None]:
    try:
        with span("model", is_parent=False):
            async with connection.queue.await_turn():
                opened = await asyncio.to_thread(connection.open)
                messages = await asyncio.to_thread(builder.build_prompt, opened.style, opened.room)
                stream = llm.astream(opened.model, messages, opened.style.stop, opened.elsewhere)
                with connection.occupy(opened):
                    async with aclosing(stream) as pieces:
                        async for piece in pieces:
                            for delta in builder.add(piece):
                                yield delta
                            if builder.note_complete_sentences():
                                # It computes for some milliseconds: not on the loop that serves everybody.
                                yield await asyncio.to_thread(builder.check_complete_sentences)
                            if builder.is_complete:
                                return
    except ModelServerError as exc:
        connection.forget()
        builder.fail(exc)
