"""A model server that is down, slow, mad or cut off: always an Answer, with the passages and why."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from rag import Assistant
from rag.answer import Answer, DeltaEvent, Status
from rag.answering.model_server import list_served_models
from rag.settings import LLMSettings, Settings
from rag.testing import HashingEmbedder
from tests.conftest import free_port
from tests.rag.conftest import HANDBOOK
from tests.rag.server import ModelServer

QUESTION = "How long is parental leave?"


def check_evidence(answer: Answer) -> None:
    """Every passage that was found is there, in one of the lists."""
    context = answer.context
    hits = [*context.cited, *context.read, *context.retrieved]
    assert sorted(hit.rank for hit in hits) == list(range(1, len(HANDBOOK) + 1))
    assert "\n" not in answer.notice


def test_a_server_that_works_gives_a_grounded_answer(assistant: Assistant) -> None:
    answer = assistant.ask(QUESTION)
    assert answer.status is Status.GROUNDED
    assert answer.text == "Parental leave is 16 weeks."
    assert answer.citations[0].quote == "Parental leave is 16 weeks."
    assert answer.model == "fake-model"
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (40, 5)
    assert answer.notice == ""


@pytest.mark.parametrize(
    ("behaviour", "notice", "text"),
    [
        ("500", "The model server answered 500: ", ""),
        ("bytes", "The language model failed: ", ""),
        ("garbage", "The language model failed: ", ""),
        ("html", "The language model failed: ", ""),
        ("error", "The language model failed: the engine died", "Parental leave"),
        ("hang", "The model server took too long to answer.", ""),
        ("stall", "The model server took too long to answer.", "Parental leave"),
        (
            "cut",
            "The connection to the model server broke off. See: inhouse doctor",
            "Parental leave",
        ),
    ],
)
def test_a_server_that_fails_leaves_the_passages_and_a_reason(
    assistant: Assistant, server: ModelServer, behaviour: str, notice: str, text: str
) -> None:
    """Status, notice and what was written until then; nothing is raised."""
    server.behaviour = behaviour
    answer = assistant.ask(QUESTION)
    assert answer.status is Status.MODEL_UNAVAILABLE
    assert answer.notice.startswith(notice)
    assert answer.text == text
    check_evidence(answer)


def test_a_dead_port_is_said_with_its_url(data: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}/v1"
    settings = Settings.model_validate({"llm": {"url": url}})
    assistant = Assistant.open(data, settings=settings, embedder=HashingEmbedder())
    answer = assistant.ask(QUESTION)
    assert answer.status is Status.MODEL_UNAVAILABLE
    assert answer.notice.startswith(
        f"No model server answers at {url}. Start one with: inhouse serve"
    )
    assert answer.notice == assistant.model_server_error()
    assert answer.text == ""
    assert answer.sentences == answer.citations == ()
    check_evidence(answer)


def test_a_model_that_says_nothing_is_not_believed(
    assistant: Assistant, server: ModelServer
) -> None:
    server.behaviour = "empty"
    answer = assistant.ask(QUESTION)
    assert (answer.status, answer.text) == (Status.UNSUPPORTED, "")
    check_evidence(answer)


def test_a_model_that_repeats_itself_is_stopped_and_said_so(
    assistant: Assistant, server: ModelServer
) -> None:
    """The server sees the reader go; what was said once stays, and is checked."""
    server.behaviour = "loop"
    answer = assistant.ask(QUESTION)
    assert answer.notice == "The model went on saying the same, and was stopped."
    assert answer.text.count("and so on") <= 5
    assert server.left.wait(5)


def test_an_answer_that_was_cut_says_so(assistant: Assistant, server: ModelServer) -> None:
    server.behaviour = "long"
    answer = assistant.ask(QUESTION)
    assert answer.notice == "The answer was cut at its longest length (llm.max_tokens)."
    assert answer.status is Status.GROUNDED


def test_a_connection_that_failed_is_tried_once_more(
    assistant: Assistant, server: ModelServer
) -> None:
    server.behaviour = "drop"
    assert assistant.ask(QUESTION).status is Status.GROUNDED
    assert len(server.requests) == 2


@pytest.mark.parametrize("behaviour", ["500", "garbage", "cut", "hang", "error"])
def test_nothing_else_is_tried_again(
    assistant: Assistant, server: ModelServer, behaviour: str
) -> None:
    """Neither what the server answered nor what took too long nor an answer that had begun."""
    server.behaviour = behaviour
    assert assistant.ask(QUESTION).status is Status.MODEL_UNAVAILABLE
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "reply",
    [
        '{"answer": "17 weeks", "sources": [1]}',
        "<think>16 weeks?</think> It is 17 weeks.",
        "Der Elternurlaub beträgt 17 Wochen.",
        "It is 17 weeks [7][99][0].",
        "<script>alert(1)</script> ![x](http://evil.example/?q=1)",
        "\ud83d",
        "🦭" * 2000,
        "\x00\x1b[31mred",
    ],
)
def test_whatever_a_model_says_is_an_answer_that_is_not_believed(
    assistant: Assistant, server: ModelServer, reply: str
) -> None:
    """JSON, another language, passages that do not exist, markup, half a character: unsupported."""
    server.words = (reply,)
    answer = assistant.ask(QUESTION)
    assert (answer.status, answer.citations) == (Status.UNSUPPORTED, ())
    again = Answer.model_validate_json(answer.model_dump_json())
    assert again.to_json() == answer.to_json()
    check_evidence(answer)


def test_a_failure_does_not_outlast_its_cause(assistant: Assistant, server: ModelServer) -> None:
    """The same assistant answers again as soon as the server does."""
    server.behaviour = "500"
    assert assistant.ask(QUESTION).status is Status.MODEL_UNAVAILABLE
    server.behaviour = "answer"
    assert assistant.ask(QUESTION).status is Status.GROUNDED


def test_another_model_behind_the_same_url_is_found(
    assistant: Assistant, server: ModelServer
) -> None:
    """A server that was started anew with another model is asked for that one, one question later."""
    assert assistant.ask(QUESTION).model == "fake-model"
    server.name = "newer-model"
    assert assistant.ask(QUESTION).status is Status.MODEL_UNAVAILABLE
    answer = assistant.ask(QUESTION)
    assert (answer.status, answer.model) == (Status.GROUNDED, "newer-model")


def test_closing_the_stream_stops_the_model(assistant: Assistant, server: ModelServer) -> None:
    server.behaviour = "endless"
    events = assistant.stream(QUESTION)
    for event in events:
        if isinstance(event, DeltaEvent) and event.text.startswith("word "):
            break
    assert not server.left.is_set()
    events.close()  # type: ignore[attr-defined]
    assert server.left.wait(5), "the server saw the reader go"


def test_the_server_is_asked_as_the_settings_say(data: Path, server: ModelServer) -> None:
    llm = {"url": server.url, "model": "fake-model", "max_tokens": 33, "temperature": 0.5}
    settings = Settings.model_validate({"llm": llm})
    Assistant.open(data, settings=settings, embedder=HashingEmbedder()).ask(QUESTION)
    (request,) = server.requests
    assert request["stream"] is True
    assert request["temperature"] == 0.5
    assert request.get("max_completion_tokens", request.get("max_tokens")) == 33


def test_a_server_by_its_url_alone_answers_with_the_model_it_has(
    data: Path, server: ModelServer
) -> None:
    """The configured model is not served there: the first that is, answers, and is named."""
    settings = Settings.model_validate({"llm": {"url": server.url, "model": "another"}})
    assistant = Assistant.open(data, settings=settings, embedder=HashingEmbedder())
    assert assistant.model_name == "another"
    assert assistant.ask(QUESTION).model == "fake-model"


def test_what_is_served_is_asked_without_patience(server: ModelServer) -> None:
    assert list_served_models(LLMSettings(url=server.url)) == ["fake-model"]
    started = time.monotonic()
    blackhole = LLMSettings(url="http://127.0.0.1:9/v1", connect_timeout_s=0.2)
    with pytest.raises(Exception, match="No model server answers at"):
        list_served_models(blackhole)
    assert time.monotonic() - started < blackhole.timeout_s
