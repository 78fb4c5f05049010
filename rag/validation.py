"""A pydantic error as parts of a sentence of ours."""

from __future__ import annotations

import typing
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

_KINDS: dict[str, Literal["unknown", "missing"]] = {
    "extra_forbidden": "unknown",
    "missing": "missing",
}
_PREFIX = "Value error, "  # pydantic puts it before the message of a ValueError


@dataclass(frozen=True, slots=True)
class InvalidValue:
    """One value that was not accepted.

    `location` is the way to it (keys, and indices of lists from 0), `value` what was given, `reason` why it
    was not accepted: it follows a colon in a sentence and ends without a full stop.
    """

    location: tuple[str | int, ...]
    kind: Literal["unknown", "missing", "invalid"]
    value: Any
    reason: str

    @property
    def key(self) -> str:
        """The location as in a settings file, with entries of a list counted from 1: "glossary[2].term"."""
        return name_key(self.location)


def problems(exc: ValidationError) -> Iterator[InvalidValue]:
    """Every problem that pydantic found, in its order; there is at least one."""
    for error in exc.errors():
        message = error["msg"].removeprefix(_PREFIX)
        yield InvalidValue(
            error["loc"],
            _KINDS.get(error["type"], "invalid"),
            error["input"],
            message[0].lower() + message[1:],
        )


def describe_first_problem(exc: ValidationError) -> InvalidValue:
    """The problem that a message names, where it names only one."""
    return next(problems(exc))


def name_key(location: Sequence[str | int]) -> str:
    """Keys joined by dots, indices of lists in brackets and counted from 1."""
    return "".join(
        f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in location
    ).lstrip(".")


def known_keys(model: type[BaseModel], section: Sequence[str | int]) -> list[str]:
    """The keys that the section at this location may have, sorted."""
    for part in section:
        if isinstance(part, str):
            model = find_inner_model(model.model_fields[part]) or model
    return sorted(model.model_fields)


def find_inner_model(field: FieldInfo) -> type[BaseModel] | None:
    """The model of a section, or of each entry of a list of tables; None for a plain value."""
    for candidate in (field.annotation, *typing.get_args(field.annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None
