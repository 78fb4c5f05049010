"""`inhouse mcp`: the documents as tools of a chat program or an agent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from rag.cli_options import as_reader_option, profile_option, with_settings

if TYPE_CHECKING:
    from rag.settings import Settings


@click.command()
@profile_option
@as_reader_option
@with_settings
def command(settings: Settings, readers: tuple[str, ...]) -> None:
    """Serve the documents over the Model Context Protocol, on standard input and output.

    A chat program starts this command and calls its tools: search, fetch, ask, list_documents and
    open_passage. Who may read what is as for `inhouse ask`. Settings for chat programs: docs/mcp.md.

    \b
    Example:
      inhouse mcp --data /srv/inhouse/data --config /srv/inhouse/inhouse.toml
    """
    from rag import Assistant
    from ui.mcp.stdio import local_person, serve_stdio

    person = local_person(readers)
    serve_stdio(Assistant.open(settings.data, settings=settings), person)
