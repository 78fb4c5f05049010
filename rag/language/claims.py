"""What a sentence claims, as far as its words show: content words, numbers with their units, names, denials.

The words that this needs to know are English, German and French with some Spanish; in other languages
numbers, names and shared words still count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from rag.language.logic_words import (
    ALLOWED,
    APPROXIMATELY,
    CURRENCIES,
    FORBIDDEN,
    FUNCTION_WORDS,
    MONTH_NAMES,
    NO_MORE,
    OPENERS,
    OPPOSITES,
    RANGE_JOINTS,
    RANGE_STARTS,
    STRICT_UNITS,
    UNIT_SIGNS,
    UNITS,
    WITHOUT,
)
from rag.language.numerals import YEAR, amount, kind, number, read_unit, rounds_to
from rag.language.quantities import (
    find_bound_at,
    find_end_at,
    is_bound,
    is_pronoun,
    is_unit,
    read_unit_at,
)
from rag.language.tokens import Word, denied_clauses, denies, is_denial, periods, words_of

_DIGIT = re.compile(r"\d")
_LONGEST_REMEMBERED = 600
"""Characters of a sentence that is remembered: so that long ones never take more than 60 MB."""
_POINTED = re.compile(r"[1-9]\d{0,2}\.\d{3}")


@dataclass(frozen=True, slots=True)
class Token:
    """A content word or number of a sentence.

    `stem` is the word's rough stem, or the number in one way of writing ("1,000" is "1000", "five" is "5").
    `denied`: a negation stands before it. Of a number: its `unit`; `bound`, 1 for "at least" and the lower
    end of a range, -1 for "at most" and the upper end, 0 for neither; `end`, 1 for what stands first in "from
    8 to 10" and 2 for what stands second, else 0; whether it is a round one, "about 1,200".
    """

    stem: str
    place: int
    clause: int
    is_number: bool = False
    is_name: bool = False
    denied: bool = False
    unit: str = ""
    bound: int = 0
    end: int = 0
    is_round: bool = False

    @property
    def kind(self) -> str:
        """What it is a number of: lengths, times of day, years."""
        if ":" in self.stem:
            return "time"
        is_year = bool(YEAR.fullmatch(self.stem)) and (not self.unit or self.unit in MONTH_NAMES)
        return "year" if is_year else kind(self.unit)

    @property
    def amount(self) -> tuple[str, str]:
        """The number in the smallest unit of its kind, and that unit."""
        return amount(self.stem, self.unit)


@dataclass(frozen=True, eq=False)
class Claim:
    """The content of a sentence.

    `order` are all its words, of which a token's `place` counts.
    `words` are the stems of its content words; `periods`: how often something recurs in it
    ("once a month": month).
    `opener` is its first word if that may be a name, or "";
    `opposites` those of its words that have an opposite; `negated` whether anything in it is denied, and
    `denied_clauses` the numbers of the clauses in which.
    """

    order: tuple[Word, ...]
    tokens: tuple[Token, ...]
    words: frozenset[str]
    opener: str
    opposites: frozenset[str]
    negated: bool
    denied_clauses: frozenset[int] = frozenset()
    periods: frozenset[str] = frozenset()

    @classmethod
    def of(cls, text: str) -> Claim:
        """Read a sentence. The latest ones are remembered: the same passages are read for many questions."""
        return read_remembered(text) if len(text) <= _LONGEST_REMEMBERED else _read(text)

    @cached_property
    def names(self) -> frozenset[str]:
        """Stems of the words that have a capital or a digit inside the sentence."""
        return frozenset(token.stem for token in self.tokens if token.is_name)

    @cached_property
    def numbers(self) -> tuple[Token, ...]:
        """The numbers, in order."""
        return tuple(token for token in self.tokens if token.is_number)

    def named_by(self, number: Token) -> str:
        """The stem of the word right before a bare number, whose name it may be part of: "Room 4", or ""."""
        if number.unit:
            return ""
        return next((token.stem for token in self.tokens if token.place == number.place - 1), "")

    @cached_property
    def units(self) -> frozenset[str]:
        """Stems of the words that are units of its numbers."""
        behind = {number.place + 1 for number in self.numbers}
        return frozenset(
            token.stem
            for token in self.tokens
            if token.place in behind and read_unit(self.order[token.place].low)
        )

    @cached_property
    def designations(self) -> frozenset[tuple[str, str]]:
        """Its bare numbers with the words right before them."""
        return frozenset((self.named_by(number), number.stem) for number in self.numbers) - {
            ("", number.stem) for number in self.numbers
        }

    @cached_property
    def stems(self) -> frozenset[str]:
        """Words and numbers."""
        return frozenset(token.stem for token in self.tokens)

    @cached_property
    def affirmed(self) -> frozenset[str]:
        """Stems of the words that nothing denies."""
        return frozenset(
            token.stem for token in self.tokens if not token.is_number and not token.denied
        )

    @cached_property
    def denied(self) -> frozenset[str]:
        """Stems of the words that a negation stands before."""
        return frozenset(
            token.stem for token in self.tokens if not token.is_number and token.denied
        )

    def clauses(self) -> Iterator[frozenset[str]]:
        """The words of each clause; one of fewer than two words belongs to the one before."""
        groups: list[set[str]] = []
        clause_number = None
        for token in self.tokens:
            if token.clause != clause_number:
                clause_number = token.clause
                if not groups or len(groups[-1]) > 1:
                    groups.append(set())
            groups[-1].add(token.stem)
        if len(groups) > 1 and len(groups[-1]) < 2:
            last = groups.pop()
            groups[-1] |= last
        yield from map(frozenset, groups)


def _read(text: str) -> Claim:
    raw = words_of(text)
    tokens = tuple(_tokens(raw))
    words = frozenset(token.stem for token in tokens if not token.is_number)
    first = raw[0].text if raw else ""
    opener = _stem(first.lower()) if first and _may_be_a_name(text, first) else ""
    return Claim(
        order=raw,
        tokens=tokens,
        words=words,
        opener=opener if opener in words else "",
        # "From 1 to 15 April" is until then as well.
        opposites=frozenset(_stem(word.low) for word in raw)
        & _OPPOSITES.keys() - (_ENDS if any(token.end for token in tokens) else frozenset()),
        negated=any(is_denial(raw, index) for index in range(len(raw))),
        denied_clauses=frozenset(denied_clauses(raw)),
        periods=frozenset(periods(raw)),
    )


read_remembered = lru_cache(maxsize=2048)(_read)
"""The claim of a sentence; 2048 of usual length take 16 MB, and none is longer than `_LONGEST_REMEMBERED`."""


def find_opposite(word: str) -> frozenset[str]:
    """Stems of the words that mean the contrary of the one with this stem."""
    return _OPPOSITES.get(word, frozenset())


def _tokens(raw: Sequence[Word]) -> Iterator[Token]:
    denying_until = -1
    clause = -1
    for index, word in enumerate(raw):
        low = word.low
        if word.clause != clause:
            clause, denying_until = word.clause, -1
        if low in FORBIDDEN:
            yield Token("allow", index, clause, denied=True)
        elif low in ALLOWED:
            yield Token("allow", index, clause, denied=index <= denying_until)
            denying_until = -1
        elif is_denial(raw, index):
            # "Nothing without a number" does not deny the number.
            doubled = low in WITHOUT and any(
                denies(other.low) for other in raw[:index] if other.clause == clause
            )
            denying_until = -1 if doubled else index + 4
        elif is_pronoun(raw, index):
            continue
        elif value := number(low):
            end, end_bound = find_end_at(raw, index)
            yield Token(
                value, index, clause, is_number=True, unit=read_unit_at(raw, index),
                bound=find_bound_at(raw, index) or end_bound, end=end,
                is_round=any(before.low in APPROXIMATELY for before in raw[max(0, index - 2) : index]),
            )  # fmt: skip
        elif unit := _unit_word(raw, index):
            yield Token(unit, index, clause, denied=index <= denying_until)
        elif (
            (low in FUNCTION_WORDS and not _is_letter(raw, index))
            or is_bound(raw, index)
            or denies(low)
            or (
                low in APPROXIMATELY
                and any(number(after.low) for after in raw[index + 1 : index + 3])
            )
            or (index <= denying_until and low in NO_MORE)
        ):
            continue
        else:
            yield Token(
                _stem(low), index, clause,
                is_name=bool(_DIGIT.search(low))
                or (bool(index) and word.is_capital and not is_unit(raw, index)),
                denied=index <= denying_until,
            )  # fmt: skip
            denying_until = -1


def _unit_word(raw: Sequence[Word], index: int) -> str:
    """The unit that the word is, in one way of writing: "%" and "percent" are one word; "" if it is none."""
    low = raw[index].low
    unit = UNITS.get(low, "")
    return unit if unit in CURRENCIES or low in UNIT_SIGNS or is_unit(raw, index) else ""


def _is_letter(raw: Sequence[Word], index: int) -> bool:
    """ "House A" is called by a letter."""
    word = raw[index]
    is_letter = len(word.low) == 1 and word.text.isupper() and word.low != "i"
    return bool(index) and is_letter and raw[index - 1].low not in UNIT_SIGNS


def _may_be_a_name(text: str, first: str) -> bool:
    low = first.lower()
    after = text.partition(first)[2]
    return (
        first[0].isupper()
        and low not in OPENERS
        and not low.endswith(("ly", "ed"))
        and after[:1] != ","
    )


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


_OPPOSITES: dict[str, frozenset[str]] = {}
for _word, _others in OPPOSITES.items():
    # "stop" and "stops" are one here, and have the opposites of both.
    _OPPOSITES[_stem(_word)] = _OPPOSITES.get(_stem(_word), frozenset()) | set(map(_stem, _others))


_ENDS = frozenset(map(_stem, RANGE_STARTS | RANGE_JOINTS))


def count_overlap(words: Iterable[str], others: frozenset[str]) -> int:
    """How many of `words` have a kin among `others`: the same stem, or the same long beginning."""
    return sum(
        word in others or any(same_word_form(word, other) for other in others) for word in words
    )


_KIN = 5
"""Characters that kindred words share at their beginning; one fewer before one of these endings."""
_ENDINGS = frozenset({"ing", "ed", "ly"})
_SHORT = 3
_SHORT_ENDINGS = frozenset({"ed", "ing"})
"""Endings of a verb of three characters: "add", "added"."""
_PREFIX = 3
"""Characters, at least, of a word in front of another in a compound, which none of these is."""
_NEGATING = frozenset({"non", "dis", "mis", "nicht", "anti"})


@lru_cache(maxsize=100_000)
def same_word_form(a: str, b: str) -> bool:
    """Forms of one word, "install" and "installed", or a compound, "Resturlaub" and "Urlaub"."""
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    if len(shorter) < _KIN - 1:
        return len(shorter) == _SHORT and longer.removeprefix(shorter) in _SHORT_ENDINGS
    begin_alike = longer.startswith(shorter[:_KIN])
    if not begin_alike and not longer.endswith(shorter):
        return False
    if _DIGIT.search(longer) or _DIGIT.search(shorter):
        return False
    if len(shorter) < _KIN:
        return longer.removeprefix(shorter) in _ENDINGS
    if not begin_alike:
        prefix = longer.removesuffix(shorter).rstrip("-")
        return len(prefix) >= _PREFIX and prefix.isalpha() and prefix not in _NEGATING
    common = next(
        (i for i, (x, y) in enumerate(zip(longer, shorter, strict=False)) if x != y), len(shorter)
    )
    return common >= max(_KIN, len(longer) - 4, len(shorter) - 2)


def is_same_amount(number: Token, other: Token) -> bool:
    """The same number with the same unit; as much in another unit; or what it was rounded from."""
    if number.stem == other.stem and units_agree(number.unit, other.unit):
        return True
    if number.unit and number.amount == other.amount:
        return True
    if _is_grouped(number.stem, other.stem) and units_agree(number.unit, other.unit):
        return True
    return number.is_round and number.unit == other.unit and rounds_to(other.stem, number.stem)


def _is_grouped(number: str, other: str) -> bool:
    """Whether one is the other with a point between its thousands: "12.500 Einwohner"."""
    return any(
        _POINTED.fullmatch(one) and one.replace(".", "") == another
        for one, another in ((number, other), (other, number))
    )


def units_agree(unit: str, other: str) -> bool:
    """The same; or one of them is left out, as a person may who speaks of an amount."""
    return unit == other or (not (unit and other) and not {unit, other} & STRICT_UNITS)
