"""Settings of the page: where it listens, who may come in, and how much at once."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from rag.settings.base import FromText, Section

_HEADER = re.compile(r"[A-Za-z0-9-]{1,100}")
_HOST = re.compile(r"[a-z0-9_.:-]{1,253}")


def _check_networks(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        try:
            ipaddress.ip_network(value)
        except ValueError as exc:
            raise ValueError(f"{value!r} is neither an IP address nor a network ({exc})") from exc
    return values


def _check_hosts(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not _HOST.fullmatch(value.lower()):
            raise ValueError(
                f"{value!r} is no host name; write it without https:// and without port"
            )
    return tuple(value.lower() for value in values)


def _check_url(value: str) -> str:
    parts = urlsplit(value)
    if value and not (parts.scheme in ("http", "https") and parts.hostname and not parts.query):
        raise ValueError("it has to begin with https:// or http:// and a host name")
    return value.rstrip("/")


def check_header(value: str) -> str:
    """The name of a header in lower case. Raises ValueError."""
    if value and not _HEADER.fullmatch(value):
        raise ValueError("a header's name has letters, digits and hyphens only")
    return value.lower()


_Header = Annotated[str, AfterValidator(check_header)]


class WebSettings(Section):
    """Where the page listens, and who may come in: see docs/sign-in.md."""

    host: str = Field("127.0.0.1", description="Address; loopback unless sign-in is set up.")
    port: int = Field(7860, ge=1, le=65535, description="Port.")
    names: Annotated[tuple[str, ...], FromText, AfterValidator(_check_hosts)] = Field(
        (), description="Host names under which the page is reached, besides those of loopback."
    )
    sign_in: Literal["none", "accounts", "proxy"] = Field(
        "none",
        description="Own accounts, a reverse proxy that knows who it is, or none: loopback only.",
    )
    proxies: Annotated[tuple[str, ...], FromText, AfterValidator(_check_networks)] = Field(
        (), description="Addresses or networks of the reverse proxies whose headers are believed."
    )
    proxy_user_header: _Header = Field(
        "x-remote-user", description="The proxy's header with the name of who has signed in."
    )
    proxy_groups_header: _Header = Field(
        "",
        description="Its header with their groups, by commas; each is a reader token group:NAME.",
    )
    session_idle_minutes: int = Field(
        480, ge=1, le=43_200, description="Minutes without a click until one has to sign in again."
    )
    session_hours: int = Field(
        168,
        ge=1,
        le=8_760,
        description="Hours after which one has to sign in again, whatever one does.",
    )
    tls_certificate: Path | None = Field(
        None, description="Certificate chain (PEM), to serve https itself; unset: http."
    )
    tls_key: Path | None = Field(None, description="The certificate's private key (PEM).")
    public_url: Annotated[str, AfterValidator(_check_url)] = Field(
        "",
        description="Address at which people reach the page, like https://inhouse.example.org, for links "
        "in answers to programs; empty: such answers have no links.",
    )
    api: bool = Field(
        False, description="Whether the page also serves programs, under /v1; see docs/api.md."
    )
    originals: bool = Field(
        False, description="Whether people may download the files that answers rest on."
    )
    people: Path | None = Field(
        None,
        description="File of accounts, sessions, history and feedback; unset: in the database, or people.db.",
    )
    requests_per_minute: int = Field(
        600, ge=10, le=1_000_000, description="Requests of one person, or of one address, a minute."
    )
    questions_per_minute: int = Field(
        30,
        ge=1,
        le=100_000,
        description="Questions and other clicks that work, of one person, a minute.",
    )
    answers_at_once: int = Field(
        4, ge=1, le=1_000, description="Answers of one person that may be under way together."
    )
    stop_s: float = Field(
        30.0,
        ge=0,
        le=3_600,
        description="Seconds that answers which are being written have to end when the page is stopped.",
    )
    profiles: Annotated[tuple[str, ...], FromText] = Field(
        ("*",),
        description="Profiles to choose among on the page, besides profile; * is all in the folder.",
    )
    inbox: Path | None = Field(
        None, description="Folder for what editors upload, which is ingested; unset: no upload."
    )
    upload_mb: float = Field(100.0, gt=0, le=100_000, description="Largest file to upload, in MB.")
    inbox_mb: float = Field(
        10_000.0, gt=0, le=10_000_000, description="Most that the inbox may hold, in MB."
    )
    history_days: float = Field(
        0.0,
        ge=0,
        le=36_500,
        description="Days for which a conversation is kept after its last question; 0: until it is deleted.",
    )
    audit_days: float = Field(
        365.0,
        gt=0,
        le=36_500,
        description="Days for which it is kept who signed in, uploaded and changed what: inhouse audit.",
    )
    audit_reading: bool = Field(
        False,
        description="Whether it is also kept who asked, and who opened which document; "
        "in many places people have to agree to that.",
    )
    metrics_token: str = Field(
        "", description="Bearer token with which Prometheus may read /metrics; empty: admins only."
    )

    @model_validator(mode="after")
    def _fit_together(self) -> WebSettings:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key go together")
        if self.sign_in == "proxy" and not self.proxies:
            raise ValueError(
                "sign_in is proxy, so proxies has to name the addresses that it is believed from"
            )
        return self
