"""Numbers, sizes and times as somebody reads them in their language."""

from __future__ import annotations

import time

from ui.messages.page import Words


def number(value: float, words: Words, decimals: int = 0) -> str:
    """With the language's separators: 12,345.6 or 12.345,6."""
    grouping = "," if abs(value) >= words.formats.grouped_from else ""
    return localise(f"{value:{grouping}.{decimals}f}", words)


def localise(text: str, words: Words) -> str:
    """A number as Python writes it, such as 12,345.6, with the language's separators."""
    return text.translate({ord(","): words.formats.thousands, ord("."): words.formats.decimal})


def format_figure(value: float | None, words: Words, *, signed: bool = False) -> str:
    """A measured figure with three digits after the point; a dash where there is none."""
    if value is None:
        return "–"
    sign = "+" if signed and value >= 0 else ""
    return f"{sign}{number(value, words, 3)}"


def count(forms: tuple[str, str], value: int, words: Words) -> str:
    """`forms` are the words for one and for any other number."""
    is_singular = value == 1 or (value == 0 and words.formats.none_is_singular)
    return forms[0 if is_singular else 1].format(n=number(value, words))


def size(octets: int, words: Words) -> str:
    """In the largest unit of which there is at least one, to a tenth below ten."""
    amount, unit, units = float(octets), 0, words.formats.units
    while amount >= 1000 and unit + 1 < len(units):
        amount, unit = amount / 1000, unit + 1
    return f"{number(amount, words, 1 if unit and amount < 10 else 0)} {units[unit]}"


def day(moment: float, words: Words) -> str:
    """The date of a moment (seconds since the epoch), in this machine's time zone."""
    at = time.localtime(moment)
    formats = words.formats
    day_of_month = formats.first_day if at.tm_mday == 1 else at.tm_mday
    month = formats.months[at.tm_mon - 1]
    return formats.date.format(day=day_of_month, month=month, year=at.tm_year)


def format_day_and_time(moment: float, words: Words) -> str:
    """The date and the time of day."""
    return f"{day(moment, words)}, {time.strftime('%H:%M', time.localtime(moment))}"


def format_short_day(moment: float) -> str:
    """As in 2026-11-24, for a table."""
    return time.strftime("%Y-%m-%d", time.localtime(moment))
