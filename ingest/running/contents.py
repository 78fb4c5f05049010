"""Documents that a program hands over, and no folder: put, replaced and deleted under uris of its own."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ingest.media_type import MARKDOWN, SUFFIXES, SUPPORTED
from ingest.patience import Patience
from ingest.pipeline import RunEnd
from ingest.planning.first_embedder import open_ingest_embedder
from ingest.planning.plan import Plan
from ingest.planning.recipe import is_current
from ingest.planning.source import SourceFile
from ingest.report import IngestReport
from ingest.running.ingest_run import IngestRun
from rag.document import PUT_METADATA, Labels
from rag.embedder import Embedder, as_embedder
from rag.errors import UsageError
from rag.index import EVERYBODY, IN_INDEX, FileRecord, StoreWriter, open_store
from rag.index.catalog.retention import Retention
from rag.progress import NoProgress, Progress
from rag.readers import check_list, check_token
from rag.settings import Settings, load_settings

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

_URI = re.compile(r"([a-z][a-z0-9+.-]{0,30}:)[^\x00-\x1f\x7f]{1,2000}")
_RESERVED = frozenset({"file:", "langchain:"})
_FINGERPRINT = "put_as"
"""Where a document's metadata holds what it was put with, so that the same again is known for the same."""


@dataclass(frozen=True, slots=True)
class Content:
    """A document as a program has it.

    `uri` names it, with a scheme: "wiki:travel", "https://wiki.example.org/travel". `data` is text, by itself
    Markdown, or the bytes of a file of any format that is read from folders. `media_type` says which, where
    the end of the uri (".pdf") does not. `title` "" takes the document's own. `metadata` are values of JSON
    by their names. `readers` may find it: reader tokens; "*" is everybody, none is nobody. `modified_at`:
    seconds since the epoch.
    """

    uri: str
    data: str | bytes
    title: str = ""
    media_type: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    tags: Sequence[str] = ()
    readers: Sequence[str] = (EVERYBODY,)
    modified_at: float | None = None

    @property
    def labels(self) -> Labels:
        """Its readers and tags. Raises UsageError for what cannot be a reader token."""
        try:
            readers = sorted(check_token(token) for token in check_list(self.readers, "readers"))
        except ValueError as exc:
            raise UsageError(f"{self.uri}: that is no reader: {exc}.") from exc
        return Labels(tuple(readers), tuple(check_list(self.tags, "tags")))


class Ingestor:
    """Puts documents into the index of `data_dir`, and takes them out, all at once when its block ends.

    A context manager: what it was told becomes one run and one generation, or nothing where the block ends
    with an error. Then `report` is the account of it. `ingest` leaves alone what was put here, and this
    class leaves alone what `ingest` reads from folders and what LangChain's store added.

    The end of the block raises IndexLockedError while another run is writing, EmbedderMismatchError,
    StorageError, and ModelNotFoundError if the embedder cannot be had.
    """

    report: IngestReport

    def __init__(
        self,
        data_dir: str | Path,
        *,
        settings: Settings | None = None,
        embedder: Embedder | Embeddings | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._settings = settings or load_settings()
        self._store = open_store(data_dir, beside=self._settings.data)
        self._given_embedder, self._progress = embedder, progress or NoProgress()
        self._contents: dict[str, tuple[Content, SourceFile]] = {}
        self._deleted: dict[str, bool] = {}
        """Uris, or beginnings of uris where that is true, in the order in which they were deleted."""

    def __enter__(self) -> Ingestor:
        self._folder = tempfile.TemporaryDirectory(prefix="inhouse-")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        with self._folder:
            if kind is None:
                self.report = self._run()

    def put(self, uri: str, data: str | bytes, **about: Any) -> None:
        """Put a document, or replace the one with its uri; `about` are the other fields of `Content`.

        The same again with all of it changes nothing. Raises UsageError for what cannot be stored.
        """
        self.put_content(Content(uri, data, **about))

    def put_content(self, content: Content) -> None:
        """The same for a document with all about it."""
        root, suffix = _root_of(content.uri), _suffix_of(content)
        data = content.data
        if isinstance(data, str):
            try:
                data = data.encode()
            except UnicodeEncodeError as exc:
                raise UsageError(
                    f"The text of {content.uri} cannot be written as UTF-8: {exc}."
                ) from exc
        metadata = _as_json(content)
        _ = content.labels  # what is wrong with them is said now
        name = hashlib.sha256(content.uri.encode()).hexdigest() + suffix
        path = Path(self._folder.name).resolve() / name
        path.write_bytes(data)
        fingerprint = json.dumps([content.title, metadata, suffix, content.modified_at])
        moment = 0 if content.modified_at is None else int(content.modified_at * 1e9)
        about = {PUT_METADATA: metadata} if metadata else {}
        file = SourceFile(
            path, content.uri, root, len(data), moment, title=content.title,
            metadata={**about, _FINGERPRINT: hashlib.sha256(fingerprint.encode()).hexdigest()},
        )  # fmt: skip
        self._contents[content.uri] = content, file

    def delete(self, uri: str) -> None:
        """Take out what was put under this uri; what is not there needs no taking out."""
        _root_of(uri)
        self._contents.pop(uri, None)
        self._deleted[uri] = False

    def delete_below(self, prefix: str) -> None:
        """Take out everything that was put under uris which begin so: "wiki:", "wiki:drafts/"."""
        _root_of(f"{prefix}x")
        for uri in [uri for uri in self._contents if uri.startswith(prefix)]:
            del self._contents[uri]
        self._deleted[prefix] = True

    def _run(self) -> IngestReport:
        clock, settings = time.perf_counter(), self._settings
        given = self._given_embedder
        embedder = (
            open_ingest_embedder(settings, self._store, self._files)
            if given is None
            else as_embedder(given)
        )
        keep = Retention(settings.index.keep_generations, settings.index.keep_days)
        end = RunEnd(lambda: False, settings.ingest.deadline)
        with self._store.open_writer(
            embedder.identity.to_json(),
            retention=keep,
            wait_s=settings.index.wait_s,
        ) as writer:
            patience = Patience(settings.ingest.timeout_s, end)
            ledger = writer.files()
            run = IngestRun(writer, embedder, settings, self._progress, patience, ledger)
            plan = self._plan(writer, ledger, run.chunking)
            run.execute(plan)
            seconds = time.perf_counter() - clock
            report = replace(run.tally.report(plan, 0, seconds), stopped=end.reason)
            generation = writer.publish(report.to_json())
            run.heavy.clear()
            writer.note_end()
        return replace(report, generation=generation)

    def _files(self) -> list[SourceFile]:
        return [file for _, file in self._contents.values()]

    def _plan(self, writer: StoreWriter, ledger: Sequence[FileRecord], chunking: str) -> Plan:
        known = {record.uri: record for record in ledger}
        standing, stored = writer.labels(), writer.metadata(self._contents)
        plan = Plan(
            labels={uri: content.labels for uri, (content, _) in self._contents.items()},
            documents=frozenset(standing),
        )
        for uri, (_, file) in self._contents.items():
            record = known.get(uri)
            if record is not None and _is_of_source(record):
                raise UsageError(
                    f"{uri} is a document of the source {record.root}, which `inhouse ingest` reads.",
                    hint="Put it under a scheme of your own: wiki:travel.",
                )
            is_same = (
                record is not None
                and record.state in IN_INDEX
                and record.source_sha256 == hashlib.sha256(file.path.read_bytes()).hexdigest()
                and is_current(record.recipe, chunking, self._settings.ingest)
                and stored.get(uri, {}).get(_FINGERPRINT) == file.metadata[_FINGERPRINT]
            )
            if record is None or not is_same:
                plan.read.append(file)
                continue
            plan.unchanged.append(record)
            if standing[uri] != plan.labels[uri]:
                plan.relabelled.append(uri)
        plan.gone = [record for record in ledger if self._is_deleted(record)]
        return plan

    def _is_deleted(self, record: FileRecord) -> bool:
        uri = record.uri
        if uri in self._contents or _is_of_source(record) or uri.startswith("/"):
            return False
        prefixes = tuple(prefix for prefix, is_prefix in self._deleted.items() if is_prefix)
        return self._deleted.get(uri) is False or bool(prefixes and uri.startswith(prefixes))


def ingest_texts(
    contents: Iterable[Content],
    *,
    data_dir: str | Path,
    settings: Settings | None = None,
    embedder: Embedder | Embeddings | None = None,
) -> IngestReport:
    """Put these documents into the index of `data_dir` in one run; see `Ingestor`."""
    with Ingestor(data_dir, settings=settings, embedder=embedder) as ingestor:
        for content in contents:
            ingestor.put_content(content)
    return ingestor.report


def _root_of(uri: str) -> str:
    """The scheme of a uri, which is the root of what is put under it. Raises UsageError."""
    match = _URI.fullmatch(uri) if isinstance(uri, str) else None
    if match is None:
        raise UsageError(
            f"{uri!r:.200} is no uri for a document of a program.",
            hint="It begins with a scheme of your own: wiki:travel, https://wiki.example.org/travel.",
        )
    if match[1] in _RESERVED:
        raise UsageError(f"{uri} is not for documents of a program: {match[1]} is taken.")
    try:
        uri.encode()
    except UnicodeEncodeError as exc:
        raise UsageError(f"The uri {uri!r:.200} cannot be written as UTF-8: {exc}.") from exc
    scheme: str = match[1]
    return scheme


def _is_of_source(record: FileRecord) -> bool:
    """Whether it is an object of a source: the root of what a program put is a scheme alone."""
    return "://" in record.root


def _suffix_of(content: Content) -> str:
    """The end of a file's name for a document of this format. Raises UsageError."""
    media_type = content.media_type
    if not media_type:
        suffix = Path(content.uri).suffix.lower()
        media_type = SUPPORTED.get(suffix, "")
    if not media_type and isinstance(content.data, str):
        media_type = MARKDOWN
    if media_type not in SUFFIXES:
        raise UsageError(
            f"The format of {content.uri} is {media_type or 'not known'}.",
            hint="Say it as media_type; the docs list the formats: docs/formats.md.",
        )
    return SUFFIXES[media_type]


def _as_json(content: Content) -> dict[str, Any]:
    """Its metadata as JSON keeps it. Raises UsageError."""
    try:
        stored: dict[str, Any] = json.loads(json.dumps(dict(content.metadata), allow_nan=False))
    except (TypeError, ValueError) as exc:
        raise UsageError(
            f"The metadata of {content.uri} cannot be kept as JSON: {exc}.",
            hint="Make strings of dates and other objects first.",
        ) from exc
    return stored
