"""The tool that answers: with a model that says what a test tells it to, over real HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from rag.answer import Status
from tests.rag.server import ModelServer
from tests.ui.library import BERTH
from tests.ui.mcp.conftest import STRANGER, serve
from ui.messages.page import ENGLISH

QUESTION = "When is berth 7 closed?"


def led_to(model: ModelServer) -> dict[str, Any]:
    """Settings with that model server."""
    return {"llm": {"url": model.url, "model": model.name, "connect_timeout_s": 2}}


async def test_an_answer_comes_with_the_quotes_that_support_it(company: Path) -> None:
    """Its sentences with their numbers, each number's words, page and place, and a link to read on."""
    with ModelServer() as model:
        model.words = tuple(f"{word} " for word in BERTH.split())
        async with serve(company, **led_to(model)) as client:
            result = await client.call_tool("ask", {"question": QUESTION})
            answer = result.structured_content
            source = answer["sources"][0]
            opened = await client.call_tool("open_passage", {"id": source["id"]})
            linked = await client.read_resource(result.content[1].uri)
    assert answer["status"] == Status.GROUNDED
    assert answer["answer"] == f"{BERTH} [1]"
    assert (source["n"], source["page"]) == (1, 1)
    assert BERTH in source["quote"]
    assert source["url"].endswith("rules.pdf#page=1")
    assert opened.structured_content["passage"] == linked.contents[0].text == source["quote"]
    assert f"{BERTH} [1]" in result.content[0].text
    assert f"“{source['quote']}”" in result.content[0].text


async def test_unsupported_sentences_are_not_in_the_answer(company: Path) -> None:
    """What the documents do not say is left out, and their own words stand there instead."""
    with ModelServer() as model:
        model.words = ("Berth 7 ", "was painted ", "green by ", "pirates.")
        async with serve(company, **led_to(model)) as client:
            result = await client.call_tool("ask", {"question": QUESTION})
    answer = result.structured_content
    assert (answer["answer"], answer["sources"]) == ("", [])
    assert "pirates" not in str(result)
    assert BERTH in result.content[0].text


@pytest.mark.parametrize("person", [None, STRANGER])
async def test_without_a_model_the_documents_answer(company: Path, person: Any) -> None:
    """In their own sentences, with a word that no model answers; where it should be is for admins."""
    settings = {"llm": {"url": "http://127.0.0.1:9/v1"}}
    people = () if person is None else (person,)
    async with serve(company, *people, **settings) as client:
        result = await client.call_tool("ask", {"question": QUESTION})
        on_purpose = await client.call_tool("ask", {"question": QUESTION, "use_model": False})
    answer = result.structured_content
    assert answer["status"] == Status.MODEL_UNAVAILABLE
    assert answer["extracts"][0]["text"] == BERTH
    assert BERTH in result.content[0].text
    if person is None:
        assert "http://127.0.0.1:9/v1" in answer["notices"][0]
    else:
        assert answer["notices"] == [ENGLISH.model_silent]
        assert "127.0.0.1" not in str(result)
    assert on_purpose.structured_content["status"] == Status.NOT_ASKED
    assert on_purpose.structured_content["extracts"] == answer["extracts"]


async def test_progress_is_reported_while_the_model_writes(company: Path) -> None:
    """Numbers that grow and messages in words, before the answer is there."""
    reports: list[tuple[float, str | None]] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        reports.append((progress, message))

    with ModelServer() as model:
        model.words = (*(f"{word} " for word in BERTH.split()), "It ", "is ", "so.")
        async with serve(company, **led_to(model)) as client:
            await client.call_tool("ask", {"question": QUESTION}, progress_callback=note)
    numbers = [number for number, _ in reports]
    messages = [message or "" for _, message in reports]
    assert numbers == sorted(set(numbers))
    assert messages[0] == "Searching the documents."
    assert any(message.startswith("Found ") for message in messages)
    assert any("1 supported" in message for message in messages)


async def test_a_cancelled_call_stops_the_model(company: Path) -> None:
    """The model's connection is closed, and the server goes on serving."""
    started = anyio.Event()

    async def note(progress: float, total: float | None, message: str | None) -> None:
        if message and message.startswith("The model has written"):
            started.set()

    with ModelServer("endless") as model:
        async with serve(company, slots=1, **led_to(model)) as client:
            async with anyio.create_task_group() as tasks:

                async def ask() -> None:
                    await client.call_tool("ask", {"question": QUESTION}, progress_callback=note)

                tasks.start_soon(ask)
                await started.wait()
                tasks.cancel_scope.cancel()
            assert await anyio.to_thread.run_sync(model.left.wait, 30)
            model.behaviour = "answer"
            assert not (await client.call_tool("ask", {"question": QUESTION})).is_error


async def test_an_answer_ends_with_the_rights_of_who_asked(company: Path) -> None:
    """Once they are gone, the model is stopped and nothing is given."""
    with ModelServer("endless") as model:
        async with serve(company, is_welcome=lambda: not model.requests, **led_to(model)) as client:
            result = await client.call_tool("ask", {"question": QUESTION})
        assert await anyio.to_thread.run_sync(model.left.wait, 30)
    assert result.is_error
    assert result.content[0].text.startswith("Your rights have changed")


async def test_nobody_has_more_answers_under_way_than_they_may(company: Path) -> None:
    """The one too many is refused; when another ends, the next is let in."""
    with ModelServer("endless") as model:
        async with (
            serve(company, slots=1, **led_to(model)) as client,
            anyio.create_task_group() as tasks,
        ):
            tasks.start_soon(client.call_tool, "ask", {"question": QUESTION})
            while not model.requests:
                await anyio.sleep(0.01)
            refused = await client.call_tool("ask", {"question": QUESTION})
            tasks.cancel_scope.cancel()
    assert refused.is_error
    assert refused.content[0].text.startswith("As many answers of yours are being written")
