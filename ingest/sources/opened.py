"""A configured source while a run uses it: its objects as files, in a private folder."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from pathspec import GitIgnoreSpec

from ingest.errors import (
    FileAccessError,
    FileTooLargeError,
    RunStoppedError,
    SourceError,
    UnreadableFileError,
)
from ingest.media_type import SUFFIXES
from ingest.patience import Beat, Patience, StalledError
from ingest.planning.source import Listing, Root, SourceFile, Unlisted
from ingest.sources.contract import BatchSource, Source, SourceContext, SourceObject
from rag.document import PUT_METADATA
from rag.errors import UsageError
from rag.readers import Readers, check_list, check_token, parse
from rag.settings import SourceSettings

_LONGEST_PATH = 1_500
_LONGEST_REVISION = 1_000
_SUFFIX_CHARACTERS = 12

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class OpenSource:
    """One entry of ingest.sources. It is listed once, then its objects are read.

    `fault` is why it broke off while its objects were read, or empty.
    """

    settings: SourceSettings
    source: Source
    context: SourceContext
    fault: str = ""
    _folder: tempfile.TemporaryDirectory[str] | None = None

    @property
    def uri(self) -> str:
        return self.settings.uri

    def list(self, root: Root, patience: Patience) -> Listing:
        """Every object as a file that is not there yet. Raises SourceError, RunStoppedError.

        A list that breaks off is no list: then nothing is known of what is gone.
        """
        try:
            return patience.call(lambda beat: self._list(root, beat))
        except StalledError as exc:
            self.close()
            raise SourceError(f"does not answer ({exc})") from exc
        except SourceError as exc:
            self.close()
            raise SourceError(self.context.redact(exc.reason)) from exc

    def _list(self, root: Root, beat: Beat) -> Listing:
        self.context.on_beat = beat
        self.context.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = tempfile.TemporaryDirectory(prefix="inhouse-")
        folder = Path(self._folder.name).resolve()
        listing, paths = Listing(), set[str]()
        for listed in self._objects():
            beat()
            if listed.path in paths:
                raise SourceError(
                    f"lists {listed.path[:200]!r} twice, so its objects cannot be told apart"
                )
            paths.add(listed.path)
            if len(paths) > self.settings.max_objects:
                limit = self.settings.max_objects
                raise SourceError(
                    f"has more objects than max_objects = {limit:,}; nothing of it was read"
                )
            self._add(listed, root, listing, folder)
        return listing

    def _objects(self) -> Iterator[SourceObject]:
        """The objects that are not excluded."""
        include, exclude = map(
            GitIgnoreSpec.from_lines, (self.settings.include, self.settings.exclude)
        )
        try:
            for listed in self.source.list():
                _check(listed)
                is_left_out = include.patterns and not include.match_file(listed.path)
                if not is_left_out and not exclude.match_file(listed.path):
                    yield listed
        except SourceError:
            raise
        # It may be the code of somebody else, and stops no other source.
        except Exception as exc:
            _logger.debug("%s cannot be listed.", self.uri, exc_info=True)
            raise SourceError(f"cannot be listed ({type(exc).__name__}: {exc})") from exc

    def _add(self, listed: SourceObject, root: Root, listing: Listing, folder: Path) -> None:
        uri = f"{self.uri}/{listed.path}"
        if listed.left_out or listed.unreadable:
            reason = self.context.redact(listed.left_out or listed.unreadable)
            listing.unlisted.append(Unlisted(uri, self.uri, reason, failed=bool(listed.unreadable)))
            return
        name = hashlib.sha256(uri.encode()).hexdigest() + _suffix_of(listed)
        file = SourceFile(
            folder / name, uri, self.uri, listed.size,
            0 if listed.modified_at is None else int(listed.modified_at * 1e9),
            changed_ns=_revision_number(listed),
            title=listed.title,
            metadata={PUT_METADATA: dict(listed.metadata)} if listed.metadata else {},
            fetched=FetchedObject(self, listed),
        )  # fmt: skip
        listing.files.append((file, root))

    def expect(self, objects: Sequence[SourceObject]) -> None:
        """Say which objects will be read, for a source that fetches several at once."""
        if isinstance(self.source, BatchSource):
            self.source.expect(objects)

    def read(self, listed: SourceObject, patience: Patience) -> bytes:
        """The object's content. Raises UnreadableFileError, SourceError, RunStoppedError."""

        def read(beat: Beat) -> bytes:
            self.context.on_beat = beat
            return self.source.read(listed)

        try:
            content = patience.call(read)
        except StalledError as exc:
            raise SourceError(f"does not answer any more ({exc})") from exc
        except FileAccessError as exc:
            raise FileAccessError(self.context.redact(exc.reason)) from exc
        except (SourceError, UnreadableFileError, RunStoppedError):
            raise
        # It may be the code of somebody else, and the other objects may be readable.
        except Exception as exc:
            _logger.debug("%s/%s cannot be read.", self.uri, listed.path, exc_info=True)
            reason = self.context.redact(f"cannot be fetched ({type(exc).__name__}: {exc})")
            raise FileAccessError(reason) from exc
        if not isinstance(content, bytes):
            raise FileAccessError(f"came as {type(content).__name__} and not as bytes")
        if len(content) > self.context.max_bytes:
            limit = self.context.max_bytes / 2**20
            raise FileTooLargeError(
                f"is {len(content) / 2**20:,.1f} MiB, more than {limit:,.1f} MiB"
            )
        return content

    def close(self) -> None:
        """End connections, and delete what was fetched."""
        try:
            self.source.close()
        except Exception:  # the code of somebody else; what cannot be ended well is left behind
            _logger.debug("%s cannot be closed.", self.uri, exc_info=True)
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


@dataclass(frozen=True, slots=True)
class FetchedObject:
    """An object of a source, whose file is written when it is needed."""

    source: OpenSource = field(repr=False, compare=False)
    listed: SourceObject

    @property
    def readers(self) -> list[Readers]:
        """What the source and its settings say of who may read it: nothing means that nobody knows."""
        stated = (self.listed.readers, self.source.settings.readers)
        return [parse(map(check_token, tokens)) for tokens in stated if tokens is not None]

    def write_to(self, path: Path, patience: Patience) -> UnreadableFileError | None:
        """Fetch the content into a new file; why it cannot be read, or None.

        Raises SourceError if no object can be read any more, which is then the source's `fault`, and
        RunStoppedError.
        """
        try:
            content = self.source.read(self.listed, patience)
        except UnreadableFileError as exc:
            return exc
        except SourceError as exc:
            self.source.fault = f"broke off: it {self.source.context.redact(exc.reason)}"
            raise
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
        except OSError as exc:
            return FileAccessError(f"cannot be kept while it is read: {exc.strerror or exc}")
        return None


def _suffix_of(listed: SourceObject) -> str:
    """The end of the file's name, by which its parser is chosen."""
    if listed.media_type:
        return SUFFIXES.get(listed.media_type, "." + listed.media_type.replace("/", "-"))
    return PurePosixPath(listed.path).suffix.lower()[:_SUFFIX_CHARACTERS]


def _revision_number(listed: SourceObject) -> int:
    """A number in the ledger's column for times: another one for another revision, title or metadata."""
    about = [listed.revision, listed.title, listed.media_type, dict(listed.metadata)]
    digest = hashlib.sha256(json.dumps(about, sort_keys=True, default=str).encode()).digest()
    return int.from_bytes(digest[:8]) >> 1


def _check(listed: SourceObject) -> None:
    """Raise SourceError for an object that cannot be stored as its source lists it."""
    name = f"lists {listed.path[:200]!r}"
    parts = listed.path.split("/")
    if not listed.path or len(listed.path) > _LONGEST_PATH or {".", ".."}.intersection(parts):
        raise SourceError(f"{name}, which is no name of an object")
    if not listed.path.isprintable() or not _is_utf8(listed.path):
        raise SourceError(f"{name}, a name with characters that cannot be stored")
    is_read = not listed.left_out and not listed.unreadable
    if is_read and not 0 < len(listed.revision) <= _LONGEST_REVISION:
        raise SourceError(f"{name} without a revision of 1 to {_LONGEST_REVISION:,} characters")
    try:
        for token in check_list(listed.readers or (), "readers"):
            check_token(token)
        json.dumps(dict(listed.metadata), allow_nan=False)
    except (TypeError, ValueError, UsageError) as exc:
        raise SourceError(f"{name} with readers or metadata that cannot be stored: {exc}") from exc


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
