"""Whether a sentence stands in a passage word for word: the same tokens, each of them whole.

A number keeps its sign, its decimals and its unit, a code and a date all their characters: "300" does not
stand in "3000", "15 degrees" not in "-15 degrees", "limited" not in "unlimited".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from rag.language.logic_words import LOWER, NEGATIONS, RANGE_JOINTS, SCALES, UPPER, WITHOUT
from rag.language.numerals import join_groups, read_unit
from rag.language.unspaced import NEGATING

_UNSPACED = "\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff"
"""Thai, Lao, Japanese and Chinese characters: no blanks stand between words, so each is a token."""
_LETTERS = rf"[^\W_{_UNSPACED}]+"
_FIGURE = r"\d+(?:[.,:/'’-]\d+)*"
_TOKEN = re.compile(
    rf"(?:(?<=^)|(?<=[\s(\[|:=~≥≤<>]))[-−–+±]?{_FIGURE}(?![^\W_])"  # with its sign
    rf"|(?<![\w.,])\.?{_FIGURE}(?![^\W_])"
    rf"|{_FIGURE}(?=[{_UNSPACED}])"
    rf"|[{_UNSPACED}]|{_LETTERS}(?:[-.,:'’_/@&]{_LETTERS})*|[€$£¥₹%‰°µ½¼¾]"
)
_GROUPS = re.compile(r"[,'’](?=\d{3}(?!\d))")
_QUALIFIERS = (
    NEGATIONS
    | WITHOUT
    | frozenset({"false", "untrue", "incorrect", "wrong", "unless", "except", "formerly"})
    | frozenset({"falsch", "außer", "faux", "sauf", "falso", "excepto", "salvo"})
)
"""Words that change what the rest of their sentence says."""
_DENYING_ENDS = (
    "ません",
    "ない",
    "なかった",
    "ていません",
    "ていない",
    "れていません",
    "れていない",
    "されていません",
)


@lru_cache(maxsize=8192)
def tokens_of(text: str) -> tuple[str, ...]:
    """The words, numbers and signs of a text, in one way of writing."""
    return tuple(_normalised(match[0]) for match in _TOKEN.finditer(join_groups(text)))


def join_tokens(tokens: Sequence[str]) -> str:
    """The tokens as one text that holds that of any of them in a row, and of no part of one."""
    return f" {' '.join(tokens)} "


def _normalised(token: str) -> str:
    if token[-1].isdigit() and (token[0].isdigit() or token[0] in "-−–+±."):
        token = f"0{token}" if token[0] == "." else token
        return _GROUPS.sub("", token).replace("−", "-").replace("–", "-")
    return token.casefold().replace("’", "'")


def stands_in(sentence: str, text: str) -> bool:
    """Whether `text` holds all tokens of `sentence` in a row, and nothing around them that turns them."""
    tokens, text_tokens = tokens_of(sentence), tokens_of(text)
    if not any(any(map(str.isalnum, token)) for token in tokens):
        return False
    return any(
        _is_whole(text_tokens, start, start + len(tokens)) for start in _places(tokens, text_tokens)
    )


def has_tokens(sentence: str, text: str) -> bool:
    """Whether `text` holds all tokens of `sentence` in a row, whatever stands around them."""
    return any(True for _ in _places(tokens_of(sentence), tokens_of(text)))


def _places(tokens: Sequence[str], text_tokens: Sequence[str]) -> Iterator[int]:
    """Where the tokens stand in those of a text, in a row."""
    start = -1
    for _ in range(text_tokens.count(tokens[0]) if tokens else 0):
        start = text_tokens.index(tokens[0], start + 1)
        if text_tokens[start : start + len(tokens)] == tokens:
            yield start


def _is_whole(text_tokens: Sequence[str], start: int, end: int) -> bool:
    """Whether the tokens around the stretch leave what it says as it is."""
    nearby = [*text_tokens[:start], *text_tokens[end:]]
    if any(token in _QUALIFIERS or token.endswith("n't") for token in nearby):
        return False
    before = text_tokens[start - 1] if start else ""
    after = text_tokens[end] if end < len(text_tokens) else ""
    begins, ends = text_tokens[start][-1].isdigit(), text_tokens[end - 1][-1].isdigit()
    # "允许吸烟" of "不允许吸烟", and the end of a verb that denies.
    if NEGATING & set(text_tokens[max(0, start - 2) : start]) or "".join(
        text_tokens[end : end + 6]
    ).startswith(_DENYING_ENDS):
        return False
    if begins and (
        before in LOWER | UPPER or text_tokens[max(0, start - 2) : start] == ("up", "to")
    ):
        return False  # "12 people" of "at most 12 people"
    # The end of a longer quantity: "4 weeks" of "2 to 4 weeks", "5" of "$ 5", "3" of "3 million".
    if begins and (before in RANGE_JOINTS and start > 1 and text_tokens[start - 2][-1].isdigit()):
        return False
    if begins and before in {"€", "$", "£", "¥", "₹", "±"}:
        return False
    return not (
        ends and (after in SCALES or read_unit(after) or after in {"%", "‰", "°", "€", "$", "£"})
    )
