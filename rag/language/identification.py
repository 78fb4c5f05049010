"""Which language a sentence is in, as far as its script and its commonest words show."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache

_COMMON_WORDS = {
    "en": "the of and to is that for it with was are this be from or have not you if they at by can",
    "de": "der die und das den von zu mit ist des sich auf für nicht ein eine dem im auch werden wird dürfen",
    "fr": "le les et des est une du que pour dans qui sur au avec sont pas vous ce cette aux doit il elle",
    "es": "el los las y del se por con una para es como más al lo sus este debe puede hay está son",
}
_QUESTION_WORDS = {
    "en": "how what who whom whose which when where why do does did i my we our your am are can could may"
    " should",
    "de": "wie was wer wem wen wann wo warum welche welcher welches ich mein meine wir unser ihr muss darf"
    " kann können sind gibt viele lange oft bei",
    "fr": "combien quel quelle quels quelles comment où quand pourquoi je mon ma mes nous notre peut dois"
    " puis faut",
    "es": "cuánto cuánta cuántos cuántas cuantos cuantas cuál qué cómo dónde cuándo quién mi mis nosotros"
    " tengo puedo",
}


def _of_one_language(lists: dict[str, str]) -> dict[str, str]:
    """The language of each word that only one of the lists has."""
    counts = Counter(word for words in lists.values() for word in set(words.split()))
    return {
        word: language
        for language, words in lists.items()
        for word in words.split()
        if counts[word] == 1
    }


_UNIQUE = _of_one_language(_COMMON_WORDS)
_UNIQUE_IN_QUESTIONS = _of_one_language(
    {language: f"{words} {_QUESTION_WORDS[language]}" for language, words in _COMMON_WORDS.items()}
)
_WORD = re.compile(r"[^\W\d_]+")
_SAMPLE = 4_000
_SCRIPTS = (
    "CJK",
    "HIRAGANA",
    "KATAKANA",
    "HANGUL",
    "CYRILLIC",
    "GREEK",
    "ARABIC",
    "HEBREW",
    "THAI",
)
_LEAST = 2
"""Words of one language that a text has, and no other so many of, to be taken for it."""


@lru_cache(maxsize=512)
def language_of(text: str) -> str:
    """ "en", "de", "fr" or "es", or the name of the script of a language that is not written in Latin; "" if
    it cannot be told."""
    sample = text[:_SAMPLE]
    letters = [character for character in sample if character.isalpha()]
    if script := _script(letters):
        return script
    counts = Counter(
        _UNIQUE[word] for word in map(str.lower, _WORD.findall(sample)) if word in _UNIQUE
    )
    ranked = counts.most_common(2)
    if not ranked or ranked[0][1] < _LEAST:
        return ""
    return "" if len(ranked) > 1 and ranked[0][1] <= 1.5 * ranked[1][1] else ranked[0][0]


@lru_cache(maxsize=512)
def guess_question_language(text: str) -> str:
    """The same of a question, for which one word that only one of the languages has is enough."""
    if script := _script([character for character in text if character.isalpha()]):
        return script
    words = map(str.lower, _WORD.findall(text))
    counts = Counter(_UNIQUE_IN_QUESTIONS[word] for word in words if word in _UNIQUE_IN_QUESTIONS)
    ranked = counts.most_common(2)
    if not ranked or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
        return ""
    return ranked[0][0]


def _script(letters: list[str]) -> str:
    """The script of most letters, if that is not the Latin one. Japanese is told from Chinese by its kana."""
    names = Counter(
        next((script for script in _SCRIPTS if unicodedata.name(letter, "").startswith(script)), "")
        for letter in letters
        if letter > "\u036f"
    )
    if not letters or sum(names.values()) - names[""] < 0.5 * len(letters):
        return ""
    kana = names["HIRAGANA"] + names["KATAKANA"]
    if kana:
        return "japanese"
    return names.most_common(1)[0][0].lower()
