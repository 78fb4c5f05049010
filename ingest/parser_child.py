"""A parser process as its parent sees it: asked, timed, buried and replaced."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from ingest.barriers import BARRIERS, ControlGroup
from ingest.errors import (
    IngestError,
    ParserCrashError,
    ParserMemoryError,
    ParserTimeoutError,
    UnreadableFileError,
    make_unreadable_file_error,
)
from ingest.loaded import LoadedDocument
from ingest.parser_process import FRAME

Outcome = LoadedDocument | UnreadableFileError
_Answer = TypeVar("_Answer")

_START_TIMEOUT_S = 60.0
_MOST_VALUES = 4_000_000
"""Values in an answer: each takes about 60 to 100 bytes here, however short it is in JSON."""


class _DiedError(Exception):
    """The child ended, or sent nonsense, before its answer was complete."""


class ParserChild:
    """One child process at a time, and its replacement when it fails. For one thread at a time."""

    def __init__(
        self,
        timeout_s: float,
        memory_mb: int,
        *,
        more_time_s: float = 0.0,
        starts_programs: bool = False,
        needs_barriers: bool = False,
        files: int = 2_000,
    ) -> None:
        """`starts_programs`: it may start tesseract. `needs_barriers`: no child without every barrier.

        `files`: so many are read by one child, whatever it says of itself.
        """
        self._files = files
        self._timeout_s = timeout_s
        self._more_time_s = more_time_s
        self._starts_programs, self._needs_barriers = starts_programs, needs_barriers
        self.barriers: dict[str, bool] = {}
        self._group: ControlGroup | None = None
        self._memory_mb = memory_mb
        self.is_in_group = False
        """Whether a control group bounds its memory and processes."""
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._served = 0
        self._start_peak_kb = 0
        self._stopped = threading.Event()
        self._reaping = threading.Lock()

    def load(self, request: dict[str, Any], descriptor: int) -> Outcome:
        """Have the child read the file; a second child tries again if one that was in use died of it."""
        return self._serve(request, descriptor, self._document)

    def draw(
        self, request: dict[str, Any], descriptor: int
    ) -> dict[str, Any] | UnreadableFileError:
        """Have the child draw a page, within the same limits; what it says is not checked yet."""
        return self._serve(request, descriptor, self._picture)

    def _serve(
        self, request: dict[str, Any], descriptor: int, read: Callable[[dict[str, Any]], _Answer]
    ) -> _Answer | UnreadableFileError:
        for _ in range(2):
            was_fresh = self._process is None or self._served == 0
            try:
                return read(self._ask(request, descriptor))
            except UnreadableFileError as exc:
                return exc
            except TimeoutError:
                self.end()
                return ParserTimeoutError(f"took longer than {self._timeout_s:g} s")
            except _DiedError as exc:
                error = self._post_mortem(str(exc))
                if was_fresh or self._stopped.is_set():
                    return error
        return error

    def stop(self) -> None:
        """Kill the child, from any thread; the one that waits for it wakes up. No other is started."""
        self._stopped.set()
        self._kill(self._process)

    def _ask(self, request: dict[str, Any], descriptor: int) -> dict[str, Any]:
        """The child's answer; raises the UnreadableFileError that it reports."""
        connection = self.start() if self._socket is None else self._socket
        self._limit_cpu()
        deadline = time.monotonic() + self._timeout_s
        payload = json.dumps(request).encode()
        os.lseek(descriptor, 0, os.SEEK_SET)
        try:
            connection.settimeout(self._timeout_s)
            socket.send_fds(connection, [FRAME.pack(len(payload)), payload], [descriptor])
        except (BrokenPipeError, ConnectionError) as exc:
            raise _DiedError from exc
        answer = self._receive(connection, deadline)
        if "more_time" in answer:  # a picture of text was met; it can be said once
            answer = self._receive(connection, deadline + self._more_time_s)
        if "document" in answer:
            answer["text"] = self._text(connection, deadline + self._more_time_s)
        self._served += 1
        if answer.get("last") or self._served >= self._files:
            self.end()
        if "code" in answer:
            if answer["code"] == "memory":
                raise self._memory_error()
            code, reason, hint = (str(answer.get(key, "")) for key in ("code", "reason", "hint"))
            raise make_unreadable_file_error(code, reason or "cannot be read", hint)
        return answer

    def _document(self, answer: dict[str, Any]) -> LoadedDocument:
        try:
            return LoadedDocument.from_json({**answer["document"], "text": answer["text"]})
        except (KeyError, TypeError, ValueError) as exc:
            raise _DiedError(str(exc)) from exc

    def _picture(self, answer: dict[str, Any]) -> dict[str, Any]:
        if not isinstance(answer.get("picture"), dict):
            raise _DiedError("the answer has no picture")
        picture: dict[str, Any] = answer["picture"]
        return picture

    def start(self) -> socket.socket:
        """Start a child; `barriers` says then what stands around it. Raises IngestError."""
        if self._stopped.is_set():
            raise _DiedError("the sandbox was closed")
        ours, child_end = socket.socketpair()
        seconds = max(1, round(self._timeout_s))
        limits = (os.getpid(), self._memory_mb, seconds, int(self._starts_programs))
        arguments = [str(value) for value in (child_end.fileno(), *limits)]
        with child_end:
            self._process = subprocess.Popen(
                [sys.executable, "-B", "-P", "-m", "ingest.parser_process", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(child_end.fileno(),),
                env=_environment(),
                start_new_session=True,  # Ctrl-C is for the parent, which ends its children itself
            )
        self._socket, self._served = ours, 0
        self._group = ControlGroup.make(self._memory_mb)
        self.is_in_group = self._group is not None and self._group.add(self._process.pid)
        if self._stopped.is_set():  # stop() may have come just before there was a process to kill
            self._kill(self._process)
        try:
            ready = self._receive(ours, time.monotonic() + _START_TIMEOUT_S)
            self._start_peak_kb = int(ready["peak_kb"])
            self.barriers = {name: bool(ready["barriers"].get(name)) for name in BARRIERS}
        except (TimeoutError, KeyError, ValueError, AttributeError, _DiedError) as exc:
            self.end()
            if self._stopped.is_set():
                raise _DiedError("the sandbox was closed") from exc
            raise IngestError(
                "The parser process does not start.",
                hint=f"Try: {sys.executable} -m ingest.parser_process; it should print no error but usage.",
            ) from exc
        self._check_barriers()
        return ours

    def _check_barriers(self) -> None:
        missing = [name for name, stands in self.barriers.items() if not stands]
        if missing and self._needs_barriers:
            self.end()
            raise IngestError(
                f"The parser's process would run without these barriers: {', '.join(missing)}.",
                hint='See which stand: inhouse doctor. Without them: ingest.sandbox = "auto".',
            )

    def _limit_cpu(self) -> None:
        """Allow this file its share of CPU time, from outside: our clock is the limit, this the backstop."""
        if sys.platform != "linux" or self._process is None:
            return
        with contextlib.suppress(
            OSError, ValueError, IndexError
        ):  # it has ended, as the answer will tell
            times = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
            used = (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")
            allowed = int(used + 2 * self._timeout_s + 2)
            _, hard = resource.prlimit(self._process.pid, resource.RLIMIT_CPU)
            soft = allowed if hard == resource.RLIM_INFINITY else min(allowed, hard)
            resource.prlimit(self._process.pid, resource.RLIMIT_CPU, (soft, hard))

    def _text(self, connection: socket.socket, deadline: float) -> str:
        """The document's text, which comes behind the rest of it as it is."""
        try:
            return self._read_frame(connection, deadline).decode("utf-8")
        except UnicodeDecodeError as exc:
            raise _DiedError("the text is not UTF-8") from exc

    def _read_frame(self, connection: socket.socket, deadline: float) -> bytes:
        (length,) = FRAME.unpack(_read(connection, FRAME.size, deadline))
        if length > self._memory_mb * 2**20:
            raise _DiedError("the answer is too long")
        return _read(connection, length, deadline)

    def _receive(self, connection: socket.socket, deadline: float) -> dict[str, Any]:
        payload = self._read_frame(connection, deadline)
        if payload.count(b",") + payload.count(b"[") + payload.count(b"{") > _MOST_VALUES:
            raise _DiedError("the answer has too many parts")
        try:
            answer = json.loads(payload)
        except ValueError as exc:
            raise _DiedError("the answer is not JSON") from exc
        if not isinstance(answer, dict):
            raise _DiedError("the answer is not an object")
        return answer

    def _post_mortem(self, what: str) -> UnreadableFileError:
        """Why the child died: out of memory, out of CPU time, or crashed."""
        status, peak_kb = self.end()
        # The kernel counts the parent's size at the child's birth as the child's; only more than that
        # is known to be its own.
        if peak_kb > max(0.75 * self._memory_mb * 1024, self._start_peak_kb):
            return self._memory_error()
        if status == -signal.SIGXCPU:
            return ParserTimeoutError(f"took longer than {self._timeout_s:g} s")
        if status is not None and status < 0 and status != -signal.SIGKILL:
            what = signal.Signals(-status).name
        return ParserCrashError(f"crashed the parser ({what})" if what else "crashed the parser")

    def _memory_error(self) -> ParserMemoryError:
        return ParserMemoryError(f"needed more than {self._memory_mb} MiB")

    def end(self) -> tuple[int | None, int]:
        """Make sure that the child is gone; its exit status and the most memory it had, in KiB."""
        process, connection = self._process, self._socket
        self._process = self._socket = None
        if connection is not None:
            connection.close()
        group, self._group = self._group, None
        if process is None or process.returncode is not None:
            if group is not None:
                group.end()
            return None, 0
        # Closing the socket ends a healthy child; a dead one keeps the status that it died with.
        self._kill(process)
        with self._reaping:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        came_to_limit = group is not None and group.end()
        peak_kb = self._memory_mb * 1024 + 1 if came_to_limit else usage.ru_maxrss
        return process.returncode, max(peak_kb, usage.ru_maxrss)

    def _kill(self, process: subprocess.Popen[bytes] | None) -> None:
        # Not Popen.kill: it reaps a dead child in passing, and its exit status and usage with it.
        with self._reaping, contextlib.suppress(ProcessLookupError):
            if process is not None and process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)  # with whatever it has started


def _read(connection: socket.socket, length: int, deadline: float) -> bytes:
    buffer = bytearray()
    while len(buffer) < length:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)
        try:
            part = connection.recv(min(length - len(buffer), 1 << 20))
        except ConnectionError as exc:
            raise _DiedError from exc
        if not part:
            raise _DiedError
        buffer += part
    return bytes(buffer)


def _environment() -> dict[str, str]:
    """What a parser needs to start, and no more: no proxies, no keys, no tokens."""
    names = ("PATH", "LD_LIBRARY_PATH", "TESSDATA_PREFIX")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    search = [str(Path(entry).resolve()) for entry in sys.path if entry and Path(entry).exists()]
    # The folder that holds this package, also where it was found through the working folder.
    search.insert(0, str(Path(__file__).resolve().parents[1]))
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(search)),
        "PYTHONHASHSEED": "0",
        "LC_ALL": "C.UTF-8",
    }
