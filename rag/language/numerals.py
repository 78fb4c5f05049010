"""Numbers, dates and amounts in one way of writing, so that they can be compared.

"3 May 2026", "May 3rd, 2026", "2026-05-03" and "03.05.2026" are one day; in figures alone the day stands
before the month, unless there is no such month. "1.2 million" is 1,200,000 and "5–40" is "5 to 40".
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation

from rag.language.logic_words import (
    FRACTIONS,
    MONTH_NAMES,
    NUMBER_WORDS,
    SCALES,
    UNIT_FACTORS,
    UNITS,
)

YEAR = re.compile(r"(?:1[6-9]|20)\d\d")
_DIGIT = re.compile(r"\d")
_ORDINAL = re.compile(r"^(\d+)(?:st|nd|rd|th|er|e|ème)$")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_POINTED = re.compile(r"[1-9]\d{0,2}(?:\.\d{3}){2,}")

_MONTHS = tuple(MONTH_NAMES)
_MONTH = (
    "(?:"
    + "|".join(
        # "may" is a verb, and short forms are words in lower case.
        f"(?:{name.capitalize()})"
        if name == "may" or (len(name) < 4 and name != "mai")
        else f"(?i:{name})"
        for names in MONTH_NAMES.values()
        for name in sorted(names, key=len, reverse=True)
    )
    + r")\b\.?"
)
_YEAR_AFTER = r"(?:,?\s+(?:del?\s+)?(\d{4})\b)?"
_ISO = re.compile(r"(?<![\w-])(\d{4})-(\d{1,2})-(\d{1,2})(?![\w-])")
_FIGURES = re.compile(r"(?<![\w./])(\d{1,2})([./])(\d{1,2})\2(\d{4})(?!\w)")
_DAY_FIRST = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th|er|\.)?\s+(?:of\s+|de\s+)?({_MONTH}){_YEAR_AFTER}"
)
_MONTH_FIRST = re.compile(
    rf"\b({_MONTH})\s+(\d{{1,2}})(?:st|nd|rd|th)?(?![\d:%]|[.,]\d){_YEAR_AFTER}"
)
_MONTH_YEAR = re.compile(rf"\b({_MONTH})\s+(?=(?:19|20)\d\d(?!\w))")
_GROUPED = re.compile(r"(?<=\d)[\u00a0\u202f\u2009](?=\d{3}(?!\d))")
_SPACED = re.compile(
    r"(?<![\w.,/'’-])(?<!\d )[1-9]\d{0,2}(?: \d{3})+(?![\w.,]*\d)(?= ?[a-zß-ÿ€$£%]| Euro| EUR)"
)
"""Groups of three with plain blanks, before what is counted: "3 000 euros". Figures in columns stay apart."""
_FRACTIONS = re.compile(r"(?:(\d{1,9}) ?)?([¼½¾⅛⅜⅝⅞])")
_BARE_POINT = re.compile(r"(?<![\w.,])\.(?=\d)")
_TWELVE_HOURS = re.compile(
    r"(?<![\w:.,])(0?[1-9]|1[0-2])(?:[:.]([0-5]\d))? ?(?:([ap])m\b|([ap])\.m\.)", re.IGNORECASE
)
_HOURS = re.compile(
    r"(?<![\w:.,-])([01]?\d|2[0-4])"
    r"(?:(?:[:.]([0-5]\d))? Uhr\b| ?h ?([0-5]\d)(?!\w)| heures? ([0-5]\d)(?!\w))"
)
_LEADING_ZERO = re.compile(r"(?<![\w.,:])0(?=\d:[0-5]\d(?!\w))")
_MONEY = re.compile(r"(?<![\w.,])([1-9]\d{0,2})\.(\d{3})(?= ?(?:€|Euro\b|EUR\b|CHF\b))")
"""Nobody writes money with three decimals: "3.000 Euro" are three thousand."""
_RANGE = re.compile(r"(?<![\w.,:-])(\d+(?:[.,:]\d+)*)(?:\s?[–—]\s?|-)(\d+(?:[.,:]\d+)*)(?![\w-])")
_CIRCLED = re.compile("[\u2460-\u2473\u2776-\u2793\u3251-\u325f\u32b1-\u32bf]")
_POWER = re.compile(
    "(?:(?<![\\w.,])(\\d+(?:[.,]\\d+)?) ?[×x·*] ?)?"
    "\\b10(?:\\^|\\*\\*)?([\u207b-]?[\u00b9\u00b2\u00b3\u2070-\u2079]{1,4}|(?<=[\\^*])-?\\d{1,4})(?!\\w)"
)
_LARGEST_POWER = 15
"""Exponents beyond it make no figure that anybody writes out."""
_RAISED = re.compile("(?<=[\\d\\w])[\u00b9\u00b2\u00b3\u2070-\u2079]+")
"""A raised figure is a power or the number of a footnote, and no figure of the number before it."""
_FOOTNOTE = re.compile(r"(?<=[^\W_]) ?(?:\[\d{1,3}\]|\^\[?\d{1,3}\]?)(?!\w)")
_GLUED = re.compile(
    r"(?<![\w.,-])(\d+(?:[.,]\d+)*)(kg|mg|g|mm|cm|km|m|ml|l|kV|V|kW|MW|W|kWh|MWh|GWh|mA|Nm|Hz|kHz|MHz|GHz|bar"
    r"|psi|kPa|MPa|h|min|s|MB|GB|TB|dB|EUR|USD|GBP|CHF)(?![\w-])"
)
"""A number and its unit in one word: "62Nm"."""
_INCHES = re.compile(r"(?<=\d)()(?:″|\"(?=[\s|,.;)]))")
_AMPERES = re.compile(r"(?<![\w.,-])(\d+(?:[.,]\d+)*) ?A(?!\w)")


def unify_numbers(text: str) -> str:
    """The text with its dates, times, ranges, powers and grouped figures in one way of writing."""
    text = _CIRCLED.sub(lambda match: f" {int(unicodedata.numeric(match[0]))} ", text)
    text = _FRACTIONS.sub(lambda match: format_decimal(_whole_and_part(match)), text)
    if not _DIGIT.search(text):
        return text
    text = _POWER.sub(_power, text)
    text = _FOOTNOTE.sub(" ", _RAISED.sub(" ", text))
    text = join_groups(_BARE_POINT.sub("0.", text))
    text = _GLUED.sub(r"\1 \2", text)
    text = _INCHES.sub(r"\1 inch", _AMPERES.sub(r"\1 ampere", text))
    text = _LEADING_ZERO.sub("", _HOURS.sub(_hours, _TWELVE_HOURS.sub(_twelve_hours, text)))
    text = _ISO.sub(lambda match: _date(match, match[3], match[2], match[1]), text)
    text = _FIGURES.sub(_in_figures, text)
    text = _MONTH_FIRST.sub(lambda match: _date(match, match[2], match[1], match[3]), text)
    text = _DAY_FIRST.sub(lambda match: _date(match, match[1], match[2], match[3]), text)
    text = _MONTH_YEAR.sub(lambda match: f"{_month_name(match[1])} ", text)
    return _RANGE.sub(_range, text)


def join_groups(text: str) -> str:
    """The text with the groups of three of each figure joined: "3 000 euros", "3.000 Euro"."""
    text = _SPACED.sub(lambda match: match[0].replace(" ", ""), _GROUPED.sub("", text))
    return _MONEY.sub(r"\1\2", text)


def _whole_and_part(match: re.Match[str]) -> Decimal:
    return Decimal(match[1] or 0) + Decimal(str(unicodedata.numeric(match[2])))


def _power(match: re.Match[str]) -> str:
    exponent = int("".join("-" if digit in "\u207b-" else _figure(digit) for digit in match[2]))
    if abs(exponent) > _LARGEST_POWER:
        return f"10pow{exponent}"
    return format_decimal(Decimal((match[1] or "1").replace(",", ".")).scaleb(exponent))


def _figure(character: str) -> str:
    return str(unicodedata.digit(character, character))


def _twelve_hours(match: re.Match[str]) -> str:
    is_afternoon = (match[3] or match[4]).lower() == "p"
    return f"{int(match[1]) % 12 + 12 * is_afternoon}:{match[2] or '00'}"


def _hours(match: re.Match[str]) -> str:
    return f"{int(match[1])}:{match[2] or match[3] or match[4] or '00'}"


def _range(match: re.Match[str]) -> str:
    first, last = decimal(match[1]), decimal(match[2])
    is_code = first is not None and last is not None and first >= last
    return match[0] if is_code else f"{match[1]} to {match[2]}"


def _in_figures(match: re.Match[str]) -> str:
    first, second = match[1], match[3]
    day, month = (second, first) if int(second) > 12 else (first, second)
    return _date(match, day, month, match[4])


def _date(match: re.Match[str], day: str, month: str, year: str | None) -> str:
    """ "3 mai 2026", with the name of the month that is nothing else; as it was if there is no such day."""
    if not 1 <= int(day) <= 31 or (month.isdigit() and not 1 <= int(month) <= len(_MONTHS)):
        return match[0]
    name = _unmistakable(_MONTHS[int(month) - 1]) if month.isdigit() else _month_name(month)
    return " ".join([str(int(day)), name, *([year] if year else [])])


def _month_name(form: str) -> str:
    low = form.lower().rstrip(".")
    return _unmistakable(next(name for name, names in MONTH_NAMES.items() if low in names))


def _unmistakable(month: str) -> str:
    """The name of the month that is no verb."""
    return "mai" if month == "may" else month


def number(token: str) -> str:
    """The number that a word is, in one way of writing, or ""."""
    if token in NUMBER_WORDS:
        return NUMBER_WORDS[token]
    if token[:1] in {"-", "−"} and token[1:2].isdigit():
        return f"-{number(token[1:])}"
    tens, _, ones = token.partition("-")
    if tens in NUMBER_WORDS and ones in NUMBER_WORDS:
        return str(int(NUMBER_WORDS[tens]) + int(NUMBER_WORDS[ones]))
    if not _DIGIT.search(token) or not token[0].isdigit():
        return ""
    if ordinal := _ORDINAL.match(token):
        return ordinal[1]
    if "-" in token or any(character.isalpha() for character in token):
        return ""  # a code, or a number with its unit in one word: compared as a name
    if _POINTED.fullmatch(token):
        return token.replace(".", "")
    return _THOUSANDS.sub("", token).replace(",", ".").strip(".:/'")


def read_scale_number(number: str, word: str) -> str:
    """The number with one of `SCALES` behind it, such as "million"; "" if it is no plain number."""
    value = decimal(number)
    return "" if value is None else format_decimal(value * SCALES[word])


def percent(number: str, word: str) -> str:
    """The percentage that a number of one of `FRACTIONS` is, of "three quarters"; "" if it is no number."""
    value = decimal(number)
    return "" if value is None else format_decimal(round(100 * value / FRACTIONS[word], 1))


def amount(number: str, unit: str) -> tuple[str, str]:
    """The number in the smallest unit of its kind, and that unit: ("1500", "m") for 1.5 km."""
    base, factor = UNIT_FACTORS.get(unit, (unit, 1))
    value = decimal(number)
    if value is None:
        return number, base
    return format_decimal(value * Decimal(str(factor))), base


def kind(unit: str) -> str:
    """What numbers with this unit are numbers of: lengths, days of the year."""
    return "date" if unit in MONTH_NAMES else UNIT_FACTORS.get(unit, (unit, 1))[0]


def read_unit(word: str) -> str:
    """The unit that a word is, or ""."""
    head = word.partition("-")[0]
    return UNITS.get(head if head in UNITS else word, "")


def rounds_to(exact: str, rough: str) -> bool:
    """Whether the one number, rounded as far as the other is, is the other: 1198 to 1200."""
    value, rough_value = decimal(exact), decimal(rough)
    if value is None or rough_value is None or not rough_value:
        return False
    whole, _, fraction = rough.partition(".")
    places = len(fraction) if fraction else len(whole.rstrip("0")) - len(whole)
    return round(value, places) == rough_value


def decimal(number: str) -> Decimal | None:
    """Its value; None for what is no single number, such as a time of day."""
    try:
        return Decimal(number) if number.isascii() else None
    except InvalidOperation:
        return None


def format_decimal(value: Decimal) -> str:
    """Without an exponent and without zeros behind its last figure."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
