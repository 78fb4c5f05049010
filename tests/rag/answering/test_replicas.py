"""Several servers of one model: conversations stay with theirs, and one that dies costs a retry."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag import Assistant
from rag.answer import Answer, Status, Turn
from rag.answering.replicas import Replicas
from rag.settings import LLMSettings, Settings
from rag.testing import HashingEmbedder
from tests.rag.server import ModelServer


@pytest.fixture
def servers() -> Iterator[list[ModelServer]]:
    """Three servers of one model."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(ModelServer()) for _ in range(3)]


def open_assistant(data: Path, servers: list[ModelServer]) -> Assistant:
    url = ", ".join(server.url for server in servers)
    settings = Settings(llm=LLMSettings(url=url, model="fake-model", connect_timeout_s=1))
    return Assistant.open(data, settings=settings, embedder=HashingEmbedder())


def ask(assistant: Assistant, number: int, turns: list[Turn]) -> Answer:
    """The next question of a conversation, which has one more turn afterwards."""
    question = f"How long is parental leave in office {number}?"
    if turns:  # complete in itself, so that the model is asked once
        question = f"How many weeks is parental leave after {len(turns)} years in office {number}?"
    answer = assistant.ask(question, history=turns)
    turns.append(answer.as_turn())
    return answer


def owner(server: ModelServer, number: int) -> int:
    """How many questions of a conversation a server has answered."""
    return sum(f"office {number}?" in body.decode() for body in server.bodies)


def test_conversations_stay_with_their_server_and_are_split_evenly(
    data: Path, servers: list[ModelServer]
) -> None:
    """8 conversations of 4 turns, all at the same time, over 2 servers: 4 conversations each."""
    pair = servers[:2]
    assistant = open_assistant(data, pair)
    conversations: list[list[Turn]] = [[] for _ in range(8)]
    for _ in range(4):
        for number, turns in enumerate(conversations):
            assert ask(assistant, number, turns).status is not Status.MODEL_UNAVAILABLE
    for number in range(8):
        counts = [owner(server, number) for server in pair]
        assert min(counts) == 0
    assert [len(server.requests) for server in pair] == [16, 16]


def test_a_server_that_dies_costs_one_retry(data: Path, servers: list[ModelServer]) -> None:
    """Its conversations go on at the others, and the next questions are not sent to it."""
    second = servers[0]
    with ModelServer() as dying:
        assistant = open_assistant(data, [dying, second])
        turns: list[Turn] = []
        for number in range(20):
            turns = []
            ask(assistant, number, turns)
            if owner(dying, number):
                break
    answer = ask(assistant, number, turns)
    assert answer.status is Status.GROUNDED
    assert owner(second, number) == 1
    assert ask(assistant, number, turns).status is Status.GROUNDED


def test_a_coroutine_moves_to_another_server_as_well(
    data: Path, servers: list[ModelServer]
) -> None:
    dead = ModelServer()
    dead.__enter__()
    assistant = open_assistant(data, [dead, servers[0]])
    for number in range(4):  # both servers are known
        ask(assistant, number, [])
    dead.__exit__(None, None, None)
    for number in range(4):
        question = f"How long is parental leave in office {number}?"
        assert asyncio.run(assistant.aask(question)).status is Status.GROUNDED


def test_a_first_server_that_is_down_at_the_start_is_passed_over(
    data: Path, servers: list[ModelServer]
) -> None:
    with ModelServer() as gone:
        pass
    assistant = open_assistant(data, [gone, servers[0]])
    assert assistant.model_server_error() is None
    assert ask(assistant, 0, []).status is Status.GROUNDED
    assert ask(open_assistant(data, [gone]), 0, []).status is Status.MODEL_UNAVAILABLE


def test_a_server_that_failed_is_asked_last_for_a_while() -> None:
    now = [0.0]
    replicas = Replicas(["a", "b"], clock=lambda: now[0])
    own = replicas.order("one")[0]
    other = "b" if own == "a" else "a"
    replicas.note_failure(own)
    assert replicas.order("one") == [other, own]
    now[0] = 11.0
    assert replicas.order("one")[0] == other, "its new server has its beginning now"
    assert replicas.order("two")[0] == own, "the one with fewer conversations"


def test_one_question_of_everybody_does_not_go_to_one_server_alone() -> None:
    """Where its server has a batch of answers more under way than the idlest, a conversation is lent out."""
    replicas = Replicas(["a", "b"])
    own = replicas.order("the starter question")[0]
    with contextlib.ExitStack() as answers:
        for _ in range(8):
            answers.enter_context(replicas.occupy(own))
        assert replicas.order("the starter question")[0] == own
        answers.enter_context(replicas.occupy(own))
        assert replicas.order("the starter question")[0] != own
    assert replicas.order("the starter question")[0] == own


def test_what_is_no_conversation_goes_to_the_idlest() -> None:
    replicas = Replicas(["a", "b"])
    with replicas.occupy("a"):
        assert replicas.order() == ["b", "a"]
    with replicas.occupy("b"):
        assert replicas.order() == ["a", "b"]


def test_a_router_in_front_of_several_vllms_is_told_the_conversation(
    data: Path, servers: list[ModelServer]
) -> None:
    server = servers[0]
    server.owner = "vllm"
    assistant = open_assistant(data, [server])
    first: list[Turn] = []
    for turns in (first, first, []):
        ask(assistant, len(server.sessions), turns)
    once, again, other = server.sessions
    assert once == again
    assert other not in ("", once)
