"""Serving the page on this machine."""

from __future__ import annotations

import errno
import ipaddress
import socket
from typing import TYPE_CHECKING

from rag.errors import ConfigurationError

if TYPE_CHECKING:
    import fastapi

_GRACE_S = 3  # open pages keep a connection; Ctrl-C does not wait longer for them


def listen(host: str, port: int) -> socket.socket:
    """A listening socket on loopback; raises ConfigurationError where that cannot be."""
    if not is_loopback(host):
        raise ConfigurationError(
            f"The page cannot listen on {host}: it has no sign-in yet, so everybody in that network "
            "could read the documents.",
            hint="Use 127.0.0.1, and reach it from elsewhere through an SSH tunnel.",
        )
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


def serve(app: fastapi.FastAPI, sock: socket.socket) -> None:
    """Answer requests until a signal ends it."""
    import uvicorn

    config = uvicorn.Config(
        app,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_S,
    )
    uvicorn.Server(config).run(sockets=[sock])
