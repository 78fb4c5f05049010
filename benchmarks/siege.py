"""Besiege the page, and see whether one more person still gets answers; `python benchmarks/siege.py --help`.

A real page with accounts over a real index, in a process of its own, on loopback. Against it, all at once:
connections that say nothing, requests that come a byte at a time, streams and slow documents of one person,
and people at many addresses who sign in with wrong passwords. Meanwhile a second person searches, and a probe
asks for `/healthz`; both have a limit, and the exit code says whether it held. All ends after `--seconds`.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import random
import resource
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import click

sys.path.insert(0, str(Path(__file__).parent.parent))

from rag.settings import Settings, WebSettings

SEARCH_S, HEALTH_S = 2.0, 0.5
"""How long the second person's search, and the probe, may take at most."""
PASSWORD = "correct horse battery staple"  # noqa: S105 - of accounts that live for one measurement
BUSY, SECOND = "busy", "second"
SEARCH = "search of a second person"
_GATHERING_S = 4.0
"""The attackers come one after the other within this time, and then stay."""
_AGAIN_S = 5.0
"""A silent connection that was closed comes back after so long: it is silence that is tried, not a flood."""
_OPEN_FILES = 8_192
_ANSWER_BYTES = 1 << 16


@dataclass
class Siege:
    """One run: where the page is, until when, and what came of it."""

    port: int
    until: float = 0.0
    seconds: dict[str, list[float]] = field(default_factory=dict)
    statuses: dict[str, Counter[str]] = field(default_factory=dict)
    rows: dict[str, list[tuple[str, float]]] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        return time.monotonic() > self.until

    def note(self, kind: str, status: str, took: float) -> None:
        self.seconds.setdefault(kind, []).append(took)
        self.statuses.setdefault(kind, Counter())[status] += 1
        self.rows.setdefault(kind, []).append((status, took))


def settings_of(data: Path) -> Settings:
    return Settings(data=data, web=WebSettings(sign_in="accounts"))


def prepare(data: Path, documents: Path) -> None:
    """An index with small documents and long ones, and two accounts."""
    from ingest import ingest
    from rag.testing import HashingEmbedder
    from ui.web.identity import Role
    from ui.web.userdata.accounts import Accounts
    from ui.web.userdata.database import Store, locate_people_file

    documents.mkdir()
    for number in range(200):
        (documents / f"{number}.txt").write_text(f"Parental leave of kind {number} is 16 weeks.\n")
    for number in range(4):
        lines = [f"Line {line} of a very long document, number {number}." for line in range(8_000)]
        (documents / f"long{number}.txt").write_text("\n\n".join(lines))
    ingest(documents, data_dir=data, settings=settings_of(data), embedder=HashingEmbedder())
    accounts = Accounts(Store(locate_people_file(settings_of(data))))
    for name in (BUSY, SECOND):
        accounts.add(name, role=Role.READER, password=PASSWORD)


def serve_page(data: Path, port: int) -> None:
    """The page as `inhouse web` serves it, with an embedder that takes no time."""
    from rag import Assistant
    from rag.testing import HashingEmbedder
    from ui.web.app import create_app
    from ui.web.server import listen, serve

    settings = settings_of(data)
    sock = listen("127.0.0.1", port, settings.web)
    app = create_app(
        lambda: Assistant.open(data, settings=settings, embedder=HashingEmbedder()),
        settings=settings,
    )
    serve(app, sock, settings.web)


async def ask(
    siege: Siege,
    method: str,
    path: str,
    *,
    cookie: str = "",
    body: bytes = b"",
    source: str = "127.0.0.1",
) -> tuple[int, bytes]:
    """One request on a connection of its own, from a loopback address; the status and the answer."""
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", siege.port, local_addr=(source, 0), limit=_ANSWER_BYTES
    )
    try:
        lines = [
            f"{method} {path} HTTP/1.1",
            f"host: 127.0.0.1:{siege.port}",
            f"origin: http://127.0.0.1:{siege.port}",
            "connection: close",
            f"content-length: {len(body)}",
            "content-type: application/x-www-form-urlencoded",
            *([f"cookie: {cookie}"] if cookie else []),
        ]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + body)
        await writer.drain()
        answer = await reader.read()
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    return int(answer[9:12] or b"0"), answer


async def timed(
    siege: Siege, kind: str, request: Callable[[], Awaitable[tuple[int, bytes]]]
) -> None:
    began = time.monotonic()
    try:
        status, _ = await asyncio.wait_for(request(), 30)
        answer = str(status)
    except (OSError, TimeoutError, ValueError) as exc:
        answer = type(exc).__name__
    siege.note(kind, answer, time.monotonic() - began)


async def sign_in(siege: Siege, name: str) -> str:
    """The session's cookie."""
    form = f"name={name}&password={quote(PASSWORD)}".encode()
    status, answer = await ask(siege, "POST", "/sign-in", body=form)
    head = answer.partition(b"\r\n\r\n")[0].decode("latin-1")
    for line in head.splitlines():
        if line.lower().startswith("set-cookie:"):
            return line.partition(":")[2].partition(";")[0].strip()
    raise click.ClickException(f"{name} cannot sign in: {status}.")


# The besiegers


async def silent(siege: Siege) -> None:
    """A connection that says nothing; a new one some time after it was closed."""
    while not siege.is_over:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", siege.port)
            with contextlib.suppress(TimeoutError, OSError):
                await asyncio.wait_for(reader.read(1), max(0.0, siege.until - time.monotonic()))
            siege.note("silent", "closed", 0.0)
            writer.close()
        except OSError as exc:
            siege.note("silent", type(exc).__name__, 0.0)
        await asyncio.sleep(_AGAIN_S)


async def slow(siege: Siege) -> None:
    """A request whose head comes a byte at a time."""
    head = b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow: " + b"a" * 1000
    while not siege.is_over:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", siege.port)
            for byte in head:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.5)
                if siege.is_over or writer.is_closing():
                    break
            writer.close()
        siege.note("slow", "ended", 0.0)
        await asyncio.sleep(0.1)


async def stream(siege: Siege, cookie: str) -> None:
    """An open stream of the busy person."""
    while not siege.is_over:
        path = f"/gradio_api/heartbeat/{secrets.token_hex(8)}"
        await timed(siege, "streams", functools.partial(ask, siege, "GET", path, cookie=cookie))
        await asyncio.sleep(0.5)


async def stranger(siege: Siege, number: int) -> None:
    """Somebody at an address of their own who signs in with a wrong password."""
    source = f"127.1.{number // 250}.{number % 250 + 1}"
    form = f"name=person{number}&password=wrong-{number}-password".encode()
    await timed(siege, "sign-ins", lambda: ask(siege, "POST", "/sign-in", body=form, source=source))


async def reader_of(siege: Siege, cookie: str, names: list[str], number: int) -> None:
    """The busy person opens a long stretch of a long document, again and again."""
    path = f"/sources/{names[number % len(names)]}?start=0&end=300000"
    while not siege.is_over:
        await timed(siege, "sources", lambda: ask(siege, "GET", path, cookie=cookie))


# Those who are watched


async def watched(siege: Siege, kind: str, path: str, cookie: str, every: float) -> None:
    while not siege.is_over:
        await timed(siege, kind, lambda: ask(siege, "GET", path, cookie=cookie))
        await asyncio.sleep(every)


async def besiege(siege: Siege, data: Path, *, scale: float, seconds: float) -> None:
    from rag.index import Filter, IndexReader

    busy, second = await sign_in(siege, BUSY), await sign_in(siege, SECOND)
    status, _ = await ask(siege, "GET", "/search?q=parental+leave", cookie=second)
    if status != 200:
        raise click.ClickException(f"The search answers with {status}.")
    files = IndexReader(data).snapshot().file_list(Filter())
    names = [files.name(str(data.parent / f"documents/long{number}.txt")) for number in range(4)]
    siege.until = time.monotonic() + seconds

    def of(count: int) -> range:
        return range(max(1, round(count * scale)))

    async def after(delay: float, attack: Awaitable[None]) -> None:
        await asyncio.sleep(delay)
        await attack

    attacks = [
        *(silent(siege) for _ in of(2000)),
        *(slow(siege) for _ in of(200)),
        *(stream(siege, busy) for _ in of(50)),
        *(stranger(siege, number) for number in of(500)),
        *(reader_of(siege, busy, names, number) for number in of(20)),
    ]
    random.Random(1).shuffle(attacks)
    # In a process of their own: what this one does to itself is not the page's fault.
    command = [sys.executable, __file__, "--port", str(siege.port), "--seconds", str(seconds)]
    with subprocess.Popen([*command, "--watch", second], stdout=subprocess.PIPE) as watching:
        share = _GATHERING_S / len(attacks)
        await asyncio.gather(*(after(n * share, attack) for n, attack in enumerate(attacks)))
        output, _ = await asyncio.to_thread(watching.communicate)
    for kind, rows in json.loads(output).items():
        for answer, took in rows:
            siege.note(kind, answer, took)


async def watch(siege: Siege, cookie: str) -> None:
    """What a second person and a probe see."""
    await asyncio.gather(
        watched(siege, SEARCH, "/search?q=parental+leave+of+kind+7", cookie, 0.5),
        watched(siege, "/healthz", "/healthz", "", 0.2),
    )


def wait_for(siege: Siege, process: subprocess.Popen[bytes]) -> None:
    async def answers() -> bool:
        with contextlib.suppress(OSError, ValueError):
            return (await ask(siege, "GET", "/healthz"))[0] == 200
        return False

    for _ in range(600):
        if process.poll() is not None:
            raise click.ClickException("The page has ended.")
        if asyncio.run(answers()):
            return
        time.sleep(0.1)
    raise click.ClickException("The page does not answer.")


@click.command()
@click.option("--seconds", default=20.0, type=click.FloatRange(1, 300), show_default=True)
@click.option(
    "--scale", default=1.0, type=click.FloatRange(0.001, 1), show_default=True,
    help="Share of the connections, for a small machine.",
)  # fmt: skip
@click.option("--port", default=7899, show_default=True)
@click.option("--serve", type=click.Path(path_type=Path), hidden=True)
@click.option("--watch", "cookie", hidden=True)
def main(seconds: float, scale: float, port: int, serve: Path | None, cookie: str | None) -> None:
    """Besiege a page on loopback, and print how long a second person and a probe had to wait."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = _OPEN_FILES if most == resource.RLIM_INFINITY else min(most, _OPEN_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, most))
    if serve is not None:
        serve_page(serve, port)
        return
    if cookie is not None:
        siege = Siege(port, time.monotonic() + seconds)
        asyncio.run(watch(siege, cookie))
        click.echo(json.dumps(siege.rows))
        return
    with tempfile.TemporaryDirectory(prefix="siege-") as folder:
        data = Path(folder, "data")
        prepare(data, Path(folder, "documents"))
        command = [sys.executable, __file__, "--serve", str(data), "--port", str(port)]
        with subprocess.Popen(command) as process:
            try:
                siege = Siege(port)
                wait_for(siege, process)
                asyncio.run(besiege(siege, data, scale=scale, seconds=seconds))
            finally:
                process.terminate()
    sys.exit(report(siege))


def report(siege: Siege) -> int:
    """Print what came of it; 1 if somebody who was watched waited for too long."""
    passed = True
    for kind, seconds in sorted(siege.seconds.items()):
        ordered = sorted(seconds)
        row = {
            "kind": kind,
            "requests": len(ordered),
            "median_s": round(ordered[len(ordered) // 2], 3),
            "longest_s": round(ordered[-1], 3),
            "answers": dict(siege.statuses[kind]),
        }
        limit = {"/healthz": HEALTH_S, SEARCH: SEARCH_S}.get(kind)
        if limit is not None:
            row["held"] = ordered[-1] < limit and set(siege.statuses[kind]) == {"200"}
            passed = passed and bool(row["held"])
        click.echo(json.dumps(row))
    return 0 if passed else 1


if __name__ == "__main__":
    main()
