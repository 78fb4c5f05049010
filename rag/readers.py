"""Reader tokens: who may read a document, and what several rules leave over."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from rag.errors import UsageError

EVERYBODY = "*"
"""The reader token that stands for everybody."""
MAX_TOKEN_CHARACTERS = 200

Readers = frozenset[str] | None
"""Reader tokens; None is everybody, the empty set nobody."""


def check_list(values: Iterable[str], what: str) -> Iterable[str]:
    """The values. Raises UsageError for a single text, which would be taken for its letters."""
    if isinstance(values, str | bytes):
        raise UsageError(
            f"{what} is the text {values!r:.200}, not a list.",
            hint=f"Give a list: [{values!r:.200}]",
        )
    return values


def check_token(token: str) -> str:
    """A reader token in its stored form; raises ValueError for what cannot be one.

    A token is one printable word or several, without a comma: "group:hr", "group:Domain Users", "*".
    """
    token = unicodedata.normalize("NFC", token).strip()
    if not token:
        raise ValueError("a reader token cannot be empty")
    if len(token) > MAX_TOKEN_CHARACTERS:
        raise ValueError(f"a reader token has at most {MAX_TOKEN_CHARACTERS} characters")
    if "," in token or not token.isprintable():
        raise ValueError(f"a reader token has no comma and no control character: {token!r}")
    return token


def parse(tokens: Iterable[str]) -> Readers:
    """What a list of tokens means: with "*" in it, everybody."""
    unique = frozenset(tokens)
    return None if EVERYBODY in unique else unique


def to_stored(readers: Readers) -> tuple[str, ...]:
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
        return frozenset(check_token(token) for token in check_list(tokens, "readers"))
    except ValueError as exc:
        raise UsageError(f"That is no reader: {exc}.") from exc


def find_admitting_tokens(asker: frozenset[str]) -> frozenset[str]:
    """The tokens of which a document must have one for this asker: theirs and "*"; none for nobody.

    Both searches use this rule, and no other place repeats it.
    """
    return asker | {EVERYBODY} if asker else frozenset()


def narrow_asker(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    """An asker who may read no more than either of two; nobody if one of them is nobody."""
    return find_admitting_tokens(one) & find_admitting_tokens(other)
