"""Which words of a text the lexical search takes for words of the query."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from rag.index.search.analysis import DEFAULT_LANGUAGE, stems
from rag.language import sentences

_WORD = re.compile(r"\w+")


def spans(query: str, text: str, languages: Iterable[str] = ()) -> list[tuple[int, int]]:
    """(start, end) of each such word in `text`, in order: those with the stem of a word of the query.

    `languages` are ISO 639-1 codes; English is always among them. A word that is too common to be looked
    for in one of them ("the", "der") is none.
    """
    spoken = sorted({DEFAULT_LANGUAGE, *languages})
    query_stems = {language: frozenset(stems(query, language)) for language in spoken}

    def is_wanted(word: str) -> bool:
        word_stems = {language: _stems_of(word, language) for language in spoken}
        return all(word_stems.values()) and any(
            not query_stems[language].isdisjoint(stem) for language, stem in word_stems.items()
        )

    return [match.span() for match in _WORD.finditer(text) if is_wanted(match[0])]


def best_start(query: str, text: str, width: int) -> int:
    """Where an excerpt of `width` characters begins: at the sentence from which it has most of the query.

    0 where nothing further down has more of it than the beginning.
    """
    words = [(start, text[start:end].lower()) for start, end in spans(query, text)]

    def count_words(begin: int) -> int:
        return len({word for start, word in words if begin <= start < begin + width})

    begins = [
        begin
        for begin, end in sentences.spans(text)
        if any(begin <= start < end for start, _ in words)
    ]
    best = max(begins, key=count_words, default=0)  # the first of those with as many
    return best if len(text) > width and count_words(best) > count_words(0) else 0


@functools.lru_cache(maxsize=20_000)
def _stems_of(word: str, language: str) -> tuple[str, ...]:
    return tuple(stems(word, language))
