"""`inhouse api`: answers for other programs, as OpenAI's interface gives them."""

from __future__ import annotations

from collections.abc import Callable
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
    """Serve the documents to chat programs, scripts and agents until Ctrl-C.

    They speak to it as to OpenAI: /v1/chat/completions, /v1/responses, /v1/models; and /v1/search,
    /v1/documents. With web.api = true the page serves the same.
    """
    from ui.web.launch import launch

    launch(
        settings,
        host,
        port or settings.api.port,
        load_factory=_load_factory,
        command="inhouse api",
        extra="api",
        greeting="Programs find Inhouse at {address}/v1",
    )


def _load_factory() -> Callable[..., fastapi.FastAPI]:
    from ui.api.app import create_api_app

    return create_api_app
