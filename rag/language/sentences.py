"""Where sentences begin and end, in answers and in sources."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ABBREVIATION = re.compile(
    r"\b(?:(?<!°)[A-Za-z]|Mr|Mrs|Ms|Dr|Prof|St|No|Nr|Art|Abs|Fig|Tab|Sec|approx|incl|excl|vs|etc|e\.g|i\.e"
    r"|z\.\s?B|d\.\s?h|bzw|ca|max|min|Inc|Ltd|Co|Corp|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)\.$"
)
_ITEM_NUMBER = re.compile(r"(?:^|\n)\s*(\d{1,3})\.$")
_DAY = re.compile(r"(?:^|\s)\d{1,2}\.$")
_AFTER_DAY = re.compile(
    r"\s+(?:[a-zäöüß]|(?:Jan|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez)\w*|Quartal|Stock|Etage|Tag)"
)
_BREAK = re.compile(
    r"(?<![^\n])#{1,6}[ \t][^\n]*(?:\n|$)"
    r"|(?<![.!?…])[.!?…]+[\"'”’»)\]*_]*(?=\s)"
    # Chinese and Japanese, Arabic and Urdu, Hindi: no space need follow.
    r"|[。！？｡؟۔।॥]+[」』”’）》]*"
    r"|\n\s*\n|\n(?=\s*(?:[-*•|#>]|\d+[.)]\s|[A-Z]{1,4}-?\d{2,}\S*\s|[A-Z]{1,4}-?\d\S*\s{2}))"
)
_MARKUP = re.compile(r"^(?:\s|[-*•#>]+\s|(?P<item>\d+)[.)]\s)+")
_LIST_NUMBER = re.compile(r"(?:^|\n)[^\S\n]*(#{1,6}\s+)?(?:[-*•>]\s)?(\d+)[.)](?=\s)")
_FENCED = re.compile(r"^ {0,3}(```+|~~~+).*?(?:^ {0,3}\1[^\n]*|\Z)", re.MULTILINE | re.DOTALL)


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Character spans (start, end) of the sentences of `text`, in order, without outer white space.

    A blank line, a list item, a table row and a heading end a sentence too; a fenced block of code is one.
    The mark of a list item is no part of its sentence; a number that counts no items is: "60. It is so".
    """
    marks = _list_marks(text)
    start = 0
    for fence in _FENCED.finditer(text):
        yield from _spans(text, start, fence.start(), marks)
        yield from _stripped(text, fence.start(), fence.end(), marks)
        start = fence.end()
    yield from _spans(text, start, len(text), marks)


def _spans(text: str, start: int, last: int, marks: frozenset[int]) -> Iterator[tuple[int, int]]:
    for match in _BREAK.finditer(text, start, last):
        end = match.end()
        if match[0].startswith(".") and _is_no_end(text, match.start() + 1, marks):
            continue
        yield from _stripped(text, start, end, marks)
        start = end
    yield from _stripped(text, start, last, marks)


def _list_marks(text: str) -> frozenset[int]:
    """Where the numbers stand that count items or headings: 1, or one with its neighbour in the text."""
    matches = list(_LIST_NUMBER.finditer(text))
    headings = {match.start(2) for match in matches if match[1]}
    marks = [(match.start(2), int(match[2])) for match in matches]
    numbers = {number for _, number in marks}
    return frozenset(
        position
        for position, number in marks
        if position in headings or number <= 1 or number - 1 in numbers or number + 1 in numbers
    )


def _is_no_end(text: str, end: int, marks: frozenset[int]) -> bool:
    """Whether the full stop before `end` is that of an abbreviation, an item's number or a German date."""
    tail = text[max(0, end - 12) : end]
    return bool(
        _ABBREVIATION.search(tail)
        or ((item := _ITEM_NUMBER.search(tail)) and end - len(item[1]) - 1 in marks)
        or (_DAY.search(tail) and _AFTER_DAY.match(text, end))
    )


def _stripped(text: str, start: int, end: int, marks: frozenset[int]) -> Iterator[tuple[int, int]]:
    markup = _MARKUP.match(text[start:end])
    if markup and (markup["item"] is None or start + markup.start("item") in marks):
        start += markup.end()
    else:
        start += len(text[start:end]) - len(text[start:end].lstrip())
    end = start + len(text[start:end].rstrip())
    if any(character.isalnum() for character in text[start:end]):
        yield start, end
