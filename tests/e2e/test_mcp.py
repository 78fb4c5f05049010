"""A question over the Model Context Protocol, answered by the real vLLM."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ui.mcp.test_stdio import QUESTION, connected

pytestmark = [pytest.mark.vllm, pytest.mark.slow]


async def test_a_chat_program_gets_an_answer_and_its_source(
    sample_index: Path, vllm_url: str, tmp_path: Path
) -> None:
    """A supported sentence, the words that it rests on, and progress until it was there."""
    messages: list[str] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        messages.append(message or "")

    errors = tmp_path / "errors.txt"
    async with connected(sample_index, errors, INHOUSE_LLM_URL=vllm_url) as client:
        result = await client.call_tool("ask", {"question": QUESTION}, progress_callback=note)
        answer = result.structured_content
        opened = await client.call_tool("open_passage", {"id": answer["sources"][0]["id"]})
    assert answer["status"] == "grounded"
    assert "five months" in answer["answer"]
    assert opened.structured_content["passage"] == answer["sources"][0]["quote"]
    assert any(message.startswith("The model has written") for message in messages)
