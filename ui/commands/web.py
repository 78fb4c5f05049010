"""`inhouse web`: the page in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from rag.cli_options import profile_option, with_settings

if TYPE_CHECKING:
    from rag.settings import Settings


@click.command()
@click.option("--host", help="Address to listen on; loopback only, until sign-in is there.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.")
@profile_option
@with_settings
def command(settings: Settings, host: str | None, port: int | None) -> None:
    """Serve the page on this machine until Ctrl-C."""
    from ui.web.server import listen, serve

    host, port = host or settings.web.host, port or settings.web.port
    sock = listen(host, port)  # before the slow imports: a port in use is said at once

    from rag import Assistant
    from ui.web.app import create_app

    app = create_app(lambda: Assistant.open(settings.data, settings=settings), settings=settings)
    shown = f"[{host}]" if ":" in host else host
    click.echo(f"Inhouse is on http://{shown}:{port} (Ctrl-C ends it).")
    serve(app, sock)
