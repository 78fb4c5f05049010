"""Superscripts and subscripts in running text: "10^6", never "106"; a note's mark stands apart."""

from __future__ import annotations

import re

_LAST_WORD = re.compile(r"(\d+|[^\W\d_]+)$")
_POWERS_OF = frozenset({"10", "2", "e"})
_UNITS = frozenset({"mm", "cm", "dm", "km", "nm", "µm", "μm", "ft", "yd", "mi", "kg", "ms"})
_SIGNED = "+-−–"


def superscript(before: str, raised: str) -> str:
    """What to write for `raised` behind `before`, so that the two stay apart where they mean two things.

    A power is "^6"; a note's mark behind a word or a number is " [2]"; an ordinal ("1st") stays as it is.
    """
    word = _LAST_WORD.search(before)
    mark = raised.strip()
    if word is None or not mark or raised[:1].isspace():
        return raised
    base = word[1]
    is_number = mark.lstrip(_SIGNED).replace(",", "").replace(".", "").isdigit()
    if is_number and (base in _POWERS_OF or mark[0] in _SIGNED):
        return f"^{raised}"
    if is_number:
        is_unit = base in _UNITS or (len(base) == 1 and base.isalpha())
        return f"^{raised}" if is_unit else f" [{mark}]{raised[len(raised.rstrip()) :]}"
    if len(base) == 1 and base.isalpha() and len(mark) == 1 and mark.isalpha():
        return f"^{raised}"
    if base.isalpha() and mark.isupper():
        return f" {raised}"  # a trade mark
    return raised


def subscript(before: str, lowered: str) -> str:
    """What to write for `lowered` behind `before`: CO2 stays, a number behind a number does not join it."""
    return f"_{lowered}" if before[-1:].isdigit() and lowered[:1].isdigit() else lowered
