"""The address of a database: what it names, and what of it may be shown."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from rag.errors import UsageError

SCHEMES = ("postgresql://", "postgres://")
_SECRETS = frozenset({"password", "sslpassword"})


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
            parts = urlsplit(self.uri)
            has_password = parts.password is not None
            names = {name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
        except ValueError:
            raise UsageError("The address of the database cannot be understood.") from None
        if has_password or names & _SECRETS:
            raise UsageError(
                "The address of a database may not hold a password: it would stand in logs and lists of "
                "processes.",
                hint="Put it into a password file (~/.pgpass, PGPASSFILE) or a service file "
                "(postgresql://?service=NAME).",
            )

    def __str__(self) -> str:
        """Host, port and database, or the service."""
        parts = urlsplit(self.uri)
        options = dict(parse_qsl(parts.query))
        if service := options.get("service"):
            return f"postgresql://?service={service}"
        host = parts.netloc.rpartition("@")[2] or options.get("host", "")
        name = parts.path.strip("/") or options.get("dbname", "")
        return f"postgresql://{host}/{name}"
