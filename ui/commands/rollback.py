"""`inhouse rollback`: back to an earlier state of the index."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from rag.cli_options import as_json_option, with_settings

if TYPE_CHECKING:
    from rag.settings import Settings


@click.command()
@click.argument("generation", type=click.IntRange(min=1), metavar="GEN")
@as_json_option
@with_settings
def command(settings: Settings, generation: int, as_json: bool) -> None:
    """Publish the state of generation GEN again, as a new generation.

    Nothing is read or embedded. The next `inhouse ingest` brings the index up to the files again, so
    mend the files, or stop the cron job, first.
    """
    from rag.index import open_store
    from rag.index.catalog.retention import Retention

    keep = Retention(settings.index.keep_generations, settings.index.keep_days)
    done = open_store(settings.location, beside=settings.data).rollback(generation, retention=keep)
    if as_json:
        click.echo(json.dumps(asdict(done), indent=2))
        return
    click.echo(
        f"Generation {done.generation} is the state of generation {done.target}: "
        f"{done.restored:,} documents restored, {done.removed:,} taken out."
    )
