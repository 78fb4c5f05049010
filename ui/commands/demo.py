"""`inhouse demo`: everything at once, on the sample documents."""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

import inhouse
from rag.cli_options import add_profile_option, with_settings
from rag.errors import MissingDependencyError, UsageError
from rag.extras import require_extra

if TYPE_CHECKING:
    from rag import Assistant
    from rag.settings import Settings
    from rag.vllm import VllmServer

_SAMPLES = Path("sample_docs")

QUESTIONS = (
    "How long is the trial period of a new contract?",
    "How many days of readings does the memory card keep?",
    "By what time must the late plate be ordered?",
)
"""Answered by `sample_docs`; also the page's starter questions."""


@click.command()
@click.option("--once", is_flag=True, help="Ask the questions and end, without the page.")
@click.option(
    "--documents",
    type=click.Path(path_type=Path),
    help="Folder of the sample documents (default: ./sample_docs, else those of the package).",
)
@add_profile_option
@with_settings
def command(settings: Settings, once: bool, documents: Path | None) -> None:
    """Start a model server, ingest the sample documents, ask three questions, then serve the page.

    Fetches the two default models if they are not here yet. Ctrl-C stops everything it started. Where vLLM
    or its client is not installed, the documents answer in their own words.
    """
    from rag import Assistant
    from rag.embedder import embedder_model
    from rag.models import resolve_model
    from ui.commands.ask import print_answer

    documents = _sample_documents(documents)
    _unwind_on_signals()
    page = None if once else _listen(settings)
    resolve_model(embedder_model(settings), kind="embedder", cache=settings.cache)
    settings = _with_free_port(settings)
    with contextlib.ExitStack() as started:
        server = _start_server(settings, started)
        _ingest(settings, documents)
        if server is not None:
            seconds = server.wait_until_healthy(_report if sys.stderr.isatty() else None)
            _clear_line()
            click.echo(f"vLLM serves {server.model.name} after {seconds:.0f} s.")
        assistant = Assistant.open(settings.location, settings=settings)
        for question in QUESTIONS:
            click.secho(f"\n{question}", bold=True)
            print_answer(assistant, question, ask_model=server is not None)
        if page is not None:
            _serve_page(assistant, page, settings, documents)


def _sample_documents(chosen: Path | None) -> Path:
    """The folder named, or the one here, or the one that comes with the package or the checkout."""
    package = Path(inhouse.__file__).parent
    folders = [chosen] if chosen else [_SAMPLES, package / _SAMPLES, package.parent / _SAMPLES]
    for folder in folders:
        if folder.is_dir():
            return folder
    raise UsageError(
        f"There is no folder {folders[0]}.", hint="Run this in a checkout, or name --documents."
    )


def _listen(settings: Settings) -> socket.socket:
    from ui.web.server import listen

    require_extra("web", "The page")
    return listen(settings.web.host, settings.web.port)


def _start_server(settings: Settings, started: contextlib.ExitStack) -> VllmServer | None:
    """vLLM, which loads while the documents are read; None, with a word why, where it is not installed."""
    from rag.models import AUTO, choose_model
    from rag.vllm import VllmServer, find_vllm

    try:
        require_extra("llm", "The language model's client")
        find_vllm()
    except MissingDependencyError as exc:
        click.echo(f"The documents answer in their own words. {exc}", err=True)
        return None
    choice = choose_model(settings.llm.model, cache=settings.cache)
    if settings.llm.model == AUTO:
        click.echo(f"The model is {choice.folder.name}: {choice.why}.")
    server = VllmServer(choice.folder, settings.serve)
    started.callback(server.stop)
    server.start()
    return server


def _unwind_on_signals() -> None:
    """Turn signals into an orderly end, so that nothing that was started stays behind."""

    def leave(number: int, frame: FrameType | None) -> None:
        del frame
        sys.exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)


def _with_free_port(settings: Settings) -> Settings:
    """The settings, with another port for vLLM where theirs is taken."""
    port = settings.serve.port
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            with socket.socket() as other:
                other.bind(("127.0.0.1", 0))
                port = other.getsockname()[1]
    return settings.model_copy(
        update={
            "serve": settings.serve.model_copy(update={"port": port}),
            "llm": settings.llm.model_copy(update={"url": f"http://127.0.0.1:{port}/v1"}),
        }
    )


def _ingest(settings: Settings, documents: Path) -> None:
    from ingest import ingest
    from ingest.running.progress import Bar

    with Bar() as bar:
        report = ingest([documents], data_dir=settings.location, settings=settings, progress=bar)
    click.echo(
        f"Ingested {documents}: {report.added + report.updated} files read, "
        f"{report.unchanged} unchanged, {len(report.failed)} failed ({report.seconds:.1f} s)."
    )


def _serve_page(
    assistant: Assistant, page: socket.socket, settings: Settings, documents: Path
) -> None:
    from ui.web.app import create_app
    from ui.web.profiles import list_profiles
    from ui.web.server import serve

    host, port = page.getsockname()[:2]
    click.echo(f"\nThe page is on http://{host}:{port} (Ctrl-C ends everything).")
    if not settings.profiles.is_dir():
        settings = settings.model_copy(update={"profiles": documents / "profiles"})
    first, *others = list_profiles(settings)
    if not first.starters:
        first = first.model_copy(update={"starters": QUESTIONS})
    app = create_app(lambda: assistant, settings=settings, profiles=[first, *others])
    serve(app, page, settings.web)


def _report(doing: str, seconds: float) -> None:
    click.echo(f"\r\033[KvLLM: {doing} … {seconds:.0f} s", err=True, nl=False)


def _clear_line() -> None:
    if sys.stderr.isatty():
        click.echo("\r\033[K", err=True, nl=False)
