"""What became of each file: a line in the ledger, and a count in the run's report."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ingest.errors import (
    FileTooLargeError,
    OcrMissingError,
    UnreadableFileError,
    UnsupportedFileError,
)
from ingest.loaded import NO_OCR, LoadedDocument
from ingest.planning.plan import NEVER, Plan, hash_content
from ingest.planning.recipe import list_formats_of_name, name_recipe
from ingest.planning.source import SourceFile, Unlisted
from ingest.report import IngestReport, Problem
from rag.document import Document
from rag.index import IN_INDEX, FileRecord, FileState, StoreWriter


@dataclass(slots=True)
class Tally:
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
            readable_by_nobody=plan.readable_by_nobody,
        )


class Outcomes:
    """Stages the outcome of every file, each once; `known` is the ledger as the run found it."""

    def __init__(self, writer: StoreWriter, known: Mapping[str, FileRecord], chunking: str) -> None:
        self._writer, self._known, self._chunking = writer, known, chunking
        self.tally = Tally()

    def settle(self, plan: Plan) -> None:
        """Note what needs no reading."""
        for file, record in plan.touched:
            touched = replace(
                record,
                modified_ns=file.modified_ns,
                changed_ns=file.changed_ns,
                seen_at=time.time(),
            )
            self._writer.record(touched, retire=False)
        for record in plan.settled:
            left_out = record.state is FileState.SKIPPED
            problems = self.tally.skipped if left_out else self.tally.failed
            problems.append(Problem(record.uri, record.reason, is_known=True))
        for file, reason in plan.skipped:
            is_known = self._is_known(file.uri, FileState.SKIPPED, reason)
            self.tally.skipped.append(Problem(file.uri, reason, is_known))
            if not is_known:
                self._write(file, FileState.SKIPPED, reason)
        for entry in plan.unlisted:
            state = FileState.FAILED if entry.failed else FileState.SKIPPED
            is_known = self._is_known(entry.uri, state, entry.reason)
            problems = self.tally.failed if entry.failed else self.tally.skipped
            problems.append(Problem(entry.uri, entry.reason, is_known))
            if not is_known:
                self._note_unlisted(entry, state)

    def _is_known(self, uri: str, state: FileState, reason: str) -> bool:
        known = self._known.get(uri)
        return known is not None and (known.state, known.reason) == (state, reason)

    def _note_unlisted(self, entry: Unlisted, state: FileState) -> None:
        """Give what could not be read a line in the ledger; a passing trouble keeps the earlier version."""
        digest = self._indexed_sha256(entry.uri) if entry.failed else ""
        record = FileRecord(
            entry.uri, entry.root, state, entry.reason, 0, NEVER, digest, self._chunking, time.time()
        )  # fmt: skip
        self._writer.record(record, retire=not entry.failed)

    def indexed(self, file: SourceFile, loaded: LoadedDocument, document: Document) -> None:
        """A file was read; its chunks' vectors are there."""
        reason = loaded.shortfall
        state = FileState.PARTIAL if reason else FileState.INDEXED
        self._writer.put(document, self.record(file, state, reason, loaded.source_sha256, loaded))
        if self._indexed_sha256(file.uri):
            self.tally.updated += 1
        else:
            self.tally.added += 1

    def failed(self, file: SourceFile, error: UnreadableFileError) -> None:
        """A file could not be read."""
        problem = Problem(file.uri, error.reason)
        if isinstance(error, FileTooLargeError | UnsupportedFileError):
            self.tally.skipped.append(problem)
            digest = hash_content(file.path, file.identity) or ""
            ocr = NO_OCR if isinstance(error, OcrMissingError) else ""
            record = self.record(file, FileState.SKIPPED, error.reason, digest)
            self._writer.record(replace(record, recipe=self._recipe_of(file, ocr=ocr)))
            return
        self.tally.failed.append(problem)
        # A passing trouble leaves the earlier version in the index, and the file is tried again.
        indexed = self._indexed_sha256(file.uri)
        digest = (hash_content(file.path, file.identity) or "") if error.permanent else indexed
        self._write(file, FileState.FAILED, error.reason, digest, retire=error.permanent)

    def _indexed_sha256(self, uri: str) -> str:
        """SHA-256 of the file's version that is in the index, or ""."""
        known = self._known.get(uri)
        if known is None:
            return ""
        kept = known.state is FileState.FAILED and known.modified_ns == NEVER
        return known.source_sha256 if known.state in IN_INDEX or kept else ""

    def empty(self, file: SourceFile, loaded: LoadedDocument) -> None:
        """A file was read, and there is no text in it."""
        reason = "is empty" if file.size == 0 else loaded.shortfall or "holds no text"
        self.tally.failed.append(Problem(file.uri, reason))
        self._writer.record(
            self.record(file, FileState.EMPTY, reason, loaded.source_sha256, loaded)
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
        record = self.record(file, state, reason, digest)
        if not retire:
            record = replace(record, modified_ns=NEVER)
        self._writer.record(record, retire=retire)

    def record(
        self,
        file: SourceFile,
        state: FileState,
        reason: str,
        digest: str,
        loaded: LoadedDocument | None = None,
    ) -> FileRecord:
        """The ledger's line for a file as it is now."""
        pages = loaded.page_count if loaded else 0
        return FileRecord(
            uri=file.uri,
            root=file.root,
            state=state,
            reason=reason,
            size=file.size,
            modified_ns=file.modified_ns,
            source_sha256=digest,
            recipe=self._recipe_of(file, loaded, ocr=loaded.ocr if loaded else ""),
            seen_at=time.time(),
            pages=pages,
            pages_with_text=pages - len(loaded.pages_without_text) if loaded else 0,
            unread={kind.value: n for kind, n in loaded.unread.items() if n} if loaded else {},
            reader=loaded.reader if loaded else "",
            changed_ns=file.changed_ns,
        )

    def _recipe_of(
        self, file: SourceFile, loaded: LoadedDocument | None = None, *, ocr: str
    ) -> str:
        formats = loaded.formats if loaded else list_formats_of_name(file.path.suffix)
        return name_recipe(self._chunking, formats, ocr)
