"""What a source is: it lists every object with its revision and readers, and reads one of them.

A kind of source is a callable that takes its options and a `SourceContext` and returns a `Source`. Those of
other distributions are named in the entry point group `inhouse.sources`. Everything else is done here: what
has changed, parsing in the sandbox, the ledger, access, deletions and the report are as for folders.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from ingest.errors import SourceError
from rag.errors import ConfigurationError
from rag.validation import describe_first_problem

_HIDDEN = "•••"
_SHORTEST_SECRET = 4
"""A shorter one is not looked for in messages: it would be found in every other word."""
_CREDENTIALS_IN_URL = re.compile(r"(\w+://)[^@/\s]+@")
_LONGEST_REASON = 300

Options = TypeVar("Options", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class SourceObject:
    """An object as its source lists it.

    `path` names it within the source, with `/` between its parts. Its format is `media_type`, or if that is
    "", what the end of `path` says. `revision` changes whenever anything about the object does;
    `revision_names_content` says that objects with equal revisions are equal, as with a hash, so that an
    object which only moved is not read again.

    `readers` are those who may read it: reader tokens, "*" for everybody, () for nobody, None if the source
    does not know. `size` is in bytes, `modified_at` in seconds since the epoch, `metadata` values of JSON.

    `left_out` says why the object is never read ("is a link, which is not followed"); `unreadable`, why it
    cannot be read now: then the version in the index stays.
    """

    path: str
    revision: str
    media_type: str = ""
    title: str = ""
    readers: tuple[str, ...] | None = None
    size: int = 0
    modified_at: float | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    revision_names_content: bool = False
    left_out: str = ""
    unreadable: str = ""


class Source(Protocol):
    """A place with objects. Used by one thread at a time."""

    def list(self) -> Iterable[SourceObject]:
        """Every object, each path once. An end without an error means that the list is complete.

        What is missing from a complete list is deleted from the index. Raises SourceError.
        """

    def read(self, listed: SourceObject) -> bytes:
        """The content of an object that was listed.

        Raises FileAccessError if this object alone cannot be read now, SourceError if none can.
        """

    def close(self) -> None:
        """End connections and processes, in the middle of a call of another thread if need be."""


@runtime_checkable
class BatchSource(Source, Protocol):
    """A source for which it is cheaper to fetch several objects at once."""

    def expect(self, objects: Sequence[SourceObject]) -> None:
        """Called before the first `read`, with every object that will be read, in that order."""


class Secret(BaseModel):
    """Where a secret is: in a file, or in an environment variable. The settings never hold it itself."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    file: Path | None = None
    env: str = ""

    @model_validator(mode="before")
    @classmethod
    def _refuse_text(cls, value: Any) -> Any:
        is_table = isinstance(value, cls) or (
            isinstance(value, Mapping) and len(value) == 1 and value.keys() <= {"file", "env"}
        )
        if not is_table:
            raise ValueError('say where the secret is: { file = "PATH" } or { env = "VARIABLE" }')
        return value


@dataclass(slots=True)
class SourceContext:
    """What a source is given beside its options.

    `folder` is a private folder that stays from run to run: for copies that make the next run faster, and
    that may be lost. `max_bytes`: larger objects are not read. `timeout_s`: how long a server may be silent.
    """

    folder: Path
    max_bytes: int = 200 * 2**20
    timeout_s: float = 60.0
    on_beat: Callable[[], None] = lambda: None
    _secrets: set[str] = field(default_factory=set)

    def beat(self) -> None:
        """Say that work goes on: without an object or this for `timeout_s` a source does not answer."""
        self.on_beat()

    def read_secret(self, secret: Secret | None) -> str:
        """The secret, which no message shows from now on; "" for None. Raises SourceError."""
        if secret is None:
            return ""
        if secret.file is None:
            value = os.environ.get(secret.env, "")
            where = f"environment variable {secret.env}"
        else:
            where = f"file {secret.file}"
            try:
                value = secret.file.read_text("utf-8").strip()
                is_open = bool(secret.file.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH))
            except (OSError, UnicodeDecodeError) as exc:
                reason = getattr(exc, "strerror", None) or "it is no text"
                raise SourceError(
                    f"has a secret in the {where}, which cannot be read: {reason}"
                ) from exc
            if is_open:
                raise SourceError(
                    f"has a secret in the {where}, which every user of the machine can open"
                )
        if not value:
            raise SourceError(f"has a secret in the {where}, which is empty or not there")
        self.hide(value)
        return value

    def hide(self, secret: str) -> None:
        """Let no message of this source show this text."""
        if len(secret) >= _SHORTEST_SECRET:
            self._secrets.add(secret)

    def redact(self, text: str) -> str:
        """The text on one line without a secret in it, and not without end."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, _HIDDEN)
        text = _CREDENTIALS_IN_URL.sub(rf"\1{_HIDDEN}@", text)
        return " ".join(text.split())[:_LONGEST_REASON]


SourceFactory = Callable[[Mapping[str, Any], SourceContext], Source]
"""A kind of source. Raises ConfigurationError for options that make no sense; does no I/O."""


def parse_options(model: type[Options], options: Mapping[str, Any]) -> Options:
    """A source's options as its model. Raises ConfigurationError, which names the key and no value."""
    try:
        return model.model_validate(dict(options))
    except ValidationError as exc:
        problem = describe_first_problem(exc)
        if problem.kind == "unknown":
            known = ", ".join(sorted(model.model_fields))
            raise ConfigurationError(
                f"there is no option {problem.key}", hint=f"There are: {known}."
            ) from None
        if problem.kind == "missing":
            raise ConfigurationError(f"the option {problem.key} is missing") from None
        raise ConfigurationError(f"{problem.key or 'the options'}: {problem.reason}") from None
