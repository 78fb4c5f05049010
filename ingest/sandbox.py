"""Runs the loader in child processes that can be killed, whatever a file does to its parser.

The parent opens each file itself and hands over the descriptor; what comes back is JSON, checked before it
is believed, so that a child in the hands of a hostile file can neither read other files by name through us
nor run anything here.
"""

from __future__ import annotations

import functools
import hashlib
import os
import queue
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any

from ingest.errors import (
    FileAccessError,
    FileTooLargeError,
    ParserCrashError,
    ParserMemoryError,
    UnreadableFileError,
)
from ingest.heavy_files import BYTES_PER_BYTE, lacks_memory
from ingest.loaded import LoadedDocument
from ingest.loader import open_file
from ingest.media_type import guess_media_type
from ingest.ocr import tesseract
from ingest.opening import Identity
from ingest.parser_child import Outcome, ParserChild
from ingest.patience import LeavablePool
from ingest.readers import READERS

__all__ = ["FileReaders", "Outcome", "Sandbox"]

_LOOK_AHEAD_FILES = 32
_LOOK_AHEAD_BYTES = 64 * 1024 * 1024
_PIECE = 1 << 20
_LEFT_AFTER_S = 5.0  # for a file that is just being opened; a child is killed at once
_UNKNOWN: Mapping[Path, Identity | None] = MappingProxyType({})
_EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()


class FileReaders:
    """Reads files in `workers` threads: whoever derives from it says how one is read."""

    def __init__(self, workers: int) -> None:
        self._threads = LeavablePool(workers, "parser")
        self._look_ahead_files = max(_LOOK_AHEAD_FILES, workers)

    def close(self) -> None:
        """End what is being read."""
        self._threads.close(_LEFT_AFTER_S)

    def map(
        self, paths: Iterable[Path], identities: Mapping[Path, Identity | None] = _UNKNOWN
    ) -> Iterator[tuple[Path, Outcome]]:
        """Load files, in their order, a few ahead of whoever takes them.

        What is ahead is bounded in files and in bytes, so memory does not grow with the corpus.
        `identities`: which files had these names when they were listed.
        """
        pending: deque[tuple[Path, int, Future[Outcome]]] = deque()
        ahead = 0
        try:
            for path in paths:
                size = _size(path)
                while pending and (
                    len(pending) >= self._look_ahead_files or ahead + size > _LOOK_AHEAD_BYTES
                ):
                    first, first_size, future = pending.popleft()
                    ahead -= first_size
                    yield first, future.result()
                load = self._threads.submit(
                    functools.partial(self._load, path, None, identities.get(path))
                )
                pending.append((path, size, load))
                ahead += size
            while pending:
                first, _, future = pending.popleft()
                yield first, future.result()
        finally:
            for _, _, future in pending:
                future.cancel()

    def _load(
        self, path: Path, media_type: str | None, identity: Identity | None = None
    ) -> Outcome:
        raise NotImplementedError


class Sandbox(FileReaders):
    """Loads files in `workers` child processes; a context manager that starts and ends them.

    Each file may take `timeout_s` seconds of wall time and `memory_mb` MiB, and be at most `max_file_mb`
    MiB, its text `max_text_mb` MiB. A child that fails is replaced; the other files never notice. With
    `ocr_languages` the pictures of text in it are read, which may take `ocr_timeout_s` seconds more.
    `needs_barriers`: nothing is read without every barrier of `ingest.barriers`. `files_per_parser`: so many
    files are read by one child.
    """

    def __init__(
        self,
        *,
        timeout_s: float = 60.0,
        memory_mb: int = 1024,
        max_file_mb: float = 200.0,
        max_text_mb: float = 64.0,
        workers: int = 1,
        ocr_languages: str = "",
        ocr_timeout_s: float = 600.0,
        needs_barriers: bool = False,
        files_per_parser: int = 2_000,
    ) -> None:
        self._max_bytes = int(max_file_mb * 1024 * 1024)
        self._max_text = int(max_text_mb * 1024 * 1024)
        self._max_memory = memory_mb * 1024 * 1024
        super().__init__(workers)
        self._ocr = {"ocr_languages": ocr_languages, "ocr_seconds": f"{ocr_timeout_s:g}"}
        self._parsers = [
            ParserChild(
                timeout_s,
                memory_mb,
                more_time_s=ocr_timeout_s,
                starts_programs=bool(ocr_languages) and tesseract() is not None,
                needs_barriers=needs_barriers,
                files=files_per_parser,
            )
            for _ in range(workers)
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
        super().close()
        for parser in self._parsers:
            parser.end()

    def load(self, path: Path, *, media_type: str | None = None) -> LoadedDocument:
        """Load one file; raises UnreadableFileError."""
        outcome = self._load(path, media_type)
        if isinstance(outcome, UnreadableFileError):
            raise outcome
        return outcome

    def _load(
        self, path: Path, media_type: str | None, identity: Identity | None = None
    ) -> Outcome:
        try:
            expected_type = media_type or guess_media_type(path.suffix)
            descriptor = open_file(path, identity)
        except UnreadableFileError as exc:
            return exc
        try:
            return self._load_open(descriptor, expected_type, path.suffix)
        finally:
            os.close(descriptor)

    def load_data(self, data: bytes, media_type: str, suffix: str) -> Outcome:
        """Load a file's bytes; `suffix` is only for the wording of reasons."""
        with os.fdopen(_anonymous_file(), "w+b", buffering=0) as file:
            view = memoryview(data)
            while view:
                view = view[file.write(view) :]
            return self._load_open(file.fileno(), media_type, suffix)

    def _load_open(self, descriptor: int, media_type: str, suffix: str) -> Outcome:
        size = os.fstat(descriptor).st_size
        if error := check_file_size(size, self._max_bytes):
            return error
        if size == 0:
            return LoadedDocument("", media_type, source_sha256=_EMPTY_SHA256)
        request = {
            "media_type": media_type,
            "suffix": suffix.encode("ascii", "replace").decode(),
            **self._ocr,
        }
        parser = self._free.get()
        try:
            copy, digest = _copied(descriptor, self._max_bytes)
            try:
                readers = len(READERS.get(media_type, ()))
                outcome = _load_with(parser, request, copy, readers)
            finally:
                os.close(copy)
        except OSError as exc:
            return FileAccessError(f"cannot be read: {exc.strerror or exc}")
        finally:
            self._free.put(parser)
        return check_outcome(outcome, digest, self._max_text, self._max_memory)


def check_file_size(size: int, most: int) -> FileTooLargeError | None:
    """The error for a file of `size` bytes where `most` may be read; None if it fits."""
    if size <= most:
        return None
    return FileTooLargeError(f"is {size / 2**20:,.1f} MiB, more than {most / 2**20:,.1f} MiB")


def check_outcome(outcome: Outcome, digest: str, most_text: int, most_memory: int) -> Outcome:
    """The outcome with the file's own SHA-256, or the error if it holds more text than may be taken on.

    What a parser says is not believed. `most_text` and `most_memory` are bytes.
    """
    if isinstance(outcome, UnreadableFileError):
        return outcome
    size = len(outcome.text.encode("utf-8", "surrogatepass"))
    if size > most_text:
        return FileTooLargeError(
            f"holds {size / 2**20:,.1f} MiB of text, more than ingest.max_text_mb = "
            f"{most_text / 2**20:g}"
        )
    if size * BYTES_PER_BYTE > most_memory:
        needed, limit = size * BYTES_PER_BYTE / 2**20, most_memory / 2**20
        return FileTooLargeError(
            f"holds {size / 2**20:,.1f} MiB of text, which takes about {needed:,.0f} MiB of memory, more "
            f"than ingest.memory_mb = {limit:g}"
        )
    if reason := lacks_memory(size):
        return FileAccessError(reason)
    return replace(outcome, source_sha256=digest)


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


def _copied(descriptor: int, most: int) -> tuple[int, str]:
    """A copy of the file's bytes in memory, open for reading alone, and their SHA-256.

    So what is parsed is what was hashed, also of a file that somebody goes on writing, and the parser never
    holds the file itself.
    """
    digest, left = hashlib.sha256(), most
    copy = _anonymous_file()
    try:
        while left and (part := os.pread(descriptor, min(left, _PIECE), most - left)):
            digest.update(part)
            view = memoryview(part)
            while view:
                view = view[os.write(copy, view) :]
            left -= len(part)
        return os.open(f"/dev/fd/{copy}", os.O_RDONLY | os.O_CLOEXEC), digest.hexdigest()
    finally:
        os.close(copy)


def _anonymous_file() -> int:
    in_memory: Callable[[str], int] | None = getattr(os, "memfd_create", None)
    if in_memory is not None:
        return in_memory("document")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return 0  # its loading will say what is wrong with it
