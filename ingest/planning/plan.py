"""What a run has to do: the folder listing compared with the ledger."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ingest.errors import UnreadableFileError
from ingest.loader import SUPPORTED, open_file
from ingest.opening import Identity
from ingest.patience import Patience
from ingest.planning.access import label
from ingest.planning.recipe import is_current
from ingest.planning.source import Listing, Root, SourceFile, Unlisted, look
from ingest.report import RootOutcome
from rag.document import Labels
from rag.index import IN_INDEX, FileRecord, FileState
from rag.settings import IngestSettings, Settings

NEVER = -1
"""The time of a file that failed for a passing reason: no file has it, so it is read again."""
_MEBIBYTE = 2**20
_RACY_S = 2.0
"""A file changed this shortly before it was read may change again without its time showing it."""


@dataclass(slots=True)
class Plan:
    """Every listed file is in exactly one of `read`, `unchanged`, `settled`, `skipped`, `unlisted`.

    `settled` are files that failed, were empty or of no use, and have not changed since. `touched` are
    among the unchanged and settled: their times changed, their content did not. `outdated` are among those to
    read: files that have not changed, while what reads or cuts them has. `gone` are the
    ledger's files that were not listed. `labels` are those of every listed file, by uri; `relabelled`
    the documents in the index whose own are not these. `documents` are the uris of what is in the index.
    `guarded` are roots that are left alone, and why.
    """

    read: list[SourceFile] = field(default_factory=list)
    unchanged: list[FileRecord] = field(default_factory=list)
    touched: list[tuple[SourceFile, FileRecord]] = field(default_factory=list)
    outdated: list[SourceFile] = field(default_factory=list)
    settled: list[FileRecord] = field(default_factory=list)
    skipped: list[tuple[SourceFile, str]] = field(default_factory=list)
    unlisted: list[Unlisted] = field(default_factory=list)
    gone: list[FileRecord] = field(default_factory=list)
    labels: Mapping[str, Labels] = field(default_factory=dict)
    relabelled: list[str] = field(default_factory=list)
    documents: frozenset[str] = frozenset()
    guarded: dict[str, str] = field(default_factory=dict)

    def leave_alone(self, root: Root, reason: str) -> None:
        """Read and delete nothing below a root, because of what the `reason` says."""
        self.guarded[root.uri] = reason
        self.read = [file for file in self.read if not root.holds(file.uri)]
        self.gone = [record for record in self.gone if not root.holds(record.uri)]

    def outcomes(self, roots: Sequence[Root], failed: Collection[str]) -> tuple[RootOutcome, ...]:
        """What became of each root; `failed`: the uris of files that could not be read."""
        faults = {entry.uri.rstrip("/"): entry.reason for entry in self.unlisted if entry.failed}
        counts: dict[str, int] = {}
        for uri in self.labels:
            holder = max((r.uri for r in roots if r.holds(uri)), key=len, default="")
            counts[holder] = counts.get(holder, 0) + 1
        outcomes = []
        for root in roots:
            reason = self.guarded.get(root.uri) or faults.get(root.uri.rstrip("/"), "")
            some_failed = any(root.holds(uri) for uri in failed)
            code = 1 if reason else 3 if some_failed else 0
            outcomes.append(RootOutcome(root.uri, code, counts.get(root.uri, 0), reason))
        return tuple(outcomes)

    @property
    def readable_by_nobody(self) -> int:
        """How many of the documents listed have no reader at all."""
        to_be = self.documents | {file.uri for file in self.read}
        return sum(uri in to_be and not labels.readers for uri, labels in self.labels.items())


def make_plan(
    roots: Sequence[Root],
    ledger: Iterable[FileRecord],
    standing: Mapping[str, Labels],
    settings: Settings,
    chunking: str,
    *,
    data_dir: Path,
    retry_failed: bool = False,
    again: Collection[str] = (),
    patience: Patience | None = None,
) -> Plan:
    """Hold the listing of `roots` against the ledger; reads a file only where its time has changed.

    `standing`: the labels of every document in the index. The data folder itself is never listed. With
    `retry_failed`, files that could not be read are read again although they have not changed; those whose
    uri is in `again` in any case.
    """
    known = {record.uri: record for record in ledger}
    listing = look(roots, settings.ingest, skip=(data_dir.resolve(),), patience=patience)
    labels, problems = label(
        listing,
        settings.access,
        # Where some folder could not be looked into, the rules in it are unknown, not gone.
        assume_rules=bool(listing.unreachable)
        and any(_is_restricted(e) for e in standing.values()),
    )
    plan = Plan(
        unlisted=[*listing.unlisted, *problems], labels=labels, documents=frozenset(standing)
    )
    for file, _ in listing.files:
        record = known.get(file.uri)
        if record and (file.uri in again or (retry_failed and record.state not in IN_INDEX)):
            record = None
        _place(plan, file, record, chunking, settings.ingest)
    plan.relabelled = [uri for uri, now in standing.items() if uri in labels and labels[uri] != now]
    plan.gone = _gone(known, plan, roots, listing)
    return plan


def _is_restricted(labels: Labels) -> bool:
    return labels.readers != Labels().readers


def _gone(
    known: Mapping[str, FileRecord], plan: Plan, roots: Sequence[Root], listing: Listing
) -> list[FileRecord]:
    listed = plan.labels.keys() | {entry.uri for entry in plan.unlisted}
    return [
        record
        for uri, record in known.items()
        if uri not in listed
        and any(root.holds(uri) for root in roots)
        # What stands below a folder that could not be listed just now is not gone.
        and not uri.startswith(listing.unreachable)
    ]


def _place(
    plan: Plan, file: SourceFile, known: FileRecord | None, chunking: str, limits: IngestSettings
) -> None:
    max_bytes = int(limits.max_file_mb * _MEBIBYTE)
    suffix = file.path.suffix.lower()
    if suffix not in SUPPORTED:
        kind = f"a {suffix} file" if suffix else "a file without a suffix"
        plan.skipped.append((file, f"is {kind}, a format that is not read yet"))
    elif file.size > max_bytes:
        size, limit = file.size / 2**20, max_bytes / 2**20
        plan.skipped.append((file, f"is {size:,.1f} MiB, more than ingest.max_file_mb = {limit:g}"))
    elif known is None or not _was_read(known):
        plan.read.append(file)
    elif not is_current(known.recipe, chunking, limits):
        plan.read.append(file)
        if (file.fetched is None and _looks_unchanged(file, known)) or _has_same_revision(
            file, known
        ):
            plan.outdated.append(file)
    elif _is_unchanged(file, known):
        (plan.unchanged if known.state in IN_INDEX else plan.settled).append(known)
        is_touched = (file.modified_ns, file.changed_ns) != (known.modified_ns, known.changed_ns)
        if is_touched and file.fetched is None:
            plan.touched.append((file, known))
    else:
        plan.read.append(file)


def _was_read(known: FileRecord) -> bool:
    """Whether a file ended as it did because of what is in it; a name and a size are judged anew."""
    return known.state is not FileState.SKIPPED or known.source_sha256 != ""


def _is_unchanged(file: SourceFile, known: FileRecord) -> bool:
    if file.fetched is not None:
        return _has_same_revision(file, known)
    return _looks_unchanged(file, known) or _has_same_content(file, known)


def _has_same_revision(file: SourceFile, known: FileRecord) -> bool:
    """Whether this is an object of a source that was read at the revision that it has now."""
    is_read = known.modified_ns != NEVER and known.changed_ns != 0
    return file.fetched is not None and is_read and file.changed_ns == known.changed_ns


def _looks_unchanged(file: SourceFile, known: FileRecord) -> bool:
    """Whether nothing shows that the file was written to. Programs may keep the time of a file that they
    replace (rsync, a restored backup); the file system's own time of change then tells."""
    same = (file.size, file.modified_ns) == (known.size, known.modified_ns)
    same &= known.changed_ns in (0, file.changed_ns)
    return same and file.modified_ns / 1e9 < known.seen_at - _RACY_S


def _has_same_content(file: SourceFile, known: FileRecord) -> bool:
    was_read = known.modified_ns != NEVER and known.source_sha256 != ""
    return was_read and hash_content(file.path, file.identity) == known.source_sha256


def hash_content(path: Path, identity: Identity | None = None) -> str | None:
    """SHA-256 of the file's bytes, or None if they cannot be read now."""
    try:
        with os.fdopen(open_file(path, identity), "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, UnreadableFileError):
        return None


def find_moved_object(file: SourceFile, records: Iterable[FileRecord]) -> FileRecord | None:
    """The indexed record in the same source whose content is this object's, or None.

    Only where equal revisions mean equal content.
    """
    if file.fetched is None or not file.fetched.listed.revision_names_content:
        return None
    for record in records:
        if (
            record.root == file.root
            and record.state in IN_INDEX
            and _has_same_revision(file, record)
        ):
            return record
    return None


def group_by_content(records: Iterable[FileRecord]) -> Mapping[str, list[str]]:
    """The uris of indexed files by the SHA-256 of their content."""
    uris: dict[str, list[str]] = {}
    for record in records:
        if record.state in IN_INDEX:
            uris.setdefault(record.source_sha256, []).append(record.uri)
    return uris
