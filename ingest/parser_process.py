"""The child of `ingest.sandbox`: reads files that it is handed, within limits it cannot lift.

It is given an open descriptor, never a name, over the socket whose number is its first argument, and
answers in JSON. It needs no right to open, write or connect to anything, so it gives up what it can: see
`ingest.barriers`; it writes no files, has few open, and its memory and CPU time are bounded.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import struct
import sys
from typing import Any

from ingest.barriers import raise_barriers
from ingest.errors import UnreadableFileError
from ingest.loader import load_bytes
from ingest.ocr import Ocr

FRAME = struct.Struct(">Q")
"""Each message is its length in eight bytes, then that many bytes of JSON."""

MAX_REQUEST = 64 * 1024
_OPEN_FILES = 64
_MAX_FILES = 2000
_MAX_PROCESSES = 256


def main(arguments: list[str]) -> None:
    """Serve requests until the parent closes the socket.

    Arguments: the socket, the parent's pid, MiB, seconds, and 1 if other programs may be started.
    """
    descriptor, parent, memory_mb, timeout_s, starts = (int(argument) for argument in arguments)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit(memory_mb)
    barriers = raise_barriers(parent, starts_programs=bool(starts))
    connection = socket.socket(fileno=descriptor)
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    _send(connection, {"ready": True, "barriers": barriers, "peak_kb": peak_kb})
    for served in range(1, _MAX_FILES + 1):
        request, file = _receive(connection)
        if request is None:
            return
        if sys.platform != "linux":  # there the parent does it
            _limit_cpu(timeout_s)
        ocr = Ocr(
            request.get("ocr_languages", ""),
            float(request.get("ocr_seconds", 0)),
            on_start=lambda: _send(connection, {"more_time": True}),
        )
        answer = _answer(request, file, ocr)
        # A parser that has grown large gives its memory back by ending; the parent starts another.
        grown = _resident_mb() > memory_mb // 2
        answer["last"] = served == _MAX_FILES or grown or answer.get("code") == "memory"
        _send(connection, answer)
        if answer["last"]:
            return


def _limit(memory_mb: int) -> None:
    for name, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_NPROC, _MAX_PROCESSES),
        # Not the address space: libraries and thread stacks reserve much of it that they never use.
        (resource.RLIMIT_DATA, memory_mb * 1024 * 1024),
    ):
        _, hard = resource.getrlimit(name)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(name, (value, value))


def _limit_cpu(timeout_s: int) -> None:
    """Allow this file its share of CPU time: the parent's clock is the limit, this one the backstop."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    allowed = int(usage.ru_utime + usage.ru_stime) + 2 * timeout_s + 2
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = allowed if hard == resource.RLIM_INFINITY else min(allowed, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _ran_out_of_memory(error: BaseException) -> bool:
    """Whether a parser took a failed allocation for a fault of the file, as lxml does."""
    cause: BaseException | None = error
    while cause is not None:
        log = getattr(cause, "error_log", None) or ()
        if isinstance(cause, MemoryError) or any(e.type_name == "ERR_NO_MEMORY" for e in log):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _resident_mb() -> int:
    """Memory that this process holds now, in MiB; 0 where the system does not say."""
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 - pathlib is not needed otherwise
            return int(file.read().split()[1]) * resource.getpagesize() // 2**20
    except OSError:
        return 0


def _answer(request: dict[str, Any], file: int, ocr: Ocr) -> dict[str, Any]:
    try:
        with os.fdopen(file, "rb") as source:
            data = source.read()
        if "page" in request:
            from ingest.parsers.pdf_page import draw_page

            return {"picture": draw_page(data, **request["page"])}
        document = load_bytes(
            data,
            request["media_type"],
            suffix=request["suffix"],
            ocr=ocr,
            skip_readers=int(request.get("skip_readers", 0)),
        )
        return {"document": document.to_json()}
    except UnreadableFileError as exc:
        if _ran_out_of_memory(exc):
            return {"code": "memory", "reason": ""}
        return {"code": exc.code, "reason": exc.reason, "hint": exc.hint}
    except MemoryError:
        return {"code": "memory", "reason": ""}
    except OSError as exc:
        return {"code": "access", "reason": f"cannot be read: {exc.strerror or exc}"}
    # A parser may raise anything for a hostile file; this process has no other way to say so.
    except Exception as exc:
        return {
            "code": "crash",
            "reason": f"crashed the parser ({type(exc).__name__}: {exc})"[:300],
        }


def _receive(connection: socket.socket) -> tuple[dict[str, Any] | None, int]:
    frame, files, _, _ = socket.recv_fds(connection, MAX_REQUEST, 1)
    while frame and len(frame) < FRAME.size + FRAME.unpack(frame[: FRAME.size])[0]:
        frame += connection.recv(MAX_REQUEST)
    if not frame or not files:
        return None, -1
    return json.loads(frame[FRAME.size :]), files[0]


def _send(connection: socket.socket, answer: dict[str, Any]) -> None:
    """Send an answer; a document's text follows it in a frame of its own, as it is."""
    text = answer["document"].pop("text") if "document" in answer else None
    frames = [json.dumps(answer, ensure_ascii=False), *([] if text is None else [text])]
    for frame in frames:
        payload = frame.encode()
        connection.sendall(FRAME.pack(len(payload)))
        connection.sendall(payload)


if __name__ == "__main__":
    main(sys.argv[1:])
