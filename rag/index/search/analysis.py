"""The words of a text, as the lexical half of the index takes them: as they stand, and stemmed."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

STEMMERS = {
    "da": "danish", "de": "german", "en": "english", "es": "spanish", "fi": "finnish",
    "fr": "french", "hu": "hungarian", "it": "italian", "nl": "dutch", "no": "norwegian",
    "pt": "portuguese", "ru": "russian", "sv": "swedish",
}  # fmt: skip
"""Languages with a stemmer, by ISO 639-1 code; the words of any other are stemmed as English."""
DEFAULT_LANGUAGE = "en"
_LONGEST_WORD = 64


def language_of(code: str) -> str:
    """The stemmer's language for a document's language code."""
    return code if code in STEMMERS else DEFAULT_LANGUAGE


@functools.cache
def analyzer(language: str | None) -> Any:
    """What makes terms of a text: its stems in a language of `STEMMERS`; None: its words as they stand."""
    import tantivy

    builder = (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(_LONGEST_WORD))
        .filter(tantivy.Filter.lowercase())
    )
    if language is None:
        return builder.filter(tantivy.Filter.ascii_fold()).build()
    return (
        builder.filter(tantivy.Filter.stopword(STEMMERS[language]))
        .filter(tantivy.Filter.stemmer(STEMMERS[language]))
        .filter(tantivy.Filter.ascii_fold())
        .build()
    )


def stems(text: str, language: str) -> list[str]:
    """The words of a text as they are searched in documents of this language; common ones are left out."""
    stems: list[str] = analyzer(language_of(language)).analyze(text)
    return stems


def shared_words(query: str, text: str, languages: Iterable[str]) -> tuple[str, ...]:
    """The words of the query that stand in the text, as they are or by their stem; no common ones."""
    there = set(plain_words(text))
    stemmed = {language: set(stems(text, language)) for language in languages}
    return tuple(
        word
        for word in dict.fromkeys(plain_words(query))
        if any(
            (roots := stems(word, language)) and (word in there or not text_stems.isdisjoint(roots))
            for language, text_stems in stemmed.items()
        )
    )


def plain_words(text: str) -> list[str]:
    """The words of a text as the field `exact` holds them: lower case, without accents."""
    words: list[str] = analyzer(None).analyze(text)
    return words
