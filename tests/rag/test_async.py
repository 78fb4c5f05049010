"""Asking without blocking a loop, and how many may ask at a time."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rag import Assistant, waiting_line
from rag.answer import AnswerEvent, DeltaEvent, Event, RetrievalEvent, Status
from rag.answering import streaming
from rag.answering.answer_queue import AnswerQueue
from rag.errors import ModelServerBusyError
from rag.settings import Settings
from rag.testing import HashingEmbedder
from rag.waiting_line import WaitingLine
from tests.rag.server import ModelServer

QUESTION = "How long is parental leave?"


def test_both_ways_give_the_same_events(assistant: Assistant) -> None:
    async def collect() -> list[object]:
        return [event async for event in assistant.astream(QUESTION)]

    def bare(events: list[object]) -> list[object]:
        return [
            event.answer.model_copy(update={"timings_ms": {}})
            if isinstance(event, AnswerEvent)
            else event
            for event in events
        ]

    assert bare(asyncio.run(collect())) == bare(list(assistant.stream(QUESTION)))


@pytest.mark.parametrize("behaviour", ["500", "cut", "hang", "garbage", "empty", "loop", "drop"])
def test_a_server_that_fails_ends_both_ways_alike(
    assistant: Assistant, server: ModelServer, behaviour: str
) -> None:
    server.behaviour = behaviour
    one = assistant.ask(QUESTION)
    server.requests.clear()
    other = asyncio.run(assistant.aask(QUESTION))
    assert (one.status, one.notice, one.text) == (other.status, other.notice, other.text)


def test_what_the_model_says_by_itself_comes_without_blocking(assistant: Assistant) -> None:
    async def last() -> object:
        return [event async for event in assistant.astream_without_documents(QUESTION)][-1]

    event = asyncio.run(last())
    assert isinstance(event, AnswerEvent)
    assert event.answer.context.read == ()


def test_the_loop_goes_on_while_a_model_is_silent(
    assistant: Assistant, server: ModelServer
) -> None:
    server.behaviour = "hang"

    async def both() -> tuple[Status, int]:
        asking = asyncio.create_task(assistant.aask(QUESTION))
        ticks = 0
        while not asking.done():
            ticks += 1
            await asyncio.sleep(0.01)
        return (await asking).status, ticks

    status, ticks = asyncio.run(both())
    assert status is Status.MODEL_UNAVAILABLE
    assert ticks > 10


def test_a_cancelled_task_stops_the_model(assistant: Assistant, server: ModelServer) -> None:
    server.behaviour = "endless"

    async def cancel() -> None:
        begun = asyncio.Event()

        async def listen() -> None:
            async for event in assistant.astream(QUESTION):
                if isinstance(event, DeltaEvent):
                    begun.set()

        task = asyncio.create_task(listen())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert server.left.wait(5), "the server saw the reader go"


@pytest.mark.parametrize("with_await", [False, True])
def test_no_more_than_the_limit_ask_at_a_time(
    data: Path, server: ModelServer, with_await: bool
) -> None:
    """Six ask, two at a time, and all get their answer."""
    llm = {"url": server.url, "model": server.name, "max_concurrent": 2}
    settings = Settings.model_validate({"llm": llm})
    assistant = Assistant.open(data, settings=settings, embedder=HashingEmbedder())
    copies = [assistant, assistant.for_readers(["*"]), assistant.with_profile("default")] * 2
    if with_await:

        async def all_of_them() -> list[object]:
            return list(await asyncio.gather(*(assistant.aask(QUESTION) for assistant in copies)))

        answers = asyncio.run(all_of_them())
    else:
        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(lambda assistant: assistant.ask(QUESTION), copies))
    assert [answer.status for answer in answers] == [Status.GROUNDED] * 6  # type: ignore[attr-defined]
    assert server.most <= 2


def test_who_waits_too_long_is_told_that_the_model_is_busy(data: Path, server: ModelServer) -> None:
    server.behaviour = "stall"
    llm = {"url": server.url, "model": server.name, "max_concurrent": 1, "timeout_s": 0.5}
    settings = Settings.model_validate({"llm": llm})
    assistant = Assistant.open(data, settings=settings, embedder=HashingEmbedder())
    events = assistant.stream(QUESTION)
    while not isinstance(next(events), DeltaEvent):
        pass
    answer = assistant.ask(QUESTION)
    assert answer.status is Status.MODEL_UNAVAILABLE
    assert answer.notice.startswith("The model is busy: 1 answers are being written")
    assert answer.context.retrieved
    events.close()  # type: ignore[attr-defined]


def test_passages_come_first_while_others_select_their_extracts(assistant: Assistant) -> None:
    """They are shown without extracts; all of it follows when it is this question's turn."""
    with contextlib.ExitStack() as others:
        for _ in range(streaming._selecting.limit):
            others.enter_context(streaming._selecting.queue_up())
        events = assistant.stream(QUESTION, ask_model=False)
        first = next(events)
    final = next(events)
    assert isinstance(first, RetrievalEvent)
    assert isinstance(final, RetrievalEvent)
    assert (first.is_final, first.extracts) == (False, ())
    assert (final.is_final, bool(final.extracts)) == (True, True)
    assert first.hits == final.hits
    assert [type(event) for event in events][-1] is AnswerEvent


def test_a_coroutine_gets_the_passages_first_too(assistant: Assistant) -> None:
    """And one that is cancelled while it waits leaves no place taken."""

    async def ask() -> list[Event]:
        with contextlib.ExitStack() as others:
            for _ in range(streaming._selecting.limit):
                others.enter_context(streaming._selecting.queue_up())
            cancelled = assistant.astream(QUESTION, ask_model=False)
            await anext(cancelled)
            await cancelled.aclose()
            events = assistant.astream(QUESTION, ask_model=False)
            first = await anext(events)
        return [first, *[event async for event in events]]

    retrievals = [event for event in asyncio.run(ask()) if isinstance(event, RetrievalEvent)]
    assert [(event.is_final, bool(event.extracts)) for event in retrievals] == [
        (False, False), (True, True),
    ]  # fmt: skip
    assert streaming._selecting.waiting == streaming._selecting._inside == 0


def test_searches_go_before_the_selection_of_extracts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's selection begins while others search, but of who has waited too long behind them."""
    monkeypatch.setattr(waiting_line, "LONGEST_HOLD_S", 0.1)
    line = WaitingLine(1)
    with line.hold_back():
        with line.hold_back(), line.queue_up() as early:
            assert not early.done()
        with line.queue_up() as late:
            line.call_up()
            assert not late.done()
            time.sleep(waiting_line.LONGEST_HOLD_S)
            line.call_up()
            assert late.done()
        with line.queue_up() as next_in_line:
            assert not next_in_line.done()
    assert line.waiting == 0
    with line.queue_up() as first, line.queue_up() as second:
        assert (first.done(), second.done()) == (True, False)


def test_places_are_given_in_the_order_of_asking() -> None:
    answer_queue, order = AnswerQueue(1, 5), []

    def enter(number: int) -> None:
        with answer_queue.wait_turn():
            order.append(number)

    with answer_queue.wait_turn():
        waiting = [threading.Thread(target=enter, args=(number,)) for number in range(5)]
        for number, thread in enumerate(waiting, start=1):
            thread.start()
            while len(answer_queue._line._waiting) < number:
                time.sleep(0.001)
    for thread in waiting:
        thread.join()
    assert order == list(range(5))


def test_who_gives_up_leaves_no_place_taken() -> None:
    """By time or by cancelling; and a place that is called up at that moment is handed on."""
    answer_queue = AnswerQueue(1, 0.05)

    async def cancelled() -> None:
        async with answer_queue.await_turn():
            task = asyncio.create_task(_enter(answer_queue))
            await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            with pytest.raises(ModelServerBusyError, match=r"waited 0\.05 s"):
                await _enter(answer_queue)

    asyncio.run(cancelled())
    with answer_queue.wait_turn(), pytest.raises(ModelServerBusyError), answer_queue.wait_turn():
        pass
    with answer_queue.wait_turn():
        pass
    assert answer_queue._line._inside == 0


async def _enter(answer_queue: AnswerQueue) -> None:
    async with answer_queue.await_turn():
        pass
