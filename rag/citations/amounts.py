"""Whether two numbers say as much."""

from __future__ import annotations

from rag.language.claims import Token
from rag.language.logic_words import STRICT_UNITS
from rag.language.numerals import rounds_to


def is_same_amount(number: Token, other: Token) -> bool:
    """The same number with the same unit; as much in another unit; or what it was rounded from."""
    if number.stem == other.stem and units_agree(number.unit, other.unit):
        return True
    if number.unit and number.amount == other.amount:
        return True
    return number.is_round and number.unit == other.unit and rounds_to(other.stem, number.stem)


def units_agree(unit: str, other: str) -> bool:
    """The same; or one of them is left out, as a person may who speaks of an amount."""
    return unit == other or (not (unit and other) and not {unit, other} & STRICT_UNITS)
