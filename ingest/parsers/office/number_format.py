"""Numbers as Excel shows them: 0.075 under "0.0%" is "7.5%" (ECMA-376 part 1, 18.8.30 and 18.8.31).

A date under a format that the reader's country decides (the short dates, 14 and 22) is as in ISO 8601.
"""

from __future__ import annotations

import datetime as dt
import functools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from types import MappingProxyType

GENERAL = "General"
_ISO_DATE, _ISO_TIME = "yyyy-mm-dd", "yyyy-mm-dd hh:mm"
_ACCOUNTS = "#,##0{0};(#,##0{0})"
BUILT_IN: Mapping[int, str] = MappingProxyType(
    {
        1: "0",
        2: "0.00",
        3: "#,##0",
        4: "#,##0.00",
        5: '"$"#,##0;("$"#,##0)',
        6: '"$"#,##0;("$"#,##0)',
        7: '"$"#,##0.00;("$"#,##0.00)',
        8: '"$"#,##0.00;("$"#,##0.00)',
        9: "0%",
        10: "0.00%",
        11: "0.00E+00",
        12: "# ?/?",
        13: "# ??/??",
        15: "d-mmm-yy",
        16: "d-mmm",
        17: "mmm-yy",
        18: "h:mm AM/PM",
        19: "h:mm:ss AM/PM",
        20: "h:mm",
        21: "h:mm:ss",
        22: _ISO_TIME,
        **dict.fromkeys((14, *range(27, 32), 36, *range(50, 59)), _ISO_DATE),
        **dict.fromkeys((32, 33, 34, 35), "h:mm"),
        **dict.fromkeys((37, 38), _ACCOUNTS.format("")),
        **dict.fromkeys((39, 40), _ACCOUNTS.format(".00")),
        **dict.fromkeys((41, 42), _ACCOUNTS.format("") + ';"-"'),
        **dict.fromkeys((43, 44), _ACCOUNTS.format(".00") + ';"-"'),
        45: "mm:ss",
        46: "[h]:mm:ss",
        47: "mm:ss.0",
        48: "##0.0E+0",
        49: "@",
    }
)
"""The formats that a workbook names by number only."""

_PIECE = re.compile(
    r'"[^"]*"?|\\.|_.|\*.|\[[^\]]*\]|AM/PM|A/P|General|[Yy]+|[Mm]+|[Dd]+|[Hh]+|[Ss]+'
    r"|\.0+(?=[^0#?]|$)|[Ee][+-]|[0#?]|[.,%/@;]|.",
    re.DOTALL | re.IGNORECASE,
)
_CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)\s*(-?[\d.]+)\]")
_CURRENCY = re.compile(r"\[\$([^\]-]*)(?:-[^\]]*)?\]")
_ELAPSED = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
_LOCALE = re.compile(r"\[\$[^\]-]*-(?:[0-9A-F]*?)?([0-9A-F]{1,4})(?:,[^\]]*)?\]", re.IGNORECASE)
_DATE_LETTERS = frozenset("ymdhs")
_PLACES = ("0", "#", "?")
_MAX_DIGITS = 15  # of a number that Excel keeps
_LAST_DAY = 2_958_466  # the first day after 9999-12-31
_EPOCH_1900, _EPOCH_1904 = dt.datetime(1899, 12, 30), dt.datetime(1904, 1, 1)
_GERMAN = 0x07  # the primary language of a Windows locale's number
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
_GERMAN_MONTHS = (
    "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
    "November", "Dezember",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_GERMAN_DAYS = (
    "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag",
)  # fmt: skip


def format_number(value: float, code: str, *, since_1904: bool = False) -> str:
    """`value` as Excel shows it under the format `code`; a date's day 0 is in 1900, or in 1904."""
    sections = _sections(code)
    section, value = _section_for(value, sections)
    if section is None:
        return format_general(value)
    if section.is_date:
        return _date(value, section, _EPOCH_1904 if since_1904 else _EPOCH_1900)
    if section.is_general:
        return _literals(section.pieces, format_general(value))
    if "/" in section.pieces and section.is_fraction:
        return _fraction(value, section)
    return _number(value, section)


def format_text(text: str, code: str) -> str:
    """`text` under a format that may have a section for text ("@ kg"); else as it is."""
    if "@" not in code:
        return text
    section = next((s for s in _sections(code) if "@" in s.pieces), None)
    return text if section is None else _literals(section.pieces, text).strip()


def format_general(value: float) -> str:
    """A number without a format: Excel shows up to eleven digits of it."""
    if not math.isfinite(value):
        return str(value)
    if float(value).is_integer() and abs(value) < 10**_MAX_DIGITS * 10:
        return str(int(value))
    return f"{value:.10g}"


@dataclass(frozen=True, slots=True)
class _Section:
    """One of the up to four parts of a format, for positive numbers, negative ones, zero and text."""

    pieces: tuple[str, ...]
    condition: tuple[str, float] | None
    is_date: bool
    is_general: bool
    language: int

    @property
    def is_fraction(self) -> bool:
        """Whether there is a place for digits before the stroke."""
        before = self.pieces[: self.pieces.index("/")]
        return any(piece in _PLACES for piece in before)


@functools.lru_cache(maxsize=1024)
def _sections(code: str) -> tuple[_Section, ...]:
    parts: list[list[str]] = [[]]
    for piece in _PIECE.findall(code[:1000]):
        if piece == ";":
            parts.append([])
        else:
            parts[-1].append(piece)
    return tuple(_section(pieces) for pieces in parts)


def _section(pieces: Sequence[str]) -> _Section:
    condition = None
    language = 0
    kept: list[str] = []
    for piece in pieces:
        if match := _CONDITION.fullmatch(piece):
            condition = (match[1], float(match[2]))
        elif piece.startswith("[$"):
            if match := _LOCALE.fullmatch(piece):
                language = int(match[1], 16) & 0x3FF
            symbol = _CURRENCY.fullmatch(piece)
            if symbol and symbol[1]:
                kept.append(f'"{symbol[1]}"')
        elif not piece.startswith("[") or _ELAPSED.fullmatch(piece):
            kept.append(piece)  # other words in brackets are colours
    letters = [piece for piece in kept if piece[0].lower() in _DATE_LETTERS]
    is_date = bool(letters) or any(_ELAPSED.fullmatch(piece) for piece in kept)
    is_general = any(piece.lower() == "general" for piece in kept)
    if not is_date:
        kept = [part for piece in kept for part in (piece if piece[:2] == ".0" else [piece])]
    return _Section(tuple(kept), condition, is_date and not is_general, is_general, language)


def _section_for(value: float, sections: Sequence[_Section]) -> tuple[_Section | None, float]:
    """The section that shows this number, and the number that it shows: a negative one without its sign."""
    numeric = [s for s in sections if "@" not in s.pieces]
    if not numeric:
        return None, value
    if any(section.condition for section in numeric):
        for section in numeric:
            if section.condition is None or _meets(value, *section.condition):
                return section, value
        return None, value
    if len(numeric) > 1 and value < 0:
        return numeric[1], abs(value)
    if len(numeric) > 2 and value == 0:
        return numeric[2], value
    return numeric[0], value


def _meets(value: float, comparison: str, limit: float) -> bool:
    return {
        "<": value < limit,
        "<=": value <= limit,
        ">": value > limit,
        ">=": value >= limit,
        "=": value == limit,
        "<>": value != limit,
    }[comparison]


def _literal(piece: str) -> str:
    """What a piece that is no placeholder shows."""
    if piece.startswith('"'):
        return piece.strip('"')
    if piece.startswith("\\"):
        return piece[1:]
    if piece.startswith("_"):
        return " "
    return "" if piece.startswith("*") else piece


def _literals(pieces: Sequence[str], literal: str) -> str:
    return "".join(
        literal if piece == "@" or piece.lower() == "general" else _literal(piece)
        for piece in pieces
    )


def _number(value: float, section: _Section) -> str:
    pieces = list(section.pieces)
    places = [i for i, piece in enumerate(pieces) if piece in _PLACES]
    if not places:
        return ("-" if value < 0 else "") + "".join(map(_literal, pieces)).strip()
    percent = sum(piece == "%" for piece in pieces)
    exponent = next(
        (i for i, piece in enumerate(pieces) if piece[:1] in "Ee" and len(piece) == 2), 0
    )
    last = max((i for i in places if not exponent or i < exponent), default=places[-1])
    thousands = 0
    while last + 1 + thousands < len(pieces) and pieces[last + 1 + thousands] == ",":
        thousands += 1
    scaled = Decimal(repr(float(value))) * 100**percent / 1000**thousands
    point = next((i for i, piece in enumerate(pieces) if piece[0] == "."), len(pieces))
    whole = [i for i in places if i < point and (not exponent or i < exponent)]
    grouped = any(pieces[i] == "," for i in range(whole[0], whole[-1])) if whole else False
    decimals = _decimals(pieces, point, exponent or len(pieces))
    if exponent:
        return _scientific(scaled, pieces, whole, decimals, exponent)
    digits = _rounded(scaled, decimals)
    return _assembled(digits, pieces, whole, point, decimals, grouped=grouped)


def _decimals(pieces: Sequence[str], point: int, end: int) -> str:
    """The placeholders behind the decimal point."""
    if point >= len(pieces):
        return ""
    return "".join(piece for piece in pieces[point + 1 : end] if piece in _PLACES)


def _rounded(value: Decimal, decimals: str) -> Decimal:
    step = Decimal(1).scaleb(-len(decimals))
    return value.quantize(step, ROUND_HALF_UP) if abs(value) < Decimal(10) ** 25 else value


def _assembled(
    value: Decimal,
    pieces: Sequence[str],
    whole: Sequence[int],
    point: int,
    decimals: str,
    *,
    grouped: bool,
) -> str:
    """Put the digits of a rounded number in the places of its format."""
    before, _, behind = f"{abs(value):f}".partition(".")
    before = before.lstrip("0").rjust(sum(pieces[i] == "0" for i in whole), "0")
    while behind and decimals[len(behind) - 1] != "0" and behind.endswith("0"):
        behind = behind[:-1]
    parts = ["-" if value < 0 else ""]
    digits = f"{int(before):,}".rjust(len(before), "0") if grouped and before else before
    literals_between = (
        any(
            _literal(pieces[i]) not in ("", ",") and i not in whole
            for i in range(whole[0], whole[-1])
        )
        if whole
        else False
    )
    is_written = False
    for position, piece in enumerate(pieces):
        if position in whole:
            if literals_between:
                rest = sum(i > position for i in whole)
                end = len(before) - rest
                start = 0 if position == whole[0] else end - 1
                parts.append(before[max(start, 0) : max(end, 0)])
            elif not is_written:
                parts.append(digits)
            is_written = True
        elif position == point:
            parts += [digits] if not whole else []
            parts.append(f".{behind}" if behind else "." if not decimals else "")
        elif piece in ("0", "#", "?", ","):
            continue
        else:
            parts.append(_literal(piece))
    return "".join(parts).strip()


def _scientific(
    value: Decimal, pieces: Sequence[str], whole: Sequence[int], decimals: str, exponent: int
) -> str:
    width = max(len(whole), 1)
    power = value.adjusted() if value else 0
    if width > 1:
        power -= power % width
    mantissa = _rounded(value.scaleb(-power), decimals)
    if abs(mantissa) >= 10**width:
        power += width
        mantissa = _rounded(value.scaleb(-power), decimals)
    sign = "-" if power < 0 else "+" if pieces[exponent].endswith("+") else ""
    digits = sum(piece in _PLACES for piece in pieces[exponent + 1 :])
    return f"{mantissa}E{sign}{abs(power):0{digits}d}"


def _fraction(value: float, section: _Section) -> str:
    pieces = section.pieces
    slash = pieces.index("/")
    below = "".join(piece for piece in pieces[slash + 1 :] if piece in "0123456789#?")
    above = [i for i in range(slash) if pieces[i] in _PLACES]
    has_whole = any(pieces[i] not in _PLACES for i in range(above[0], above[-1] + 1))
    if below.isdigit() and below.strip("0"):
        denominator = int(below)
        exact = Fraction(round(abs(value) * denominator), denominator)
        numerator = round(abs(value) * denominator)
    else:
        exact = Fraction(abs(value)).limit_denominator(10 ** max(len(below), 1) - 1)
        numerator, denominator = exact.numerator, exact.denominator
    sign = "-" if value < 0 else ""
    if not has_whole:
        return f"{sign}{numerator}/{denominator}"
    whole, rest = divmod(numerator, denominator)
    if not rest:
        return f"{sign}{whole}"
    return f"{sign}{f'{whole} ' if whole else ''}{rest}/{denominator}"


def _date(value: float, section: _Section, epoch: dt.datetime) -> str:
    if not 0 <= value < _LAST_DAY:
        return format_general(value)
    if epoch is _EPOCH_1900 and value < 60:
        epoch += dt.timedelta(days=1)  # Excel's year 1900 has a 29th of February
    fraction = next((len(t) - 1 for t in section.pieces if re.fullmatch(r"\.0+", t)), 0)
    seconds = round(value * 86400, fraction) if fraction else float(math.floor(value * 86400 + 0.5))
    moment = epoch + dt.timedelta(seconds=seconds)
    twelve_hours = any(piece.upper() in ("AM/PM", "A/P") for piece in section.pieces)
    parts = []
    for position, piece in enumerate(section.pieces):
        if match := _ELAPSED.fullmatch(piece):
            unit = {"h": 3600, "m": 60, "s": 1}[match[1][0].lower()]
            parts.append(f"{int(seconds // unit):0{len(match[1])}d}")
        elif piece[0] in "yYmMdDhHsS" and not piece.upper().startswith("AM"):
            is_minute = piece[0] in "mM" and _is_minute(section.pieces, position)
            parts.append(_moment_part(moment, piece, section, is_minute, twelve_hours))
        elif piece.upper() in ("AM/PM", "A/P"):
            parts.append(("AM" if moment.hour < 12 else "PM")[: 1 if len(piece) == 3 else 2])
        elif re.fullmatch(r"\.0+", piece):
            parts.append(f"{seconds % 1:.{fraction}f}"[1:])
        else:
            parts.append(_literal(piece) if piece != "@" else "")
    return "".join(parts).strip()


def _is_minute(pieces: Sequence[str], position: int) -> bool:
    """Whether "m" means minutes: behind hours, or before seconds."""
    if len(pieces[position]) > 2:
        return False

    def clock(piece: str) -> bool:
        return piece[0].lower() in _DATE_LETTERS or bool(_ELAPSED.fullmatch(piece))

    before = next((t for t in reversed(pieces[:position]) if clock(t)), "")
    behind = next((t for t in pieces[position + 1 :] if clock(t)), "")
    return before.strip("[").lower().startswith("h") or behind.strip("[").lower().startswith("s")


def _moment_part(
    moment: dt.datetime, piece: str, section: _Section, is_minute: bool, twelve_hours: bool
) -> str:
    kind, width = piece[0].lower(), len(piece)
    german = section.language == _GERMAN
    if kind == "y":
        return f"{moment.year:04d}" if width > 2 else f"{moment.year % 100:02d}"
    if kind == "d" and width > 2:
        name = (_GERMAN_DAYS if german else _DAYS)[moment.weekday()]
        return name if width > 3 else name[: 2 if german else 3]
    if kind == "m" and not is_minute and width > 2:
        name = (_GERMAN_MONTHS if german else _MONTHS)[moment.month - 1]
        return name[0] if width == 5 else name if width > 3 else name[:3]
    hour = (moment.hour % 12 or 12) if twelve_hours else moment.hour
    minute_or_month = moment.minute if is_minute else moment.month
    number = {"d": moment.day, "m": minute_or_month, "h": hour, "s": moment.second}[kind]
    return f"{number:0{min(width, 2)}d}"
