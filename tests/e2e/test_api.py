"""A sample question through OpenAI's and LangChain's clients, answered by the real vLLM."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langchain_openai import ChatOpenAI
from openai import OpenAI

from rag import Assistant
from rag.answer import Status
from rag.settings import LLMSettings, Settings, WebSettings
from tests.ui.serving import served
from ui.api.app import create_api_app

pytestmark = [pytest.mark.vllm, pytest.mark.slow]

QUESTION = "How long is the trial period of a new contract?"
PUBLIC = "https://inhouse.example.org"


@pytest.fixture
def library(sample_index: Path, vllm_url: str, tmp_path: Path) -> Assistant:
    settings = Settings(
        data=sample_index,
        llm=LLMSettings(url=vllm_url, max_tokens=24),
        web=WebSettings(public_url=PUBLIC, people=tmp_path / "people.db"),
    )
    return Assistant.open(sample_index, settings=settings)


def _chat(client: OpenAI) -> tuple[str, list[Any], Any]:
    """The text of a streamed chat, its citations, and what its last chunk says of them."""
    text, citations, summary = "", list[Any](), None
    messages: Any = [{"role": "user", "content": QUESTION}]
    for chunk in client.chat.completions.create(model="default", messages=messages, stream=True):
        delta = chunk.choices[0].delta
        text += delta.content or ""
        extra: Any = delta.model_extra or {}
        citations += [annotation["url_citation"] for annotation in extra.get("annotations", ())]
        summary = (chunk.model_extra or {}).get("inhouse", summary)
    return text, citations, summary


def test_the_answer_has_the_library_s_sources(library: Assistant) -> None:
    """Text with markers, and quotes that stand in their documents, from both interfaces."""
    app = create_api_app(lambda: library, settings=library.settings)
    with served(app) as url:
        client = OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
        text, citations, summary = _chat(client)
        chain = ChatOpenAI(
            base_url=f"{url}/v1",
            api_key="none",  # type: ignore[arg-type]
            model="default",
            use_responses_api=True,
        )
        message: Any = chain.invoke(QUESTION)
    blocks = [block for block in message.content if block["type"] == "text"]
    answers = [(text, citations), (message.text, blocks[0]["annotations"])]
    extracts = library.extracts(QUESTION)
    quoted = [extract["text"] for extract in summary["extracts"]]
    assert quoted == [extract.text for extract in extracts]
    assert summary["status"] in {Status.GROUNDED, Status.PARTIAL, Status.UNSUPPORTED}
    for content, cited in answers:
        assert "five months" in content
        assert cited
        for citation in cited:
            assert content[citation["start_index"] : citation["end_index"]].startswith("[")
            assert citation["url"].startswith(f"{PUBLIC}/open/")
            name, _, position = citation["url"].removeprefix(f"{PUBLIC}/open/").partition("/")
            document = library.reading().named(name)
            assert document is not None
            assert document.title == citation["title"]
            start, end, _ = position.split("-")
            stored = library.reading().text(document, int(start), int(end))
            assert citation["quote"] in {stored, *quoted}
