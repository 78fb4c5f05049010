"""Serving the page on this machine."""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rag.errors import ConfigurationError
from rag.settings import WebSettings

if TYPE_CHECKING:
    import fastapi

_MAX_HEAD = 32 * 1024  # bytes of a request's line and headers
_CONNECTIONS = 2_000
_GRACE_S = 3  # open pages keep a connection; Ctrl-C does not wait longer for them


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
        sock.listen(128)
    except OSError as exc:
        sock.close()
        raise _cannot_listen(host, port, exc) from exc
    return sock


def warnings_of(web: WebSettings, has_accounts: bool) -> Iterator[str]:
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


def serve(app: fastapi.FastAPI, sock: socket.socket, web: WebSettings | None = None) -> None:
    """Answer requests until a signal ends it; over https if `web` names a certificate."""
    import uvicorn

    config = uvicorn.Config(
        app,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_S,
        h11_max_incomplete_event_size=_MAX_HEAD,
        limit_concurrency=_CONNECTIONS,
        ssl_certfile=web.tls_certificate if web else None,
        ssl_keyfile=web.tls_key if web else None,
    )
    uvicorn.Server(config).run(sockets=[sock])
