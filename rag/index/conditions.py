"""Conditions on what is said of a document: values, lists of values and ranges, by name."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rag.document import LANGCHAIN_METADATA, PUT_METADATA
from rag.errors import UsageError

_SCALARS = (str, int, float, type(None))  # bool is an int
_OBJECT = f"coalesce(metadata -> '$.{PUT_METADATA}', metadata -> '$.{LANGCHAIN_METADATA}', '{{}}')"
_ENTRIES = (
    f"json_each({_OBJECT}) AS named, json_each(CASE named.type WHEN 'array' THEN named.value "
    f"ELSE '[' || ({_OBJECT} -> named.fullkey) || ']' END) AS entry"
)
"""The metadata's names, each with its value, or with the values of its list."""
_NUMBERS = "('integer', 'real')"


@dataclass(frozen=True, slots=True)
class MetadataCondition:
    """The value under a name, or one of its list, is one of `values`, or lies in a range.

    `values` is a list as JSON, so that 1 and true are two conditions; an empty one lets nothing pass. `low`
    and `high` are both included, and one of them may be None: open. Numbers are compared with numbers and
    texts with texts, character by character, which puts ISO dates in order.
    """

    name: str
    values: str = ""
    low: str | float | None = None
    high: str | float | None = None

    def sql(self, bind: Callable[[Any], str]) -> str:
        """The condition on the table `documents`; `bind` takes a value and gives its mark."""
        comparisons = " AND ".join(self._comparisons(bind))
        return f"EXISTS (SELECT 1 FROM {_ENTRIES} WHERE named.key = {bind(self.name)} AND {comparisons})"

    def _comparisons(self, bind: Callable[[Any], str]) -> Iterator[str]:
        if self.values:
            # Compared as (type, value): 1 is not true, and null is not the lack of the name.
            same_type = (
                f"(entry.type = operand.type OR (entry.type IN {_NUMBERS} "
                f"AND operand.type IN {_NUMBERS}))"
            )
            yield (
                f"EXISTS (SELECT 1 FROM json_each({bind(self.values)}) AS operand "
                f"WHERE entry.atom IS operand.atom AND {same_type})"
            )
        for operator, limit in (("<=", self.high), (">=", self.low)):
            if limit is not None:
                kinds = "('text')" if isinstance(limit, str) else _NUMBERS
                yield f"(entry.type IN {kinds} AND entry.atom {operator} {bind(limit)})"


def to_conditions(metadata: Mapping[str, Any]) -> tuple[MetadataCondition, ...]:
    """The conditions of a mapping from names to a value, a list of values, or {"from": …, "until": …}.

    Raises UsageError for what is none of these.
    """
    return tuple(_condition(name, operand) for name, operand in metadata.items())


def parse_conditions(texts: Sequence[str]) -> dict[str, Any]:
    """What `NAME=VALUE` means for each, as a mapping for `Filter.metadata`.

    `kind=policy,memo` is either, `year=2024..2026` and `year=2024..` are ranges, both ends included. What
    looks like a number, true, false or null is meant as such and as the text that it is. A name that comes
    twice may have either's values. Raises UsageError for what is none of these.
    """
    conditions: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise UsageError(
                f"The condition {text!r} is not understood.",
                hint="Write NAME=VALUE, NAME=ONE,OTHER or NAME=FROM..UNTIL.",
            )
        operand = _operand(value)
        known = conditions.get(name.strip())
        if isinstance(known, list) and isinstance(operand, list):
            operand = known + operand
        elif known is not None:
            raise UsageError(
                f"The condition {text!r} comes beside another one on {name.strip()!r}."
            )
        conditions[name.strip()] = operand
    return conditions


def _operand(value: str) -> Any:
    low, dots, high = (part.strip() for part in value.partition(".."))
    if not dots:
        return [reading for part in value.split(",") for reading in _readings(part.strip())]
    limits = {"from": low, "until": high}
    named = {key: limit for key, limit in limits.items() if limit}
    if endless := [limit for limit in named.values() if _is_endless(limit)]:
        raise UsageError(f"The limit {endless[0]:.40} of a range is beyond every number.")
    numbers = {key: _number(limit) for key, limit in named.items()}
    return named if None in numbers.values() else numbers


def _readings(text: str) -> list[Any]:
    """What a value may be in the metadata: the text, and the number or constant that it looks like."""
    constants = {"true": True, "false": False, "null": None}
    if text in constants:
        return [text, constants[text]]
    number = _number(text)
    return [text] if number is None else [text, number]


def _is_endless(text: str) -> bool:
    """Whether the digits make a number too large for floating point."""
    with contextlib.suppress(ValueError):
        return math.isinf(float(text)) and any(character.isdigit() for character in text)
    return False


def _number(text: str) -> int | float | None:
    """The number that a text looks like, if it is finite; such as 12e999 is a name."""
    for kind in (int, float):
        with contextlib.suppress(ValueError, OverflowError):
            return _bounded(kind(text))
    return None


def _bounded(number: float) -> int | float:
    """A finite number that every database takes: whole ones beyond 64 bits as floating point.

    Raises ValueError or OverflowError for what is not finite, or beyond floating point.
    """
    if isinstance(number, int) and -(2**63) <= number < 2**63:
        return number
    if not math.isfinite(bounded := float(number)):
        raise ValueError(f"{number} is not finite")
    return bounded


def _condition(name: Any, operand: Any) -> MetadataCondition:
    with contextlib.suppress(ValueError, OverflowError):
        if (condition := _understood(name, operand)) is not None:
            return condition
    raise UsageError(
        f"The filter {name!r}: {_shown(operand)} is not understood.",
        hint="Metadata is compared with a value, a list of values (strings, finite numbers, True, False, "
        'None), or a range: {"from": 2024, "until": 2026}.',
    )


def _shown(operand: Any) -> str:
    """The beginning of what was given; Python refuses to write out very long numbers."""
    try:
        return f"{operand!r:.200}"
    except ValueError:
        return "a number of thousands of digits"


def _understood(name: Any, operand: Any) -> MetadataCondition | None:
    if isinstance(name, str) and isinstance(operand, Mapping):
        low, high = operand.get("from"), operand.get("until")
        limits = [limit for limit in (low, high) if limit is not None]
        are_numbers = all(
            isinstance(limit, int | float) and not isinstance(limit, bool) for limit in limits
        )
        are_texts = all(isinstance(limit, str) for limit in limits)
        if limits and operand.keys() <= {"from", "until"} and (are_numbers or are_texts):
            return MetadataCondition(name, "", _comparable(low), _comparable(high))
    elif isinstance(name, str):
        is_list = isinstance(operand, list | tuple | set | frozenset)
        values = tuple(operand) if is_list else (operand,)
        if all(isinstance(value, _SCALARS) for value in values):
            return MetadataCondition(name, json.dumps([_comparable(value) for value in values]))
    return None


def _comparable(value: Any) -> Any:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return _bounded(value) if is_number else value
