"""Waiting for the model, with and without `await`: the only place where the two differ."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing, closing

from rag.answer import Answer, AnswerEvent, DeltaEvent, Event
from rag.answering import llm
from rag.answering.answer_builder import Inquiry
from rag.answering.model_connection import Speaker
from rag.errors import ModelServerError


def answered(inquiry: Inquiry, speaker: Speaker) -> Iterator[Event]:
    """The model's text in pieces, then what was checked, and the Answer."""
    if inquiry.asks_model:
        yield from hear(inquiry, speaker)
    yield from inquiry.finish(speaker.name)


async def aanswered(inquiry: Inquiry, speaker: Speaker) -> AsyncGenerator[Event, None]:
    """The same for a coroutine."""
    if inquiry.asks_model:
        async with aclosing(_ahear(inquiry, speaker)) as deltas:
            async for delta in deltas:
                yield delta
    for event in await asyncio.to_thread(lambda: list(inquiry.finish(speaker.name))):
        yield event


def last(events: Iterable[Event]) -> Answer:
    """The answer that a stream ends with."""
    for event in events:
        if isinstance(event, AnswerEvent):
            return event.answer
    raise AssertionError("a stream ends with its answer")


def said(inquiry: Inquiry, speaker: Speaker) -> str:
    """The model's text alone. Raises ModelServerError."""
    for _ in hear(inquiry, speaker):
        pass
    if inquiry.failure:
        raise inquiry.failure
    return inquiry.text.strip()


def hear(inquiry: Inquiry, speaker: Speaker) -> Iterator[DeltaEvent]:
    """Ask the model; what it said so far counts even if it breaks off."""
    try:
        with speaker.gate.passing():
            speaking = speaker.open()
            told = inquiry.tell(speaking.style, speaking.room)
            with closing(llm.stream(speaking.model, told, speaking.style.stop)) as pieces:
                for piece in pieces:
                    yield from inquiry.hear(piece)
                    if inquiry.is_over:
                        return
    except ModelServerError as exc:
        speaker.forget()
        inquiry.break_off(exc)


async def _ahear(inquiry: Inquiry, speaker: Speaker) -> AsyncGenerator[DeltaEvent, None]:
    try:
        async with speaker.gate.apassing():
            speaking = await asyncio.to_thread(speaker.open)
            told = await asyncio.to_thread(inquiry.tell, speaking.style, speaking.room)
            async with aclosing(llm.astream(speaking.model, told, speaking.style.stop)) as pieces:
                async for piece in pieces:
                    for delta in inquiry.hear(piece):
                        yield delta
                    if inquiry.is_over:
                        return
    except ModelServerError as exc:
        speaker.forget()
        inquiry.break_off(exc)
