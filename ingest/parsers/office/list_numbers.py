"""The numbers of list items in the styles that Office programs offer: "iv", "D", "二"."""

from __future__ import annotations

_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
    (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_IDEOGRAPHS = "〇一二三四五六七八九十"
_IDEOGRAPHIC = frozenset(
    "chineseCounting chineseCountingThousand japaneseCounting taiwaneseCounting"  # noqa: SIM905
    " taiwaneseCountingThousand ideographDigital japaneseDigitalTenThousand".split()
)
_WORDS = "Zero One Two Three Four Five Six Seven Eight Nine Ten Eleven Twelve".split()  # noqa: SIM905
_LARGEST_ROMAN = 3999


def write_number(number: int, style: str) -> str:
    """`number` in one of Word's styles of numbering; one that is not known is written in digits."""
    if style in ("lowerLetter", "upperLetter") and number > 0:
        letter = chr(97 + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letter.upper() if style == "upperLetter" else letter
    if style in ("lowerRoman", "upperRoman") and 0 < number <= _LARGEST_ROMAN:
        roman = _roman(number)
        return roman.upper() if style == "upperRoman" else roman
    if style == "decimalZero":
        return f"{number:02d}"
    if style == "ordinal":
        teens = 10 < number % 100 < 14
        return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"
    if style == "cardinalText" and number < len(_WORDS):
        return _WORDS[number]
    if style in _IDEOGRAPHIC and 0 < number < 100:
        return _ideographic(number)
    if style.startswith("decimalEnclosedCircle") and 0 < number <= 20:
        return chr(0x2460 + number - 1)
    return "" if style == "none" else str(number)


def _roman(number: int) -> str:
    roman = ""
    for value, letters in _ROMAN:
        count, number = divmod(number, value)
        roman += letters * count
    return roman


def _ideographic(number: int) -> str:
    tens, ones = divmod(number, 10)
    before = ("" if tens == 1 else _IDEOGRAPHS[tens]) + _IDEOGRAPHS[10] if tens else ""
    return before + (_IDEOGRAPHS[ones] if ones or not tens else "")
