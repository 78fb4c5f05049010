"""One ingest: list what there is, compare it with the index, and publish what has changed as a generation."""

from __future__ import annotations

import contextlib
import functools
import os
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import RunStoppedError
from ingest.patience import Patience
from ingest.planning.deletions import check_deletions
from ingest.planning.first_embedder import open_ingest_embedder
from ingest.planning.plan import (
    Plan,
    make_plan,
)
from ingest.planning.source import Root, SourceFile, check_roots, look
from ingest.planning.source_rules import (
    SourceRules,
    check_opened,
    check_rules,
    unlisted_roots,
)
from ingest.report import IngestReport
from ingest.running.ingest_run import IngestRun
from ingest.sources.kinds import close_sources_at_end, list_all_roots
from rag.embedder import Embedder, as_embedder
from rag.index import FileRecord, IndexStore, open_store
from rag.index.catalog.retention import Retention
from rag.progress import NoProgress, Progress
from rag.settings import Settings, load_settings

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings


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
