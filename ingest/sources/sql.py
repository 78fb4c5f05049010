"""The rows of a query as documents: from an SQLite file or a PostgreSQL database, which are only read."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

from pydantic import Field

from ingest.errors import FileAccessError, SourceError
from ingest.media_type import MARKDOWN, SUFFIXES
from ingest.sources.contract import Secret, SourceContext, SourceObject, parse_options
from ingest.sources.spool import Spool
from rag.database_address import DatabaseAddress, is_address
from rag.errors import ConfigurationError, UsageError
from rag.extras import has_extra
from rag.settings.base import Section

_ROWS_AT_ONCE = 500
_ROWS_BETWEEN_BEATS = 10_000  # SQLite's instructions, a few milliseconds
_OWN = frozenset({"id", "title", "text", "revision", "readers", "modified_at", "media_type"})
_CREDENTIALS = re.compile(
    r"password|authentication|permission denied|role .* does not exist", re.IGNORECASE
)
_RATE_LIMIT = re.compile(
    r"too many (connections|clients)|remaining connection slots", re.IGNORECASE
)

_UNPRINTABLE = re.compile(r"[^ -~\xa1-\U0010ffff]|%")

Row = tuple[Any, ...]


class SqlOptions(Section):
    """The options of a source of kind sql."""

    database: str = Field(
        min_length=1,
        description="An SQLite file, or postgresql://USER@HOST/NAME without a password.",
    )
    query: str = Field(min_length=1, description="A query whose rows are the documents.")
    password: Secret | None = Field(None, description="The password for PostgreSQL.")
    media_type: str = Field(
        MARKDOWN, description="The format of the column text, where no column media_type names it."
    )


class SqlSource:
    """Runs the query once for every list; texts wait on the disk until they are read."""

    Options: ClassVar[type[SqlOptions]] = SqlOptions

    def __init__(self, options: Mapping[str, Any], context: SourceContext) -> None:
        self._options, self._context = parse_options(SqlOptions, options), context
        self._spool = Spool()
        self._end: Callable[[], None] = lambda: None
        if self._options.media_type not in SUFFIXES:
            raise ConfigurationError(
                f"media_type: {self._options.media_type} is no format that is read"
            )
        if is_address(self._options.database):
            try:
                DatabaseAddress(self._options.database)
            except UsageError as exc:
                raise ConfigurationError(f"database: {exc}", hint=exc.hint) from None

    def list(self) -> Iterable[SourceObject]:
        """Every row as an object."""
        address = self._options.database
        rows = self._postgres_rows() if is_address(address) else self._sqlite_rows()
        columns = [str(name).lower() for name in next(rows)]
        if missing := {"id", "text"}.difference(columns):
            raise SourceError(f"has a query without a column {' and '.join(sorted(missing))}")
        if len(set(columns)) < len(columns):
            raise SourceError("has a query with two columns of one name")
        for row in rows:
            yield self._object(dict(zip(columns, row, strict=True)))

    def read(self, listed: SourceObject) -> bytes:
        """The text of a row."""
        content = self._spool.get(listed.path)
        if content is None:
            raise FileAccessError("is not among the rows of the query any more")
        return content

    def close(self) -> None:
        """End the query and the connection."""
        self._end()
        self._spool.close()

    def _object(self, row: dict[str, Any]) -> SourceObject:
        path = "" if row["id"] is None else _UNPRINTABLE.sub(_quoted, str(row["id"]))
        if not path:
            raise SourceError("has a row whose id is empty")
        text = row["text"]
        content = bytes(text) if isinstance(text, bytes | memoryview) else str(text or "").encode()
        media_type = str(row.get("media_type") or self._options.media_type)
        if media_type not in SUFFIXES:
            return SourceObject(
                path, "", left_out=f"is {media_type[:100]}, a format that is not read"
            )
        revision = row.get("revision")
        if revision is None:
            revision = hashlib.sha256(content).hexdigest()
        self._spool.put(path, content)
        return SourceObject(
            path,
            str(revision),
            media_type=media_type,
            title=str(row.get("title") or ""),
            readers=_readers(row["readers"]) if "readers" in row else None,
            size=len(content),
            modified_at=_moment(row.get("modified_at")),
            metadata={
                key: _plain(value)
                for key, value in row.items()
                if key not in _OWN and value is not None
            },
        )

    def _sqlite_rows(self) -> Iterator[Row]:
        """The names of the columns, then the rows. The file is opened for reading alone."""
        path = Path(self._options.database).expanduser().absolute()
        if not path.is_file():
            raise SourceError(f"has no database file {path}")
        try:
            connection = sqlite3.connect(
                f"file:{quote(str(path))}?mode=ro", uri=True, check_same_thread=False,
                timeout=self._context.timeout_s,
            )  # fmt: skip
            self._end = connection.interrupt
            connection.set_progress_handler(self._context.beat, _ROWS_BETWEEN_BEATS)
            try:
                connection.execute("PRAGMA query_only = ON")
                cursor = connection.execute(self._options.query)
                if cursor.description is None:
                    raise SourceError("has a query that gives no rows")
                yield tuple(column[0] for column in cursor.description)
                yield from cursor
            finally:
                self._end = lambda: None
                connection.close()
        except (sqlite3.Error, sqlite3.Warning) as exc:
            raise SourceError(f"cannot be queried: {exc}") from exc

    def _postgres_rows(self) -> Iterator[Row]:
        """The same from PostgreSQL, in one read-only transaction and without all rows in memory."""
        if not has_extra("postgres"):
            raise SourceError(
                "needs psycopg, which is not installed: pip install 'inhouse[postgres]'"
            )
        import psycopg

        password = self._context.read_secret(self._options.password)
        try:
            with psycopg.connect(
                self._options.database,
                connect_timeout=max(2, int(self._context.timeout_s)),
                options=f"-c statement_timeout={int(self._context.timeout_s * 1000)}",
                application_name="inhouse",
                **({"password": password} if password else {}),
            ) as connection:
                self._end = connection.cancel
                connection.read_only = True
                connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                with connection.cursor(name="inhouse") as cursor:
                    # A cursor on the server takes one query that gives rows, and nothing else.
                    cursor.execute(self._options.query.encode())
                    yield tuple(column.name for column in cursor.description or ())
                    while rows := cursor.fetchmany(_ROWS_AT_ONCE):
                        self._context.beat()
                        yield from rows
                self._end = lambda: None
        except psycopg.Error as exc:
            raise SourceError(_postgres_reason(exc)) from exc


def _quoted(match: re.Match[str]) -> str:
    return quote(match[0], safe="")


def _postgres_reason(exc: Any) -> str:
    lines = [line for line in str(exc).splitlines() if line.strip()]
    message = exc.diag.message_primary or (lines[-1].strip() if lines else type(exc).__name__)
    if _RATE_LIMIT.search(message):
        return f"asks to wait: {message}"
    if _CREDENTIALS.search(message):
        return f"does not accept the credentials: {message}"
    return f"cannot be queried: {message}"


def _readers(value: Any) -> tuple[str, ...]:
    """The column readers: a list, a text in JSON, or words between commas. NULL is nobody."""
    if value is None:
        return ()
    if isinstance(value, str):
        try:
            parsed = json.loads(value) if value.lstrip().startswith("[") else None
        except ValueError as exc:
            raise SourceError(f"has a row with readers that are no list: {value[:100]!r}") from exc
        value = parsed if isinstance(parsed, list) else value.split(",")
    if not isinstance(value, Sequence):
        raise SourceError(f"has a row with readers that are no list: {value!r:.100}")
    return tuple(str(token).strip() for token in value if str(token).strip())


def _moment(value: Any) -> float | None:
    """Seconds since the epoch: of a time, of a text as ISO 8601 has it, or as they are."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp()
    return float(value) if isinstance(value, int | float | Decimal) else None


def _plain(value: Any) -> Any:
    """A value of a column as JSON keeps it."""
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, float | Decimal):
        number = float(value)
        return number if number - number == 0 else None
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return f"{len(value):,} bytes"
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return str(value)
