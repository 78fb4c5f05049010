"""The unit of a number, the bound it states ("at least"), and the end of a range that it is."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from rag.language.logic_words import (
    ARTICLES,
    CONDITIONS,
    CURRENCIES,
    LOWER,
    MONTH_NAMES,
    RANGE_JOINTS,
    RANGE_STARTS,
    UNIT_SIGNS,
    UNITS,
    UPPER,
)
from rag.language.numerals import YEAR, decimal, kind, number, read_unit
from rag.language.tokens import BOUNDS, Word, denies, is_year

_LISTING = RANGE_JOINTS | ARTICLES | frozenset({"or", "oder", "ou", "o", "/"})
_LONGEST_LIST = 8
"""Numbers of a list that has its unit at its end."""
_LETTERS = frozenset("DGHMST")
"""Capitals that are no units, though their small letters are: "900 S" is a model."""
_BEFORE = frozenset({"before", "vor", "avant", "antes"})


def read_unit_at(raw: Sequence[Word], index: int) -> str:
    """The unit of the number at `index`: what follows it, or a currency before it; "" if it has none.

    The first of two numbers may leave it to the second, "5 to 40 °C", and all of a list to the last one.
    """
    after = raw[index + 1].low if index + 1 < len(raw) else ""
    before = raw[index - 1].low if index else ""
    is_next = UNITS.get(after) in CURRENCIES and index + 2 < len(raw) and number(raw[index + 2].low)
    is_article = after == "an" and YEAR.fullmatch(raw[index].low)
    is_letter = index + 1 < len(raw) and raw[index + 1].text in _LETTERS
    if is_next or is_article or is_letter:  # "2023: £88", "in 2024 an office", "model 900 S"
        after = ""
    if YEAR.fullmatch(raw[index].low) and UNITS.get(before) in MONTH_NAMES:
        return UNITS[before]
    unit = read_unit(after) or (UNITS[before] if UNITS.get(before) in CURRENCIES else "")
    if unit or is_year(raw, index):
        return unit
    for following in raw[index + 1 : index + 2 * _LONGEST_LIST]:
        index += 1
        if number(following.low):
            if following.sign != "," and raw[index - 1].low not in _LISTING:
                return ""
            if last := read_unit(raw[index + 1].low if index + 1 < len(raw) else ""):
                return last
        elif following.low not in _LISTING:
            return ""
    return ""


def is_in_one_list(raw: Sequence[Word], index: int, other: int) -> bool:
    """Whether nothing but numbers stands between two numbers: "5, 10 and 15 kg", but not "from 5 to 10"."""
    first, last = sorted((index, other))
    between = [word.low for word in raw[first + 1 : last]]
    is_range = bool({"to", "bis", "à", "hasta"} & set(between))
    return not is_range and all(number(low) or low in _LISTING for low in between)


_BOUND_WITHIN = 60
"""Words before a number among which its bound is looked for: many numbers take no square of the time."""


def find_bound_at(raw: Sequence[Word], index: int) -> int:
    """1 where the words before the number say "at least", -1 where they say "at most", else 0."""
    # "Not refunded if cancelled less than 2 days before" denies nothing of the 2 days.
    first = max(0, index - _BOUND_WITHIN)
    start = max((n + 1 for n in range(first, index) if raw[n].low in CONDITIONS), default=first)
    before = [word.low for word in raw[start:index] if word.low not in UNIT_SIGNS]
    direction = 0
    behind = [word.low for word in raw[index + 1 : index + 4]]
    for conjunction, word in pairwise(behind):
        if conjunction in {"or", "oder", "and"} and word in BOUNDS:
            return 1 if word in LOWER else -1  # "30 seconds or more"
    for back, word in enumerate(reversed(before[-4:]), 1):
        if number(word):
            break
        if word in LOWER or word in UPPER:
            direction = 1 if word in LOWER else -1
            # "plus de 5" and "au plus 5", "menos de 5" and "al menos 5"
            is_most = back < len(before) and before[-back - 1] in {"au", "al", "lo"}
            if word == "plus" and not is_most and before[1 - back :][:1] != ["de"]:
                direction = 0
            if word in {"plus", "moins", "menos", "más"} and is_most:
                direction = -direction
            # Later before something is less time before it.
            if word in {"later", "earlier", "latest", "spätestens"} and _BEFORE & set(behind):
                direction = -direction
            break
    if " ".join(before).endswith("up to"):
        direction = -1
    if direction and (any(map(denies, before[-3:])) or {"not", "cannot"} & set(before)):
        direction = -direction
    return direction


def find_end_at(raw: Sequence[Word], index: int) -> tuple[int, int]:
    """Which end of "from A to B" the number at `index` is, and which bound it therefore is."""
    other = 0
    if index and raw[index - 1].low in RANGE_JOINTS | UNIT_SIGNS:
        joint = index - 1 if raw[index - 1].low in RANGE_JOINTS else index - 2
        other = next((n for n in (joint - 1, joint - 2) if n >= 0 and number(raw[n].low)), -1)
        if (
            other >= 0
            and raw[joint].low in RANGE_JOINTS
            and _opens(raw, other, joint)
            and _share_unit(raw, other, index)
        ):
            return 2, -_rising(raw, other, index)
    for joint in (index + 1, index + 2):
        if joint < len(raw) and raw[joint].low in RANGE_JOINTS:
            other = next(
                (n for n in (joint + 1, joint + 2) if n < len(raw) and number(raw[n].low)), -1
            )
            if other >= 0 and _opens(raw, index, joint) and _share_unit(raw, index, other):
                return 1, _rising(raw, index, other)
    return 0, 0


def _opens(raw: Sequence[Word], first: int, joint: int) -> bool:
    """Whether a range begins there: "3 and 4" is none, "between 3 and 4" and "3 to 4" are."""
    if raw[joint].low in {"to", "bis", "till", "until", "à", "hasta"}:
        return True
    return any(word.low in RANGE_STARTS for word in raw[max(0, first - 2) : first])


def _share_unit(raw: Sequence[Word], first: int, second: int) -> bool:
    """Whether both ends may be counted in one unit: "fell by 5 % to $40" is no range."""
    one, other = read_unit_at(raw, first), read_unit_at(raw, second)
    return not one or not other or kind(one) == kind(other)


def _rising(raw: Sequence[Word], first: int, second: int) -> int:
    low, high = decimal(number(raw[first].low)), decimal(number(raw[second].low))
    return int(low is not None and high is not None and low < high)


def is_bound(raw: Sequence[Word], index: int) -> bool:
    """Whether a word is the bound of a number: said by the number, it need not be said by itself."""
    low = raw[index].low
    if low not in BOUNDS or low.startswith(("maxim", "minim", "máxim", "mínim")):
        return False
    behind = [word.low for word in raw[index + 1 : index + 5] if word.low not in UNIT_SIGNS]
    return any(map(number, behind[:2]))


def is_unit(raw: Sequence[Word], index: int) -> bool:
    """Whether the word at `index` is the unit of the number before it."""
    if not index or not read_unit(raw[index].low) or raw[index].text in _LETTERS:
        return False
    before = raw[index - 1].low
    return bool(number(before)) and not (raw[index].low == "an" and YEAR.fullmatch(before))


def is_pronoun(raw: Sequence[Word], index: int) -> bool:
    """ "The old one" is no number."""
    return raw[index].low == "one" and any(
        word.low in {"the", "this", "that", "which", "another"}
        for word in raw[max(0, index - 2) : index]
    )
