"""Carry out a plan: read what is new or changed, embed what was never embedded, stage all of it."""

from __future__ import annotations

import contextlib
import functools
import re
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.chunking.chunker import TokenCounter, chunk
from ingest.chunking.installed import load_chunker
from ingest.chunking.token_counter import token_counter
from ingest.embedding import PartEmbedder
from ingest.engines.opening import open_engine
from ingest.errors import ParserMemoryError, RunStoppedError, UnreadableFileError
from ingest.heavy_files import HeavyFiles
from ingest.loaded import LoadedDocument
from ingest.outcomes import Outcomes
from ingest.patience import Patience
from ingest.planning.plan import (
    Plan,
    find_moved_object,
    group_by_content,
    hash_content,
)
from ingest.planning.recipe import describe_chunking, is_current
from ingest.planning.source import SourceFile, uri_of
from ingest.read_ahead import ReadAhead, ReadFile
from rag.document import PUT_METADATA, Document, Labels
from rag.embedder import Embedder
from rag.errors import InhouseError
from rag.index import IN_INDEX, FileRecord, StoreWriter
from rag.progress import Progress
from rag.settings import Settings

if TYPE_CHECKING:
    pass

_FLUSH_S = 5.0
_POLL_S = 0.2
_LONGEST_AUTHOR = 200
_NO_AUTHORS = {
    "openpyxl", "python-docx", "python-pptx", "xlsxwriter", "apache poi", "unknown", "unbekannt", "anonymous",
    "user", "admin", "administrator", "microsoft office user",
}  # fmt: skip
"""What programs write where they know nobody."""


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
        self._settings, self._limits = settings, settings.ingest
        self._patience, self._stopped = patience, patience.stopped
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
        count_tokens = token_counter(self._embedder.tokenizer)
        make_document = functools.partial(self._document, count_tokens=count_tokens)
        with open_engine(self._settings, self._embedder, self._stopped) as engine:
            embedding = PartEmbedder(engine.embedder, count_tokens, engine.parts_under_way)
            loading = _load_beside(engine.embedder)
            window = engine.window_chunks
            try:
                with ReadAhead(
                    files, engine.readers, make_document,
                    max_waiting=2 * window, patience=self._patience,
                ) as ahead:  # fmt: skip
                    # What is read until then is embedded together, like with like, rather than file by file.
                    while loading.is_alive() and not self._stopped():
                        loading.join(_POLL_S)
                    for batch in ahead.batches(window, self._stopped):
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
