"""What a run would do, worked out without reading, embedding or writing anything."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ingest.errors import IngestError, MassDeletionError, MissingRulesError
from ingest.patience import Patience
from ingest.planning.deletions import check_deletions, find_moves
from ingest.planning.plan import Plan, group_by_content, hash_content, make_plan
from ingest.planning.recipe import describe_chunking
from ingest.planning.source import SourceFile, check_roots
from ingest.planning.source_rules import SourceRules, check_opened, check_rules
from ingest.report import Problem
from ingest.sources.kinds import close_sources_at_end, list_all_roots
from rag.index import FileRecord, FileState, open_store
from rag.index.views.next_run import IndexState, Rates
from rag.settings import Settings, load_settings

_TEXT_SUFFIXES = frozenset({".md", ".txt", ".html", ".htm", ".csv", ".tsv", ".json", ".xml"})
_CHUNKS_PER_BYTE = {True: 1 / 900, False: 1 / 8000}
"""Of text, and of what is packed: what the first run goes by, until there is an index to learn from."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run over the same folders would do now. Uris, but for `unchanged`, which is a count.

    `outdated` have not changed, but would be read again, because what reads or cuts them has; those of
    them that are in the index are among the updated.

    `relabelled` are documents of which only the readers or the tags would change; a run counts them as
    updated. `chunks` is about how many would be embedded, at most; `seconds` about how long it would take,
    None before a run has shown how fast this machine is. `stops` says why the run would stop, or is empty.
    """

    added: tuple[str, ...]
    updated: tuple[str, ...]
    outdated: tuple[str, ...]
    relabelled: tuple[str, ...]
    moved: tuple[tuple[str, str], ...]
    deleted: tuple[str, ...]
    unchanged: int
    failed: tuple[Problem, ...]
    skipped: tuple[Problem, ...]
    chunks: int
    seconds: float | None
    rated_by_runs: int
    stops: str = ""
    stop_code: int = 0

    @property
    def exit_code(self) -> int:
        """That of the run, as far as can be known: 1 or 2 if it would stop, 3 if files failed before."""
        return self.stop_code or (3 if self.failed else 0)

    def to_json(self) -> dict[str, Any]:
        """The shape of `inhouse ingest --dry-run --json`."""
        return {
            "added": list(self.added),
            "updated": list(self.updated),
            "outdated": list(self.outdated),
            "relabelled": list(self.relabelled),
            "moved": [{"from": old, "to": new} for old, new in self.moved],
            "deleted": list(self.deleted),
            "unchanged": self.unchanged,
            "failed": [problem.to_json() for problem in self.failed],
            "skipped": [problem.to_json() for problem in self.skipped],
            "chunks": self.chunks,
            "seconds": None if self.seconds is None else round(self.seconds, 1),
            "stops": self.stops or None,
        }


def dry_run(
    paths: Sequence[str | Path] | str | Path = (),
    *,
    data_dir: str | Path,
    settings: Settings | None = None,
    retry_failed: bool = False,
    again: Collection[str] = (),
    replace_rules: bool = False,
) -> Forecast:
    """What `ingest` with the same arguments would do. Needs no lock and no embedder, and no network but to
    list the configured sources.

    Raises UsageError for a path that does not exist.
    """
    settings = settings or load_settings()
    store = open_store(data_dir, beside=settings.data)
    given = [paths] if isinstance(paths, str | os.PathLike) else paths
    patience = Patience(settings.ingest.timeout_s)
    roots = list_all_roots(given, settings, store.folder, patience)
    rules = SourceRules.of(settings, [root.path for root in roots if root.fault])
    standing = store.read_state() or IndexState([], {}, Rates(), settings.chunker.max_tokens + 2)
    check_roots(roots, (record.uri for record in standing.files))
    _, chunking = describe_chunking(settings, standing.max_tokens)
    with close_sources_at_end(roots):
        plan = make_plan(
            roots, standing.files, standing.labels, settings, chunking,
            data_dir=store.folder, retry_failed=retry_failed, again=again, patience=patience,
        )  # fmt: skip
    stopped_by: IngestError | None = None
    try:
        if not replace_rules:
            check_rules(SourceRules.from_json(standing.source_rules), rules, roots)
            check_opened(plan.relabelled, standing.labels, plan.labels, settings.access)
        check_deletions(plan, roots, settings.ingest.max_delete)
    except (MassDeletionError, MissingRulesError) as exc:
        stopped_by = exc
    if stopped_by is None:
        left = [root for root in plan.outcomes(roots, ()) if root.reason]
        if left:
            stopped_by = IngestError(
                " ".join(f"{root.uri}: {root.reason.rstrip('.')}." for root in left)
            )
    return _forecast(plan, standing, stopped_by)


def _forecast(plan: Plan, standing: IndexState, stopped_by: IngestError | None) -> Forecast:
    moved = find_moves(plan)
    copied = _copies(plan, standing.files)
    new = [f for f in plan.read if f.uri not in plan.documents]
    changed = [f for f in plan.read if f.uri in plan.documents]
    parsed = [f for f in plan.read if f.uri not in copied]
    chunks = sum(_chunks(file, standing.rates) for file in parsed)
    unchanged = {record.uri for record in plan.unchanged}
    relabelled = [uri for uri in plan.relabelled if uri in unchanged]
    rate = standing.rates.seconds_per_chunk
    return Forecast(
        added=tuple(f.uri for f in new if f.uri not in moved.values()),
        updated=tuple(f.uri for f in changed),
        outdated=tuple(f.uri for f in plan.outdated),
        relabelled=tuple(relabelled),
        moved=tuple(moved.items()),
        deleted=tuple(r.uri for r in plan.gone if r.uri in plan.documents and r.uri not in moved),
        unchanged=len(unchanged) - len(relabelled),
        failed=_problems(plan, failed=True),
        skipped=_problems(plan, failed=False),
        chunks=chunks,
        seconds=0.0 if not chunks else None if rate is None else chunks * rate,
        rated_by_runs=standing.rates.runs,
        stops="" if stopped_by is None else str(stopped_by),
        stop_code=0 if stopped_by is None else stopped_by.exit_code,
    )


def _problems(plan: Plan, *, failed: bool) -> tuple[Problem, ...]:
    problems = [Problem(e.uri, e.reason) for e in plan.unlisted if e.failed is failed]
    problems += [
        Problem(record.uri, record.reason)
        for record in plan.settled
        if (record.state is not FileState.SKIPPED) is failed
    ]
    if not failed:
        problems += [Problem(file.uri, reason) for file, reason in plan.skipped]
    return tuple(sorted(problems, key=lambda problem: problem.uri))


def _copies(plan: Plan, files: Sequence[FileRecord]) -> set[str]:
    """New files whose content stands in the index already, under the same name elsewhere.

    Under another name they may have to be read: the name may be their title.
    """
    known, contents = {record.uri for record in files}, group_by_content(files)
    sizes = {record.size for record in files}
    return {
        file.uri
        for file in plan.read
        if file.uri not in known
        and file.size in sizes
        and any(
            PurePosixPath(uri).name == PurePosixPath(file.uri).name
            for uri in contents.get(hash_content(file.path, file.identity) or "", ())
        )
    }


def _chunks(file: SourceFile, rates: Rates) -> int:
    suffix = file.path.suffix.lower()
    of_kind = rates.chunks_per_byte.get(suffix)
    if of_kind is None:
        # An index that holds no such file yet tells little about it.
        of_kind = _CHUNKS_PER_BYTE[suffix in _TEXT_SUFFIXES]
    return max(1, round(file.size * of_kind)) if file.size else 0
