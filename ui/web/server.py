"""Serving the page on this machine."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import logging
import signal
import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from rag.errors import ConfigurationError
from rag.settings import WebSettings

if TYPE_CHECKING:
    import fastapi
    import uvicorn

_MAX_HEAD = 32 * 1024  # bytes of a request's line and headers
_CONNECTIONS = 2_000
_LOOK_S = 0.1
_BACKLOG = 2_048  # connections that wait to be accepted; one beyond that tries again after a second
_SWITCH_S = 0.001
"""So often threads that compute hand the interpreter on. Python's 5 ms add up for the event loop, which waits
for each of them at every turn."""
_GRACE_S = 3  # open pages keep a connection; Ctrl-C does not wait longer for them


_log = logging.getLogger(__name__)
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def listen(host: str, port: int, web: WebSettings | None = None) -> socket.socket:
    """A listening socket; raises ConfigurationError where that cannot be.

    Beyond loopback only where `web` sets up sign-in, and knows the names under which it is reached.
    """
    if not is_loopback(host):
        _check_open(host, web or WebSettings())
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        sock = socket.socket(family, kind)
    except OSError as exc:
        raise _cannot_listen(host, port, exc) from exc
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(_BACKLOG)
    except OSError as exc:
        sock.close()
        raise _cannot_listen(host, port, exc) from exc
    return sock


def list_warnings(web: WebSettings, has_accounts: bool) -> Iterator[str]:
    """What somebody who sets up sign-in may have overlooked."""
    if web.sign_in == "accounts" and not has_accounts:
        yield "Nobody can sign in yet. Add somebody with: inhouse user add NAME"
    if not is_loopback(web.host) and web.tls_certificate is None and not web.proxies:
        yield (
            f"Passwords and answers cross the network in the clear on {web.host}. Set web.tls_certificate "
            "and web.tls_key, or put a reverse proxy with https in front: docs/sign-in.md."
        )


def _check_open(host: str, web: WebSettings) -> None:
    if web.sign_in == "none":
        raise ConfigurationError(
            f"The page cannot listen on {host}: no sign-in is set up, so everybody in that network "
            "could read the documents.",
            hint='Use 127.0.0.1, or set web.sign_in to "accounts" or "proxy": docs/sign-in.md.',
        )
    try:
        is_any = ipaddress.ip_address(host).is_unspecified
    except ValueError:
        is_any = not host
    if is_any and not web.names:
        raise ConfigurationError(
            f"The page cannot listen on {host or 'every address'}: it would not know its own name.",
            hint='List the host names that people type as web.names, like ["inhouse.example.org"].',
        )


def _cannot_listen(host: str, port: int, exc: OSError) -> ConfigurationError:
    if exc.errno == errno.EADDRINUSE:
        return ConfigurationError(
            f"Port {port} on {host} is in use.", hint="Choose another one with --port."
        )
    return ConfigurationError(f"The page cannot listen on {host}:{port}: {exc.strerror or exc}.")


def is_loopback(host: str) -> bool:
    """Whether only programs on this machine can reach `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _server(
    config: uvicorn.Config,
    under_way: Callable[[], int],
    patience_s: float,
    on_reload: Callable[[], None] = lambda: None,
) -> Any:
    """uvicorn's server, which lets answers that are being written come to their end before it stops.

    SIGHUP has it read its certificate again, and calls `on_reload`.
    """
    import uvicorn

    class PatientServer(uvicorn.Server):
        """For one process."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            # Only the main thread may: asyncio says so by a RuntimeError, uvloop by a ValueError.
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._reload)

        def _reload(self) -> None:
            if self.config.ssl_certfile is not None:
                reload_certificate(self.config)
            on_reload()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            for server in self.servers:  # nobody new comes in
                server.close()
            for sock in sockets or ():
                sock.close()
            last = time.monotonic() + patience_s
            while under_way() and time.monotonic() < last and not self.force_exit:
                await asyncio.sleep(_LOOK_S)
            await super().shutdown(sockets)

    return PatientServer(config)


def reload_certificate(config: uvicorn.Config) -> None:
    """Read the certificate and its key again, for new connections; what is wrong with them is logged."""
    if config.ssl is None or config.ssl_certfile is None:
        return
    try:
        # First elsewhere: half of a pair would stay behind.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
            config.ssl_certfile, config.ssl_keyfile
        )
        config.ssl.load_cert_chain(config.ssl_certfile, config.ssl_keyfile)
    except (OSError, ssl.SSLError) as exc:
        _log.error("The certificate is not read again, the one before stays: %s", exc)
        return
    _log.info("The certificate has been read again.")


def serve(
    app: fastapi.FastAPI,
    sock: socket.socket,
    web: WebSettings | None = None,
    on_reload: Callable[[], None] = lambda: None,
) -> None:
    """Answer requests until a signal ends it; over https if `web` names a certificate.

    SIGHUP has the certificate read again, and calls `on_reload`, which must return at once.

    Answers that are being written then have `web.stop_s` seconds to come to their end; a second signal ends
    them at once.
    """
    import uvicorn

    from ui.web.slow_clients import PatientProtocol

    sys.setswitchinterval(_SWITCH_S)
    config = uvicorn.Config(
        app,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_S,
        http=PatientProtocol,  # httptools has no limit on a request's head
        h11_max_incomplete_event_size=_MAX_HEAD,
        limit_concurrency=_CONNECTIONS,
        ssl_certfile=web.tls_certificate if web else None,
        ssl_keyfile=web.tls_key if web else None,
    )
    app_state = getattr(app.state, "app_state", None)
    _server(
        config,
        (lambda: app_state.places.under_way) if app_state else (lambda: 0),
        web.stop_s if web else 0.0,
        on_reload,
    ).run(sockets=[sock])
