"""The lock that lets one writer at a time into a data folder."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from rag.errors import IndexLockedError, StorageError
from rag.files import sync

LOCK = "write.lock"
_NOTE_BYTES = 4096
_JUST_BEGUN = "it has only just begun"
_LOOKS, _BETWEEN_LOOKS_S = 10, 0.02
_BETWEEN_LATER_LOOKS_S = 0.2


class WriteLock:
    """Held while writing; the kernel frees it when the holder dies, however it dies.

    The file stays: deleting it would let two writers lock two different files of the same name. Its
    content is a note: who holds it since when, and `journal_of`, the id of the index that a run has begun
    to change. A run that is killed leaves its note. The file's time is when the last run over files ended.
    Raises IndexLockedError, which names the holder and how long it has held the lock, if that is so after
    `wait_s` seconds, or when `stopped` turns true.
    """

    def __init__(
        self, data_dir: Path, wait_s: float = 0.0, stopped: Callable[[], bool] = lambda: False
    ) -> None:
        self._path = data_dir / LOCK
        self._wait_s, self._stopped = wait_s, stopped
        self._fd: int | None = None
        self._holder: dict[str, Any] = {}
        self.journal_of = ""
        self._has_run = False

    def acquire(self) -> None:
        try:
            fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
        except OSError as exc:
            raise StorageError(
                f"{self._path} cannot be written: {exc.strerror}.",
                hint="Check the folder's permissions.",
            ) from exc
        try:
            self._lock(fd)
        except BaseException:
            os.close(fd)
            raise
        self._fd, self._found = fd, os.fstat(fd)
        self._holder = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.time()}
        self.journal_of = _read(fd).get("journal_of", "")
        # Who holds the lock is for others to read; a disk too full for it stops nothing by itself.
        with contextlib.suppress(OSError):
            self._write(self._holder | {"journal_of": self.journal_of})

    def note_run(self) -> None:
        """A run over files has come to its end, whether it changed anything or not: kept as a time alone."""
        self._has_run = True

    def _lock(self, fd: int) -> None:
        """Take the lock. A moment's patience: a run that begins has yet to write its note."""
        last = time.monotonic() + self._wait_s
        for look in itertools.count(1):
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError as exc:
                holder = _describe_holder(fd)
                is_over = time.monotonic() >= last or self._stopped()
                if is_over and (holder or look >= _LOOKS):
                    raise IndexLockedError(
                        f"Another run is writing to {self._path.parent}: {holder or _JUST_BEGUN}.",
                        hint="Wait until it has finished, then run again.",
                    ) from exc
            except OSError as exc:
                raise StorageError(f"{self._path} cannot be locked: {exc.strerror}.") from exc
            time.sleep(_BETWEEN_LOOKS_S if look < _LOOKS else _BETWEEN_LATER_LOOKS_S)

    def begin(self, index_id: str) -> None:
        """Note that this index's catalogue has a journal from now on, until `finish`.

        The journal's file is there by now, and durable before the note is.
        """
        if self.journal_of == index_id:
            return
        self.journal_of = index_id  # so `finish` takes it back, whatever became of the note
        try:
            sync(self._path.parent)
            self._write(self._holder | {"journal_of": index_id})
        except OSError as exc:
            raise StorageError(
                f"{self._path} cannot be written: {exc.strerror}.",
                hint="Check the disk's free space, and run again.",
            ) from exc

    def finish(self) -> None:
        """Note that the journal may go: the catalogue is about to be closed. Raises OSError."""
        if self.journal_of:
            self._write(self._holder | {"journal_of": ""})
            self.journal_of = ""

    def release(self) -> None:
        if self._fd is not None:
            # The lock is what counts; a note that cannot be taken back names a holder that is gone.
            with contextlib.suppress(OSError):
                self._write({"journal_of": self.journal_of} if self.journal_of else {})
                # A run that changed nothing leaves no byte, and who only looked not even a time.
                times = (self._found.st_atime_ns, self._found.st_mtime_ns)
                os.utime(self._fd, ns=(times[0], time.time_ns()) if self._has_run else times)
            os.close(self._fd)
            self._fd = None

    def _write(self, note: dict[str, Any]) -> None:
        if self._fd is None:
            return
        content = json.dumps(note).encode() if note else b""
        if os.pread(self._fd, _NOTE_BYTES, 0) != content:
            # In this order: what is there stays until the new note is written. What a longer one leaves
            # behind it is not read.
            os.pwrite(self._fd, content, 0)
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, len(content))

    def __enter__(self) -> WriteLock:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.release()


def describe_holder(data_dir: Path) -> str:
    """Which run is at work, since when, as far as one can tell who may not write there; "" if none is."""
    try:
        fd = os.open(data_dir / LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _describe_holder(fd) or _JUST_BEGUN
    except OSError:
        return ""
    finally:
        os.close(fd)
    return ""


def lock_is_kept(data_dir: Path) -> bool:
    """Whether the file system lets one holder at a time lock the file; True also where nobody has yet."""
    try:
        first = os.open(data_dir / LOCK, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return True
    try:
        fcntl.flock(first, fcntl.LOCK_EX | fcntl.LOCK_NB)
        second = os.open(data_dir / LOCK, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        else:
            return False
        finally:
            os.close(second)
    except BlockingIOError:  # a run is at work
        return True
    except OSError:
        return False
    finally:
        os.close(first)


def read_end_of_last_run(data_dir: Path) -> float | None:
    """When the last run over files ended, also one that changed nothing, in seconds since the epoch."""
    try:
        return (data_dir / LOCK).stat().st_mtime
    except OSError:
        return None


@contextlib.contextmanager
def keep_left_journal(data_dir: Path) -> Iterator[str]:
    """`journal_of` of a run that was killed; no other run can begin inside the `with` block.

    "" if no run was killed, or one is at work.
    """
    try:
        fd = os.open(data_dir / LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:  # there was no run yet, or its note is not for us to read
        yield ""
        return
    try:
        journal = ""
        if _read(fd).get("journal_of"):
            with contextlib.suppress(OSError):
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                journal = _read(fd).get("journal_of", "")
        yield journal
    finally:
        os.close(fd)


def _read(fd: int) -> dict[str, Any]:
    """The note, or {} where there is none that can be read."""
    try:
        # The first value: behind it may stand the end of a longer note.
        note, _ = json.JSONDecoder().raw_decode(os.pread(fd, _NOTE_BYTES, 0).decode())
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def _describe_holder(fd: int) -> str:
    """Who holds the lock, or "" where the note is that of a run that was killed."""
    note = _read(fd)
    with contextlib.suppress(KeyError, TypeError, ProcessLookupError):
        age = max(0, round(time.time() - note["since"]))
        if note["host"] == socket.gethostname():
            with contextlib.suppress(PermissionError):  # a process of another user
                os.kill(note["pid"], 0)
        return f"process {note['pid']} on {note['host']}, for {age} s"
    return ""
