"""`inhouse backup`: a copy of the index that can be trusted."""

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
@click.option(
    "--keep",
    type=click.IntRange(1),
    metavar="N",
    help="Make a folder with a date in FOLDER, and delete all but the newest N.",
)
@as_json_option
@with_settings
def command(settings: Settings, folder: Path, keep: int | None, as_json: bool) -> None:
    """Copy index, accounts, conversations, calibration and evaluations into FOLDER, while they are in use.

    FOLDER is a data folder then: search it with --data FOLDER, or bring it back with inhouse restore FOLDER.
    Settings, profiles and the uploaded files themselves are not in it.
    """
    from ui.web.userdata.backup import back_up_dated, back_up_everything

    require_folder(
        settings, "Back the database up with pg_dump, and the folder beside it by copying it."
    )
    if keep is None:
        done = back_up_everything(settings, folder)
    else:
        done = back_up_dated(settings, folder, keep=keep)
    if as_json:
        click.echo(json.dumps(asdict(done), ensure_ascii=False, indent=2))
        return
    also = f", with {', '.join(done.parts)}" if done.parts else ""
    size = f"{done.bytes / 2**20:,.1f} MiB"
    click.echo(f"Generation {done.generation} is in {done.path} ({size}){also}.")
    if done.removed:
        click.echo(f"Deleted: {', '.join(done.removed)}.")
