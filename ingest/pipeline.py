"""One ingest run: read what is new or changed, embed what was never embedded, publish one generation."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.chunking.chunker import TokenCounter, chunk
from ingest.chunking.installed import load_chunker
from ingest.chunking.token_counter import token_counter
from ingest.embedding import PartEmbedder
from ingest.errors import ParserMemoryError, RunStoppedError, UnreadableFileError
from ingest.heavy_files import HeavyFiles
from ingest.loaded import LoadedDocument
from ingest.outcomes import Outcomes
from ingest.patience import Patience
from ingest.planning.deletions import check_deletions
from ingest.planning.first_embedder import open_ingest_embedder
from ingest.planning.plan import (
    Plan,
    find_moved_object,
    group_by_content,
    hash_content,
    make_plan,
)
from ingest.planning.recipe import describe_chunking, is_current
from ingest.planning.source import Root, SourceFile, check_roots, look, uri_of
from ingest.planning.source_rules import (
    SourceRules,
    check_opened,
    check_rules,
    unlisted_roots,
)
from ingest.read_ahead import ReadAhead, ReadFile
from ingest.report import IngestReport
from ingest.sandbox import Sandbox
from ingest.sources.kinds import close_sources_at_end, list_all_roots
from rag.document import PUT_METADATA, Document, Labels
from rag.embedder import Embedder, as_embedder
from rag.embedder.openvino import count_available_cores
from rag.errors import InhouseError
from rag.index import IN_INDEX, FileRecord, IndexStore, StoreWriter, open_store
from rag.index.catalog.retention import Retention
from rag.progress import NoProgress, Progress
from rag.settings import Settings, load_settings

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

_WINDOW_CHUNKS = 1024  # sorted by length together, so that like is embedded with like
_FLUSH_S = 5.0
_POLL_S = 0.2
_LONGEST_AUTHOR = 200
_NO_AUTHORS = {
    "openpyxl", "python-docx", "python-pptx", "xlsxwriter", "apache poi", "unknown", "unbekannt", "anonymous",
    "user", "admin", "administrator", "microsoft office user",
}  # fmt: skip
"""What programs write where they know nobody."""


def ingest(
    paths: Sequence[str | Path] | str | Path = (),
    *,
    data_dir: str | Path,
    settings: Settings | None = None,
    embedder: Embedder | Embeddings | None = None,
    progress: Progress | None = None,
    stopped: Callable[[], bool] = lambda: False,
    retry_failed: bool = False,
    again: Collection[str] = (),
    replace_rules: bool = False,
    run_id: str = "",
) -> IngestReport:
    """Bring the index in `data_dir` up to what stands below `paths`; none: the configured roots and sources.

    A path may also be the uri of a configured source: "git://handbook". Files below these paths that are
    gone are removed from the index; what was ingested from elsewhere stays. A file that cannot
    be read is reported and stops nothing. When `stopped` turns true, what is
    finished is published and the rest is left for the next run. `embedder` (also any LangChain
    `Embeddings`) replaces the configured one. With `retry_failed`, files that could not be read are read
    again although they have not changed; those whose uri is in `again` are in any case. `run_id` names the
    run in its account.

    Access rules, and the tags of configured roots, belong to the index: a run whose settings lack some of
    them stops, unless `replace_rules` says that they are meant to go. Then documents of configured roots
    that are no longer listed go as well.

    A root that is not there, does not answer, or of which too much is gone, is left as it is in the index,
    and stops no other: the report's `roots` say so. After `ingest.deadline` seconds the run ends as if it
    had been stopped.

    Raises UsageError for a path that was never there, or if no root can be read; IndexLockedError while
    another run is writing, MassDeletionError, MissingRulesError, EmbedderMismatchError, StorageError,
    ModelNotFoundError if the embedder cannot be had, and RunStoppedError if it was stopped while it waited
    for a root.
    """
    started, clock = time.time(), time.perf_counter()
    settings = settings or load_settings()
    store = open_store(data_dir, beside=settings.data)
    given = [paths] if isinstance(paths, str | os.PathLike) else paths
    stop = RunEnd(stopped, settings.ingest.deadline)
    patience = Patience(settings.ingest.timeout_s, stop)
    roots = list_all_roots(given, settings, store.folder, patience)
    if not store.exists():
        check_roots(roots)
    embedder = open_embedder_for(roots, settings, store, patience, given=embedder)
    keep = Retention(settings.index.keep_generations, settings.index.keep_days)
    with (
        close_sources_at_end(roots),
        store.open_writer(
            embedder.identity.to_json(),
            retention=keep,
            wait_s=settings.index.wait_s,
            stopped=stop,
        ) as writer,
    ):
        ledger = writer.files()
        check_roots(roots, (record.uri for record in ledger))
        known = SourceRules.from_json(writer.source_rules())
        rules = SourceRules.of(settings, [root.path for root in roots if root.fault])
        if not replace_rules:
            check_rules(known, rules, roots)
        run = IngestRun(writer, embedder, settings, progress or NoProgress(), patience, ledger)
        suspects = frozenset[str]() if retry_failed else run.heavy.left.difference(again)
        labels = writer.labels()
        planned = functools.partial(
            make_plan, roots, ledger, labels, settings, run.chunking,
            data_dir=store.folder, retry_failed=retry_failed, again=again, patience=patience,
        )  # fmt: skip
        try:
            plan = patience.call_until_stopped(planned)
        except RunStoppedError:
            plan = Plan()  # nothing is known of the files yet: nothing is done
        if not replace_rules:
            check_opened(plan.relabelled, labels, plan.labels, settings.access)
        elif not given:
            plan.gone += _of_roots(ledger, unlisted_roots(known, rules), roots)
        with contextlib.suppress(RunStoppedError):  # then nothing is deleted
            patience.call_until_stopped(
                functools.partial(check_deletions, plan, roots, settings.ingest.max_delete)
            )
        run.fail(plan, suspects)
        run.execute(plan)
        report = replace(
            run.tally.report(plan, 0, time.perf_counter() - clock),
            roots=plan.outcomes(roots, [problem.uri for problem in run.tally.failed]),
            unlisted_roots=() if given or replace_rules else tuple(unlisted_roots(known, rules)),
            stopped=stop.reason,
        )
        if not stop():
            read = [root for root in roots if not root.fault]
            writer.note_source_rules(rules.after(known, read, replace=replace_rules).to_json())
        writer.note_run(report.account(run_id, started, stopped=bool(report.stopped)))
        generation = writer.publish(report.to_json())
        run.heavy.clear()
        writer.note_end()
    return replace(report, generation=generation, seconds=round(time.perf_counter() - clock, 3))


def open_embedder_for(
    roots: Sequence[Root],
    settings: Settings,
    store: IndexStore,
    patience: Patience,
    *,
    given: Embedder | Embeddings | None = None,
) -> Embedder:
    """The embedder of a run: the one given, else the index's, else the one for the roots' languages."""
    if given is not None:
        return as_embedder(given)

    def list_files() -> list[SourceFile]:
        folders = [
            root for root in roots if root.source is None
        ]  # a source is listed once in a run
        listing = look(folders, settings.ingest, skip=(store.folder.resolve(),), patience=patience)
        return [file for file, _ in listing.files]

    return open_ingest_embedder(settings, store, list_files)


class RunEnd:
    """Whether a run has to end: somebody said so, or its time is over."""

    def __init__(self, stopped: Callable[[], bool], deadline_s: float) -> None:
        self._stopped = stopped
        self._ends_at = time.monotonic() + deadline_s if deadline_s else None

    def __call__(self) -> bool:
        return bool(self.reason)

    @property
    def reason(self) -> str:
        if self._stopped():
            return "signal"
        is_over = self._ends_at is not None and time.monotonic() > self._ends_at
        return "deadline" if is_over else ""


def _of_roots(
    ledger: Sequence[FileRecord], removed: Sequence[str], roots: Sequence[Root]
) -> list[FileRecord]:
    """The files of roots that are no longer configured, and that no other root holds."""
    return [
        record
        for record in ledger
        if record.root in removed and not any(root.holds(record.uri) for root in roots)
    ]


class IngestRun:
    """Does what a plan says, with one writer and one embedder."""

    def __init__(
        self,
        writer: StoreWriter,
        embedder: Embedder,
        settings: Settings,
        progress: Progress,
        patience: Patience,
        ledger: Sequence[FileRecord],
    ) -> None:
        self._writer, self._embedder, self._progress = writer, embedder, progress
        self._limits, self._patience, self._stopped = settings.ingest, patience, patience.stopped
        self._find_starts = load_chunker(settings.chunker.name)
        self._max_tokens, self.chunking = describe_chunking(settings, embedder.identity.max_tokens)
        self._labels: Mapping[str, Labels] = {}
        self._known = {record.uri: record for record in ledger}
        self._outcomes = Outcomes(writer, self._known, self.chunking)
        self.tally = self._outcomes.tally
        self.heavy = HeavyFiles(writer.data_dir)
        self._flushed = time.monotonic()

    def fail(self, plan: Plan, suspects: Collection[str]) -> None:
        """Leave out files of which a run was reading one when it was killed, until they change."""
        for file in [file for file in plan.read if file.uri in suspects]:
            plan.read.remove(file)
            self._outcomes.failed(
                file,
                ParserMemoryError(
                    "was being read when a run was killed, perhaps for want of memory; read it again with "
                    "--retry-failed"
                ),
            )

    def execute(self, plan: Plan) -> None:
        """Stage everything that the plan says."""
        indexed = [
            record
            for record in self._known.values()
            if record.state in IN_INDEX and is_current(record.recipe, self.chunking, self._limits)
        ]
        indexed = [record for record in indexed if record.uri.startswith("/")]  # files
        self._by_content = {record.source_sha256: record for record in indexed}
        self._sizes = {record.size for record in indexed}
        self._by_revision: dict[tuple[str, int], list[FileRecord]] = {}
        for record in self._known.values():
            self._by_revision.setdefault((record.root, record.changed_ns), []).append(record)
        self._moved_from: set[str] = set()
        self._labels = plan.labels
        # First, so that a right that was taken away is gone even if the run is stopped.
        for uri in plan.relabelled:
            self._writer.relabel(uri, plan.labels[uri])
        unchanged = {record.uri for record in plan.unchanged}
        self.tally.relabelled = len(unchanged.intersection(plan.relabelled))
        self._outcomes.settle(plan)
        gone = group_by_content(plan.gone)
        unread = [f for f in plan.read if not self._stopped() and not self._copy(f, gone)]
        self._progress.start("Reading", len(unread))
        if unread:
            self._read(unread)
        self._leave_broken_sources(plan)
        if not self._stopped():
            for record in plan.gone:
                self._writer.remove(record.uri)
            gone_documents = sum(record.uri in plan.documents for record in plan.gone)
            self.tally.deleted = gone_documents - self.tally.moved

    def _copy(self, file: SourceFile, gone: Mapping[str, list[str]]) -> bool:
        """Take a file whose content the ledger knows, here or elsewhere, without reading it again."""
        if file.uri in self._known:
            return False
        same = self._same_object(file) if file.fetched else self._same_file(file)
        if same is None:
            return False
        digest = same.source_sha256
        record = replace(
            self._outcomes.record(file, same.state, same.reason, digest),
            recipe=same.recipe,
            pages=same.pages,
            pages_with_text=same.pages_with_text,
            unread=same.unread,
            reader=same.reader,
        )
        if not self._writer.put_copy(record, self._labels[file.uri]):
            return False
        moved_from = gone.get(digest)
        if moved_from:
            self._moved_from.add(moved_from.pop())
            self.tally.moved += 1
        else:
            self.tally.added += 1
        return True

    def _same_file(self, file: SourceFile) -> FileRecord | None:
        """The ledger's file with this file's content, if it is worth looking for."""
        if file.is_put or file.size not in self._sizes:
            return None
        read = functools.partial(hash_content, file.path, file.identity)
        try:
            return self._by_content.get(self._patience.call_until_stopped(read) or "")
        except RunStoppedError:
            return None

    def _same_object(self, file: SourceFile) -> FileRecord | None:
        """The record of an object of the same source with this one's content."""
        same = find_moved_object(file, self._by_revision.get((file.root, file.changed_ns), ()))
        return same if same and is_current(same.recipe, self.chunking, self._limits) else None

    def _leave_broken_sources(self, plan: Plan) -> None:
        """Delete nothing of a source that broke off while its objects were read."""
        sources = {file.root: file.fetched.source for file in plan.read if file.fetched}
        for uri, source in sources.items():
            if source.fault:
                plan.guarded[uri] = source.fault
                plan.gone = [
                    record
                    for record in plan.gone
                    if record.root != uri or record.uri in self._moved_from
                ]

    def _read(self, files: Sequence[SourceFile]) -> None:
        """Parse and cut files in the background; embed and stage them as they come."""
        limits = self._limits
        sandbox = Sandbox(
            timeout_s=limits.timeout_s,
            memory_mb=limits.memory_mb,
            max_file_mb=limits.max_file_mb,
            max_text_mb=limits.max_text_mb,
            # Reading is cheap beside embedding: one keeps up with the embedder on four cores.
            workers=limits.workers or max(1, count_available_cores() // 4),
            ocr_languages=limits.ocr_languages if limits.ocr == "auto" else "",
            ocr_timeout_s=limits.ocr_timeout_s,
            needs_barriers=limits.sandbox == "required",
            files_per_parser=limits.files_per_parser,
        )
        count_tokens = token_counter(self._embedder.tokenizer)
        make_document = functools.partial(self._document, count_tokens=count_tokens)
        embedding = PartEmbedder(self._embedder, count_tokens)
        loading = _load_beside(self._embedder)
        try:
            with ReadAhead(files, sandbox, make_document, patience=self._patience) as ahead:
                # What is read until then is embedded together, like with like, rather than file by file.
                while loading.is_alive() and not self._stopped():
                    loading.join(_POLL_S)
                for batch in ahead.batches(_WINDOW_CHUNKS, self._stopped):
                    self._stage(batch, embedding)
        finally:
            loading.join()  # the end of the program would abort it in the middle of a library

    def _document(
        self, file: SourceFile, loaded: LoadedDocument, *, count_tokens: TokenCounter
    ) -> Document:
        self.heavy.begin(file.uri, len(loaded.text))
        title = file.title or loaded.title or _title_of_name(file.named_path)
        return Document(
            uri=file.uri,
            root=file.root,
            title=title,
            text=loaded.text,
            media_type=loaded.media_type,
            source_sha256=loaded.source_sha256,
            language=loaded.language,
            modified_at=None if file.is_put and not file.modified_ns else file.modified_ns / 1e9,
            readers=self._labels[file.uri].readers,
            tags=self._labels[file.uri].tags,
            metadata={
                "titled_by": "document" if loaded.title and not file.title else "name",
                "pages": loaded.page_count,
                **({"author": author} if (author := _author(loaded.metadata)) else {}),
                **file.metadata,
                **_given(file, loaded),
            },
            chunks=chunk(
                loaded,
                title=title,
                max_tokens=self._max_tokens,
                count_tokens=count_tokens,
                find_starts=self._find_starts,
            ),
        )

    def _stage(self, batch: Sequence[ReadFile], embedding: PartEmbedder) -> None:
        """Embed what is new in a batch, and stage its files; when stopped, those that are complete."""
        documents = [read.document for read in batch if read.document]
        missing = self._writer.missing(
            [part.embedded_text for document in documents for part in document.chunks]
        )
        embedded = self._embed(missing, embedding, len(batch))
        left = set(missing) - embedded
        for read in batch:
            if isinstance(read.outcome, UnreadableFileError):
                self._outcomes.failed(read.file, read.outcome)
            elif read.document is None:
                self._outcomes.empty(read.file, read.outcome)
            else:
                texts = [part.embedded_text for part in read.document.chunks]
                if left.isdisjoint(texts):
                    self._outcomes.indexed(read.file, read.outcome, read.document)
                    self.tally.reused += _not_the_first_of(texts, embedded)
                    self.heavy.end(read.file.uri)
            if read.file.fetched:
                read.file.path.unlink(missing_ok=True)
        self._flush()

    def _embed(self, texts: Sequence[str], embedding: PartEmbedder, files: int) -> set[str]:
        """Embed and keep texts: those that are done, when stopped not all of them.

        `files`: how many files the texts come from; progress is reported in proportion.
        """
        done: set[str] = set()
        reported = 0
        for part, vectors in embedding.parts(texts, self._stopped):
            self._writer.put_vectors(part, vectors)
            done.update(part)
            self.tally.embedded += len(part)
            now = files * len(done) // len(texts)
            self._progress.advance(now - reported, chunks=len(part))
            reported = now
            self._flush()
        if len(done) == len(texts) and files > reported:
            self._progress.advance(files - reported)
        return done

    def _flush(self) -> None:
        """Make what is staged durable every few seconds: a run that is killed has lost no more."""
        if time.monotonic() - self._flushed > _FLUSH_S:
            self._writer.flush()
            self._flushed = time.monotonic()


def _load_beside(embedder: Embedder) -> threading.Thread:
    """Let an embedder that can load its model do so in a thread, while the first files are being read."""

    def load() -> None:
        with contextlib.suppress(InhouseError):  # said when the first text is embedded
            getattr(embedder, "load", lambda: None)()

    thread = threading.Thread(target=load, name="load-embedder", daemon=True)
    thread.start()
    return thread


def _not_the_first_of(texts: Sequence[str], fresh: set[str]) -> int:
    """How many of the texts were there before; each `fresh` one is taken from the set when first met."""
    reused = 0
    for text in texts:
        if text in fresh:
            fresh.remove(text)
        else:
            reused += 1
    return reused


def _given(file: SourceFile, loaded: LoadedDocument) -> dict[str, Any]:
    """What the document says of itself by names of its own; what its program said of it comes first."""
    given = {**loaded.front_matter, **file.metadata.get(PUT_METADATA, {})}
    return {PUT_METADATA: given} if given else {}


def _author(metadata: Mapping[str, Any]) -> str:
    """Who wrote a document, as its file names them; "" where that is a program or nobody."""
    author = metadata.get("author")
    name = " ".join(author.split())[:_LONGEST_AUTHOR] if isinstance(author, str) else ""
    return "" if name.lower() in _NO_AUTHORS else name


def _title_of_name(path: Path) -> str:
    """A title from a file's name: "travel_policy-2026.txt" is "travel policy 2026"."""
    stem = uri_of(Path(path.stem))
    return stem if " " in stem else re.sub(r"[-_]+", " ", stem).strip() or stem
