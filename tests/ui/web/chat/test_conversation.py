"""A conversation, screen by screen, without a browser."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel

from rag import Assistant
from rag.answer import Turn
from rag.embedder import Embedder
from rag.errors import IndexMissingError
from rag.hit import Hit
from rag.index import Snapshot
from rag.retrieval.retriever import retrieve
from rag.testing import HashingEmbedder
from tests.ui.library import BERTH, fill, read_in
from tests.ui.stand_in import StandIn
from ui.messages.page import ENGLISH
from ui.web.assistant_service import AssistantService
from ui.web.chat.conversation import Conversation
from ui.web.identity import LOCAL, Person, Role


@pytest.fixture
def service(stand_in: StandIn) -> AssistantService:
    return AssistantService(lambda: stand_in)


def test_an_answer_comes_in_order_and_the_last_screen_is_not_busy(
    service: AssistantService,
) -> None:
    screens = list(Conversation().ask("How long?", service, LOCAL))
    assert ENGLISH.searching in (screens[0].now or "")
    assert ENGLISH.passages in (screens[1].now_evidence or ""), (
        "passages before the model's first word"
    )
    assert ENGLISH.statuses["grounded"][0] in (screens[-1].now or "")
    assert [screen.busy for screen in screens] == [True] * (len(screens) - 1) + [False]


def test_a_follow_up_knows_the_conversation_and_shows_the_earlier_turn(
    service: AssistantService, stand_in: StandIn
) -> None:
    talk = Conversation()
    list(talk.ask("How long?", service, LOCAL))
    second = list(talk.ask("And for adoption?", service, LOCAL))
    assert "How long?" in (second[0].earlier or "")
    assert 'id="e1"' in (second[0].earlier_evidence or "")
    assert 'id="t2"' in (second[-1].now or "")
    assert [turn.question for turn in stand_in.histories[1]] == ["How long?"]
    assert isinstance(stand_in.histories[1][0], Turn)


def test_a_question_that_leans_shows_passages_before_the_model_has_made_it_whole(
    service: AssistantService, stand_in: StandIn
) -> None:
    talk = Conversation()
    list(talk.ask("How long? Does it lean on nothing?", service, LOCAL))
    asking = talk.ask("And does it lean?", service, LOCAL)
    stand_in.is_whole.clear()
    assert ENGLISH.searching in (next(asking).now or "")
    early = next(asking)
    assert ENGLISH.resolving in (early.now or "")
    assert ENGLISH.extracts in (early.now or "")
    assert ENGLISH.passages in (early.now_evidence or "")
    stand_in.is_whole.set()
    assert "Backed by your documents" in (list(asking)[-1].now or "")


def test_a_follow_up_is_resolved_once_and_retrieved_at_most_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model is asked for the rewritten question and for the answer, and for nothing else."""
    fill(tmp_path / "harbour")
    read_in(tmp_path / "harbour", tmp_path / "data")
    queries: list[str] = []

    def counting_retrieve(
        snapshot: Snapshot, embedder: Embedder, query: str, *rest: Any, **options: Any
    ) -> list[Hit]:
        if "berth" in query:  # and not what warms the assistant up
            queries.append(query)
        return retrieve(snapshot, embedder, query, *rest, **options)

    monkeypatch.setattr("rag.answering.question_search.retrieve", counting_retrieve)
    model = FakeListChatModel(responses=[BERTH, "When is berth 7 open?", BERTH])
    assistant = Assistant.open(tmp_path / "data", embedder=HashingEmbedder(), chat_model=model)
    talk, service = Conversation(), AssistantService(lambda: assistant)
    list(talk.ask("When is berth 7 closed?", service, LOCAL))
    assert (model.i, len(queries)) == (1, 1)
    last = list(talk.ask("And when is it open?", service, LOCAL))[-1]
    assert BERTH in (last.now or "")
    assert model.i == 0, "the third reply was the last one taken"
    assert len(queries) == 3


@pytest.mark.parametrize("question", ["", "  \n ", "x" * 100_000])
def test_an_impossible_question_gets_one_sentence_and_leaves_all_else(
    question: str, service: AssistantService
) -> None:
    (screen,) = Conversation().ask(question, service, LOCAL)
    assert screen.note
    assert screen.now is screen.earlier is None
    assert not screen.busy


def test_a_stop_ends_the_answer_at_once_even_if_the_model_says_nothing(
    service: AssistantService, stand_in: StandIn
) -> None:
    stand_in.going.clear()  # the model falls silent after nine words
    talk = Conversation()
    threading.Timer(0.3, talk.stop).start()
    last = list(talk.ask("How long?", service, LOCAL))[-1]
    assert not stand_in.has_gone_on, "the model was not waited for"
    stand_in.going.set()
    assert ENGLISH.stopped_why in (last.now or "")
    assert "16 weeks" in (last.now or "")
    assert not talk.history, "an answer that was not checked is not built upon"


def test_a_second_question_waits_for_the_first(
    service: AssistantService, stand_in: StandIn
) -> None:
    talk = Conversation()
    first = talk.ask("How long?", service, LOCAL)
    next(first)
    assert [screen.now for screen in talk.ask("And?", service, LOCAL)] == [None]
    first.close()
    assert len(list(talk.ask("And?", service, LOCAL))) > 2, (
        "a closed tab does not block the conversation"
    )


def test_a_defect_is_logged_and_said_in_a_sentence(
    service: AssistantService, caplog: pytest.LogCaptureFixture
) -> None:
    last = list(Conversation().ask("crash", service, LOCAL))[-1]
    assert ENGLISH.broken in (last.now or "")
    assert not last.busy
    assert "a defect" in caplog.text


def test_a_missing_index_is_said_and_found_when_it_appears(stand_in: StandIn) -> None:
    there = False

    def open_assistant() -> StandIn:
        if not there:
            raise IndexMissingError("There is no index in data.", hint="Make one.")
        return stand_in

    service, talk = AssistantService(open_assistant), Conversation()
    assert "There is no index in data. Make one." in (
        list(talk.ask("How long?", service, LOCAL))[-1].now or ""
    )
    assert service.state(LOCAL).index.note == "There is no index in data. Make one."
    assert service.state(LOCAL).model is None
    there = True
    assert "Backed by your documents" in (list(talk.ask("How long?", service, LOCAL))[-1].now or "")
    assert service.state(LOCAL).index.more == "1,317 passages · generation 7"


def test_where_the_index_and_the_model_are_is_for_whoever_runs_the_page(
    service: AssistantService, stand_in: StandIn
) -> None:
    """A reader is told in plain words, by the header as by the conversation."""

    def missing() -> StandIn:
        raise IndexMissingError("There is no index in /srv/data.", hint="Make one.")

    reader = Person("r1", "rita", Role.READER, readers=frozenset({"*"}))
    empty = AssistantService(missing)
    last = list(Conversation().ask("How long?", empty, reader))[-1]
    assert empty.state(reader).index.note == ENGLISH.index_missing_note
    assert ENGLISH.index_missing_note in (last.now or "")
    assert "/srv" not in str(last)
    stand_in.error = "Nothing answers at http://10.0.0.7."
    model = service.state(reader).model
    assert model is not None
    assert model.note == f"{ENGLISH.model_silent} {ENGLISH.model_missing_note}"
    assert model.detail == ""


def test_the_model_server_is_asked_seldom(service: AssistantService, stand_in: StandIn) -> None:
    stand_in.error = "It does not answer."
    first = service.state(LOCAL).model
    stand_in.error = None
    assert first is not None
    assert not first.ok
    assert first.detail == "It does not answer."
    assert service.state(LOCAL).model == first
