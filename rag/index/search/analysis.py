"""The words of a text, as the lexical half of the index takes them: as they stand, and stemmed."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import Any

from rag.index.search.compounds import LINKS, is_part
from rag.language.search_text import prepare_for_search

STEMMERS = {
    "ar": "arabic", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish",
    "fi": "finnish", "fr": "french", "hu": "hungarian", "it": "italian", "nl": "dutch", "no": "norwegian",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sv": "swedish", "ta": "tamil", "tr": "turkish",
}  # fmt: skip
"""Languages with a stemmer, by ISO 639-1 code; the words of any other are stemmed as English."""
_WITHOUT_STOP_WORDS = frozenset({"ar", "el", "ro", "ta", "tr"})
"""Languages of which tantivy has no list of common words."""
DEFAULT_LANGUAGE = "en"
_LONGEST_WORD = 64
_ACCENTED = re.compile(r"\w*[\u00c0-\u024f\u1e00-\u1eff]\w*")


def language_of(code: str) -> str:
    """The stemmer's language for a document's language code."""
    return code if code in STEMMERS else DEFAULT_LANGUAGE


@functools.cache
def build_analyzer(language: str | None) -> Any:
    """What makes terms of a `searchable` text: its stems in a language of `STEMMERS`; None: its words."""
    import tantivy

    builder = (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(_LONGEST_WORD))
        .filter(tantivy.Filter.lowercase())
    )
    if language is None:
        return builder.filter(tantivy.Filter.ascii_fold()).build()
    if language not in _WITHOUT_STOP_WORDS:
        builder = builder.filter(tantivy.Filter.stopword(STEMMERS[language]))
    return (
        builder.filter(tantivy.Filter.stemmer(STEMMERS[language]))
        .filter(tantivy.Filter.ascii_fold())
        .build()
    )


def stems(text: str, language: str) -> list[str]:
    """The words of a text as they are searched in documents of this language; common ones are left out."""
    stems: list[str] = build_analyzer(language_of(language)).analyze(prepare_for_search(text))
    return stems


def shared_words(query: str, text: str, languages: Iterable[str]) -> tuple[str, ...]:
    """The words of the query that stand in the text, as they are or by their stem; no common ones.

    Of languages that write compounds as one word, also those that are a part of a word of the text.
    """
    there = set(plain_words(text))
    stemmed = {language: set(stems(text, language)) for language in languages}

    def is_there(word: str, language: str) -> bool:
        roots, others = stems(word, language), stemmed[language]
        if not roots:
            return False
        return (
            word in there
            or not others.isdisjoint(roots)
            or (language in LINKS and any(is_part(roots[0], other) for other in others))
        )

    words = dict.fromkeys(plain_words(query))
    return tuple(word for word in words if any(is_there(word, language) for language in stemmed))


def plain_words(text: str) -> list[str]:
    """The words of a text as the field `exact` holds them: lower case, without accents."""
    words: list[str] = build_analyzer(None).analyze(prepare_for_search(text))
    return words


def find_accented_words(text: str) -> list[str]:
    """The words with a Latin letter that is not of ASCII, in lower case and as they are spelled."""
    if text.isascii():
        return []
    return [word.lower() for word in _ACCENTED.findall(prepare_for_search(text)) if word.isalpha()]
