"""Words that are written as one, such as "Kündigungsfrist", found by their parts, and the other way round.

No dictionary says what a compound is made of: the words of the index itself do. Where it knows both parts the
split is sure; where it knows only the last one, which names the thing, it is likely.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

LINKS = {
    "da": ("", "s", "e", "er"),
    "de": ("", "s", "es", "n", "en", "ens", "er", "e"),
    "fi": ("", "n"),
    "hu": ("",),
    "nl": ("", "s", "e", "en", "er"),
    "no": ("", "s", "e"),
    "sv": ("", "s", "e", "a", "u", "o"),
}
"""What joins the parts of a compound, in the languages that write compounds as one word."""
SURE, LIKELY = 0.6, 0.35
"""How much a compound counts for its part, and a part for its compound, beside the word itself: what ranks
documents with the word itself above all others, and those with a part of it above unrelated ones."""
SHORTEST_COMPOUND = 8
_SHORTEST_HEAD, _SHORTEST_TAIL, _SHORTEST_LIKELY = 3, 4, 6
_MOST_PARTS = 4
_PREFIXES = frozenset(
    word
    for words in (
        "ab an auf aus be bei durch ein emp ent er ge gegen her hin hinter los miss mit nach neben ober um",
        "un unter ur ver vor weg wider wieder zer zu zuruck zusammen zwischen uber",
        "aan af bij door in ont op over tegen toe uit van voor",
        "av for fore fram fran ned om pa till upp ud til",
        "el fel ki le meg",
    )
    for word in words.split()
)
"""Prefixes of verbs and nouns: "Vertrag" is no kind of "Trag"."""
_PLURALS = ("nen", "en", "es", "er", "n", "e", "s")
_VOWEL = re.compile("[aeiouy]")


@dataclass(frozen=True, slots=True)
class IndexVocabulary:
    """The words of one language that one asker may know of.

    `is_known` takes a stem, `stem` makes one of a word ("" of a common word). `ending` and `beginning` list
    terms: stems that end with a stem, and words that begin with some letters.
    """

    language: str
    stem: Callable[[str], str]
    is_known: Callable[[str], bool]
    ending: Callable[[str], Iterable[str]]
    beginning: Callable[[str], Iterable[str]]


def parts(word: str, vocabulary: IndexVocabulary) -> tuple[tuple[str, ...], float]:
    """The stems of the parts of a compound that the vocabulary knows, and how much each counts."""
    if len(word) < SHORTEST_COMPOUND:
        return (), 0.0
    if sure := _split(word, vocabulary, _MOST_PARTS):
        return sure, SURE
    for cut in range(_SHORTEST_HEAD, len(word) - _SHORTEST_LIKELY + 1):
        tail = vocabulary.stem(word[cut:])
        if tail and _may_be_head(word[:cut]) and vocabulary.is_known(tail):
            return (tail,), LIKELY
    return (), 0.0


def _split(word: str, vocabulary: IndexVocabulary, most: int) -> tuple[str, ...]:
    """The stems of known words that make up `word`; the longest last part that leaves known ones."""
    if most < 2:
        return ()
    for cut in range(_SHORTEST_HEAD, len(word) - _SHORTEST_TAIL + 1):
        tail = vocabulary.stem(word[cut:])
        if not tail or not vocabulary.is_known(tail):
            continue
        for head in _without_links(word[:cut], vocabulary.language):
            stem = vocabulary.stem(head)
            if stem and head not in _PREFIXES and vocabulary.is_known(stem):
                return stem, tail
            if more := _split(head, vocabulary, most - 1):
                return *more, tail
    return ()


def find_compounds(
    word: str, others: Collection[str], vocabulary: IndexVocabulary
) -> tuple[dict[str, float], dict[str, float]]:
    """Compounds that have `word` as a part: stems that end with it, and words that begin with it.

    Each with how much it counts. `others` are the stems of the query's words, which are taken for known.
    """
    stem = vocabulary.stem(word)

    def is_word(part: str) -> bool:
        known = vocabulary.stem(part)
        return bool(known) and (known in others or vocabulary.is_known(known))

    ending: dict[str, float] = {}
    if stem and len(word) >= _SHORTEST_TAIL:
        for term in vocabulary.ending(stem):
            start = term[: -len(stem)]
            heads = _without_links(start, vocabulary.language)
            if any(head not in _PREFIXES and is_word(head) for head in heads):
                ending[term] = SURE
            elif len(word) >= _SHORTEST_LIKELY and _may_be_head(start):
                ending[term] = LIKELY
    beginning: dict[str, float] = {}
    for base in _bases(word) if stem else ():
        for term in vocabulary.beginning(base):
            rest = term[len(base) :]
            tails = (
                rest[len(link) :] for link in LINKS[vocabulary.language] if rest.startswith(link)
            )
            if any(len(tail) >= _SHORTEST_TAIL and is_word(tail) for tail in tails):
                beginning[term] = SURE
    return ending, beginning


def is_part(part: str, compound: str) -> bool:
    """Whether a stem may be the last or the first part of another one, as far as their letters show."""
    head, rest = compound.removesuffix(part), compound.removeprefix(part)
    return (len(part) >= _SHORTEST_LIKELY - 1) and (
        (head != compound and _may_be_head(head))
        or (rest != compound and len(rest) >= _SHORTEST_TAIL and bool(_VOWEL.search(rest)))
    )


def _bases(word: str) -> set[str]:
    """The word, and what it may be the plural of."""
    short = {word.removesuffix(plural) for plural in _PLURALS if word.endswith(plural)}
    return {base for base in {word, *short} if len(base) > _SHORTEST_TAIL}


def _without_links(head: str, language: str) -> list[str]:
    """What may stand before the last part, without what joins it to that."""
    bases = (head[: len(head) - len(link)] for link in LINKS[language] if head.endswith(link))
    return [base for base in bases if len(base) >= _SHORTEST_HEAD]


def _may_be_head(head: str) -> bool:
    return len(head) >= _SHORTEST_HEAD and head not in _PREFIXES and bool(_VOWEL.search(head))
