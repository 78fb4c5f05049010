"""Misspelt words of a question, replaced before it is searched for.

A word is misspelt if neither a document that the asker may read nor a dictionary of the question's language
has it, and a word that one of them has is one letter away. The documents' words come first, and frequent
ones before others.
"""

from __future__ import annotations

import functools
import re
import string
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from rag.index.search.analysis import plain_words
from rag.language.identification import guess_question_language

if TYPE_CHECKING:
    from spellchecker import SpellChecker

_WORD = re.compile(r"(?<![\w'’-])[^\W\d_]+(?![\w'’-])")
_SHORTEST = 5
"""Letters of a word from which on any letter may be wrong. A shorter one may have two letters swapped, as
"teh": with so few letters every other change makes some word."""
_SHORTEST_SWAPPED = 3
_MOST_WORDS = 8
"""Words of a question that are looked up: each costs a few hundred counts of the index's words."""
_DICTIONARIES = {"en", "de", "fr", "es"}
"""Of those that pyspellchecker has, the languages that a question is told to be in."""
_SPELLINGS = (
    (r"(?:e?s|'s)$", ""),
    ("is(?=e|i|a)", "iz"),
    ("our", "or"),
    ("tre$", "ter"),
    ("ll(?=ed|ing|er)", "l"),
)
"""A dictionary has one form of a word and one country's spelling of it; these make others of it."""


class KnownWords(Protocol):
    """The words of the documents that an asker may read."""

    def has_form(self, word: str) -> bool:
        """Whether a document has the word or another form of it."""
        ...

    def count(self, word: str) -> int:
        """How many chunks have exactly this word."""
        ...


def correct_spelling(question: str, documents: KnownWords) -> str:
    """The question with its misspelt words replaced; the question itself where there are none.

    Names are left alone, as far as capital letters show them: Hansen and Hanson are two people. So are words
    in a script other than the Latin one.
    """
    language = guess_question_language(question) or "en"
    left = _MOST_WORDS

    def corrected(match: re.Match[str]) -> str:
        nonlocal left
        word = match[0]
        terms = plain_words(word)
        if (
            len(word) < _SHORTEST_SWAPPED
            or (match.start() > 0 and word[0].isupper())
            or (language == "en" and not word.isascii())
            or len(terms) != 1
            or not terms[0].isascii()
        ):
            return word
        if left == 0 or documents.has_form(terms[0]):
            return word
        dictionary = _dictionary(language) if language in _DICTIONARIES else None
        if dictionary is not None and _is_word(word.lower(), dictionary):
            return word
        left -= 1
        best = _closest(terms[0], documents, dictionary)
        return word if best is None else _in_case_of(word, best)

    return _WORD.sub(corrected, question)


def _closest(word: str, documents: KnownWords, dictionary: SpellChecker | None) -> str | None:
    near = list(dict.fromkeys(_one_letter_off(word)))
    if of_documents := {other: count for other in near if (count := documents.count(other))}:
        return max(of_documents, key=of_documents.__getitem__)
    if dictionary is None or len(word) < _SHORTEST or not (known := dictionary.known(near)):
        return None
    return max(known, key=lambda other: (dictionary[other], -near.index(other)))


def _is_word(word: str, dictionary: SpellChecker) -> bool:
    forms = (word, *(re.sub(pattern, other, word) for pattern, other in _SPELLINGS))
    return bool(dictionary.known(forms))


def _one_letter_off(word: str) -> Iterator[str]:
    """Words that differ by two neighbouring letters that are swapped; of longer words also by one letter."""
    splits = [(word[:n], word[n:]) for n in range(len(word) + 1)]
    yield from (a + b[1] + b[0] + b[2:] for a, b in splits if len(b) > 1 and b[0] != b[1])
    if len(word) < _SHORTEST:
        return
    letters = string.ascii_lowercase
    yield from (a + letter + b for a, b in splits for letter in letters)
    yield from (a + letter + b[1:] for a, b in splits if b for letter in letters if letter != b[0])
    yield from (a + b[1:] for a, b in splits if b)


@functools.cache
def _dictionary(language: str) -> SpellChecker:
    from spellchecker import SpellChecker

    return SpellChecker(language=language, distance=1)


def _in_case_of(word: str, other: str) -> str:
    return other.upper() if word.isupper() else other.capitalize() if word[0].isupper() else other
