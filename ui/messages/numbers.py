"""Numbers, sizes and times as somebody reads them in their language."""

from __future__ import annotations

import time

from ui.messages.page import Words

_UNITS = ("B", "KB", "MB", "GB", "TB")


def number(value: float, words: Words, decimals: int = 0) -> str:
    """With the language's separators: 12,345.6 or 12.345,6."""
    text = f"{value:,.{decimals}f}"
    return text.translate({ord(","): words.rooms.thousands, ord("."): words.rooms.decimal})


def figure_text(value: float | None, words: Words, *, signed: bool = False) -> str:
    """A measured figure with three digits after the point; a dash where there is none."""
    if value is None:
        return "–"
    sign = "+" if signed and value >= 0 else ""
    return f"{sign}{number(value, words, 3)}"


def count(forms: tuple[str, str], value: int, words: Words) -> str:
    """`forms` are the words for one and for any other number."""
    return forms[0] if value == 1 else forms[1].format(n=number(value, words))


def size(octets: int, words: Words) -> str:
    """In the largest unit of which there is at least one, to a tenth below ten."""
    amount, unit = float(octets), 0
    while amount >= 1000 and unit + 1 < len(_UNITS):
        amount, unit = amount / 1000, unit + 1
    return f"{number(amount, words, 1 if unit and amount < 10 else 0)} {_UNITS[unit]}"


def day(moment: float, words: Words) -> str:
    """The date of a moment (seconds since the epoch), in this machine's time zone."""
    at = time.localtime(moment)
    month = words.rooms.months[at.tm_mon - 1]
    return words.rooms.date.format(day=at.tm_mday, month=month, year=at.tm_year)


def day_and_time(moment: float, words: Words) -> str:
    """The date and the time of day."""
    return f"{day(moment, words)}, {time.strftime('%H:%M', time.localtime(moment))}"


def short_day(moment: float) -> str:
    """As in 2026-11-24, for a table."""
    return time.strftime("%Y-%m-%d", time.localtime(moment))
