"""`inhouse move`: an index from a folder into a database, or back."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from rag.cli_options import as_json_option, with_settings

if TYPE_CHECKING:
    from rag.settings import Settings


@click.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@as_json_option
@with_settings
def command(settings: Settings, source: str, target: str, as_json: bool) -> None:
    """Copy the index at FROM to TO; each is a folder, or an address postgresql://…

    The newest state, the ledger and the access rules are copied, without reading or embedding anything; FROM
    stays as it is. Accounts, conversations and calibration stay in their folder.

    \b
    Example:
      inhouse move ./data postgresql://inhouse@db.example/handbook
    """
    from tqdm import tqdm

    from rag.index import open_store
    from rag.index.maintenance.move import move

    stores = [open_store(location, beside=settings.data) for location in (source, target)]
    with tqdm(desc="Documents", disable=None, leave=False) as bar:

        def advance(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        moved = move(*stores, advance=advance)
    if as_json:
        click.echo(json.dumps(asdict(moved), indent=2))
        return
    click.echo(
        f"Generation {moved.generation} there has {moved.documents:,} documents, {moved.chunks:,} chunks, "
        f"and what became of {moved.files:,} files."
    )
