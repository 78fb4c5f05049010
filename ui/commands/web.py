"""`inhouse web`: the page in a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click

from rag.cli_options import add_profile_option, with_settings

if TYPE_CHECKING:
    import fastapi

    from rag.settings import Settings


@click.command()
@click.option("--host", help="Address to listen on; loopback only, unless sign-in is set up.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.")
@add_profile_option
@with_settings
def command(settings: Settings, host: str | None, port: int | None) -> None:
    """Serve the page on this machine until Ctrl-C."""
    from ui.web.launch import launch

    launch(
        settings,
        host,
        port or settings.web.port,
        load_factory=_load_factory,
        command="inhouse web",
        extra="web",
        greeting="Inhouse is on {address}",
        more_warnings=_rules_not_applied,
    )


def _load_factory() -> Callable[..., fastapi.FastAPI]:
    from ui.web.app import create_app

    return create_app


def _rules_not_applied(settings: Settings) -> Iterator[str]:
    from ingest.planning.source_rules import describe_unapplied
    from rag.errors import InhouseError
    from rag.index import open_store

    try:
        overview = open_store(settings.location, beside=settings.data).read_overview()
    except InhouseError:
        return  # the page says what is wrong with the index
    if behind := describe_unapplied(overview.source_rules, overview.roots, settings):
        yield f"{behind} Run: inhouse ingest"
