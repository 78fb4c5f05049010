"""How each language writes numbers, sizes, dates, counts and quotations; `ui.messages.numbers` applies it."""

from __future__ import annotations

from dataclasses import dataclass

NARROW_SPACE = "\u202f"  # a narrow space at which no line breaks


@dataclass(frozen=True, slots=True)
class Formats:
    """The forms of English; of numbers and dates, as far as not said otherwise, those of Unicode's CLDR."""

    thousands: str = ","
    decimal: str = "."
    grouped_from: int = 1_000
    """The smallest number whose thousands are set apart."""
    none_is_singular: bool = False
    """Whether one says "0 document"."""
    units: tuple[str, ...] = ("B", "KB", "MB", "GB", "TB")
    date: str = "{day} {month} {year}"
    first_day: str = "1"
    months: tuple[str, ...] = (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    )
    colon: str = ": "
    """Between what something is and what it says."""
    quotation: str = "“{text}”"


ENGLISH_FORMATS = Formats()
GERMAN_FORMATS = Formats(
    thousands=".",
    decimal=",",
    date="{day}. {month} {year}",
    months=(
        *("Januar", "Februar", "März", "April", "Mai", "Juni"),
        *("Juli", "August", "September", "Oktober", "November", "Dezember"),
    ),
    quotation="„{text}“",
)
FRENCH_FORMATS = Formats(
    thousands=NARROW_SPACE,
    decimal=",",
    none_is_singular=True,
    units=("o", "ko", "Mo", "Go", "To"),
    first_day="1er",
    months=(
        *("janvier", "février", "mars", "avril", "mai", "juin"),
        *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
    ),
    colon=f"{NARROW_SPACE}: ",
    quotation=f"«{NARROW_SPACE}{{text}}{NARROW_SPACE}»",
)
SPANISH_FORMATS = Formats(
    thousands=".",
    decimal=",",
    grouped_from=10_000,  # 1234, but 12.345
    date="{day} de {month} de {year}",
    months=(
        *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
        *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
    ),
    quotation="«{text}»",
)
