"""The address of a database: what it names, and what of it may be shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, urlsplit

from rag.errors import UsageError

SCHEMES = ("postgresql://", "postgres://")
_SECRETS = frozenset({"password", "sslpassword"})
_CREDENTIALS = re.compile(r"\w+://[^@/:]*:[^@/]*@")
"""User and password as libpq reads them: up to the first @ that stands before a slash, whatever ? and # are
in between."""
_HOST = r"(\[[^\]@/]*\]|[^][:@/?,]*)(:\d*)?"
_HOSTS = re.compile(rf"\w+://([^@/:]*@)?{_HOST}(,{_HOST})*(/[^@?]*)?(\?.*)?", re.DOTALL)


def is_address(data: str) -> bool:
    """Whether `--data` names a database and not a folder."""
    return data.startswith(SCHEMES)


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """A connection URI as libpq takes it, without a password.

    Raises UsageError for one that holds a secret: an address stands in process lists and logs.
    """

    uri: str

    def __post_init__(self) -> None:
        try:
            options = parse_qsl(_split(self.uri).query, keep_blank_values=True)
        except ValueError:
            raise UsageError("The address of the database cannot be understood.") from None
        names = {name.lower() for name, _ in options}
        if _CREDENTIALS.match(self.uri) or names & _SECRETS:
            raise UsageError(
                "The address of a database may not hold a password: it would stand in logs and lists of "
                "processes.",
                hint="Put it into a password file (~/.pgpass, PGPASSFILE) or a service file "
                "(postgresql://?service=NAME).",
            )
        if not _HOSTS.fullmatch(self.uri):
            raise UsageError(
                "The address of the database cannot be understood.",
                hint="Write postgresql://USER@HOST:PORT/NAME, without a password.",
            )

    def __str__(self) -> str:
        """Host, port and database, or the service."""
        parts = _split(self.uri)
        options = dict(parse_qsl(parts.query))
        if service := options.get("service"):
            return f"postgresql://?service={service}"
        host = parts.netloc.rpartition("@")[2] or options.get("host", "")
        name = parts.path.strip("/") or options.get("dbname", "")
        return f"postgresql://{host}/{name}"


def _split(uri: str) -> SplitResult:
    """The parts of an address; to libpq a # is a character like any other."""
    return urlsplit(uri.replace("#", "%23"))
