"""`inhouse reembed`: switch the index to the configured embedder."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from rag.cli_options import as_json_option, require_folder, with_settings

if TYPE_CHECKING:
    from rag.settings import Settings


@click.command()
@as_json_option
@with_settings
def command(settings: Settings, as_json: bool) -> None:
    """Make the vectors of all stored texts anew, with the embedder that is configured.

    The index serves with the old ones until the new ones are whole. A run that is stopped goes on where it
    was. No document is read again.
    """
    from rag.embedder import open_embedder
    from rag.index.catalog.retention import Retention
    from rag.index.maintenance.reembed import reembed

    require_folder(settings, "Ingest with the new embedder into an empty database.")
    keep = Retention(settings.index.keep_generations, settings.index.keep_days)
    done = reembed(settings.data, open_embedder(settings), retention=keep)
    if as_json:
        click.echo(json.dumps(asdict(done), indent=2))
        return
    click.echo(
        f"Generation {done.generation} is embedded with {settings.embedder.model}: "
        f"{done.embedded:,} chunks embedded, {done.reused:,} had a vector already."
    )
