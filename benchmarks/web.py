"""Measure how soon many people at once see their first evidence; `python benchmarks/web.py --help`.

A real page with accounts over a real index, in a process of its own, and a small model server in another,
which streams as vLLM does. Each person is a browser's half of the conversation: joins Gradio's queue, and
listens. The time is from sending a question until the passages are there, before the model has said anything.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import httpx
import numpy as np
from starlette.requests import Request

sys.path.insert(0, str(Path(__file__).parent.parent))

from rag.embedder import Embedder, Float32, open_embedder
from rag.settings import Settings, WebSettings

PASSAGES = 4
"""Paragraphs in each document, each about as long as a chunk may be."""
SENTENCES, SENTENCE_WORDS = 5, 15
"""Of a paragraph, and of a sentence: as long as people write them."""
_WRITING = "is-writing"  # in the turn that is being written, and in no earlier one


class RandomVectors:
    """The real embedder for questions; documents get random vectors, which take no time to make."""

    def __init__(self, real: Embedder) -> None:
        self._real, self._random = real, np.random.default_rng(7)
        self.identity, self.tokenizer = real.identity, real.tokenizer
        self.embed_query = real.embed_query

    def embed_documents(self, texts: Sequence[str]) -> Float32:
        values = self._random.standard_normal((len(texts), self.identity.dimension), np.float32)
        vectors: Float32 = values / np.linalg.norm(values, axis=1, keepdims=True)
        return vectors


def words() -> list[str]:
    """A vocabulary whose words are as frequent as those of a language."""
    generator = random.Random(7)
    syllables = ["ba", "de", "fi", "go", "hu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo"]
    return ["".join(generator.choices(syllables, k=generator.randint(2, 4))) for _ in range(5_000)]


def make_index(chunks: int, work: Path) -> Path:
    """An index of at least so many chunks, and an account for each person."""
    from ingest import ingest

    data, files = work / f"data-{chunks}", work / "files"
    if (data / "catalog.db").exists():
        return data
    generator, vocabulary = random.Random(8), words()
    weights = [1 / rank for rank in range(1, len(vocabulary) + 1)]
    files.mkdir(parents=True, exist_ok=True)
    for number in range(chunks // PASSAGES + 1):
        sentences = [
            " ".join(generator.choices(vocabulary, weights, k=SENTENCE_WORDS)).capitalize() + "."
            for _ in range(PASSAGES * SENTENCES)
        ]
        paragraphs = [
            " ".join(sentences[start : start + SENTENCES])
            for start in range(0, len(sentences), SENTENCES)
        ]
        (files / f"{number:06}.txt").write_text("\n\n".join(paragraphs))
    embedder = RandomVectors(open_embedder(Settings()))
    report = ingest([files], data_dir=data, settings=Settings(), embedder=embedder)
    click.echo(f"{report.chunks_embedded:,} chunks in {report.seconds:.0f} s", err=True)
    return data


def serve_page(data: Path, model_url: str, port: int) -> None:
    """The page, as `inhouse web` serves it."""
    from rag import Assistant
    from ui.web.app import create_app
    from ui.web.server import listen, serve

    settings = settings_for(data, model_url)
    sock = listen("127.0.0.1", port)
    serve(create_app(lambda: Assistant.open(data, settings=settings), settings=settings), sock)


def settings_for(data: Path, model_url: str) -> Settings:
    """With sign-in, and no rate limit: everybody here asks more often than people do."""
    web = WebSettings(sign_in="accounts", requests_per_minute=100_000, questions_per_minute=10_000)
    settings = Settings(data=data, web=web)
    llm = settings.llm.model_copy(update={"url": model_url, "model": "stub"})
    return settings.model_copy(update={"llm": llm})


def serve_model(port: int) -> None:
    """Streams 40 words for every question, the first after 0.3 s, then 25 a second.

    8 words for what is to be one line: a question that leans on the one before it, made whole.
    """
    import uvicorn
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()

    @app.get("/v1/models")
    def models() -> dict[str, Any]:
        return {"object": "list", "data": [{"id": "stub", "object": "model"}]}

    @app.post("/v1/chat/completions")
    async def chat(request: Request) -> StreamingResponse:
        is_one_line = "stop" in await request.json()

        async def stream() -> Any:
            for number in range(8 if is_one_line else 40):
                await asyncio.sleep(0.3 if number == 0 else 0.04)
                yield _event({"choices": [_choice({"content": f"word{number} "})]})
            yield _event({"choices": [_choice({}, "stop")]})
            yield "data: [DONE]\n\n"

        return StreamingResponse(stream(), media_type="text/event-stream")

    uvicorn.run(app, port=port, log_level="warning")


def _choice(delta: dict[str, str], finish: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": finish}


def _event(fields: dict[str, Any]) -> str:
    whole = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "stub", **fields}
    return f"data: {json.dumps(whole)}\n\n"


async def person(
    url: str, cookie: str, number: int, rounds: int, start: asyncio.Event
) -> list[dict[str, float]]:
    """Asks, waits for the whole answer, and asks on; then anew. Seconds of each question."""
    generator, vocabulary, seen = random.Random(number), words(), []
    headers = {"cookie": f"inhouse={cookie}", "origin": url}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=120) as client:
        events = (await client.get("/config")).raise_for_status().json()["dependencies"]
        event = next(e for e in events if e["targets"] and len(e["inputs"]) == 5)
        await start.wait()
        for _ in range(rounds):
            tab = os.urandom(6).hex()
            for turn, begins in enumerate(("How are", "And what about"), start=1):
                question = " ".join(generator.choices(vocabulary[:800], k=6))
                event_body = {"fn_index": event["id"], "session_hash": tab}
                event_body["data"] = [f"{begins} {question}?", *[None] * 4]
                seen.append(await answered(client, event_body, turn))
                await asyncio.sleep(generator.uniform(0, 1))
    return seen


async def answered(client: httpx.AsyncClient, body: dict[str, Any], turn: int) -> dict[str, float]:
    """Seconds until the passages, the first word and the whole answer are there; which turn it was."""
    evidence = f'id=\\"e{turn}\\"'  # earlier turns' come along with every question
    times, began = {"turn": float(turn)}, time.perf_counter()
    joined = await client.post("/gradio_api/queue/join", json=body)
    joined.raise_for_status()
    address = f"/gradio_api/queue/data?session_hash={body['session_hash']}"
    async with client.stream("GET", address) as lines:
        async for line in lines.aiter_lines():
            now = time.perf_counter() - began
            if "process_generating" in line:
                times.setdefault("first_screen", now)
            if evidence in line:
                times.setdefault("first_evidence", now)
            if _WRITING in line:
                times.setdefault("first_word", now)
            if "process_completed" in line:
                times["answer"] = now
                break
    if not times.keys() >= {"first_evidence", "first_word"}:
        raise RuntimeError(f"No passages, or no words, came for: {body['data'][0]}")
    return times


async def crowd(url: str, cookies: Sequence[str], rounds: int) -> list[dict[str, float]]:
    """Everybody begins at the same moment."""
    start = asyncio.Event()
    tasks = [
        asyncio.create_task(person(url, cookie, number, rounds, start))
        for number, cookie in enumerate(cookies)
    ]
    await asyncio.sleep(3)
    start.set()
    return [times for person_times in await asyncio.gather(*tasks) for times in person_times]


def sign_in_all(data: Path, people: int) -> list[str]:
    """A new account with a session for each person."""
    from ui.web.identity import Role
    from ui.web.userdata.accounts import Accounts
    from ui.web.userdata.database import PEOPLE, Store
    from ui.web.userdata.sessions import Sessions

    store = Store(data / PEOPLE)
    accounts, sessions = Accounts(store), Sessions(store, idle_s=1e5, longest_s=1e5)
    mark = os.urandom(3).hex()
    return [
        sessions.begin(accounts.add(f"person{n}.{mark}", role=Role.READER)) for n in range(people)
    ]


def wait_for(url: str, seconds: float = 180) -> None:
    """Until the server answers; what it serves may take its time to load."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if httpx.get(url, timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise click.ClickException(f"{url} did not answer within {seconds:.0f} s.")


def quantiles(values: Sequence[float]) -> dict[str, float]:
    values_at = np.quantile(np.array(values), [0.5, 0.95, 1.0])
    return dict(zip(("p50", "p95", "max"), (round(float(x), 3) for x in values_at), strict=True))


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--people", default=20, show_default=True, help="How many ask at once.")
@click.option(
    "--rounds", default=5, show_default=True, help="Conversations of two questions of each."
)
@click.option("--chunks", default=20_000, show_default=True, help="Chunks in the index.")
@click.option("--work", type=click.Path(path_type=Path), help="Folder for the index; kept.")
@click.option("--part", type=click.Choice(["page", "model"]), hidden=True)
@click.option("--port", default=0, hidden=True)
@click.option("--model-url", default="", hidden=True)
def main(
    people: int,
    rounds: int,
    chunks: int,
    work: Path | None,
    part: str | None,
    port: int,
    model_url: str,
) -> None:
    """Ask an index of CHUNKS chunks with PEOPLE people at once; prints JSON."""
    work = work or Path(tempfile.gettempdir()) / "inhouse-bench-web"
    if part == "model":
        serve_model(port)
        return
    if part == "page":
        serve_page(work, model_url, port)
        return
    data = make_index(chunks, work)
    ports = _free(2)
    url, model = f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}/v1"
    own = [sys.executable, __file__]
    started = [
        subprocess.Popen([*own, "--part", "model", "--port", str(ports[1])]),
        subprocess.Popen(
            [
                *own,
                "--part",
                "page",
                "--port",
                str(ports[0]),
                "--work",
                str(data),
                "--model-url",
                model,
            ]
        ),
    ]
    try:
        wait_for(f"{model}/models")
        wait_for(f"{url}/readyz")
        asyncio.run(crowd(url, sign_in_all(data, 1), 1))  # what is loaded at the first question
        before = _processor_seconds(started[1].pid)
        times = asyncio.run(crowd(url, sign_in_all(data, people), rounds))
        spent = _processor_seconds(started[1].pid) - before
    finally:
        for process in started:
            process.terminate()
            process.wait()
    result: dict[str, Any] = {"people": people, "questions": len(times)}
    result["page_processor_seconds_a_question"] = round(spent / len(times), 3)
    result |= {"cores": len(os.sched_getaffinity(0)), "machine": platform.machine()}
    for turn, name in enumerate(("seconds_of_first_questions", "seconds_of_follow_ups"), start=1):
        those = [row for row in times if row["turn"] == turn]
        keys = [key for key in those[0] if key != "turn"]
        result[name] = {key: quantiles([t[key] for t in those if key in t]) for key in keys}
    click.echo(json.dumps(result, indent=2))


def _processor_seconds(pid: int) -> float:
    """What a process has computed so far, all of its threads: it depends little on what else is running."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _free(count: int) -> list[int]:
    import socket

    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


if __name__ == "__main__":
    main()
