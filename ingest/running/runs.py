"""The command's runs, one or many: each with an id, an account in words or JSON, and its numbers."""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from ingest.errors import RunStoppedError
from ingest.patience import Patience
from ingest.pipeline import ingest, open_embedder_for
from ingest.report import IngestReport, Problem
from ingest.running.metrics import check_metrics_file, write_metrics
from ingest.running.progress import Bar
from ingest.running.watch import times_to_run
from ingest.sources.kinds import list_all_roots
from rag.cli_output import mark_run, note, print_message, shorten_path
from rag.embedder import Embedder
from rag.errors import InhouseError, UsageError
from rag.index import open_store
from rag.settings import Settings

if TYPE_CHECKING:
    from ingest.running.dry_run import Forecast

_SHOWN = 20
_SIGNALLED = 128


class Runs:
    """Runs over the same folders with the same settings; `stopped` has a signal when one has come."""

    def __init__(
        self,
        settings: Settings,
        paths: Sequence[str],
        stopped: Sequence[int],
        *,
        retry_failed: bool = False,
        again: Sequence[str] = (),
        replace_rules: bool = False,
        as_json: bool = False,
        progress_as_json: bool = False,
    ) -> None:
        self._progress_as_json = progress_as_json
        self._settings, self._paths, self._stopped = settings, paths, stopped
        self._retry_failed, self._again, self._as_json = retry_failed, again, as_json
        self._replace_rules = replace_rules
        self._embedder: Embedder | None = None
        self._run_id = ""
        if settings.ingest.metrics_file is not None:
            check_metrics_file(settings.ingest.metrics_file)

    def once(self) -> int:
        """One run; its exit code."""
        try:
            report = self._run()
        except RunStoppedError:
            if not self._stopped:  # its time was over: that is said as an error
                raise
            return _SIGNALLED + self._stopped[0]
        if self._as_json:
            click.echo(json.dumps(report.to_json(), ensure_ascii=False, indent=2))
        else:
            ended = time.strftime("%Y-%m-%d %H:%M:%S%z")
            click.echo(table(report))
            click.echo(f"{'Run':<12}{self._run_id}, ended {ended} with {self._exit_code(report)}")
        return self._exit_code(report)

    def watch(self) -> int:
        """Runs until a signal comes. What goes wrong with one is said, and the next one tries again."""
        limits = self._settings.ingest
        roots = list_all_roots(self._paths, self._settings, self._settings.data, Patience())
        store = open_store(self._settings.location, beside=self._settings.data)
        self._embedder = open_embedder_for(roots, self._settings, store, Patience(limits.timeout_s))
        watched = ", ".join(shorten_path(root.uri) for root in roots)
        print_message(f"Watching {watched}; stop with Ctrl-C.", logging.INFO)
        news: _News | None = None
        for _ in times_to_run(
            [root.path for root in roots if not root.source],
            data_dir=self._settings.data,
            quiet_s=limits.watch_quiet_s,
            rescan_s=limits.watch_rescan_s,
            stopped=lambda: bool(self._stopped),
        ):
            try:
                report = self._run(news)
            except InhouseError as exc:
                # A folder that is away may come back; settings do not mend themselves.
                if exc.exit_code == UsageError.exit_code and not isinstance(exc, UsageError):
                    raise
                if isinstance(exc, RunStoppedError) and self._stopped:
                    break
                print_message(f"inhouse ingest: {exc}", logging.ERROR)
                news = None  # the next run that goes well is told of, whatever it finds
            else:
                if news != (news := _news(report)):
                    report_json = json.dumps(report.to_json(), ensure_ascii=False)
                    click.echo(report_json if self._as_json else _account(report))
        return _SIGNALLED + self._stopped[0]

    def _run(self, before: _News | None = None) -> IngestReport:
        """One run, said in the log unless it found the same as the one before."""
        run_id, started = secrets.token_hex(4), time.time()
        self._run_id = run_id
        mark_run(run_id)
        report, exit_code = None, 1
        if before is None:
            note(f"Begins: {', '.join(self._paths) or 'the configured folders'}.")
        try:
            is_verbose = logging.getLogger("ingest").isEnabledFor(logging.INFO)
            with Bar(visible=is_verbose, as_json=self._progress_as_json) as bar:
                report = ingest(
                    list(self._paths),
                    data_dir=self._settings.location,
                    settings=self._settings,
                    embedder=self._embedder,
                    progress=bar,
                    stopped=lambda: bool(self._stopped),
                    retry_failed=self._retry_failed,
                    again=self._again,
                    replace_rules=self._replace_rules,
                    run_id=run_id,
                )
            exit_code = self._exit_code(report)
            if _news(report) != before:
                if not self._as_json:
                    _tell_problems(report, with_known=before is None)
                note(f"Ends with {exit_code} after {report.seconds:.1f} s: {_account(report)}")
            return report
        except InhouseError as exc:
            is_stopped = isinstance(exc, RunStoppedError) and self._stopped
            exit_code = _SIGNALLED + self._stopped[0] if is_stopped else exc.exit_code
            note(f"Ends with {exit_code} after {time.time() - started:.1f} s: {exc}")
            raise
        finally:
            if self._settings.ingest.metrics_file is not None:
                write_metrics(
                    self._settings.ingest.metrics_file, self._settings.location, report,
                    exit_code=exit_code, started_at=started,
                )  # fmt: skip

    def _exit_code(self, report: IngestReport) -> int:
        return _SIGNALLED + self._stopped[0] if self._stopped else report.exit_code


def forecast(
    settings: Settings,
    paths: Sequence[str],
    *,
    retry_failed: bool,
    again: Sequence[str],
    replace_rules: bool,
    as_json: bool,
) -> int:
    """`--dry-run`: say what a run would do; the exit code that it would have, as far as that is known."""
    from ingest.running.dry_run import dry_run

    forecast = dry_run(
        paths,
        data_dir=settings.location,
        settings=settings,
        retry_failed=retry_failed,
        again=again,
        replace_rules=replace_rules,
    )
    if as_json:
        click.echo(json.dumps(forecast.to_json(), ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(_foretold(forecast)))
    if forecast.stops:
        print_message(f"The run would stop: {forecast.stops}", logging.WARNING)
    return forecast.exit_code


def table(report: IngestReport) -> str:
    """The account of a run for people."""
    rate = report.chunks_embedded / report.seconds if report.seconds else 0.0
    chunks = f"{report.chunks_embedded:,} embedded, {report.chunks_reused:,} reused"
    if rate >= 1:
        chunks += f" ({rate:,.0f} a second)"
    rows = {
        "Files": _changes(report),
        "Chunks": chunks,
        "Generation": f"{report.generation}",
        "Time": f"{report.seconds:.1f} s",
    }
    if report.stopped:
        rows["Stopped"] = f"by a {report.stopped}; the next run does the rest"
    return "\n".join(f"{name:<12}{value}" for name, value in rows.items())


def _changes(report: IngestReport) -> str:
    return (
        ", ".join(f"{count:,} {name}" for name, count in report.file_counts.items() if count)
        or "none"
    )


_News = tuple[int, tuple[Problem, ...], tuple[str, ...]]


def _news(report: IngestReport) -> _News:
    """What is the same for two runs if the second had nothing to tell."""
    return report.generation, report.failed, tuple(root.reason for root in report.roots)


def _account(report: IngestReport) -> str:
    """A run in one line."""
    stopped = f"; stopped by a {report.stopped}" if report.stopped else ""
    return f"{_changes(report)}; generation {report.generation}{stopped}."


def _tell_problems(report: IngestReport, *, with_known: bool) -> None:
    """Name what failed or was left out. What was known before is no warning again, night after night."""

    def tell_each(word: str, problems: Sequence[Problem], level: int) -> None:
        for problem in problems:
            if with_known or not problem.is_known:
                line = f"{word:<9}{shorten_path(problem.uri)}: {problem.reason}"
                importance = logging.INFO if problem.is_known else level
                print_message(line, importance, event=word, uri=problem.uri, reason=problem.reason)

    if report.readable_by_nobody:
        count = report.readable_by_nobody
        what = f"{count:,} documents are" if count != 1 else "1 document is"
        print_message(f"{what} readable by nobody: no access rule names a reader.", logging.WARNING)
    for root in report.roots:
        if root.reason:
            print_message(
                f"{shorten_path(root.uri)} was left as it was: {root.reason.rstrip('.')}.",
                logging.ERROR,
                event="root",
                uri=root.uri,
                reason=root.reason,
            )
    for uri in report.unlisted_roots:
        print_message(
            f"{shorten_path(uri)} is still searched, although ingest.roots no longer lists it. To remove its "
            "documents: inhouse ingest --replace-rules",
            logging.WARNING,
        )
    if report.stopped == "deadline":
        print_message(
            "The run was ended at ingest.deadline; the next run does the rest.",
            logging.ERROR,
        )
    tell_each("failed", report.failed, logging.WARNING)
    tell_each("skipped", report.skipped, logging.INFO)


def _foretold(forecast: Forecast) -> list[str]:
    kinds: dict[str, Sequence[str | tuple[str, str]]] = {
        "add": forecast.added,
        "update": forecast.updated,
        "relabel": forecast.relabelled,
        "move": forecast.moved,
        "delete": forecast.deleted,
    }
    would = ", ".join(f"{verb} {len(uris):,}" for verb, uris in kinds.items() if uris)
    counts = {
        "unchanged": forecast.unchanged,
        "failed": len(forecast.failed),
        "skipped": len(forecast.skipped),
    }
    others = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
    count = len(forecast.outdated)
    again = f"{count:,} unchanged {'file was' if count == 1 else 'files were'} read by an earlier version"
    lines = [
        f"{'Would':<12}{would or 'do nothing'}",
        f"{'Others':<12}{others or 'none'}",
        *([f"{'Outdated':<12}{again} and would be read again"] if count else []),
        f"{'Chunks':<12}{f'about {forecast.chunks:,}' if forecast.chunks else 'none'} to embed",
        f"{'Time':<12}{_duration(forecast)}",
    ]
    for verb, uris in kinds.items():
        lines += [f"  {verb:<8}{_shown(uri)}" for uri in uris[:_SHOWN]]
        if len(uris) > _SHOWN:
            lines.append(f"  {verb:<8}… and {len(uris) - _SHOWN:,} more; all of them with --json")
    return lines


def _shown(uris: str | tuple[str, str]) -> str:
    return " → ".join(map(shorten_path, [uris] if isinstance(uris, str) else uris))


def _duration(forecast: Forecast) -> str:
    if forecast.seconds is None:
        return "unknown; the first run will show how fast this machine is"
    if not forecast.chunks:
        return "seconds"
    minutes, seconds = divmod(round(forecast.seconds), 60)
    duration = f"about {minutes:,} min {seconds:02} s" if minutes else f"about {seconds} s"
    if forecast.seconds < 1:
        duration = "less than a second"
    runs = (
        "the earlier run"
        if forecast.rated_by_runs == 1
        else f"{forecast.rated_by_runs} earlier runs"
    )
    return f"{duration}, as {runs} went"
