"""`inhouse vacuum`: let go of old states."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from rag.cli_options import as_json_option, with_settings

if TYPE_CHECKING:
    from rag.settings import Settings


@click.command()
@as_json_option
@with_settings
def command(settings: Settings, as_json: bool) -> None:
    """Delete states of the index that are kept no longer, and give their room back to the disk.

    How long they are kept say the settings index.keep_generations and index.keep_days. Each ingest that
    changes something lets go of them by itself; this one also makes the files smaller.
    """
    from rag.index import open_store
    from rag.index.catalog.retention import Retention

    done = open_store(settings.location, beside=settings.data).vacuum(
        Retention(settings.index.keep_generations, settings.index.keep_days)
    )
    if as_json:
        click.echo(json.dumps(asdict(done), indent=2))
        return
    counts = ", ".join(f"{count:,} {name}" for name, count in asdict(done.dropped).items() if count)
    click.echo(f"Deleted: {counts or 'nothing'}. Oldest generation kept: {done.oldest_generation}.")
    freed = (done.bytes_before - done.bytes_after) / 2**20
    click.echo(f"Catalogue: {done.bytes_after / 2**20:,.1f} MiB, {max(0.0, freed):,.1f} MiB freed.")
