"""A real process that dies in the middle of an answer, and the real vLLM told to stop."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from rag import Assistant
from rag.answer import AnswerEvent, DeltaEvent, Status
from rag.settings import Settings
from rag.testing import HashingEmbedder
from tests.conftest import free_port
from tests.rag.conftest import HANDBOOK

QUESTION = "How long is parental leave?"
ROOT = Path(__file__).parents[3]
SERVER = """
import sys, threading
from tests.rag.server import ModelServer
with ModelServer(sys.argv[2], port=int(sys.argv[1])):
    print("ready", flush=True)
    threading.Event().wait()
"""


def started(port: int, behaviour: str) -> subprocess.Popen[str]:
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(port), behaviour],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert server.stdout is not None
    assert server.stdout.readline() == "ready\n"
    return server


def ended(server: subprocess.Popen[str]) -> None:
    server.kill()
    server.communicate()


def test_a_server_killed_in_the_middle_leaves_evidence_and_the_next_question_works(
    data: Path,
) -> None:
    """SIGKILL while it writes: the Answer comes at once, and the same assistant goes on later."""
    port = free_port()
    llm = {"url": f"http://127.0.0.1:{port}/v1", "model": "fake-model", "timeout_s": 30}
    settings = Settings.model_validate({"llm": llm})
    assistant = Assistant.open(data, settings=settings, embedder=HashingEmbedder())
    server = started(port, "endless")
    for event in assistant.stream(QUESTION):
        if isinstance(event, DeltaEvent) and server.poll() is None:
            ended(server)
        elif isinstance(event, AnswerEvent):
            answer = event.answer
    assert answer.status is Status.MODEL_UNAVAILABLE
    assert answer.notice == "The connection to the model server broke off. See: inhouse doctor"
    assert len((*answer.context.read, *answer.context.cited)) == len(HANDBOOK)
    assert assistant.ask(QUESTION).status is Status.MODEL_UNAVAILABLE
    server = started(port, "answer")
    try:
        assert assistant.ask(QUESTION).status is Status.GROUNDED
    finally:
        ended(server)


@pytest.mark.vllm
@pytest.mark.slow
@pytest.mark.parametrize("way", ["closed", "cancelled"])
def test_vllm_stops_when_nobody_listens_any_more(data: Path, vllm_url: str, way: str) -> None:
    """Nothing runs on it any more, long before the 3,000 tokens that were asked for are written."""
    llm = {"url": vllm_url, "model": "smollm2-135m-instruct", "max_tokens": 3000}
    settings = Settings.model_validate({"llm": llm, "retrieval": {"context_tokens": 64}})
    assistant = Assistant.open(data, settings=settings, embedder=HashingEmbedder())
    before = metric(vllm_url, "generation_tokens_total")
    {"closed": _closed, "cancelled": _cancelled}[way](assistant)
    patience = time.monotonic() + 20
    while (running := metric(vllm_url, "num_requests_running")) and time.monotonic() < patience:
        time.sleep(0.1)
    assert running == 0
    assert metric(vllm_url, "generation_tokens_total") - before < 1000


def _closed(assistant: Assistant) -> None:
    events = assistant.stream(LONG)
    while not isinstance(next(events), DeltaEvent):
        pass
    events.close()  # type: ignore[attr-defined]


def _cancelled(assistant: Assistant) -> None:
    async def listen(begun: asyncio.Event) -> None:
        async for event in assistant.astream(LONG):
            if isinstance(event, DeltaEvent):
                begun.set()

    async def cancel() -> None:
        begun = asyncio.Event()
        task = asyncio.create_task(listen(begun))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())


LONG = "Write down every number from one to nine hundred, in words, separated by commas."


def metric(url: str, name: str) -> float:
    """The sum of one of vLLM's metrics."""
    lines = httpx.get(url.removesuffix("/v1") + "/metrics", timeout=30).text.splitlines()
    return sum(
        float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"vllm:{name}{{")
    )
