"""OpenAI's Agents SDK, where it is installed: `pip install --no-deps openai-agents griffelib` (MIT, 17 MB).

It pins an older websockets than the server's environment has, and so is no dependency of the tests.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from openai import AsyncOpenAI

from tests.ui.api.office import GUESS, NOTICE, QUESTION, WEEKS, Office

agents: Any = pytest.importorskip("agents")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", ["OpenAIChatCompletionsModel", "OpenAIResponsesModel"])
def test_an_agent_gets_the_citations(office: Office, model: str, stream: bool) -> None:
    """Through both interfaces, whole and streamed; that it offers a tool disturbs nothing."""
    office.says(WEEKS, GUESS, NOTICE)
    agents.set_tracing_disabled(True)

    @agents.function_tool
    def weather(city: str) -> str:
        """How the weather is in a city."""
        return city

    async def ask() -> Any:
        async with AsyncOpenAI(
            base_url=f"{office.url}/v1", api_key=office.tokens["anna"], max_retries=0
        ) as client:
            chosen = getattr(agents, model)("default", client)
            agent = agents.Agent(name="x", instructions="Answer.", model=chosen, tools=[weather])
            if not stream:
                return await agents.Runner.run(agent, QUESTION)
            run = agents.Runner.run_streamed(agent, QUESTION)
            async for _ in run.stream_events():
                pass
            return run

    run = asyncio.run(ask())
    assert run.final_output == f"{WEEKS} [1] {NOTICE} [2]"
    (message,) = run.raw_responses[0].output
    titles = [annotation.title for annotation in message.content[0].annotations]
    assert titles == ["Parental leave"] * 2
