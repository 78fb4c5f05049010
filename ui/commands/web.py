"""`inhouse web`: the page in a browser."""

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
    """Serve the page on this machine until Ctrl-C."""
    from ui.web.server import listen, serve, warnings_of

    host, port = host or settings.web.host, port or settings.web.port
    web = settings.web.model_copy(update={"host": host, "port": port})
    settings = settings.model_copy(update={"web": web})
    sock = listen(host, port, web)  # before the slow imports: a port in use is said at once

    from rag import Assistant
    from ui.web.app import create_app
    from ui.web.profiles import list_profiles
    from ui.web.userdata.accounts import Accounts
    from ui.web.userdata.database import Store, people_file

    app = create_app(
        lambda: Assistant.open(settings.data, settings=settings),
        settings=settings,
        profiles=list_profiles(settings),
    )
    shown_host = f"[{host}]" if ":" in host else host
    scheme = "https" if web.tls_certificate else "http"
    click.echo(f"Inhouse is on {scheme}://{shown_host}:{port} (Ctrl-C ends it).")
    for warning in warnings_of(web, bool(Accounts(Store(people_file(settings))).every())):
        print_message(f"inhouse web: {warning}", logging.WARNING)
    if behind := _rules_not_applied(settings):
        print_message(f"inhouse web: {behind} Run: inhouse ingest", logging.WARNING)
    serve(app, sock, web)


def _rules_not_applied(settings: Settings) -> str:
    from ingest.planning.source_rules import describe_unapplied
    from rag.errors import InhouseError
    from rag.index.views.overview import read_overview

    try:
        overview = read_overview(settings.data)
    except InhouseError:
        return ""  # the page says what is wrong with the index
    return describe_unapplied(overview.source_rules, overview.roots, settings)
