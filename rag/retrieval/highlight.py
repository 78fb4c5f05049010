"""Which words of a text the lexical search takes for words of the query."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from rag.index.search.analysis import DEFAULT_LANGUAGE, stems
from rag.index.search.compounds import LINKS, is_part
from rag.language import sentences
from rag.language.search_text import find_word_spans


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
            not query_stems[language].isdisjoint(forms)
            or (
                language in LINKS and any(is_part(part, forms[0]) for part in query_stems[language])
            )
            for language, forms in word_stems.items()
        )

    return _joined(
        (start, end) for start, end in find_word_spans(text) if is_wanted(text[start:end])
    )


def _joined(places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans, those that overlap as one: pairs of characters of a script without spaces do."""
    joined: list[tuple[int, int]] = []
    for start, end in places:
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


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
