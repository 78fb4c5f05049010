"""A model that calls tools looks for passages itself, within limits and within the asker's rights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from ingest import ingest
from rag import Assistant, Settings
from rag.answer import AnswerEvent, RetrievalEvent
from rag.answering import question_search, search_agent
from rag.answering.search_agent import PassageFinder, find_passages
from rag.hit import Hit
from rag.index import Filter, IndexReader
from rag.intents.workspace import Workspace
from rag.readers import asker
from rag.retrieval.retriever import retrieve
from rag.testing import HashingEmbedder

DOCUMENTS = {
    "open/leave.md": "# Leave\n\nParental leave is 16 weeks. Ask your lead eight weeks before.\n",
    "open/travel.md": "# Travel\n\nTrains are booked in second class. Flights need approval.\n",
    "open/cars.md": "# Cars\n\nA company car is returned with a full tank.\n",
    "secret/merger.md": "# Merger\n\nThe merger is called Albatross, and leave is frozen until May.\n",
}

Call = tuple[str, dict[str, str]]


class ToolCaller(BaseChatModel):
    """Calls the tools of its script, one turn after the other, and then says its last word.

    It remembers what the tools told it. The last turn of the script is repeated for ever.
    """

    turns: Sequence[Sequence[Call] | str]
    tool_replies: list[str] = []  # noqa: RUF012  pydantic copies it
    calls: list[int] = []  # noqa: RUF012

    @property
    def _llm_type(self) -> str:
        return "tool caller"

    def bind_tools(self, tools: Any, **_: Any) -> Any:
        assert {tool.name for tool in tools} == {
            "search_documents", "search_in_document", "list_documents", "compare_documents",
        }  # fmt: skip
        return self

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        self.tool_replies.extend(
            str(message.content) for message in messages if message.type == "tool"
        )
        turn = self.turns[min(len(self.calls), len(self.turns) - 1)]
        self.calls.append(len(messages))
        calls = [] if isinstance(turn, str) else turn
        message = AIMessage(
            content=turn if isinstance(turn, str) else "",
            tool_calls=[
                {"name": name, "args": arguments, "id": f"{len(self.calls)}-{number}"}
                for number, (name, arguments) in enumerate(calls)
            ],
        )
        return ChatResult(generations=[ChatGeneration(message=message)])


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> IndexReader:
    folder = tmp_path_factory.mktemp("documents")
    for name, text in DOCUMENTS.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    data = tmp_path_factory.mktemp("agent") / "data"
    rules = [
        {"glob": "**/secret/**", "readers": ["board"]},
        {"glob": "**/open/**", "readers": ["staff"]},
    ]
    settings = Settings.model_validate({"access": {"rules": rules}})
    ingest([folder], data_dir=data, settings=settings, embedder=HashingEmbedder())
    return IndexReader(data)


@pytest.fixture
def finder(index: IndexReader) -> PassageFinder:
    """The tools of somebody who is not on the board."""
    embedder, snapshot = HashingEmbedder(), index.snapshot()
    everybody = Filter(readers=asker(["staff"]))
    workspace = Workspace(snapshot, everybody, embedder)
    return PassageFinder(
        workspace, lambda text, k, filter: retrieve(snapshot, embedder, text, k, filter)
    )


@pytest.fixture
def first(finder: PassageFinder) -> list[Hit]:
    """What the first search found: beside the point."""
    return finder.retrieve("train", 1, finder.workspace.filter)


def search(query: str) -> Call:
    return ("search_documents", {"query": query})


def test_what_the_model_chooses_comes_first(finder: PassageFinder, first: list[Hit]) -> None:
    model = ToolCaller(turns=[[search("parental weeks")], "[2]"])
    hits = find_passages("How long may a father stay?", first, finder, model, 8)
    assert [Path(hit.uri).stem for hit in hits] == ["leave", "travel"]
    assert [hit.rank for hit in hits] == [1, 2]
    assert finder.searches == ["parental weeks"]
    assert "16 weeks" in model.tool_replies[0]


def test_one_document_is_searched_and_two_are_compared(
    finder: PassageFinder, first: list[Hit]
) -> None:
    both = {"first": "leave", "second": "Cars", "query": "lead tank"}
    model = ToolCaller(
        turns=[
            [("list_documents", {"words": "car leave"})],
            [("search_in_document", {"document": "Cars", "query": "return"})],
            [("compare_documents", both)],
            "2, 3",
        ]
    )
    hits = find_passages("Who gives back the car?", first, finder, model, 8)
    assert [Path(hit.uri).stem for hit in hits] == ["cars", "leave", "travel"]
    assert set(model.tool_replies[0].splitlines()) == {"Cars", "Leave"}


def test_it_ends_after_so_many_calls(finder: PassageFinder, first: list[Hit]) -> None:
    """A model that never comes to an end; what it has found is used all the same."""
    model = ToolCaller(turns=[[search("weeks")], [search("tank")]])
    hits = find_passages("?", first, finder, model, len(first))
    assert len(model.calls) == search_agent.MODEL_CALLS
    assert [Path(hit.uri).stem for hit in hits] == ["leave"], "though there is room for one alone"


def test_it_ends_after_so_much_time(
    finder: PassageFinder, first: list[Hit], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_agent, "SECONDS", -1.0)
    model = ToolCaller(turns=[[search("weeks")]])
    assert find_passages("?", first, finder, model, 8) == []
    assert model.calls == []


@pytest.mark.parametrize("reply", ["none", "", "99", "1"])
def test_nothing_further_is_found(finder: PassageFinder, first: list[Hit], reply: str) -> None:
    """None, an empty reply, a number that was never shown, or only what was known before."""
    assert find_passages("?", first, finder, ToolCaller(turns=[reply]), 8) == []


def test_a_model_without_tools_costs_no_answer(
    finder: PassageFinder, first: list[Hit], caplog: pytest.LogCaptureFixture
) -> None:
    assert find_passages("?", first, finder, FakeListChatModel(responses=["Hello"]), 8) == []
    assert "did not search further" in caplog.text


def test_no_tool_shows_what_the_asker_may_not_read(finder: PassageFinder, first: list[Hit]) -> None:
    model = ToolCaller(
        turns=[
            [search("merger Albatross frozen leave May")],
            [("list_documents", {})],
            [("search_in_document", {"document": "Merger", "query": "Albatross"})],
            [("compare_documents", {"first": "merger", "second": "leave", "query": "leave"})],
            "1, 2, 3, 4, 5",
        ]
    )
    hits = find_passages("What is planned?", first, finder, model, 8)
    assert hits
    replies = "\n".join(model.tool_replies)
    assert "frozen" not in replies
    assert "called Albatross" not in replies
    assert "Merger\n" not in replies
    assert all("merger" not in hit.uri for hit in hits)


@pytest.mark.parametrize("choice", ["on", "auto"])
def test_an_answer_is_written_from_what_the_model_found(
    index: IndexReader, choice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first passages are shown before it searches; a model that the catalogue does not know may not."""
    monkeypatch.setattr(question_search, "CLEAR", 1.0)  # no answer is clear
    words = "Parental leave is 16 weeks."
    turns = [[search("parental leave weeks")], "2", words] if choice == "on" else [words]
    model = ToolCaller(turns=turns)
    settings = Settings.model_validate({"answers": {"agent": choice}, "retrieval": {"k": 1}})
    assistant = Assistant.open(
        index.data_dir, settings=settings, embedder=HashingEmbedder(), chat_model=model
    ).for_readers(["staff"])
    events = list(assistant.stream("In which class are trains booked?"))
    retrievals = [event for event in events if isinstance(event, RetrievalEvent)]
    (answer,) = (event.answer for event in events if isinstance(event, AnswerEvent))
    if choice == "auto":
        assert [event.is_final for event in retrievals] == [True]
        assert answer.status == "unsupported"
        return
    assert [event.is_final for event in retrievals] == [False, True]
    assert [Path(event.hits[0].uri).stem for event in retrievals] == ["travel", "leave"]
    assert answer.searched == "In which class are trains booked? · parental leave weeks"
    assert [sentence.grade for sentence in answer.sentences] == ["verbatim"]
    assert answer.sentences[0].text == words
