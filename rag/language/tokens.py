"""A sentence word by word: its clauses, its numbers put together, what denies in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rag.language.logic_words import (
    CONJUNCTIONS,
    FRACTIONS,
    LOWER,
    MINUS,
    NEGATIONS,
    NUMBER_WORDS,
    ONE,
    PER,
    PERIODS,
    QUANTIFIERS,
    RANGE_JOINTS,
    SCALES,
    UNITS,
    UPPER,
    WITHOUT,
)
from rag.language.numerals import YEAR, number, percent, read_scale_number, unify_numbers
from rag.language.unspaced import segment

_WORD = re.compile(
    r"°[CF](?!\w)|[€$£¥₹%°]|(?<![\w)\]])[-−]\d+(?:[.,]\d+)*(?![\w-])|\w+(?:[.,:/'’@&-]\w+)*"
)
_MEASURED = re.compile(
    rf"(?<![\w.,-])(\d+(?:[.,]\d+)?|{'|'.join(NUMBER_WORDS)})"
    rf"-(?=(?:{'|'.join(form for form in UNITS if len(form) > 2 and form.isalpha())})(?!\w))",
    re.IGNORECASE,
)
"""A number and its unit joined as one word: "16-week", "two-hour"."""
_CLAUSE_END = re.compile(r"[,;:.!?()|–—，；：。！？、（）]")
_DENIED = re.compile(
    r"\b(?:(?:it is|it's|it was|es ist|c'est|il est|es) )?"
    r"(?:not true|untrue|false|incorrect|not the case|nicht wahr|unwahr|falsch|pas vrai|faux|falso|mentira)"
    r",? (?:that|dass|daß|que)\b",
    re.IGNORECASE,
)
"""What denies the whole sentence behind it."""
BOUNDS = LOWER | UPPER
_PARTITIVES = frozenset({"of", "the", "der", "des", "aller", "von", "de", "del", "los", "las"})


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it stands, and in lower case; the clause it is in; and the sign before it, of ,;:.!?()|"""

    text: str
    low: str
    clause: int
    is_capital: bool
    sign: str = ""


def words_of(text: str) -> tuple[Word, ...]:
    """The words of a sentence, in order."""
    text = unify_numbers(segment(_DENIED.sub("not ", text)))
    if "-" in text:
        text = _MEASURED.sub(r"\1 ", text)
    return tuple(_read_numbers(list(_raw_tokens(text))))


def _raw_tokens(text: str) -> Iterator[Word]:
    """Words in order, with the number of the clause that each stands in."""
    text = text.replace("’", "'")
    clause, end = 0, 0
    for match in _WORD.finditer(text):
        word = match[0]
        for part in _elided(word):
            low = part.lower()
            start = match.start()
            is_apart = start > end + 1 or (start > end and text[end] != " ")
            sign = _CLAUSE_END.search(text, end, start) if is_apart else None
            if sign or low in CONJUNCTIONS:
                clause += 1
            yield Word(part, low, clause, part[0].isupper(), sign[0] if sign else "")
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


def _read_numbers(raw: Sequence[Word]) -> list[Word]:
    """Numbers put together: "4.2 million" is one word, "three quarters of" are 75 percent."""
    read: list[Word] = []
    for index, word in enumerate(raw):
        last = read[-1] if read else word
        following = raw[index + 1].low if index + 1 < len(raw) else ""
        if read and word.low in SCALES and (value := read_scale_number(number(last.low), word.low)):
            read[-1] = replace(last, low=value)
            # "4.2 to 5.1 million"
            if len(read) > 2 and read[-2].low in RANGE_JOINTS and not is_year(read, len(read) - 3):
                first = read_scale_number(number(read[-3].low), word.low)
                read[-3] = replace(read[-3], low=first or read[-3].low)
        elif (
            read
            and word.low in FRACTIONS
            and following in _PARTITIVES
            and (value := percent("1" if last.low in {"a", *ONE} else number(last.low), word.low))
        ):
            read[-1] = replace(last, low=value)
            read.append(replace(word, low="percent"))
        elif word.low in MINUS and number(following) and not following.startswith("-"):
            continue
        elif index and raw[index - 1].low in MINUS and number(word.low):
            read.append(replace(word, low=f"-{number(word.low)}"))
        elif word.low in ONE and following in UNITS:
            read.append(replace(word, low="1"))
        else:
            read.append(word)
    return read


def is_year(raw: Sequence[Word], index: int) -> bool:
    """Whether the word at `index` is a year by what stands before it: "in 2024"."""
    before = raw[index - 1].low if index else ""
    return bool(YEAR.fullmatch(raw[index].low)) and before in {"in", "im", "en", "since", "seit"}


def denies(word: str) -> bool:
    """Whether a word is a negation."""
    return word in NEGATIONS or word.endswith("n't")


def is_denial(raw: Sequence[Word], index: int) -> bool:
    """Whether a negation denies, and is not that of a bound or of one word.

    "No later than 5 days", "cannot be reduced to less than 15", "nicht genommener Urlaub".
    """
    word = raw[index]
    if not denies(word.low):
        return False
    clause = [other.low for other in raw[index + 1 : index + 8] if other.clause == word.clause]
    if not index and word.low == "nicht" and clause and clause[0] not in QUANTIFIERS:
        return False
    return not any(
        low in BOUNDS and any(map(number, clause[n + 1 : n + 4])) for n, low in enumerate(clause)
    )


def denied_clauses(raw: Sequence[Word]) -> Iterator[int]:
    """Clauses with a denial that is none of a bound or a condition: "no more than 5", "without a key"."""
    for index, word in enumerate(raw):
        following = raw[index + 1].low if index + 1 < len(raw) else ""
        if word.low in WITHOUT:
            continue
        if is_denial(raw, index) and following not in BOUNDS | {
            "only",
            "later",
            "earlier",
            "nur",
        }:
            yield word.clause


def periods(raw: Sequence[Word]) -> Iterator[str]:
    """The periods after which something comes back: "once a month"."""
    for before, word in pairwise(raw):
        if before.low in PER and (unit := UNITS.get(word.low)) in PERIODS:
            yield str(unit)
