"""Text in the form in which its words are indexed and searched, in every script.

The lexical search takes runs of letters and digits for words. That is wrong in three cases, which are
prepared here, alike for documents and for queries:

- One letter has many code points (full width, ligatures, Arabic forms, other digits): Unicode's NFKC.
- Marks that nobody types or sees (soft hyphens, zero-width marks, vowel points) cut words in two.
- Chinese, Japanese, Thai, Lao, Khmer and Burmese have no spaces between words, and Korean particles stick to
  their nouns. Their runs become overlapping pairs of characters, as in Lucene's CJKAnalyzer: what is
  searched is found wherever it stands, which no dictionary of words guarantees.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator

from rag.language.unspaced import cut_overlapping_pairs

_HIDDEN = (
    "\u00ad\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u061c"
    "\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u08d3-\u08ff\u093c\u094d"
    "\u0951-\u0954\u09bc\u09cd\u0a3c\u0a4d\u0abc\u0acd\u0b3c\u0b4d\u0bcd\u0c4d\u0cbc\u0ccd\u0d4d\u0dca"
    "\u0e47-\u0e4c\u0e4e\u0eba\u0ec8-\u0ecc\u1037\u1039\u103a\u17b4\u17b5\u17c9-\u17d3\u17dd\u180b-\u180f"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20d0-\u20f0\u302a-\u302f\u3099\u309a"
    "\ufe00-\ufe0f\ufe20-\ufe2f\ufeff\U000e0000-\U000e0fff"
)
"""Characters within words that are not looked for: formatting, accents beside their letter, vowel points, and
the marks at which tantivy would cut a word (those without Unicode's property Alphabetic)."""
_EAST_ASIAN = (
    "\u3005-\u3007\u3021-\u3029\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u3131-\u318e"
    "\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff66-\uff9f"
    "\U00020000-\U0003ffff"
)
_SOUTH_EAST_ASIAN = "\u0e01-\u0e4e\u0e81-\u0ece\u1000-\u103f\u1050-\u108f\u1780-\u17d3"
_VOWELS_BEFORE = "\u0e40-\u0e44\u0ec0-\u0ec4"
_MARKS_BEHIND = (
    "\u0e30-\u0e3a\u0e45\u0e47-\u0e4e\u0eb0-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u1056-\u1059\u105e-\u1060"
    "\u1062-\u1064\u1067-\u106d\u1071-\u1074\u1082-\u108d\u17b4-\u17d3"
)
_SPACELESS = f"{_EAST_ASIAN}{_SOUTH_EAST_ASIAN}"
_MARKED = "\u0900-\u0963\u0966-\u096f\u0971-\u0dff"
"""Scripts of India: most of their vowels are marks, which Python's \\w leaves out."""
_PLAIN = (
    "\x00-\u00ac\u00ae-\u012f\u0131-\u024f\u0400\u0402-\u0450\u0452-\u0481\u1e00-\u1eff\u2010-\u2027"
    "\u2030-\u203b\u20a0-\u20bf"
)
"""Characters that tantivy reads as it should: Latin, Cyrillic, and the usual punctuation."""

_SPECIAL = re.compile(f"[^{_PLAIN}]")
_HIDDEN_MARK = re.compile(f"[{_HIDDEN}]+")
_OTHER_DIGIT = re.compile(r"(?![0-9])\d")
_RUN = re.compile(f"[{_SPACELESS}]+")
_UNIT = re.compile(
    f"[{_VOWELS_BEFORE}]?[{_SPACELESS}][{_MARKS_BEHIND}]*[{_HIDDEN}]*(?:[\uff9e\uff9f])?"
)
_WORD = re.compile(f"[\\w{_HIDDEN}{_SPACELESS}{_MARKED}]+")
_PART = re.compile(f"[{_SPACELESS}][{_SPACELESS}{_HIDDEN}]*|[^{_SPACELESS}]+")
_VARIANTS = {
    "أإآٱ": "ا", "ىیئ": "ي", "ة": "ه", "ؤ": "و", "ک": "ك", "ς": "σ", "ё": "е", "Ё": "Е", "İ": "i", "™℠": " ",
}  # fmt: skip
"""Letters that are written one for the other. NFKC would glue the sign of a trade mark to the name."""


@functools.cache
def _folding() -> dict[int, str]:
    """Each letter that is looked for as another; Greek ones without their accents."""
    table = {ord(letter): to for letters, to in _VARIANTS.items() for letter in letters}
    for code in (*range(0x370, 0x400), *range(0x1F00, 0x2000)):
        base = unicodedata.normalize("NFD", chr(code))[0]
        if base != chr(code):
            table[code] = base
    return table


def prepare_for_search(text: str, *, single: bool = False) -> str:
    """The text with its words as the lexical search takes them: to be cut at what is no letter or digit.

    With `single`, the characters of scripts without spaces stand there one by one as well.
    """
    if text.isascii() or not _SPECIAL.search(text):
        return text
    text = unicodedata.normalize("NFKC", text.replace("™", " ").replace("℠", " "))
    text = _HIDDEN_MARK.sub("", text).translate(_folding())
    text = _OTHER_DIGIT.sub(lambda digit: str(unicodedata.decimal(digit[0])), text)
    return _RUN.sub(lambda run: f" {' '.join(_pairs(run[0], single))} ", text)


def _pairs(run: str, single: bool) -> list[str]:
    units = _UNIT.findall(run)
    pairs = cut_overlapping_pairs(units)
    return units + pairs if single and len(units) > 1 else pairs


def find_word_spans(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of each stretch of `text` that makes a term, in order.

    Where words have no spaces between them, each character and each pair of neighbours is one: they overlap.
    """
    for word in _WORD.finditer(text):
        if word[0].isascii():
            yield word.span()
            continue
        for part in _PART.finditer(text, *word.span()):
            if _RUN.match(part[0]):
                units = [unit.span() for unit in _UNIT.finditer(text, *part.span())]
                for place, (start, end) in enumerate(units):
                    yield start, end
                    if place + 1 < len(units):
                        yield start, units[place + 1][1]
            else:
                yield part.span()
