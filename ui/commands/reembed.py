"""`inhouse reembed`: switch the index to the configured embedder."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from rag.cli_options import as_json_option, require_folder, with_settings
from rag.cli_output import print_message

if TYPE_CHECKING:
    from rag.settings import Settings


@click.command()
@as_json_option
@with_settings
def command(settings: Settings, as_json: bool) -> None:
    """Make the vectors of all stored texts anew, with the embedder that is configured.

    Where embedder.model is "auto", with the one for the documents' languages.
    The index serves with the old ones until the new ones are whole. A run that is stopped goes on where it
    was. No document is read again.
    """
    from ingest.planning.first_embedder import choose_embedder
    from rag.embedder import AUTO, open_embedder
    from rag.index import open_store
    from rag.index.catalog.retention import Retention
    from rag.index.maintenance.reembed import reembed
    from rag.models.recommend import TELLING_SHARE

    require_folder(settings, "Ingest with the new embedder into an empty database.")
    keep = Retention(settings.index.keep_generations, settings.index.keep_days)
    built_with = None
    if settings.embedder.model == AUTO:
        overview = open_store(settings.data).read_overview()
        name, why = choose_embedder(overview.languages, settings, least=TELLING_SHARE)
        built_with = {"name": name}
        if why:
            print_message(why, logging.INFO)
    embedder = open_embedder(settings, built_with)
    done = reembed(settings.data, embedder, retention=keep)
    if as_json:
        click.echo(json.dumps(asdict(done), indent=2))
        return
    click.echo(
        f"Generation {done.generation} is embedded with {embedder.identity.name}: "
        f"{done.embedded:,} chunks embedded, {done.reused:,} had a vector already."
    )
