"""Which words of a text the lexical search takes for words of the query."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from rag.index.search.analysis import DEFAULT_LANGUAGE, stems

_WORD = re.compile(r"\w+")


def spans(query: str, text: str, languages: Iterable[str] = ()) -> list[tuple[int, int]]:
    """(start, end) of each such word in `text`, in order: those with the stem of a word of the query.

    `languages` are ISO 639-1 codes; English is always among them. A word that is too common to be looked
    for in one of them ("the", "der") is none.
    """
    spoken = sorted({DEFAULT_LANGUAGE, *languages})
    wanted = {language: frozenset(stems(query, language)) for language in spoken}

    def is_wanted(word: str) -> bool:
        found = {language: _stems_of(word, language) for language in spoken}
        return all(found.values()) and any(
            not wanted[language].isdisjoint(said) for language, said in found.items()
        )

    return [found.span() for found in _WORD.finditer(text) if is_wanted(found[0])]


@functools.lru_cache(maxsize=20_000)
def _stems_of(word: str, language: str) -> tuple[str, ...]:
    return tuple(stems(word, language))
