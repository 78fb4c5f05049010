"""`inhouse mcp` as a chat program starts it: a real process on the real index, with the SDK's client."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from tests.cli.conftest import environment
from tests.rag.server import ModelServer

TRIAL = "Every new contract begins with a trial period of five months."
QUESTION = "How long is the trial period of a new contract?"


@asynccontextmanager
async def connected(
    data: Path, errors: Path, *options: str, **variables: str
) -> AsyncIterator[Client]:
    """A client of `inhouse mcp`; what the process says to standard error goes to a file."""
    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-m", "ui", "mcp", "--data", str(data), *options],
        env=environment(**variables),
    )
    with errors.open("w") as file:
        async with Client(stdio_client(parameters, errlog=file)) as client:
            yield client


class BackgroundClient:
    """A client that lives in a loop of its own, so that several tests share its process."""

    def __init__(self, open_client: Callable[[], Any]) -> None:
        self._open, self._over = open_client, asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._live(),))
        self.client: Client

    def __enter__(self) -> BackgroundClient:
        self._thread.start()
        assert self._ready.wait(120)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(30)
        self._loop.close()

    async def _live(self) -> None:
        async with self._open() as self.client:
            self._ready.set()
            await self._over.wait()

    def wait(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """The coroutine's result, from that loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(120)

    def call(self, tool: str, **arguments: Any) -> Any:
        """What a tool gives."""
        return self.wait(self.client.call_tool(tool, arguments)).structured_content


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with ModelServer() as running:
        running.words = tuple(f"{word} " for word in TRIAL.split())
        yield running


@pytest.fixture(scope="module")
def errors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mcp") / "errors.txt"


@pytest.fixture(scope="module")
def session(sample_index: Path, model: ModelServer, errors: Path) -> Iterator[BackgroundClient]:
    """A client of a process on the sample documents, with a model that knows one sentence."""
    variables = {"INHOUSE_LLM_URL": model.url, "INHOUSE_LLM_MODEL": model.name}
    with BackgroundClient(lambda: connected(sample_index, errors, **variables)) as client:
        yield client


def test_a_question_is_answered_over_stdio(session: BackgroundClient) -> None:
    """Found, read and answered, with the quote that supports it."""
    passage = session.call("search", query=QUESTION)["results"][0]
    document = session.call("fetch", id=passage["id"])
    answer = session.call("ask", question=QUESTION)
    assert document["metadata"]["file"] == "employee-handbook.docx"
    assert document["url"].startswith("file:///")
    assert answer["answer"] == f"{TRIAL} [1]"
    assert answer["sources"][0]["quote"] in document["text"]


def test_a_cancelled_question_stops_the_model(
    session: BackgroundClient, model: ModelServer
) -> None:
    """The notification reaches the process, which closes the model's connection and serves on."""
    model.behaviour = "endless"
    started = threading.Event()

    async def note(progress: float, total: float | None, message: str | None) -> None:
        if message and message.startswith("The model has written"):
            started.set()

    async def ask() -> None:
        call = session.client.call_tool("ask", {"question": QUESTION}, progress_callback=note)
        task = asyncio.ensure_future(call)
        assert await asyncio.to_thread(started.wait, 60)
        task.cancel()

    try:
        session.wait(ask())
        assert model.left.wait(60)
    finally:
        model.behaviour = "answer"
    assert session.call("ask", question=QUESTION)["answer"] == f"{TRIAL} [1]"


def test_ten_megabytes_are_refused_in_a_sentence(session: BackgroundClient) -> None:
    """And the next call is answered."""
    refused = session.wait(session.client.call_tool("search", {"query": "x" * 10_000_000}))
    assert refused.is_error
    assert refused.content[0].text.startswith("The question has 10,000,000 characters")
    assert session.call("list_documents", limit=1)["total"] == 42


def test_nothing_but_the_protocol_is_on_standard_output(sample_index: Path) -> None:
    """Each line is a message; the process ends with its input, and what is no message is refused."""
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }
    ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    search = {
        "jsonrpc": "2.0",
        "id": 2,
        "method": "tools/call",
        "params": {"name": "search", "arguments": {"query": QUESTION}},
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "ui", "mcp", "--data", str(sample_index), "--as", "*"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("".join(json.dumps(message) + "\n" for message in (hello, ready, search)))
    process.stdin.write("no message\n")
    process.stdin.flush()
    lines = [json.loads(process.stdout.readline()) for _ in range(2)]
    rest, errors = process.communicate(timeout=60)
    lines += map(json.loads, rest.splitlines())
    answers = {line["id"]: line for line in lines if "result" in line}
    assert answers[1]["result"]["serverInfo"]["name"] == "inhouse"
    assert answers[2]["result"]["structuredContent"]["results"]
    assert (process.returncode, "Traceback" in errors) == (0, False)


def test_a_missing_index_is_said_at_once(tmp_path: Path) -> None:
    """As `inhouse ask` says it: a sentence on standard error, and the exit code for it."""
    ended = subprocess.run(
        [sys.executable, "-m", "ui", "mcp", "--data", str(tmp_path / "none")],
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
        stdin=subprocess.DEVNULL,
    )
    assert (ended.returncode, ended.stdout) == (10, "")
    assert ended.stderr.startswith("inhouse: ")
