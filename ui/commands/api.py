"""`inhouse api`: answers for other programs, as OpenAI's interface gives them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import click

from rag.cli_options import profile_option, with_settings
from rag.cli_output import print_message

if TYPE_CHECKING:
    from rag.settings import Settings


@click.command()
@click.option("--host", help="Address to listen on; loopback only, unless sign-in is set up.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.")
@profile_option
@with_settings
def command(settings: Settings, host: str | None, port: int | None) -> None:
    """Serve the documents to chat programs, scripts and agents until Ctrl-C.

    They speak to it as to OpenAI: /v1/chat/completions, /v1/responses, /v1/models; and /v1/search,
    /v1/documents. With web.api = true the page serves the same.
    """
    from ui.web.server import listen, serve, warnings_of

    host, port = host or settings.web.host, port or settings.api.port
    web = settings.web.model_copy(update={"host": host, "port": port})
    settings = settings.model_copy(update={"web": web})
    sock = listen(host, port, web)  # before the slow imports: a port in use is said at once

    from rag import Assistant
    from ui.api.app import create_api_app
    from ui.web.profiles import list_profiles
    from ui.web.userdata.accounts import Accounts
    from ui.web.userdata.database import Store, people_file

    app = create_api_app(
        lambda: Assistant.open(settings.data, settings=settings),
        settings=settings,
        profiles=list_profiles(settings),
    )
    shown_host = f"[{host}]" if ":" in host else host
    scheme = "https" if web.tls_certificate else "http"
    click.echo(f"Programs find Inhouse at {scheme}://{shown_host}:{port}/v1 (Ctrl-C ends it).")
    for warning in warnings_of(web, bool(Accounts(Store(people_file(settings))).every())):
        print_message(f"inhouse api: {warning}", logging.WARNING)
    serve(app, sock, web)
