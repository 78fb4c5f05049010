"""vLLM as a child process: started, watched, stopped, and nothing left behind."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO

import platformdirs
import psutil

from rag.errors import ModelServerError, ModelServerStartError
from rag.models import ModelFolder
from rag.settings import ServeSettings
from rag.vllm.command import HOST, build_command, find_vllm
from rag.vllm.health import health
from rag.vllm.shares import MachineShare
from rag.vllm.startup import phase, read_last_lines, read_tail, reason

logger = logging.getLogger(__name__)

_LAUNCHER = Path(__file__).with_name("launcher.py")
_POLL_S = 0.25
_GRACE_S = 10.0


class VllmServer:
    """vLLM serving one model on loopback; a context manager that starts, waits for health, and stops.

        with VllmServer(resolve_model("smollm2-135m-instruct"), settings.serve) as server:
            ...  # server.base_url is what INHOUSE_LLM_URL would be

    vLLM and its workers are one process group of their own. They end with this object's `stop()`, and
    also when this process dies without calling it, however it dies.
    """

    def __init__(
        self,
        model: ModelFolder,
        settings: ServeSettings,
        *,
        log_file: Path | None = None,
        share: MachineShare | None = None,
    ) -> None:
        """`share` is what it may use of the machine; None: all of it."""
        self.model = model
        self._share = share
        self.port = settings.port
        self.base_url = f"http://{HOST}:{settings.port}/v1"
        self.log_file = log_file or default_log_file(settings.port)
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._scratch: Path | None = None
        self._started = 0.0
        self._was_healthy = False

    def __enter__(self) -> VllmServer:
        self.start()
        try:
            self.wait_until_healthy()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def returncode(self) -> int | None:
        """vLLM's exit status, negative for a signal; None while it runs or before it started."""
        return None if self._process is None else self._process.poll()

    def start(self) -> None:
        """Start vLLM; returns at once.

        Raises MissingDependencyError if vLLM is not installed, ModelServerStartError if the port is
        taken or the log cannot be written.
        """
        if self._process is not None:
            raise ModelServerStartError("This vLLM was started before; make a new VllmServer.")
        vllm = find_vllm()
        command = build_command(
            self.model.path,
            self.model.name,
            self._settings,
            device=vllm.device,
            machine=self._share.machine if self._share else None,
            python=vllm.python,
        )
        require_free_port(self.port)
        for note in command.notes:
            logger.warning("%s: %s", self.model.name, note)
        self._scratch = Path(tempfile.mkdtemp(prefix="inhouse-vllm-"))
        # vLLM's sockets and rendezvous files go where they can be removed afterwards.
        environment = {**os.environ, **command.environment, "TMPDIR": str(self._scratch)}
        environment |= self._share.environment if self._share else {}
        if vllm.python != sys.executable:  # another interpreter finds its packages by itself
            environment.pop("PYTHONPATH", None)
        arguments = command.argv[command.argv.index("-m") + 2 :]
        self._started = time.monotonic()
        with _open_log(self.log_file) as log:
            self._process = subprocess.Popen(
                [vllm.python, "-P", str(_LAUNCHER), *arguments],
                stdin=subprocess.PIPE,  # its end tells vLLM that we are gone
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )

    def wait_until_healthy(self, report: Callable[[str, float], None] | None = None) -> float:
        """Wait until vLLM answers; returns the seconds since the start.

        `report` is called with what vLLM is doing and the seconds so far. Raises ModelServerStartError
        with the reason if vLLM dies or is not healthy within `serve.start_timeout_s`.
        """
        while True:
            seconds = time.monotonic() - self._started
            if self._process is None or self._process.poll() is not None:
                self.stop()  # its engine may still be there
                raise self._death()
            if _listens(self.port):
                with contextlib.suppress(ModelServerError):
                    if self.model.name in health(self.base_url, timeout=2.0):
                        self._was_healthy = True
                        return time.monotonic() - self._started
            if seconds > self._settings.start_timeout_s:
                doing = phase(read_tail(self.log_file))
                self.stop()
                raise ModelServerStartError(
                    f"vLLM was not ready after {seconds:.0f} s (it was {doing}).",
                    hint=f"Raise serve.start_timeout_s; its log is {self.log_file}.",
                )
            if report is not None:
                report(phase(read_tail(self.log_file)), seconds)
            time.sleep(_POLL_S)

    def wait(self) -> ModelServerError:
        """Wait until vLLM ends by itself; the error says why."""
        if self._process is not None:
            while (
                self._process.poll() is None
            ):  # in steps, so that a signal's handler gets its turn
                time.sleep(_POLL_S)
        return self._death()

    def stop(self, grace_s: float = _GRACE_S) -> None:
        """Stop vLLM with its workers: SIGTERM, and SIGKILL after `grace_s` seconds. Safe to repeat."""
        process = self._process
        if process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired, ProcessLookupError):
                if process.poll() is None:
                    process.send_signal(signal.SIGTERM)
                process.wait(grace_s)
            self.kill()
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def kill(self) -> None:
        """End the whole process group now, and wait until none of it runs."""
        process = self._process
        if process is None:
            return
        deadline = time.monotonic() + _GRACE_S
        while _group_runs(process.pid) and time.monotonic() < deadline:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.poll()
            time.sleep(0.02)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_S)
        if process.stdin is not None:
            process.stdin.close()

    def _death(self) -> ModelServerStartError:
        log = read_tail(self.log_file)
        why = reason(log, self.returncode)
        what = "stopped serving" if self._was_healthy else "could not serve"
        return ModelServerStartError(
            f"vLLM {what} {self.model.name}: {why}.",
            hint=f"Its log is {self.log_file}; it ends with: {read_last_lines(log)}",
        )


def default_log_file(port: int) -> Path:
    """Where vLLM's log goes unless it is said otherwise; the one before is kept beside it."""
    return platformdirs.user_log_path("inhouse") / f"vllm-{port}.log"


def require_free_port(port: int) -> None:
    """Raise ModelServerStartError if something listens on `port` of this machine."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((HOST, port))
            return
        except OSError as exc:
            error = exc
    try:
        who = f"a model server with {', '.join(health(f'http://{HOST}:{port}/v1'))}"
        hint = "Use it as it is, stop it, or take another port: inhouse serve --port N."
    except ModelServerError:
        who = (
            "another program"
            if error.errno == errno.EADDRINUSE
            else f"the system ({error.strerror})"
        )
        hint = "Stop it, or take another port: inhouse serve --port N."
    raise ModelServerStartError(f"Port {port} is taken by {who}.", hint=hint) from error


def _open_log(path: Path) -> IO[bytes]:
    """A new, empty log that only the user can read; the one before stays as `….1`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_file() and path.stat().st_size:
            path.replace(path.with_name(f"{path.name}.1"))
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
    except OSError as exc:
        raise ModelServerStartError(
            f"vLLM's log {path} cannot be written: {exc.strerror}.",
            hint="Name another file: inhouse serve --log-file FILE.",
        ) from exc


def _listens(port: int) -> bool:
    with socket.socket() as sock:
        sock.settimeout(1.0)
        return sock.connect_ex((HOST, port)) == 0


def _group_runs(group: int) -> bool:
    """Whether a process of that group still runs; one that only waits to be reaped does not."""
    for process in psutil.process_iter(["status"]):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getpgid(process.pid) == group and process.info["status"] != psutil.STATUS_ZOMBIE:
                return True
    return False
