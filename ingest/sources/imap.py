"""The messages of mailboxes over IMAP, which are only looked at: nothing is marked as read."""

from __future__ import annotations

import base64
import binascii
import contextlib
import fnmatch
import functools
import imaplib
import re
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from ingest.errors import FileAccessError, FileTooLargeError, SourceError
from ingest.media_type import EMAIL
from ingest.sources.contract import Secret, SourceContext, SourceObject, parse_options
from rag.errors import ConfigurationError
from rag.settings.base import FromText, Section

_AT_ONCE = 500
"""Messages whose sizes are asked for in one command."""
_PORTS = {"tls": 993, "starttls": 143, "none": 143}
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_FOLDER = re.compile(rb'\((?P<flags>[^)]*)\) (?:"(?:[^"\\]|\\.)*"|NIL) (?P<name>.+)', re.DOTALL)
_NUMBERS = re.compile(rb"UID (\d+)")
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_DATE = re.compile(rb'INTERNALDATE "([^"]+)"')
_RATE_LIMIT = re.compile(
    r"too many|rate limit|throttl|try again later|LIMIT\]|INUSE\]", re.IGNORECASE
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""IMAP's own, whatever the language of the machine."""


class ImapOptions(Section):
    """The options of a source of kind imap."""

    host: str = Field(min_length=1, description="The server.")
    port: int = Field(0, ge=0, le=65_535, description="Its port; 0: 993 with tls, else 143.")
    security: Literal["tls", "starttls", "none"] = Field(
        "tls",
        description="How the connection is encrypted: tls, starttls, or none (on this machine alone).",
    )
    username: str = Field(min_length=1, description="Who signs in.")
    password: Secret | None = Field(None, description="The password.")
    token: Secret | None = Field(
        None, description="Instead of a password: an access token for OAuth 2 (XOAUTH2)."
    )
    folders: Annotated[tuple[str, ...], FromText] = Field(
        ("INBOX",), description="Folders whose messages are read; * stands for any characters."
    )
    days: int = Field(
        0, ge=0, le=36_500, description="Only messages that arrived in so many days; 0: all."
    )


class ImapSource:
    """Lists messages by number; a message never changes, so its number is its revision."""

    Options: ClassVar[type[ImapOptions]] = ImapOptions

    def __init__(self, options: Mapping[str, Any], context: SourceContext) -> None:
        self._options, self._context = parse_options(ImapOptions, options), context
        self._server: imaplib.IMAP4 | None = None
        self._selected = b""
        self._places: dict[str, tuple[bytes, str]] = {}
        if (self._options.password is None) == (self._options.token is None):
            raise ConfigurationError("give either password or token")
        if self._options.security == "none" and self._options.host not in _LOCAL:
            raise ConfigurationError(
                "security: without encryption only a server on this machine is read"
            )

    def list(self) -> Iterable[SourceObject]:
        """Every message that is not marked as deleted, folder by folder."""
        with _as_source_errors():
            self._server = self._connect()
            folders = sorted(self._folders())
        if not folders:
            names = ", ".join(self._options.folders)
            raise SourceError(f"has no folder called {names}")
        for name, quoted in folders:
            yield from self._messages(name, quoted)

    def read(self, listed: SourceObject) -> bytes:
        """The message as it was sent."""
        if listed.size > self._context.max_bytes:
            limit = self._context.max_bytes / 2**20
            raise FileTooLargeError(
                f"is {listed.size / 2**20:,.1f} MiB, more than {limit:,.1f} MiB"
            )
        folder, number = self._places[listed.path]
        with _as_source_errors():
            self._select(folder)
            answers = self._do(
                "UID FETCH", lambda server: server.uid("FETCH", number, "(BODY.PEEK[])")
            )
        for answer in answers:
            if isinstance(answer, tuple):
                return bytes(answer[1])
        raise FileAccessError("was deleted while the mailbox was read")

    def close(self) -> None:
        """End the connection, in the middle of an answer if need be."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()

    def _connect(self) -> imaplib.IMAP4:
        options, context = self._options, self._context
        password, token = context.read_secret(options.password), context.read_secret(options.token)
        port = options.port or _PORTS[options.security]
        trusted = ssl.create_default_context()
        if options.security == "tls":
            server: imaplib.IMAP4 = imaplib.IMAP4_SSL(
                options.host, port, ssl_context=trusted, timeout=context.timeout_s
            )
        else:
            server = imaplib.IMAP4(options.host, port, timeout=context.timeout_s)
        self._server = server
        if options.security == "starttls":
            server.starttls(trusted)
        try:
            if token:
                pair = f"user={options.username}\1auth=Bearer {token}\1\1".encode()
                context.hide(base64.b64encode(pair).decode())
                server.authenticate("XOAUTH2", lambda _: pair)
            else:
                server.login(_quote(options.username), password)  # which quotes the second
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as exc:
            message = _text_of(exc)
            if _RATE_LIMIT.search(message):
                raise SourceError(f"asks to wait: {message}") from exc
            reason = f"does not accept the credentials, or they have expired: {message}"
            raise SourceError(reason) from exc
        return server

    def _folders(self) -> Iterator[tuple[str, bytes]]:
        """The folders that are read: their names, and how the server takes them."""
        for answer in self._do("LIST", lambda server: server.list()):
            if isinstance(answer, tuple):  # a name as a literal
                match = _FOLDER.match(re.sub(rb"\{\d+\}$", b"", answer[0]) + b"-")
                raw = bytes(answer[1])
            else:
                match = _FOLDER.match(answer or b"")
                raw = _unquote(match["name"]) if match else b""
            if match is None or rb"\noselect" in match["flags"].lower():
                continue
            name = decode_folder(raw)
            if any(_matches(name, pattern) for pattern in self._options.folders):
                yield name, _quote(raw.decode("ascii", "replace")).encode()

    def _messages(self, folder: str, quoted: bytes) -> Iterator[SourceObject]:
        with _as_source_errors():
            self._selected = b""
            self._select(quoted)
            validity = self._do(
                "UIDVALIDITY", lambda server: server.response("UIDVALIDITY"), "UIDVALIDITY"
            )
            age = validity[0].decode() if validity and validity[0] else "0"
            criteria = "NOT DELETED"
            if self._options.days:
                since = datetime.now(UTC) - timedelta(days=self._options.days)
                criteria += f" SINCE {since.day}-{_MONTHS[since.month - 1]}-{since.year}"
            answers = self._do("SEARCH", lambda server: server.uid("SEARCH", criteria))
            numbers = b" ".join(part for part in answers if part).split()
        for start in range(0, len(numbers), _AT_ONCE):
            chosen = b",".join(numbers[start : start + _AT_ONCE]).decode()
            with _as_source_errors():
                fetch = functools.partial(_fetch_sizes, chosen)
                listed = self._do("FETCH", fetch)
            self._context.beat()
            for answer in listed:
                item = self._message(folder, age, answer) if isinstance(answer, bytes) else None
                if item is not None:
                    self._places[item.path] = quoted, item.path.rpartition("/")[2]
                    yield item

    def _message(self, folder: str, validity: str, answer: bytes) -> SourceObject | None:
        number, size, date = _NUMBERS.search(answer), _SIZE.search(answer), _DATE.search(answer)
        if number is None:
            return None
        arrived = imaplib.Internaldate2tuple(b'INTERNALDATE "' + date[1] + b'"') if date else None
        path = f"{folder}/{number[1].decode()}"
        return SourceObject(
            path,
            f"{validity}/{number[1].decode()}",
            media_type=EMAIL,
            size=int(size[1]) if size else 0,
            modified_at=datetime(*arrived[:6]).astimezone().timestamp() if arrived else None,
        )

    def _select(self, folder: bytes) -> None:
        """Open a folder for looking alone."""
        if folder != self._selected:
            self._do("EXAMINE", lambda server: server.select(folder.decode(), readonly=True))
            self._selected = folder

    def _do(
        self, what: str, command: Callable[[imaplib.IMAP4], tuple[str, Any]], expected: str = "OK"
    ) -> Sequence[Any]:
        if self._server is None:
            raise SourceError("was closed")
        status, answers = command(self._server)
        if status != expected:
            reason = " ".join(
                part.decode("utf-8", "replace") for part in answers or () if isinstance(part, bytes)
            )
            if _RATE_LIMIT.search(reason):
                raise SourceError(f"asks to wait: {reason}")
            raise SourceError(f"refuses {what}: {reason}")
        return tuple(answers or ())


@contextlib.contextmanager
def _as_source_errors() -> Iterator[None]:
    """Errors of the connection as SourceError."""
    try:
        yield
    except imaplib.IMAP4.error as exc:
        message = _text_of(exc)
        limit = "asks to wait" if _RATE_LIMIT.search(message) else "broke off"
        raise SourceError(f"{limit}: {message}") from exc
    except ssl.SSLCertVerificationError as exc:
        raise SourceError(f"has a certificate that is not trusted: {exc.verify_message}") from exc
    except OSError as exc:
        raise SourceError(f"does not answer: {exc.strerror or exc}") from exc


def _fetch_sizes(numbers: str, server: imaplib.IMAP4) -> tuple[str, Any]:
    return server.uid("FETCH", numbers, "(UID RFC822.SIZE INTERNALDATE)")


def _text_of(error: Exception) -> str:
    """What the server said; imaplib hands it on as the printed form of bytes."""
    value = error.args[0] if error.args else ""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return re.sub(r"^b['\"](.*)['\"]$", r"\1", text)


def _quote(text: str) -> str:
    """A string as IMAP has it between quotation marks."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unquote(name: bytes) -> bytes:
    name = name.strip()
    if name.startswith(b'"') and name.endswith(b'"'):
        return re.sub(rb"\\(.)", rb"\1", name[1:-1])
    return name


def _matches(name: str, pattern: str) -> bool:
    """INBOX is one name in capitals and small letters, every other is not."""
    if pattern.upper() == "INBOX":
        return name.upper() == "INBOX"
    return fnmatch.fnmatchcase(name, re.sub(r"([\[?])", r"[\1]", pattern))


def decode_folder(raw: bytes) -> str:
    """A folder's name from IMAP's own UTF-7 (RFC 3501, 5.1.3)."""

    def decode(match: re.Match[str]) -> str:
        if not match[1]:
            return "&"
        code = match[1].replace(",", "/")
        try:
            padded = code + "=" * (-len(code) % 4)
            return base64.b64decode(padded, validate=True).decode("utf-16-be")
        except (binascii.Error, UnicodeDecodeError):
            return match[0]

    return re.sub(r"&([^-&]*)-", decode, raw.decode("utf-8", "replace"))
