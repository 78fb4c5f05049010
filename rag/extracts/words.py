"""The words of questions and units, and which of them are forms of the same word."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType

from rag.index.search.analysis import stems
from rag.language.unspaced import cut_overlapping_pairs

_WORD = re.compile(r"\w+")
_HOW = re.compile(
    r"\b(?:how (?:long|much|many|often|high|far|old|big|large|fast|late|early|soon|heavy|wide|deep)"
    r"|wie (?:lange?|viele?|oft|hoch|weit|alt|groß|schnell|schwer|breit))\b",
    re.IGNORECASE,
)
"""Words of a question that say what kind of answer it wants, and nothing of what the answer is about."""
_THOUSANDS = re.compile(r"(?<=\d)[,.'’\u202f\u00a0](?=\d{3}(?!\d))")
_WIDE = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
"""Scripts that put no space between words: Thai, Japanese, Chinese. Pairs of characters stand for words."""
# What a question is made of in English, German, French, Spanish, Italian, Portuguese and Dutch, as far as
# the stemmer's lists of stop words leave it in.
_COMMON_WORDS = """
a about all also am an and any are as at be been before being between both but by can could did
do does doing done each for from get gets getting go goes got had has have having he her here
hers him his how i if in into is it its just let like many may me might mine much must my no not
of off on one only or other our ours out over own please s same shall she should so some such t
than that the their them then there these they this those to too under until up upon us very was
we were what when where which while who whom whose why will with would you your yours im ins ist
sind war waren wird werden wurde wurden wie viel viele wer wem wen wessen wann wo woher wohin
warum wieso weshalb welche welcher welches welchen welchem der die das den dem des ein eine
einen einem einer eines und oder aber nicht kein keine ich du er sie es wir ihr mein meine dein
unser euer sein ihre man hat haben habe kann konnen darf muss mussen soll fur mit von vom zu zum
zur bei nach aus auf um uber unter le la les l un une de d et ou mais que qui quoi quand comment
combien pourquoi quel quelle quels quelles est sont etait ete sera il elle nous vous ils elles
je tu ce cet cette ces mon ma mes son sa ses leur leurs pour par sur dans avec sans au aux en y
el los las una unos unas o pero quien quienes cual cuales cuando donde como cuanto cuanta
cuantos cuantas por para con sin fue era ser esta estan hay se su sus mi mis lo del al che chi
cosa quando dove come perche quanto quanta quanti quante gli e sono della nel nella per da di
uma os dos na em com qual quais het een van voor met wat waar wanneer hoe waarom zijn
"""
_COMMON = frozenset(_COMMON_WORDS.split())
_KIN = 4
"""Letters that two forms of a word begin with, at least."""
_PART = 5
"""Letters of a word that is part of a compound, at least: "urlaub" in "jahresurlaub"."""
_REMEMBERED = 8_192
"""Texts whose words are kept: one question compares some 400 texts, each three or four times."""
KIN_WEIGHT = 0.8
"""What a form of a word counts that only begins like it, beside 1 for the same stem."""


def fold(text: str) -> str:
    """The text in lower case and without accents."""
    lowered = text.casefold()
    if lowered.isascii():
        return lowered
    decomposed = unicodedata.normalize("NFKD", lowered)
    return "".join(character for character in decomposed if not unicodedata.combining(character))


@functools.lru_cache(maxsize=_REMEMBERED)
def find_surface_words(text: str) -> Mapping[str, str]:
    """The words that carry the meaning of a text as they stand, in lower case, by their stems."""
    surfaces: dict[str, str] = {}
    for match in _WORD.finditer(_THOUSANDS.sub("", text.casefold())):
        word = match[0]
        if not _WIDE.search(word) and not word[0].isdigit():
            for stem in _content_words(fold(word)):
                surfaces.setdefault(stem, word)
    return MappingProxyType(surfaces)


def question_words(question: str) -> tuple[str, ...]:
    """The content words of what a question is about: "trial period" of "How long is the trial period?"."""
    return find_content_words(_HOW.sub(" ", question)) or find_content_words(question)


@functools.lru_cache(maxsize=_REMEMBERED)
def find_content_words(text: str) -> tuple[str, ...]:
    """The stems of the words that carry the meaning of a text, in order; numbers without thousands' marks."""
    return tuple(_content_words(_THOUSANDS.sub("", fold(text))))


def _content_words(text: str) -> Iterator[str]:
    for match in _WORD.finditer(text):
        word = match[0]
        if _WIDE.search(word):
            yield from _wide_words(word)
        elif word not in _COMMON and (stem := _stem(word)):
            yield stem


def _wide_words(text: str) -> Iterator[str]:
    last = 0
    for match in _WIDE.finditer(text):
        if before := text[last : match.start()]:
            yield before
        yield from cut_overlapping_pairs(match[0])
        last = match.end()
    if rest := text[last:]:
        yield rest


@functools.lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    if word.isdigit():
        return word.lstrip("0") or "0"
    if len(word) == 1:
        return word
    word_stems = stems(word, "en")
    return word_stems[0] if word_stems else ""


def is_kin(word: str, other: str) -> bool:
    """Whether two stems are those of forms of one word: "approve" and "approval", "urlaub" in a compound."""
    if word[0].isdigit() or other[0].isdigit():
        return False
    shorter, longer = sorted((word, other), key=len)
    if (
        len(shorter) >= _PART
        and len(longer) > len(shorter) + 2
        and (longer.endswith(shorter) or longer.startswith(shorter))
    ):
        return True
    common = 0
    for one, two in zip(shorter, longer, strict=False):
        if one != two:
            break
        common += 1
    return common >= max(_KIN, len(longer) - 4, len(shorter) - 2)


def match_weights(
    query_words: Collection[str], vocabulary: Collection[str]
) -> dict[str, dict[str, float]]:
    """For each wanted word the words of the vocabulary that are forms of it, with what they count."""
    by_start: dict[str, list[str]] = {}
    for word in vocabulary:
        by_start.setdefault(word[:_KIN], []).append(word)
    weights: dict[str, dict[str, float]] = {}
    for word in query_words:
        forms = {word: 1.0} if word in vocabulary else {}
        if not word[0].isdigit() and len(word) >= _KIN:
            for other in by_start.get(word[:_KIN], ()):
                if other != word and is_kin(word, other):
                    forms[other] = KIN_WEIGHT
            if len(word) >= _PART:
                for other in vocabulary:
                    if len(other) > len(word) + 2 and other.endswith(word):
                        forms.setdefault(other, KIN_WEIGHT)
        weights[word] = forms
    return weights
