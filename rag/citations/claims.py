"""What a sentence claims, as far as its words show: content words, numbers with their units, names, denials.

The words that this needs to know are English, German and French with some Spanish; in other languages
numbers, names and shared words still count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from rag.citations.claim_words import (
    ALLOWED,
    CONJUNCTIONS,
    FORBIDDEN,
    FUNCTION_WORDS,
    LOWER,
    NEGATIONS,
    NO_MORE,
    NUMBER_WORDS,
    OPENERS,
    OPPOSITES,
    PER,
    PERIODS,
    UNIT_SIGNS,
    UNITS,
    UPPER,
    WITHOUT,
)

_WORD = re.compile(r"[€$£%°]|\w+(?:[.,:/'’-]\w+)*")
_DIGIT = re.compile(r"\d")
_CLAUSE_END = re.compile(r"[,;:.!?()|–—]")


@dataclass(frozen=True, slots=True)
class Token:
    """A content word or number of a sentence.

    `stem` is the word's rough stem, or the number in one way of writing ("1,000" is "1000", "five" is "5").
    `denied`: a negation stands before it. `unit` and `bound` (1 "at least", -1 "at most", 0 neither) are
    a number's.
    """

    stem: str
    place: int
    clause: int
    is_number: bool = False
    is_name: bool = False
    denied: bool = False
    unit: str = ""
    bound: int = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """The content of a sentence.

    `words` are the stems of its content words; `periods` those after which something comes back in it.
    `opener` is its first word if that may be a name, or "";
    `opposites` those of its words that have an opposite; `negated` whether anything in it is denied, and
    `denied_clauses` the numbers of the clauses in which.
    """

    tokens: tuple[Token, ...]
    words: frozenset[str]
    opener: str
    opposites: frozenset[str]
    negated: bool
    denied_clauses: frozenset[int] = frozenset()
    periods: frozenset[str] = frozenset()

    @classmethod
    def of(cls, text: str) -> Claim:
        """Read a sentence."""
        raw = list(_raw_tokens(text))
        tokens = tuple(_tokens(raw))
        words = frozenset(token.stem for token in tokens if not token.is_number)
        first = raw[0].text if raw else ""
        opener = _stem(first.lower()) if first and _may_be_a_name(text, first) else ""
        return cls(
            tokens=tokens,
            words=words,
            opener=opener if opener in words else "",
            opposites=frozenset(_stem(each.low) for each in raw) & _OPPOSITES.keys(),
            negated=any(_denies(each.low) for each in raw),
            denied_clauses=frozenset(_denied_clauses(raw)),
            periods=frozenset(_periods(raw)),
        )

    @property
    def names(self) -> frozenset[str]:
        """Stems of the words that have a capital or a digit inside the sentence."""
        return frozenset(token.stem for token in self.tokens if token.is_name)

    @property
    def numbers(self) -> tuple[Token, ...]:
        """The numbers, in order."""
        return tuple(token for token in self.tokens if token.is_number)

    @property
    def stems(self) -> frozenset[str]:
        """Words and numbers."""
        return frozenset(token.stem for token in self.tokens)

    def clauses(self) -> Iterator[frozenset[str]]:
        """The words of each clause; one of fewer than two words belongs to the one before."""
        found: list[set[str]] = []
        place = None
        for token in self.tokens:
            if token.clause != place:
                place = token.clause
                if not found or len(found[-1]) > 1:
                    found.append(set())
            found[-1].add(token.stem)
        if len(found) > 1 and len(found[-1]) < 2:
            last = found.pop()
            found[-1] |= last
        yield from map(frozenset, found)


def opposite_of(word: str) -> frozenset[str]:
    """Stems of the words that mean the contrary of the one with this stem."""
    return _OPPOSITES.get(word, frozenset())


@dataclass(frozen=True, slots=True)
class _Raw:
    text: str
    low: str
    clause: int
    is_capital: bool


def _raw_tokens(text: str) -> Iterator[_Raw]:
    """Words in order, with the number of the clause that each stands in."""
    text = text.replace("’", "'")
    clause, end = 0, 0
    for match in _WORD.finditer(text):
        word = match[0]
        for part in _elided(word):
            low = part.lower()
            between = text[end : match.start()]
            if _CLAUSE_END.search(between) or low in CONJUNCTIONS:
                clause += 1
            yield _Raw(part, low, clause, part[0].isupper())
            end = match.end()


def _elided(word: str) -> Iterator[str]:
    """ "l'eau" is "eau", "n'est" is "n'" and "est"; "don't" stays."""
    head, quote, tail = word.partition("'")
    if quote and len(head) <= 2 and tail and tail.lower() != "t":
        if head.lower() == "n":
            yield "ne"
        yield tail
    else:
        yield word


def _tokens(raw: list[_Raw]) -> Iterator[Token]:
    denying_until = -1
    clause = -1
    for place, each in enumerate(raw):
        low = each.low
        if each.clause != clause:
            clause, denying_until = each.clause, -1
        if low in FORBIDDEN:
            yield Token("allow", place, clause, denied=True)
        elif low in ALLOWED:
            yield Token("allow", place, clause, denied=place <= denying_until)
            denying_until = -1
        elif _denies(low):
            # "Nothing without a number" does not deny the number.
            doubled = low in WITHOUT and any(
                _denies(other.low) for other in raw[:place] if other.clause == clause
            )
            denying_until = -1 if doubled else place + 4
        elif number := _number(low):
            yield Token(
                number, place, clause, is_number=True,
                denied=False, unit=_unit(raw, place), bound=_bound(raw, place),
            )  # fmt: skip
        elif (
            low in FUNCTION_WORDS
            or low in UNIT_SIGNS
            or (place <= denying_until and low in NO_MORE)
        ):
            continue
        else:
            yield Token(
                _stem(low), place, clause,
                is_name=bool(_DIGIT.search(low)) or (bool(place) and each.is_capital),
                denied=place <= denying_until,
            )  # fmt: skip
            denying_until = -1


def _unit(raw: list[_Raw], place: int) -> str:
    """The unit of the number at `place`: what follows it, or a currency before it; "" if it has none."""
    after = raw[place + 1].low if place + 1 < len(raw) else ""
    before = raw[place - 1].low if place else ""
    after = after.partition("-")[0] if after.partition("-")[0] in UNITS else after
    return UNITS.get(after) or (UNITS[before] if before in {"€", "$", "£"} else "")


def _bound(raw: list[_Raw], place: int) -> int:
    """1 where the words before the number say "at least", -1 where they say "at most", else 0."""
    before = [each.low for each in raw[:place] if each.low not in UNIT_SIGNS]
    direction = 0
    behind = [each.low for each in raw[place + 1 : place + 4]]
    for conjunction, word in pairwise(behind):
        if conjunction in {"or", "oder", "and"} and word in LOWER | UPPER:
            return 1 if word in LOWER else -1  # "30 seconds or more"
    for word in reversed(before[-4:]):
        if _number(word):
            break
        if word in LOWER or word in UPPER:
            direction = 1 if word in LOWER else -1
            break
    if " ".join(before).endswith("up to"):
        direction = -1
    if direction and (any(map(_denies, before[-3:])) or {"not", "cannot"} & set(before)):
        direction = -direction
    return direction


def _periods(raw: list[_Raw]) -> Iterator[str]:
    for before, each in pairwise(raw):
        if before.low in PER and (unit := UNITS.get(each.low)) in PERIODS:
            yield str(unit)


def _denies(word: str) -> bool:
    return word in NEGATIONS or word.endswith("n't")


def _denied_clauses(raw: list[_Raw]) -> Iterator[int]:
    """Clauses with a denial that is none of a bound or a condition: "no more than 5", "without a key"."""
    for place, each in enumerate(raw):
        following = raw[place + 1].low if place + 1 < len(raw) else ""
        if each.low in WITHOUT:
            continue
        if _denies(each.low) and following not in LOWER | UPPER | {
            "only",
            "later",
            "earlier",
            "nur",
        }:
            yield each.clause


def _may_be_a_name(text: str, first: str) -> bool:
    low = first.lower()
    after = text.partition(first)[2]
    return (
        first[0].isupper()
        and low not in OPENERS
        and not low.endswith(("ly", "ed"))
        and after[:1] != ","
    )


_ORDINAL = re.compile(r"^(\d+)(?:st|nd|rd|th|er|e|ème)$")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")


def _number(token: str) -> str:
    """The number that a word is, in one way of writing, or ""."""
    if token in NUMBER_WORDS:
        return NUMBER_WORDS[token]
    tens, _, ones = token.partition("-")
    if tens in NUMBER_WORDS and ones in NUMBER_WORDS:
        return str(int(NUMBER_WORDS[tens]) + int(NUMBER_WORDS[ones]))
    if not _DIGIT.search(token) or not token[0].isdigit():
        return ""
    if ordinal := _ORDINAL.match(token):
        return ordinal[1]
    if "-" in token or any(character.isalpha() for character in token):
        return ""  # a code, or a number with its unit in one word: compared as a name
    return _THOUSANDS.sub("", token).replace(",", ".").strip(".:/'")


def _stem(word: str) -> str:
    """Enough stemming for "weeks" to meet "week": a rough cut, the same on both sides."""
    word = word.removesuffix("'s")
    if _DIGIT.search(word):
        return word.replace("-", "")  # one code in two ways of writing: "EC-2", "ec2"
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith("s") and not word.endswith("ss") and len(word) > 3:
        word = word.removesuffix("s")
    return word.removesuffix("e") if len(word) > 3 else word


_OPPOSITES = {_stem(word): frozenset(map(_stem, others)) for word, others in OPPOSITES.items()}


def shared(words: Iterable[str], others: frozenset[str]) -> int:
    """How many of `words` have a kin among `others`: the same stem, or the same long beginning."""
    return sum(word in others or any(akin(word, other) for other in others) for word in words)


_KIN = 5  # characters that kindred words share at their beginning


def akin(a: str, b: str) -> bool:
    """Forms of one word, "install" and "installed", or a compound, "Resturlaub" and "Urlaub"."""
    if len(a) < _KIN or len(b) < _KIN:
        return False
    if _DIGIT.search(a) or _DIGIT.search(b):
        return False
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    if longer.endswith(shorter):
        return True
    common = next(
        (i for i, (x, y) in enumerate(zip(longer, shorter, strict=False)) if x != y), len(shorter)
    )
    return common >= max(_KIN, len(longer) - 4, len(shorter) - 2)
