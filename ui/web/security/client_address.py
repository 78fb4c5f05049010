"""Where a request comes from, and what a reverse proxy says of it, where it is believed."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

_REQUEST_ID = re.compile(r"[\w.:-]{8,128}", re.ASCII)

Headers = Mapping[str, Sequence[str]]
"""A request's headers by their name in lower case, each with all the values it came with."""


def read_headers(scope: Any) -> dict[str, list[str]]:
    """The headers of an ASGI request."""
    values: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        values.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return values


def keep_own_address(address: str) -> str:
    """The address if it is one of this page, else its beginning: a link may not lead elsewhere through us."""
    if not (address.isprintable() and address.startswith("/")):
        return "/"
    parts = urlsplit(address)
    is_elsewhere = parts.netloc or address.startswith(("//", "/\\", "/sign-"))
    return "/" if is_elsewhere else address


@dataclass(frozen=True, slots=True)
class ClientOrigin:
    """`address` is the browser's; `via_proxy`: a trusted proxy brought the request."""

    address: str
    is_https: bool
    via_proxy: bool

    @property
    def group(self) -> str:
        """Whom limits count: an IPv4 address, or the network of 64 bits that one IPv6 subscriber has."""
        try:
            ip = ipaddress.ip_address(self.address)
        except ValueError:
            return self.address
        if ip.version == 4:
            return str(ip)
        return str(ipaddress.ip_network((ip, 64), strict=False))


def _without_port(address: str) -> str:
    """The address of "192.0.2.1:5000" and "[2001:db8::1]:5000": some proxies write the port too."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    host, _, port = address.rpartition(":")
    return host if "." in host and ":" not in host and port.isdecimal() else address


class Proxies:
    """The reverse proxies whose word counts."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks = [ipaddress.ip_network(network) for network in networks]

    def origin(self, scope: Any, headers: Headers) -> ClientOrigin:
        """The last address in the chain that is not one of the proxies, read from its end."""
        direct = (scope.get("client") or ("", 0))[0]
        if not self._is_trusted(direct):
            return ClientOrigin(direct, scope.get("scheme") == "https", via_proxy=False)
        values = headers.get("x-forwarded-for", ())
        chain = [_without_port(a.strip()) for value in values for a in value.split(",")]
        address = next((a for a in reversed(chain) if a and not self._is_trusted(a)), direct)
        proto = headers.get("x-forwarded-proto", (scope.get("scheme", ""),))[-1]
        return ClientOrigin(address, proto.strip().lower() == "https", via_proxy=True)

    def request_id(self, scope: Any, headers: Headers) -> str:
        """The id that a trusted proxy gave the request, so that its logs and ours fit together; or ""."""
        values = headers.get("x-request-id", ())
        direct = (scope.get("client") or ("", 0))[0]
        is_one = len(values) == 1 and _REQUEST_ID.fullmatch(values[0]) is not None
        return values[0] if is_one and self._is_trusted(direct) else ""

    def _is_trusted(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
            parsed = parsed.ipv4_mapped
        return any(parsed in network for network in self._networks)
