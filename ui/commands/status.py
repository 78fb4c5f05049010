"""`inhouse status`: what the index holds."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from rag.cli_options import as_json_option, with_settings
from rag.cli_output import shorten_path
from ui.terminal.languages import describe_language_gap

if TYPE_CHECKING:
    from rag.index.catalog.ledger import UnreadCount
    from rag.settings import Settings

_SHOWN_PROBLEMS = 20
_SAME_RUN_S = 60.0  # a run is given an account before it publishes
_WORST_FIRST = ("failed", "empty", "partial", "skipped")


@click.command()
@as_json_option
@with_settings
def command(settings: Settings, as_json: bool) -> None:
    """Show what the index holds, what became of every file, and which are not, or not wholly, in it.

    Every file that a run found is in one state: indexed, partial (something in it was not read), empty,
    failed or skipped. Coverage is the share of pages with text; a file that failed counts as a page
    without. "Not read" counts what was met in the files and cannot be searched for.
    """
    from ingest.planning.recipe import count_outdated
    from ingest.planning.source_rules import describe_unapplied
    from rag.index import open_store

    overview = open_store(settings.location, beside=settings.data).read_overview()
    outdated = count_outdated(overview.recipes, settings, overview.embedder["max_tokens"])
    behind = describe_unapplied(overview.source_rules, overview.roots, settings)
    if as_json:
        result = overview.to_json() | {"rules_not_applied": behind or None, "outdated": outdated}
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
        return
    created = time.strftime("%Y-%m-%d %H:%M", time.localtime(overview.created_at))
    states = ", ".join(
        f"{count:,} {state.value}" for state, count in overview.files.items() if count
    )
    click.echo(f"Index       {overview.data} ({overview.bytes_on_disk / 2**20:,.1f} MiB)")
    click.echo(f"Generation  {overview.generation}, of {created}")
    click.echo(f"Holds       {overview.documents:,} documents, {overview.chunks:,} chunks")
    click.echo(
        f"Embedder    {overview.embedder['name']}, {overview.embedder['dimension']} dimensions"
    )
    if notice := describe_language_gap(overview, settings):
        click.echo(f"Languages   {click.style(notice, fg='yellow')}")
    click.echo(f"Files       {states or 'none'}")
    covered = overview.coverage
    click.echo(
        f"Coverage    {covered.share:.1%}: {covered.pages_with_text:,} of {covered.pages:,} pages "
        "have text"
    )
    if overview.unread:
        click.echo(f"Not read    {_unread(overview.unread)}")
    if outdated:
        files = "1 file that was" if outdated == 1 else f"{outdated:,} files that were"
        click.echo(f"Outdated    the next ingest reads {files} read by an earlier version again")
    if overview.last_run is not None:
        account = overview.last_run
        changed_last = account["started_at"] + account["seconds"]
        if overview.last_look is not None and overview.last_look > changed_last + _SAME_RUN_S:
            ended = time.strftime("%Y-%m-%d %H:%M", time.localtime(overview.last_look))
            click.echo(f"Last run    {ended}: changed nothing")
            click.echo(f"Last change {_last_run(account)}")
        else:
            click.echo(f"Last run    {_last_run(account)}")
    if behind:
        click.echo(f"Access      {click.style(behind, fg='red')} Run: inhouse ingest")
    if overview.at_work:
        click.echo(f"At work     {overview.at_work}")
    # The worst first: of what was left out there may be thousands.
    worst_first = sorted(
        overview.problems, key=lambda problem: _WORST_FIRST.index(problem.state.value)
    )
    for problem in worst_first[:_SHOWN_PROBLEMS]:
        click.echo(f"  {problem.state.value:<8}{shorten_path(problem.uri)}: {problem.reason}")
    if (more := len(overview.problems) - _SHOWN_PROBLEMS) > 0:
        click.echo(f"  … and {more:,} more; all of them with --json")


def _unread(kinds: Mapping[str, UnreadCount]) -> str:
    """ "2 charts, 40 pictures (in 3 files)": each kind of content, and in how many files it was met."""
    from ingest.unread import Unread, describe

    return ", ".join(
        f"{describe({Unread(kind): kind_count.count})} "
        f"(in {kind_count.files:,} {'file' if kind_count.files == 1 else 'files'})"
        for kind, kind_count in kinds.items()
    )


def _last_run(account: Mapping[str, Any]) -> str:
    began = time.strftime("%Y-%m-%d %H:%M", time.localtime(account["started_at"]))
    names = ("added", "updated", "moved", "deleted", "failed")
    counts = [f"{account[name]:,} {name}" for name in names if account.get(name)]
    stopped = " (stopped)" if account.get("stopped") else ""
    return f"{began}, {account['seconds']:.1f} s{stopped}: {', '.join(counts) or 'nothing'}"
