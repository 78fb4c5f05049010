"""Reads files in the background: parsed and cut into chunks while others are being embedded."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from ingest.errors import ParserCrashError, RunStoppedError, SourceError, UnreadableFileError
from ingest.loaded import LoadedDocument
from ingest.patience import Patience
from ingest.planning.source import SourceFile
from ingest.sandbox import FileReaders, Outcome
from rag.document import Document

if TYPE_CHECKING:
    from ingest.sources.opened import FetchedObject

MAX_WAITING_CHUNKS = 2048
"""Reading pauses while this many chunks wait: memory does not grow with the corpus."""

_POLL_S = 0.2

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file as it was read; `document` is None where it cannot be read, or holds no text."""

    file: SourceFile
    outcome: Outcome
    document: Document | None = None

    @property
    def weight(self) -> int:
        """Its chunks; a file without any is not for nothing either."""
        return max(1, len(self.document.chunks)) if self.document else 1


class ReadAhead:
    """Reads files in a thread, in their order, some chunks ahead of whoever takes them.

    A context manager; its end closes the sandbox, in the middle of a file if need be.
    """

    def __init__(
        self,
        files: Sequence[SourceFile],
        sandbox: FileReaders,
        make_document: Callable[[SourceFile, LoadedDocument], Document],
        *,
        max_waiting: int = MAX_WAITING_CHUNKS,
        patience: Patience | None = None,
    ) -> None:
        """`patience` is that for sources which objects are fetched from."""
        self._files, self._sandbox, self._make_document = files, sandbox, make_document
        self._max_waiting, self._patience = max_waiting, patience or Patience()
        self._sent: deque[SourceFile] = deque()
        self._not_fetched: dict[Path, UnreadableFileError] = {}
        self._waiting: deque[ReadFile] = deque()
        self._weight = 0
        self._changed = threading.Condition()
        self._ended = self._closed = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="read-ahead", daemon=True)

    def __enter__(self) -> ReadAhead:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._sandbox.close()  # wakes the thread where it waits for a parser
        self._thread.join()

    def batches(
        self, chunks: int, stopped: Callable[[], bool] = lambda: False
    ) -> Iterator[list[ReadFile]]:
        """What is ready, as soon as anything is: whole files, of up to `chunks` chunks together.

        A file with more comes alone. Ends early when `stopped` turns true.
        """
        while batch := self._take(chunks, stopped):
            yield batch

    def _take(self, chunks: int, stopped: Callable[[], bool]) -> list[ReadFile]:
        with self._changed:
            while not self._waiting and not self._ended and not stopped():
                self._changed.wait(_POLL_S)
            if self._error:
                raise self._error
            if stopped():
                return []
            batch: list[ReadFile] = []
            weight = 0
            while self._waiting and (not batch or weight + self._waiting[0].weight <= chunks):
                batch.append(self._waiting.popleft())
                weight += batch[-1].weight
            self._weight -= weight
            self._changed.notify_all()
            return batch

    def _run(self) -> None:
        try:
            identities = {file.path: file.identity for file in self._files}
            for path, outcome in self._sandbox.map(self._paths(), identities):
                file = self._sent.popleft()
                if not self._put(self._read(file, self._not_fetched.pop(path, outcome))):
                    return
        except BaseException as exc:  # raised again in the thread that takes
            self._error = exc
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _paths(self) -> Iterator[Path]:
        """The paths of the files, each there when it is given out: objects of sources are fetched.

        What a source that broke off still had is left for the next run.
        """
        by_source: dict[str, list[FetchedObject]] = {}
        for file in self._files:
            if file.fetched:
                by_source.setdefault(file.root, []).append(file.fetched)
        for objects in by_source.values():
            objects[0].source.expect([fetched.listed for fetched in objects])
        for file in self._files:
            if file.fetched and not self._closed:
                if file.fetched.source.fault:
                    continue
                try:
                    error = file.fetched.write_to(file.path, self._patience)
                except SourceError:
                    continue
                except RunStoppedError:
                    return
                if error:
                    self._not_fetched[file.path] = error
            self._sent.append(file)
            yield file.path

    def _read(self, file: SourceFile, outcome: Outcome) -> ReadFile:
        if isinstance(outcome, UnreadableFileError) or outcome.is_empty:
            return ReadFile(file, outcome)
        try:
            return ReadFile(file, outcome, self._make_document(file, outcome))
        except Exception as exc:  # whatever a strange text does to the chunker, the others go on
            _logger.debug("%s cannot be cut into chunks.", file.uri, exc_info=True)
            kind = f"{type(exc).__name__}: {exc}"[:300]
            return ReadFile(file, ParserCrashError(f"cannot be cut into chunks ({kind})"))

    def _put(self, read: ReadFile) -> bool:
        """Hand on a file once there is room for it; False if nobody wants it any more."""
        with self._changed:
            while self._weight >= self._max_waiting and not self._closed:
                self._changed.wait()
            if self._closed:
                return False
            self._waiting.append(read)
            self._weight += read.weight
            self._changed.notify_all()
            return True
