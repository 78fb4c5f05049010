"""The glossary's other names for what a question speaks of, searched for as well."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_MOST_NAMES = 8


def expand(query: str, terms: Iterable[Sequence[str]]) -> str:
    """The query, and behind it the names that it lacks of each term that stands in it.

    A term is its names: what it is called in the house, and every synonym and acronym. No more than a few
    names are added, so that the question itself stays the larger part.
    """
    words = _plain(query)
    added: list[str] = []
    for names in terms:
        if any(f" {_plain(name)} " in f" {words} " for name in names):
            added += [name for name in names if f" {_plain(name)} " not in f" {words} "]
    added = list(dict.fromkeys(added))[:_MOST_NAMES]
    return f"{query} ({', '.join(added)})" if added else query


def _plain(text: str) -> str:
    words = "".join(char if char.isalnum() else " " for char in text.casefold())
    return " ".join(words.split())
