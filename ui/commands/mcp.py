"""`inhouse mcp`: the documents as tools of a chat program or an agent."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from rag.cli_options import add_profile_option, as_reader_option, with_settings

if TYPE_CHECKING:
    import fastapi

    from rag.settings import Settings

_PORT = 7862  # beside the page's


@click.command()
@click.option("--http", is_flag=True, help="Serve many clients over HTTP until Ctrl-C.")
@click.option("--host", help="Address to listen on; loopback only, unless sign-in is set up.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=_PORT,
    show_default=True,
    help="Port to listen on.",
)
@add_profile_option
@as_reader_option
@with_settings
def command(
    settings: Settings, *, http: bool, host: str | None, port: int, readers: tuple[str, ...]
) -> None:
    """Serve the documents over the Model Context Protocol, on standard input and output.

    A chat program starts this command and calls its tools: search, fetch, ask, list_documents and
    open_passage. Who may read what is as for `inhouse ask`. With --http it serves many clients at /mcp, each
    with the rights of its access token. Settings for chat programs: docs/mcp.md.

    \b
    Examples:
      inhouse mcp --data /srv/inhouse/data --config /srv/inhouse/inhouse.toml
      inhouse mcp --http --port 7862
    """
    from rag.errors import UsageError
    from rag.extras import require_extra
    from ui.web.launch import launch

    if http:
        if readers:
            raise UsageError("--as is for one client; over HTTP each has its own access token.")
        launch(
            settings,
            host,
            port,
            load_factory=_load_factory,
            command="inhouse mcp",
            extra="api",
            greeting="Clients find the documents at {address}/mcp",
        )
        return
    if host is not None:
        raise UsageError("--host needs --http.")

    require_extra("api", "inhouse mcp")
    from rag import Assistant
    from ui.mcp.stdio import identify_local_person, serve_stdio

    person = identify_local_person(readers)
    serve_stdio(Assistant.open(settings.location, settings=settings), person)


def _load_factory() -> Callable[..., fastapi.FastAPI]:
    from ui.mcp.http import create_mcp_app

    return create_mcp_app
