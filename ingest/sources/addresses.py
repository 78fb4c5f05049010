"""Connections of a source to web servers: only to addresses that it may reach."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class ForbiddenAddressError(httpx.TransportError):
    """A name stands for an address that this source may not reach."""


class CheckedTransport(httpx.HTTPTransport):
    """Connects to the address that was checked, so that a name cannot stand for another one meanwhile.

    Private addresses (of the company's own network, of this machine) only with `allow_private`; link-local
    ones, where clouds keep their credentials, never.
    """

    def __init__(self, *, allow_private: bool, retries: int = 1) -> None:
        super().__init__(verify=_trust_authorities(), retries=retries, trust_env=False)
        self._allow_private = allow_private

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request to the first address of its host. Raises ForbiddenAddressError."""
        host = request.url.host
        port = request.url.port or {"http": 80, "https": 443}[request.url.scheme]
        addresses = list(_resolve(host, port))
        if not addresses:
            raise httpx.ConnectError(f"{host} cannot be resolved", request=request)
        for address in addresses:
            if not is_allowed(address, allow_private=self._allow_private):
                raise ForbiddenAddressError(
                    f"{host} is {address}, an address of a private network (allow_private)",
                    request=request,
                )
        extensions = {**request.extensions, "sni_hostname": host}
        sent = httpx.Request(
            request.method,
            request.url.copy_with(host=str(addresses[0])),
            headers=request.headers,  # with the name as Host
            stream=request.stream,
            extensions=extensions,
        )
        return super().handle_request(sent)


def _trust_authorities() -> ssl.SSLContext:
    """The public authorities and those of this machine, a company's own among them (or SSL_CERT_FILE)."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


def is_allowed(address: Address, *, allow_private: bool) -> bool:
    """Whether a source may connect to this address."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_allowed(inner, allow_private=allow_private)
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        return False
    return address.is_global or (allow_private and address.is_private)


def _resolve(host: str, port: int) -> Iterator[Address]:
    try:
        known = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return
    for entry in known:
        yield ipaddress.ip_address(str(entry[4][0]).partition("%")[0])
