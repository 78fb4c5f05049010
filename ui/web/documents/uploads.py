"""The inbox: a folder where editors put files from the page, to be ingested like any other."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import threading
import time
import unicodedata
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import StorageError, UsageError
from rag.files import move, sync
from ui.errors import (
    FileThereError,
    NotAllowedError,
    NotThereError,
    RefusedFileError,
    TooManyError,
)
from ui.web.identity import Person, Role
from ui.web.userdata.database import Store

if TYPE_CHECKING:
    from rag.settings import WebSettings

_NAME_BYTES = 200  # file systems take 255; what is unfinished has a longer name
_MB = 1_000_000
_AT_ONCE = 4  # uploads at the same time
_SPARE = 100 * _MB  # bytes of the disk that stay free
_PART = ".upload-"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that somebody put into the inbox, and that is still there."""

    uri: str
    name: str
    by: str
    uploaded_at: float
    size: int


class Inbox:
    """Where uploads go. Whoever may is an editor; what they may read is another matter."""

    def __init__(self, settings: WebSettings, store: Store) -> None:
        self._settings, self._store = settings, store
        self._places = threading.BoundedSemaphore(_AT_ONCE)

    @property
    def folder(self) -> Path | None:
        """The real path of the inbox; None where nothing can be uploaded."""
        return (
            None if self._settings.inbox is None else Path(os.path.realpath(self._settings.inbox))
        )

    @property
    def max_bytes(self) -> int:
        """Size of the largest file that is taken."""
        return int(self._settings.upload_mb * _MB)

    def suffixes(self) -> tuple[str, ...]:
        """The endings of the files that are taken: those that ingest reads."""
        from ingest.media_type import SUPPORTED

        return tuple(sorted(SUPPORTED))

    async def receive(
        self,
        person: Person,
        name: str,
        content: AsyncIterator[bytes],
        readable: Callable[[Iterable[str]], frozenset[str]] = lambda _: frozenset(),
        *,
        replace: bool = False,
    ) -> Upload:
        """Take a file, piece by piece; it is there whole or not at all.

        Who may not read everything puts files into a folder of their own, unless they replace one that they
        may read: so nobody replaces a file that they may not read, or learns that it is there.

        Raises NotAllowedError, RefusedFileError, TooManyError, StorageError.
        """
        folder = self._open_for(person)
        target = self._target(person, folder / self._checked_name(name), readable)
        if target.exists() and not replace:
            raise FileThereError(
                f"There is a file {target.name} already.", hint="Rename yours, or replace it."
            )
        if not self._places.acquire(blocking=False):
            raise TooManyError(
                f"{_AT_ONCE} files are being uploaded already.",
                hint="Try again in a moment.",
                retry_after_s=5,
            )
        try:
            target.parent.mkdir(exist_ok=True)
            size = await self._write(folder, target, content)
        except OSError as exc:
            raise StorageError(f"{target.name} could not be kept: {exc.strerror}.") from exc
        finally:
            self._places.release()
        return self._note(person, target, size)

    async def _write(self, folder: Path, target: Path, content: AsyncIterator[bytes]) -> int:
        from starlette.concurrency import run_in_threadpool

        room = self._room(folder)
        with _part(folder) as (descriptor, part):
            size = 0
            async for piece in content:
                size += len(piece)
                if size > self.max_bytes:
                    raise RefusedFileError(
                        f"{target.name} is larger than {self._settings.upload_mb:,g} MB."
                    )
                if size > room:
                    raise StorageError(f"There is no room for {target.name} in the inbox.")
                await run_in_threadpool(_write_all, descriptor, piece)
            if size == 0:
                raise RefusedFileError(f"{target.name} is empty.")
            await run_in_threadpool(os.fsync, descriptor)
            move(part, target)
        return size

    def _room(self, folder: Path) -> int:
        """Bytes that may be added: what the inbox may hold, and what the disk has."""
        used = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        free = shutil.disk_usage(folder).free - _SPARE
        return max(0, min(int(self._settings.inbox_mb * _MB) - used, free))

    def _note(self, person: Person, target: Path, size: int) -> Upload:
        uri, now = _uri(target), time.time()
        with self._store.writing() as connection:
            connection.execute(
                "INSERT INTO uploads VALUES (?, ?, ?, ?) ON CONFLICT (uri) DO UPDATE SET "
                "person = excluded.person, name = excluded.name, uploaded_at = excluded.uploaded_at",
                (uri, person.key, person.name, now),
            )
        return Upload(uri, target.name, person.name, now, size)

    def uploads(
        self, person: Person, readable: Callable[[Iterable[str]], frozenset[str]]
    ) -> list[Upload]:
        """What is in the inbox, the latest first: their own uploads, and what else they may read."""
        if self.folder is None:
            return []
        with self._store.reading() as connection:
            rows = list(connection.execute("SELECT uri, person, name, uploaded_at FROM uploads"))
        sizes = {row[0]: _size(Path(row[0])) for row in rows}
        others = [uri for uri, key, *_ in rows if key != person.key]
        known = readable(others) if others else frozenset()
        upload_list = [
            Upload(uri, Path(uri).name, name, at, size)
            for uri, key, name, at in rows
            if (size := sizes[uri]) is not None and (key == person.key or uri in known)
        ]
        return sorted(upload_list, key=lambda upload: -upload.uploaded_at)

    def may_withdraw(self, uri: str) -> bool:
        """Whether a document is one of the inbox's: others are taken out of their own folders."""
        folder = self.folder
        return folder is not None and Path(os.path.realpath(uri)).is_relative_to(folder)

    def withdraw(
        self, person: Person, uri: str, readable: Callable[[Iterable[str]], frozenset[str]]
    ) -> None:
        """Delete a file of the inbox; the next ingest takes its document out of the index.

        Raises NotAllowedError, NotThereError, UsageError for a document of another folder.
        """
        folder = self._open_for(person)
        if not self._is_own(person, uri) and uri not in readable([uri]):
            raise NotThereError("This document is not there.")
        if not self.may_withdraw(uri):
            raise UsageError(
                "This document is read from a folder outside of the inbox.",
                hint="Take it out of that folder; the next ingest notices.",
            )
        path = Path(uri)
        try:
            path.unlink()
        except FileNotFoundError:
            pass  # gone already: the next ingest notices all the same
        except OSError as exc:
            raise StorageError(f"{path.name} could not be deleted: {exc.strerror}.") from exc
        sync(folder)
        with self._store.writing() as connection:
            connection.execute("DELETE FROM uploads WHERE uri = ?", (uri,))

    def _is_own(self, person: Person, uri: str) -> bool:
        with self._store.reading() as connection:
            row = connection.execute(
                "SELECT 1 FROM uploads WHERE uri = ? AND person = ?", (uri, person.key)
            ).fetchone()
        return row is not None

    def _target(
        self, person: Person, path: Path, readable: Callable[[Iterable[str]], frozenset[str]]
    ) -> Path:
        """Where a file of this name goes."""
        if person.readers is None:
            return path
        uri = _uri(path)
        if path.exists() and (self._is_own(person, uri) or uri in readable([uri])):
            return path
        return path.parent / hashlib.sha256(person.key.encode()).hexdigest()[:12] / path.name

    def _open_for(self, person: Person) -> Path:
        if not person.may(Role.EDITOR):
            raise NotAllowedError(f"This needs the role {Role.EDITOR}.")
        folder = self.folder
        if folder is None:
            raise NotAllowedError(
                "Nothing can be uploaded here.", hint="The operator can name a folder as web.inbox."
            )
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise StorageError(f"The inbox cannot be used: {exc.strerror}.") from exc
        return folder

    def _checked_name(self, name: str) -> str:
        """The name under which a file is kept. Raises RefusedFileError."""
        name = unicodedata.normalize("NFC", name).strip()
        if (
            not name
            or name.startswith(".")
            or not name.isprintable()
            or set(name) & set('/\\:*?"<>|')
        ):
            raise RefusedFileError(
                "That is no name for a file here.",
                hint='It has no path, no control character, none of \\ / : * ? " < > |, '
                "and begins with no dot.",
            )
        if len(name.encode("utf-8", "replace")) > _NAME_BYTES:
            raise RefusedFileError(
                f"The file's name has more than {_NAME_BYTES} bytes. Shorten it."
            )
        suffix = Path(name).suffix.lower()
        if suffix not in self.suffixes():
            raise RefusedFileError(
                f"Files of the kind {suffix or '(no ending)'} are not taken.",
                hint=f"These are: {' '.join(self.suffixes())}.",
            )
        return name


@contextlib.contextmanager
def _part(folder: Path) -> Iterator[tuple[int, Path]]:
    """An unfinished file, under a name that ingest passes over; gone at the end unless it was renamed."""
    descriptor, name = tempfile.mkstemp(prefix=_PART, suffix=".part", dir=folder)
    try:
        os.fchmod(descriptor, 0o640)
        yield descriptor, Path(name)
    finally:
        os.close(descriptor)
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _uri(path: Path) -> str:
    from ingest.planning.source import uri_of

    return uri_of(path)


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
