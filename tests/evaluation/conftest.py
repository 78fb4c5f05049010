"""A small handbook, its index, and a model whose answers a test decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from ingest import ingest
from rag import Assistant, Settings
from rag.testing import HashingEmbedder

HANDBOOK = {
    "leave.md": "# Leave\n\nParental leave is 16 weeks. Ask your lead eight weeks before.\n",
    "remote.md": "# Remote work\n\nRemote work is allowed two days a week. Desks are shared.\n",
    "travel.md": "# Travel\n\nTrains are booked in second class. Flights need approval.\n",
}


class ScriptedModel(BaseChatModel):
    """Says what `replies` has for the question; for one asked without documents, what `alone` has.

    A reply that is an error is raised.
    """

    replies: Mapping[str, Any]
    alone: Mapping[str, str] = {}
    model_name: str = "scripted"

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage(self._reply(messages)))])

    def _stream(
        self, messages: list[BaseMessage], *_: Any, **__: Any
    ) -> Iterator[ChatGenerationChunk]:
        for word in self._reply(messages).split(" "):
            yield ChatGenerationChunk(message=AIMessageChunk(content=f"{word} "))

    def _reply(self, messages: list[BaseMessage]) -> str:
        text = str(messages[-1].content)
        question = next((known for known in self.replies if text.rstrip().endswith(known)), "")
        read = any(line in text for line in ("Parental leave is", "Remote work is", "Trains are"))
        reply = self.replies[question] if read else self.alone[question]
        if isinstance(reply, Exception):
            raise reply
        return str(reply)


@pytest.fixture(scope="session")
def handbook_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the handbook. Only for reading."""
    folder = tmp_path_factory.mktemp("handbook")
    for name, text in HANDBOOK.items():
        (folder / name).write_text(text, "utf-8")
    data = tmp_path_factory.mktemp("data")
    report = ingest([folder], data_dir=data, settings=Settings(), embedder=HashingEmbedder())
    assert report.added == len(HANDBOOK)
    return data


@pytest.fixture
def assistant(handbook_data: Path) -> Callable[..., Assistant]:
    """An assistant of the handbook whose model says what the test tells it to."""

    def open_(replies: Mapping[str, Any], alone: Mapping[str, str] | None = None) -> Assistant:
        model = ScriptedModel(replies=replies, alone=alone or {})
        return Assistant.open(
            handbook_data, settings=Settings(), embedder=HashingEmbedder(), chat_model=model
        )

    return open_
