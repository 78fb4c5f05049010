"""`inhouse ingest`, and `python -m ingest`, which is the same without the rest of the program."""

from __future__ import annotations

import contextlib
import logging
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from rag.cli_options import as_json_option, run, with_settings
from rag.cli_output import print_message

if TYPE_CHECKING:
    from rag.settings import Settings

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH…]")
@click.option("--dry-run", "-n", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--watch", is_flag=True, help="Go on: run again whenever something changes.")
@click.option(
    "--max-delete",
    type=click.FloatRange(0, 1),
    metavar="SHARE",
    help="Stop if more than this share of a folder's documents is gone; 1: never.",
)
@click.option("--retry-failed", is_flag=True, help="Read failed files again, changed or not.")
@click.option(
    "--again",
    multiple=True,
    metavar="FILE",
    help="Read this file again, changed or not; named as in `inhouse status --json`.",
)
@click.option(
    "--replace-rules",
    is_flag=True,
    help="Let go of access rules, tags and roots that the index knows and the settings no longer have.",
)
@click.option(
    "--metrics-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the run's numbers for Prometheus there.",
)
@click.option(
    "--progress-json",
    is_flag=True,
    help="Say on standard error how far it is, as JSON, for programs.",
)
@as_json_option
@with_settings
def command(
    settings: Settings,
    paths: tuple[str, ...],
    dry_run: bool,
    watch: bool,
    as_json: bool,
    retry_failed: bool,
    again: tuple[str, ...],
    replace_rules: bool,
    progress_json: bool,
    **overrides: Any,
) -> int:
    """Bring the index up to what stands below each PATH, a folder or a file.

    Without a PATH, the folders and sources that inhouse.toml lists as ingest.roots and ingest.sources; a
    PATH may also be such a source, like git://handbook. Unchanged files are left alone, changed ones read
    again, files that are gone are removed. A file that cannot be read is named and stops nothing.

    \b
    Exit codes: 0 done, 1 stopped because too much is gone (--max-delete),
    2 access rules that the index knows are missing (--replace-rules),
    3 some files failed, 11 another run is at work, 128+N stopped by signal N
    (what was finished is kept).

    \b
    Example, every night at two:
      0 2 * * *  inhouse ingest /srv/handbook --data /var/lib/inhouse --quiet
    """
    from ingest.running.runs import Runs, forecast

    if not paths and not settings.ingest.roots and not settings.ingest.sources:
        raise click.UsageError(
            "Name a PATH, or list folders as ingest.roots or sources as ingest.sources in inhouse.toml."
        )
    settings = _with(settings, overrides)
    if dry_run:
        return forecast(
            settings,
            paths,
            retry_failed=retry_failed,
            again=again,
            replace_rules=replace_rules,
            as_json=as_json,
        )
    with _stop_signals() as stopped:
        runs = Runs(
            settings,
            paths,
            stopped,
            retry_failed=retry_failed,
            again=again,
            replace_rules=replace_rules,
            as_json=as_json,
            progress_as_json=progress_json,
        )
        return runs.watch() if watch else runs.once()


def _with(settings: Settings, overrides: dict[str, Any]) -> Settings:
    """The settings with those of `ingest` that were given as options."""
    given = {key: value for key, value in overrides.items() if value is not None}
    return settings.model_copy(update={"ingest": settings.ingest.model_copy(update=given)})


@contextlib.contextmanager
def _stop_signals() -> Iterator[list[int]]:
    """Collects the signals that ask for an end; the second one ends at once."""
    received: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        del frame
        if received:
            raise KeyboardInterrupt
        received.append(number)
        print_message("Stopping; what is finished is kept.", logging.WARNING)

    before = {number: signal.signal(number, note) for number in _SIGNALS}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def main() -> None:
    """Run as a program."""
    sys.exit(run(command, None, "python -m ingest"))
