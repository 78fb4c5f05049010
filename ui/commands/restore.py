"""`inhouse restore`: everything of a backup, in the place of what is there."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rag.cli_options import as_json_option, require_folder, with_settings

if TYPE_CHECKING:
    from rag.settings import Settings


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="FOLDER")
@click.option("--replace", is_flag=True, help="Put what is there now aside, under another name.")
@as_json_option
@with_settings
def command(settings: Settings, folder: Path, replace: bool, as_json: bool) -> None:
    """Make the data folder from the backup in FOLDER: index, accounts, conversations, calibration, all of it.

    Of a FOLDER with several backups (backup --keep) it takes the newest. Stop what uses the index first.
    Every file of the backup is checked before anything is exchanged, and nothing is deleted: with --replace
    the data folder that is there gets another name.
    """
    from ui.web.userdata.backup import restore_everything

    require_folder(settings, "Restore the database with pg_restore.")
    done = restore_everything(settings, folder, replace=replace)
    if as_json:
        click.echo(json.dumps(asdict(done), ensure_ascii=False, indent=2))
        return
    also = f", with {', '.join(done.parts)}" if done.parts else ""
    click.echo(f"Generation {done.generation} is restored from {done.path}{also}.")
    if done.aside:
        click.echo(f"What was there is in {done.aside}.")
