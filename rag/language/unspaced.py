"""Chinese and Japanese, which put no blanks between words: their numbers, denials and words taken apart.

There is no dictionary. A stretch of characters becomes its overlapping pairs, as search engines do it: the
pairs that two sentences share tell how much of what they say is the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

CHARACTERS = "\u3005\u3040-\u30ff\u3400-\u9fff"
"""Han characters and kana."""
NEGATING = frozenset("不没沒無无未非否勿莫禁")
"""Characters that deny what stands right behind them."""
_NUMBER = r"\d+(?:[.,:]\d+)*"
_RUN = re.compile(
    rf"(?:(?<![\w.,:]){_NUMBER} ?)?[{CHARACTERS}]"
    rf"(?:[{CHARACTERS}]|(?: ?{_NUMBER} ?(?=[{CHARACTERS}]))|{_NUMBER})*"
)
_STRETCH = re.compile(f"[{CHARACTERS}]+")
_UNITS = {
    "周": "week", "週": "week", "星期": "week", "天": "day", "日": "day", "月": "month",
    "个月": "month", "か月": "month", "ヶ月": "month", "年": "year", "小时": "hour", "小時": "hour",
    "時間": "hour", "分钟": "minute", "分": "minute", "秒": "second", "元": "cny", "欧元": "eur",
    "美元": "usd", "円": "yen", "ユーロ": "eur", "度": "degree", "米": "m", "公里": "km", "公斤": "kg",
    "厘米": "cm", "毫米": "mm",
}  # fmt: skip
_PIECE = re.compile(
    rf"(?P<number>{_NUMBER}) ?"
    rf"(?P<unit>{'|'.join(sorted(_UNITS, key=len, reverse=True))})?"
    r"|(?P<minus>零下|マイナス|负)"
    r"|(?P<forbidden>禁止|严禁|嚴禁)"
    r"|(?P<denial>ません|なかった|ない|不(?![仅但同少断管])|没有?|沒有?|[无無](?!论|論)|未(?!来|來)|非(?!常|洲)|勿)"
    rf"|(?P<word>[{CHARACTERS}])"
)
_PARTICLES = frozenset("的了是为為在和与與及或将將把被也都就而且之")
_HIRAGANA = re.compile("[\u3040-\u309f]")


def measure_text_length(text: str) -> int:
    """How much a text says, in characters of a European language: a Chinese one counts as three.

    The 48 articles of XQuAD have 3.4 times as many characters in Spanish as in Chinese.
    """
    return len(text) + 2 * sum(map(len, _STRETCH.findall(text)))


def segment(text: str) -> str:
    """The text with blanks in its Chinese and Japanese; any other as it is."""
    return _RUN.sub(lambda found: f" {' '.join(_pieces(found[0]))} ", text)


def _pieces(run: str) -> Iterator[str]:
    characters = ""
    for piece in _PIECE.finditer(run):
        word = piece["word"] or ""
        if word and not (word in _PARTICLES or _HIRAGANA.match(word)):
            characters += word
            continue
        yield from cut_overlapping_pairs(characters)
        characters = ""
        if piece["number"]:
            yield piece["number"]
            yield from [_UNITS[piece["unit"]]] if piece["unit"] else []
        elif piece["minus"]:
            yield "minus"
        elif piece["forbidden"]:
            yield "forbidden"
        elif piece["denial"]:
            yield "not"
    yield from cut_overlapping_pairs(characters)


def cut_overlapping_pairs(units: Sequence[str]) -> list[str]:
    """Each unit joined with the next one; the units as they are where there are fewer than two."""
    return [one + other for one, other in pairwise(units)] or list(units)
