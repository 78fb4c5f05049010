"""Starting one of the servers from the command line: a socket first, then the slow imports, then Ctrl-C."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click

from rag.cli_options import LOAD_SETTINGS
from rag.cli_output import print_message
from rag.extras import require_extra
from rag.settings import Settings, WebSettings

if TYPE_CHECKING:
    import fastapi


def _no_warnings(_: Settings) -> Iterator[str]:
    yield from ()


def launch(
    settings: Settings,
    host: str | None,
    port: int,
    *,
    load_factory: Callable[[], Callable[..., fastapi.FastAPI]],
    command: str,
    extra: str,
    greeting: str,
    more_warnings: Callable[[Settings], Iterator[str]] = _no_warnings,
) -> None:
    """Serve an application until Ctrl-C. Raises ConfigurationError where it cannot listen.

    `load_factory` imports what makes the application. `greeting` holds {address}, as "http://127.0.0.1:7860".
    Warnings are printed in the name of `command`, and MissingDependencyError is raised if it lacks `extra`.
    """
    require_extra(extra, command)
    from ui.web.server import list_warnings, listen, serve

    host = host or settings.web.host
    web = settings.web.model_copy(update={"host": host, "port": port})
    settings = settings.model_copy(update={"web": web})
    sock = listen(host, port, web)  # before the slow imports: a port in use is said at once

    from rag import Assistant
    from ui.web.profiles import list_profiles
    from ui.web.reloading import SettingsReload
    from ui.web.userdata.accounts import Accounts
    from ui.web.userdata.opening import open_people

    app = load_factory()(
        lambda: Assistant.open(settings.location, settings=settings),
        settings=settings,
        profiles=list_profiles(settings),
    )
    scheme = "https" if web.tls_certificate else "http"
    address = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
    click.echo(f"{greeting.format(address=address)} (Ctrl-C ends it).")
    has_accounts = bool(Accounts(open_people(settings)).every())
    for warning in (*list_warnings(web, has_accounts), *more_warnings(settings)):
        print_message(f"{command}: {warning}", logging.WARNING)
    load = click.get_current_context().meta[LOAD_SETTINGS]
    reload = SettingsReload(
        app.state.app_state,
        app.state.rules,
        lambda: _at(load(), web),
        lambda changed: Assistant.open(changed.location, settings=changed),
    )
    serve(app, sock, web, reload.start)


def _at(settings: Settings, web: WebSettings) -> Settings:
    """The settings with the address at which the page listens, which the command line may have changed."""
    listening = {"host": web.host, "port": web.port}
    return settings.model_copy(update={"web": settings.web.model_copy(update=listening)})
