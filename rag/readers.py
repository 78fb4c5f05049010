"""Reader tokens: who may read a document, and what several rules leave over."""

from __future__ import annotations

from collections.abc import Iterable

from rag.errors import UsageError
from rag.source_settings import EVERYBODY, check_token

Readers = frozenset[str] | None
"""Reader tokens; None is everybody, the empty set nobody."""


def parse(tokens: Iterable[str]) -> Readers:
    """What a list of tokens means: with "*" in it, everybody."""
    found = frozenset(tokens)
    return None if EVERYBODY in found else found


def stored(readers: Readers) -> tuple[str, ...]:
    """As a document has it: ("*",) is everybody, () nobody."""
    return (EVERYBODY,) if readers is None else tuple(sorted(readers))


def intersection(several: Iterable[Readers]) -> Readers:
    """Those whom all of them name: the strictest applies."""
    result: Readers = None
    for readers in several:
        if readers is not None:
            result = readers if result is None else result & readers
    return result


def asker(tokens: Iterable[str]) -> frozenset[str]:
    """The tokens of somebody who asks. Raises UsageError for one that cannot be a token.

    Everybody may read what is for everybody, so "*" need not be among them; alone, it is a stranger.
    """
    try:
        return frozenset(check_token(token) for token in tokens)
    except ValueError as exc:
        raise UsageError(f"That is no reader: {exc}.") from exc


def both(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    """An asker who may read no more than either of two; nobody if one of them is nobody."""
    if not one or not other:
        return frozenset()
    return (one | {EVERYBODY}) & (other | {EVERYBODY})
