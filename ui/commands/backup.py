"""`inhouse backup`: a copy of the index that can be trusted."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rag.cli_options import as_json_option, with_settings

if TYPE_CHECKING:
    from rag.settings import Settings


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="FOLDER")
@as_json_option
@with_settings
def command(settings: Settings, folder: Path, as_json: bool) -> None:
    """Copy the index into FOLDER, while it is in use.

    FOLDER is a data folder then: search it with --data FOLDER, or put its catalog.db in the place of a
    damaged one.
    """
    from rag.index.maintenance.backup import backup

    done = backup(settings.data, folder)
    if as_json:
        click.echo(json.dumps(asdict(done), ensure_ascii=False, indent=2))
        return
    click.echo(f"Generation {done.generation} is in {done.path} ({done.bytes / 2**20:,.1f} MiB).")
