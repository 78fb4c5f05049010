"""Runs the loader in child processes that can be killed, whatever a file does to its parser.

The parent opens each file itself and hands over the descriptor; what comes back is JSON, checked before it
is believed, so that a child in the hands of a hostile file can neither read other files by name through us
nor run anything here.
"""

from __future__ import annotations

import hashlib
import os
import queue
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any

from ingest.errors import (
    FileTooLargeError,
    ParserCrashError,
    ParserMemoryError,
    UnreadableFileError,
)
from ingest.loaded import LoadedDocument
from ingest.loader import open_file
from ingest.media_type import media_type_of_name
from ingest.parser_child import Outcome, ParserChild
from ingest.readers import READERS

__all__ = ["Outcome", "Sandbox"]

_LOOK_AHEAD_FILES = 32
_LOOK_AHEAD_BYTES = 64 * 1024 * 1024
_EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()


class Sandbox:
    """Loads files in `workers` child processes; a context manager that starts and ends them.

    Each file may take `timeout_s` seconds of wall time and `memory_mb` MiB, and be at most `max_file_mb`
    MiB. A child that fails is replaced; the other files never notice. With `ocr_languages` the pictures
    of text in it are read, which may take `ocr_timeout_s` seconds more.
    """

    def __init__(
        self,
        *,
        timeout_s: float = 60.0,
        memory_mb: int = 1024,
        max_file_mb: float = 200.0,
        workers: int = 1,
        ocr_languages: str = "",
        ocr_timeout_s: float = 600.0,
    ) -> None:
        self._max_bytes = int(max_file_mb * 1024 * 1024)
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="parser")
        self._ocr = {"ocr_languages": ocr_languages, "ocr_seconds": f"{ocr_timeout_s:g}"}
        self._parsers = [
            ParserChild(timeout_s, memory_mb, more_time_s=ocr_timeout_s) for _ in range(workers)
        ]
        self._free: queue.SimpleQueue[ParserChild] = queue.SimpleQueue()
        for parser in self._parsers:
            self._free.put(parser)

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the children now, in the middle of a file if need be."""
        for parser in self._parsers:
            parser.stop()
        self._executor.shutdown(cancel_futures=True)
        for parser in self._parsers:
            parser.end()

    def load(self, path: Path, *, media_type: str | None = None) -> LoadedDocument:
        """Load one file; raises UnreadableFileError."""
        outcome = self._load(path, media_type)
        if isinstance(outcome, UnreadableFileError):
            raise outcome
        return outcome

    def map(self, paths: Iterable[Path]) -> Iterator[tuple[Path, Outcome]]:
        """Load files, in their order, a few ahead of whoever takes them.

        What is ahead is bounded in files and in bytes, so memory does not grow with the corpus.
        """
        pending: deque[tuple[Path, int, Future[Outcome]]] = deque()
        ahead = 0
        try:
            for path in paths:
                size = _size(path)
                while pending and (
                    len(pending) >= _LOOK_AHEAD_FILES or ahead + size > _LOOK_AHEAD_BYTES
                ):
                    first, first_size, future = pending.popleft()
                    ahead -= first_size
                    yield first, future.result()
                pending.append((path, size, self._executor.submit(self._load, path, None)))
                ahead += size
            while pending:
                first, _, future = pending.popleft()
                yield first, future.result()
        finally:
            for _, _, future in pending:
                future.cancel()

    def _load(self, path: Path, media_type: str | None) -> Outcome:
        try:
            wanted = media_type or media_type_of_name(path.suffix)
            descriptor = open_file(path)
        except UnreadableFileError as exc:
            return exc
        try:
            size = os.fstat(descriptor).st_size
            if size > self._max_bytes:
                limit = self._max_bytes / 2**20
                return FileTooLargeError(f"is {size / 2**20:,.1f} MiB, more than {limit:,.1f} MiB")
            if size == 0:
                return LoadedDocument("", wanted, source_sha256=_EMPTY_SHA256)
            request = {
                "media_type": wanted,
                "suffix": path.suffix.encode("ascii", "replace").decode(),
                **self._ocr,
            }
            parser = self._free.get()
            try:
                return _load_with(parser, request, descriptor, len(READERS.get(wanted, ())))
            finally:
                self._free.put(parser)
        finally:
            os.close(descriptor)


def _load_with(
    parser: ParserChild, request: dict[str, Any], descriptor: int, readers: int
) -> Outcome:
    """Load a file; where its first reader took the child down, with the next ones of its readers."""
    outcome = parser.load(request, descriptor)
    for skipped in range(1, readers):
        if not isinstance(outcome, ParserCrashError | ParserMemoryError):
            break
        second = parser.load({**request, "skip_readers": skipped}, descriptor)
        outcome = second if isinstance(second, LoadedDocument) else outcome
    return outcome


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return 0  # its loading will say what is wrong with it
