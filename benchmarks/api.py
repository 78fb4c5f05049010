"""Measure what the interface for programs adds to the library; `python benchmarks/api.py --help` says how."""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import click
import httpx
import psutil
import uvicorn

sys.path.insert(0, str(Path(__file__).parents[1]))

from ingest import ingest
from rag import Assistant, load_settings
from rag.answer import DeltaEvent, SentencesEvent
from rag.settings import Settings
from rag.testing import HashingEmbedder
from ui.api.app import create_api_app

_TEXT = (
    "Parental leave is 16 weeks for every parent. Tell your lead eight weeks before the leave begins. "
    "The leave is taken in up to three blocks."
)
_QUESTION = "How long is parental leave?"
_PORTS = {"model": 18123, "sentences": 18124, "tokens": 18125}


class _Model(BaseHTTPRequestHandler):
    """Streams the text, a word each `pause_s`; says nothing at all to a question about silence."""

    protocol_version = "HTTP/1.1"
    pause_s = 0.02

    def do_GET(self) -> None:
        self._send(json.dumps({"object": "list", "data": [{"id": "m", "object": "model"}]}))

    def do_POST(self) -> None:
        request = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if "Question: silence" in request:
            time.sleep(600)
        for word in _TEXT.split(" "):
            time.sleep(self.pause_s)
            self._event([{"index": 0, "delta": {"content": f"{word} "}, "finish_reason": None}])
        self._event([{"index": 0, "delta": {}, "finish_reason": "stop"}])
        self._chunk(b"data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _event(self, choices: list[Any]) -> None:
        event = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m"}
        self._chunk(f"data: {json.dumps(event | {'choices': choices})}\n\n".encode())

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def _send(self, body: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def _serve_model() -> None:
    ThreadingHTTPServer.request_queue_size = 512
    ThreadingHTTPServer(("127.0.0.1", _PORTS["model"]), _Model).serve_forever()


def _settings(data: str, release: str) -> Settings:
    return load_settings(
        data=data,
        llm__url=f"http://127.0.0.1:{_PORTS['model']}/v1",
        llm__model="m",
        web__answers_at_once=1_000,
        web__questions_per_minute=100_000,
        web__requests_per_minute=1_000_000,
        api__stream=release,
    )


def _open(data: str, release: str) -> Assistant:
    return Assistant.open(data, settings=_settings(data, release), embedder=HashingEmbedder())


def _serve_api(data: str, release: str) -> None:
    app = create_api_app(lambda: _open(data, release), settings=_settings(data, release))
    uvicorn.run(app, host="127.0.0.1", port=_PORTS[release], log_level="warning")


@contextmanager
def _process(target: Any, *arguments: str) -> Iterator[int]:
    process = get_context("spawn").Process(target=target, args=arguments, daemon=True)
    process.start()
    try:
        yield process.pid or 0
    finally:
        process.terminate()
        process.join()


async def _contents(client: httpx.AsyncClient, release: str, question: str) -> AsyncIterator[str]:
    body = {
        "model": "default",
        "messages": [{"role": "user", "content": question}],
        "stream": True,
    }
    url = f"http://127.0.0.1:{_PORTS[release]}/v1/chat/completions"
    headers = {"x-inhouse-sources": "fields"}
    async with client.stream("POST", url, json=body, headers=headers) as reply:
        async for line in reply.aiter_lines():
            if line.startswith("data: {"):
                for choice in json.loads(line[6:])["choices"]:
                    if content := choice["delta"].get("content"):
                        yield content


async def _first_content(client: httpx.AsyncClient, release: str) -> float:
    began = time.perf_counter()
    first = 0.0
    async for _ in _contents(client, release, _QUESTION):
        first = first or time.perf_counter() - began
    return first


async def _first_of_library(assistant: Assistant, release: str) -> float:
    began = time.perf_counter()
    first = 0.0
    async for event in assistant.astream(_QUESTION):
        is_first = (
            isinstance(event, DeltaEvent)
            if release == "tokens"
            else isinstance(event, SentencesEvent) and event.sentences[0].supported
        )
        if is_first and not first:
            first = time.perf_counter() - began
    return first


async def _ratio(data: str, release: str, rounds: int) -> dict[str, float]:
    """First content of the interface and of the library, one after the other."""
    assistant, pairs = _open(data, release), []
    async with httpx.AsyncClient(timeout=60) as client:
        for _ in range(rounds + 2):
            library = await _first_of_library(assistant, release)
            pairs.append((library, await _first_content(client, release)))
    pairs = pairs[2:]
    return {
        "library_ms": statistics.median(a for a, _ in pairs) * 1e3,
        "interface_ms": statistics.median(b for _, b in pairs) * 1e3,
        "ratio": statistics.median(b / a for a, b in pairs),
    }


async def _throughput(data: str, askers: int, answers: int) -> dict[str, float]:
    """Answers a second of many askers at once, of the library and of the interface."""

    async def ask(one: Any) -> None:
        for _ in range(answers):
            await one()

    async def together(one: Any) -> float:
        began = time.perf_counter()
        await asyncio.gather(*(ask(one) for _ in range(askers)))
        return askers * answers / (time.perf_counter() - began)

    assistant = _open(data, "sentences")
    async with httpx.AsyncClient(timeout=60) as client:
        rates = []
        for _ in range(4):
            library = await together(lambda: _first_of_library(assistant, "sentences"))
            rates.append((library, await together(lambda: _first_content(client, "sentences"))))
    rates = rates[1:]
    return {
        "library_per_s": statistics.median(a for a, _ in rates),
        "interface_per_s": statistics.median(b for _, b in rates),
        "ratio": statistics.median(b / a for a, b in rates),
    }


async def _idle(pid: int, streams: int) -> float:
    """Bytes that so many streams cost while their model says nothing."""
    process = psutil.Process(pid)
    limits = httpx.Limits(max_connections=streams + 10)
    async with httpx.AsyncClient(timeout=60, limits=limits) as client:
        await _first_content(client, "sentences")
        before = process.memory_info().rss
        tasks = [
            asyncio.ensure_future(anext(aiter(_contents(client, "sentences", "silence")), None))
            for _ in range(streams)
        ]
        await asyncio.sleep(8)
        cost = process.memory_info().rss - before
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return float(cost)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--rounds", default=15, show_default=True, help="Questions for each ratio.")
@click.option("--askers", default=8, show_default=True, help="Askers at once.")
@click.option("--streams", default=200, show_default=True, help="Idle streams.")
def main(rounds: int, askers: int, streams: int) -> None:
    """Ask through HTTP and through the library, in turn, a model server that writes 50 words a second.

    \b
    first content   the interface's, beside the library's first checked sentence (or first token)
    together        answers a second of many askers at once
    idle            memory of the server for streams whose model says nothing
    """
    with tempfile.TemporaryDirectory() as home:
        folder, data = Path(home, "files"), str(Path(home, "data"))
        folder.mkdir()
        (folder / "leave.md").write_text(f"# Parental leave\n\n{_TEXT}\n")
        ingest([folder], data_dir=data, settings=Settings(), embedder=HashingEmbedder())
        with (
            _process(_serve_model),
            _process(_serve_api, data, "sentences") as pid,
            _process(_serve_api, data, "tokens"),
        ):
            for port in _PORTS.values():
                _wait_for(port)
            for release in ("sentences", "tokens"):
                figures = asyncio.run(_ratio(data, release, rounds))
                click.echo(f"first content, {release}: " + _line(figures))
            click.echo("together: " + _line(asyncio.run(_throughput(data, askers, 5))))
            cost = asyncio.run(_idle(pid, streams))
            click.echo(f"{streams} idle streams: {cost / 1e6:.1f} MB")


def _line(figures: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in figures.items())


def _wait_for(port: int) -> None:
    address = f"http://127.0.0.1:{port}/v1/models"
    last = time.monotonic() + 60
    while time.monotonic() < last:
        try:
            httpx.get(address)
        except httpx.TransportError:
            time.sleep(0.2)
        else:
            return
    raise TimeoutError(address)


if __name__ == "__main__":
    main()
