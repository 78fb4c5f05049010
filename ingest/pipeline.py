"""One ingest run: read what is new or changed, embed what was never embedded, publish one generation."""

from __future__ import annotations

import functools
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.chunker import CHUNKER_VERSION, TokenCounter, chunk
from ingest.deletions import check_deletions
from ingest.errors import (
    FileTooLargeError,
    OcrMissingError,
    UnreadableFileError,
    UnsupportedFileError,
)
from ingest.loaded import NO_OCR, LoadedDocument
from ingest.plan import NEVER, Plan, by_content, content_sha256, make_plan
from ingest.progress import Progress, Silent
from ingest.read_ahead import ReadAhead, ReadFile
from ingest.recipe import with_ocr
from ingest.report import IngestReport, Problem
from ingest.sandbox import Sandbox
from ingest.source import SourceFile, Unlisted, resolve_roots, uri_of
from ingest.token_counter import token_counter
from rag.document import Document, Labels
from rag.embedder import Embedder, as_embedder, open_embedder
from rag.index import IN_INDEX, FileRecord, FileState, IndexWriter
from rag.index.retention import Retention
from rag.settings import Settings, load_settings

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

_WINDOW_CHUNKS = 1024  # sorted by length together, so that like is embedded with like
_PART_CHUNKS = 256  # embedded in one call: what a run that is stopped may still take
_FLUSH_S = 5.0


def recipe_of(settings: Settings, embedder_max_tokens: int) -> tuple[int, str]:
    """The longest chunk in tokens, and the name of the way that files are read and cut."""
    # Two special tokens come on top of what the embedder reads of a chunk.
    max_tokens = min(settings.chunker.max_tokens, embedder_max_tokens - 2)
    return max_tokens, f"{version('inhouse')}/{CHUNKER_VERSION}/{max_tokens}"


def ingest(
    paths: Sequence[str | Path] | str | Path = (),
    *,
    data_dir: str | Path,
    settings: Settings | None = None,
    embedder: Embedder | Embeddings | None = None,
    progress: Progress | None = None,
    stopped: Callable[[], bool] = lambda: False,
    retry_failed: bool = False,
    run_id: str = "",
) -> IngestReport:
    """Bring the index in `data_dir` up to what stands below `paths`; none: the configured roots.

    Files below these paths that are gone are removed from the index; what was ingested from elsewhere
    stays. A file that cannot be read is reported and stops nothing. When `stopped` turns true, what is
    finished is published and the rest is left for the next run. `embedder` (also any LangChain
    `Embeddings`) replaces the configured one. With `retry_failed`, files that could not be read are read
    again although they have not changed. `run_id` names the run in its account.

    Raises UsageError for a path that does not exist, IndexLockedError while another run is writing,
    MassDeletionError, EmbedderMismatchError, StorageError, and ModelNotFoundError if the embedder cannot
    be had.
    """
    started, clock = time.time(), time.perf_counter()
    settings = settings or load_settings()
    data_dir = Path(data_dir)
    given = [paths] if isinstance(paths, str | os.PathLike) else paths
    roots = resolve_roots(given, settings.ingest.roots)
    embedder = open_embedder(settings) if embedder is None else as_embedder(embedder)
    keep = Retention(settings.index.keep_generations, settings.index.keep_days)
    with IndexWriter(data_dir, embedder.identity.to_json(), retention=keep) as writer:
        run = _Run(writer, embedder, settings, progress or Silent(), stopped)
        plan = make_plan(
            roots, writer.files(), writer.labels(), settings, run.recipe,
            data_dir=data_dir, retry_failed=retry_failed,
        )  # fmt: skip
        check_deletions(plan, roots, settings.ingest.max_delete)
        run.execute(plan)
        report = run.tally.report(plan, 0, time.perf_counter() - clock)
        writer.note_run(report.account(run_id, started, stopped=stopped()))
        generation = writer.publish(report.to_json())
    return run.tally.report(plan, generation, time.perf_counter() - clock)


@dataclass(slots=True)
class _Tally:
    """The counts of a report while they grow."""

    added: int = 0
    updated: int = 0
    moved: int = 0
    deleted: int = 0
    relabelled: int = 0
    embedded: int = 0
    reused: int = 0
    failed: list[Problem] = field(default_factory=list)
    skipped: list[Problem] = field(default_factory=list)

    def report(self, plan: Plan, generation: int, seconds: float) -> IngestReport:
        return IngestReport(
            generation=generation,
            added=self.added,
            updated=self.updated + self.relabelled,
            unchanged=len(plan.unchanged) - self.relabelled,
            moved=self.moved,
            deleted=self.deleted,
            failed=tuple(sorted(self.failed, key=lambda problem: problem.uri)),
            skipped=tuple(sorted(self.skipped, key=lambda problem: problem.uri)),
            chunks_embedded=self.embedded,
            chunks_reused=self.reused,
            seconds=round(seconds, 3),
        )


class _Run:
    def __init__(
        self,
        writer: IndexWriter,
        embedder: Embedder,
        settings: Settings,
        progress: Progress,
        stopped: Callable[[], bool],
    ) -> None:
        self._writer, self._embedder, self._progress = writer, embedder, progress
        self._limits, self._stopped = settings.ingest, stopped
        self._max_tokens, self.recipe = recipe_of(settings, embedder.identity.max_tokens)
        self.tally = _Tally()
        self._labels: Mapping[str, Labels] = {}
        self._known: dict[str, FileRecord] = {}
        self._flushed = time.monotonic()

    def execute(self, plan: Plan) -> None:
        """Stage everything that the plan says."""
        self._known = {record.uri: record for record in self._writer.files()}
        indexed = [record for record in self._known.values() if record.state in IN_INDEX]
        self._by_content = {record.source_sha256: record for record in indexed}
        self._sizes = {record.size for record in indexed}
        self._labels = plan.labels
        # First, so that a right that was taken away is gone even if the run is stopped.
        for uri in plan.relabelled:
            self._writer.relabel(uri, plan.labels[uri])
        unchanged = {record.uri for record in plan.unchanged}
        self.tally.relabelled = len(unchanged.intersection(plan.relabelled))
        self._settle(plan)
        gone = by_content(plan.gone)
        unread = [f for f in plan.read if not self._stopped() and not self._copy(f, gone)]
        self._progress.start(len(unread))
        self._read(unread)
        if not self._stopped():
            for record in plan.gone:
                self._writer.remove(record.uri)
            gone_documents = sum(record.uri in plan.documents for record in plan.gone)
            self.tally.deleted = gone_documents - self.tally.moved

    def _settle(self, plan: Plan) -> None:
        """Note what needs no reading."""
        for file, record in plan.touched:
            touched = replace(record, modified_ns=file.modified_ns, seen_at=time.time())
            self._writer.record(touched, retire=False)
        for record in plan.settled:
            left_out = record.state is FileState.SKIPPED
            problems = self.tally.skipped if left_out else self.tally.failed
            problems.append(Problem(record.uri, record.reason))
        for file, reason in plan.skipped:
            self.tally.skipped.append(Problem(file.uri, reason))
            known = self._known.get(file.uri)
            if known is None or (known.state, known.reason) != (FileState.SKIPPED, reason):
                self._write(file, FileState.SKIPPED, reason)
        for entry in plan.unlisted:
            problems = self.tally.failed if entry.failed else self.tally.skipped
            problems.append(Problem(entry.uri, entry.reason))
            self._note_unlisted(entry)

    def _note_unlisted(self, entry: Unlisted) -> None:
        """Give what could not be read a line in the ledger; a passing trouble keeps the earlier version."""
        state = FileState.FAILED if entry.failed else FileState.SKIPPED
        known = self._known.get(entry.uri)
        if known is None or (known.state, known.reason) != (state, entry.reason):
            digest = self._indexed_sha256(entry.uri) if entry.failed else ""
            record = FileRecord(
                entry.uri, entry.root, state, entry.reason, 0, NEVER, digest, self.recipe, time.time()
            )  # fmt: skip
            self._writer.record(record, retire=not entry.failed)

    def _copy(self, file: SourceFile, gone: Mapping[str, list[str]]) -> bool:
        """Take a file whose content the ledger knows, here or elsewhere, without reading it again."""
        if file.uri in self._known or file.size not in self._sizes:
            return False
        same = self._by_content.get(content_sha256(file.path) or "")
        if same is None:
            return False
        digest = same.source_sha256
        record = replace(
            self._record(file, same.state, same.reason, digest),
            pages=same.pages,
            pages_with_text=same.pages_with_text,
        )
        if not self._writer.put_copy(record, self._labels[file.uri]):
            return False
        moved_from = gone.get(digest)
        if moved_from:
            moved_from.pop()
            self.tally.moved += 1
        else:
            self.tally.added += 1
        return True

    def _read(self, files: Sequence[SourceFile]) -> None:
        """Parse and cut files in the background; embed and stage them as they come."""
        if not files:
            return
        limits = self._limits
        sandbox = Sandbox(
            timeout_s=limits.timeout_s,
            memory_mb=limits.memory_mb,
            max_file_mb=limits.max_file_mb,
            workers=limits.workers,
            ocr_languages=limits.ocr_languages if limits.ocr == "auto" else "",
            ocr_timeout_s=limits.ocr_timeout_s,
        )
        count_tokens = token_counter(self._embedder.tokenizer)
        make_document = functools.partial(self._document, count_tokens=count_tokens)
        with ReadAhead(files, sandbox, make_document) as ahead:
            for batch in ahead.batches(_WINDOW_CHUNKS, self._stopped):
                self._stage(batch)

    def _document(
        self, file: SourceFile, loaded: LoadedDocument, *, count_tokens: TokenCounter
    ) -> Document:
        title = loaded.title or _title_of_name(file.path)
        return Document(
            uri=file.uri,
            root=file.root,
            title=title,
            text=loaded.text,
            media_type=loaded.media_type,
            source_sha256=loaded.source_sha256,
            language=loaded.language,
            modified_at=file.modified_ns / 1e9,
            readers=self._labels[file.uri].readers,
            tags=self._labels[file.uri].tags,
            metadata={
                "titled_by": "document" if loaded.title else "name",
                "pages": loaded.page_count,
            },
            chunks=chunk(
                loaded, title=title, max_tokens=self._max_tokens, count_tokens=count_tokens
            ),
        )

    def _stage(self, batch: Sequence[ReadFile]) -> None:
        """Embed what is new in a batch, and stage its files; when stopped, those that are complete."""
        documents = [read.document for read in batch if read.document]
        missing = self._writer.missing(
            [each.embedded_text for document in documents for each in document.chunks]
        )
        embedded, left = self._embed(missing)
        for read in batch:
            if isinstance(read.outcome, UnreadableFileError):
                self._fail(read.file, read.outcome)
            elif read.document is None:
                self._note_empty(read.file, read.outcome)
            else:
                texts = [each.embedded_text for each in read.document.chunks]
                if left.isdisjoint(texts):
                    self._put(read.file, read.outcome, read.document)
                    self.tally.reused += _not_the_first_of(texts, embedded)
        self._flush()

    def _embed(self, texts: list[str]) -> tuple[set[str], set[str]]:
        """Embed and keep texts, the longest first: those that are done, and those left when stopped."""
        texts.sort(key=len, reverse=True)
        for first in range(0, len(texts), _PART_CHUNKS):
            if self._stopped():
                return set(texts[:first]), set(texts[first:])
            part = texts[first : first + _PART_CHUNKS]
            self._writer.put_vectors(part, self._embedder.embed_documents(part))
            self.tally.embedded += len(part)
            self._progress.advance(chunks=len(part))
            self._flush()
        return set(texts), set()

    def _flush(self) -> None:
        """Make what is staged durable every few seconds: a run that is killed has lost no more."""
        if time.monotonic() - self._flushed > _FLUSH_S:
            self._writer.flush()
            self._flushed = time.monotonic()

    def _put(self, file: SourceFile, loaded: LoadedDocument, document: Document) -> None:
        reason = loaded.shortfall
        state = FileState.PARTIAL if reason else FileState.INDEXED
        self._writer.put(document, self._record(file, state, reason, loaded.source_sha256, loaded))
        if self._indexed_sha256(file.uri):
            self.tally.updated += 1
        else:
            self.tally.added += 1
        self._progress.advance(files=1)

    def _fail(self, file: SourceFile, error: UnreadableFileError) -> None:
        self._progress.advance(files=1)
        problem = Problem(file.uri, error.reason)
        if isinstance(error, FileTooLargeError | UnsupportedFileError):
            self.tally.skipped.append(problem)
            digest = content_sha256(file.path) or ""
            recipe = with_ocr(self.recipe, NO_OCR if isinstance(error, OcrMissingError) else "")
            record = self._record(file, FileState.SKIPPED, error.reason, digest)
            self._writer.record(replace(record, recipe=recipe))
            return
        self.tally.failed.append(problem)
        # A passing trouble leaves the earlier version in the index, and the file is tried again.
        indexed = self._indexed_sha256(file.uri)
        digest = (content_sha256(file.path) or "") if error.permanent else indexed
        self._write(file, FileState.FAILED, error.reason, digest, retire=error.permanent)

    def _indexed_sha256(self, uri: str) -> str:
        """SHA-256 of the file's version that is in the index, or ""."""
        known = self._known.get(uri)
        if known is None:
            return ""
        kept = known.state is FileState.FAILED and known.modified_ns == NEVER
        return known.source_sha256 if known.state in IN_INDEX or kept else ""

    def _note_empty(self, file: SourceFile, loaded: LoadedDocument) -> None:
        self._progress.advance(files=1)
        reason = "is empty" if file.size == 0 else loaded.shortfall or "holds no text"
        self.tally.failed.append(Problem(file.uri, reason))
        self._writer.record(
            self._record(file, FileState.EMPTY, reason, loaded.source_sha256, loaded)
        )

    def _write(
        self,
        file: SourceFile,
        state: FileState,
        reason: str,
        digest: str = "",
        *,
        retire: bool = True,
    ) -> None:
        record = self._record(file, state, reason, digest)
        if not retire:
            record = replace(record, modified_ns=NEVER)
        self._writer.record(record, retire=retire)

    def _record(
        self,
        file: SourceFile,
        state: FileState,
        reason: str,
        digest: str,
        loaded: LoadedDocument | None = None,
    ) -> FileRecord:
        pages = loaded.page_count if loaded else 0
        return FileRecord(
            uri=file.uri,
            root=file.root,
            state=state,
            reason=reason,
            size=file.size,
            modified_ns=file.modified_ns,
            source_sha256=digest,
            recipe=with_ocr(self.recipe, loaded.ocr if loaded else ""),
            seen_at=time.time(),
            pages=pages,
            pages_with_text=pages - len(loaded.pages_without_text) if loaded else 0,
        )


def _not_the_first_of(texts: Sequence[str], fresh: set[str]) -> int:
    """How many of the texts were there before; each `fresh` one is taken from the set when first met."""
    reused = 0
    for text in texts:
        if text in fresh:
            fresh.remove(text)
        else:
            reused += 1
    return reused


def _title_of_name(path: Path) -> str:
    """A title from a file's name: "travel_policy-2026.txt" is "travel policy 2026"."""
    stem = uri_of(Path(path.stem))
    return stem if " " in stem else re.sub(r"[-_]+", " ", stem).strip() or stem
