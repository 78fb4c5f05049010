"""Where sentences begin and end, in answers and in sources."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ABBREVIATION = re.compile(
    r"\b(?:(?<!°)[A-Za-z]|Mr|Mrs|Ms|Dr|Prof|St|No|Nr|Art|Abs|Fig|Tab|Sec|approx|incl|excl|vs|etc|e\.g|i\.e"
    r"|z\.\s?B|d\.\s?h|bzw|ca|max|min|Inc|Ltd|Co|Corp|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)\.$"
)
_ITEM_NUMBER = re.compile(r"(?:^|\n)\s*\d{1,3}\.$")
_DAY = re.compile(r"(?:^|\s)\d{1,2}\.$")
_AFTER_DAY = re.compile(
    r"\s+(?:[a-zäöüß]|(?:Jan|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez)\w*|Quartal|Stock|Etage|Tag)"
)
_BREAK = re.compile(
    r"(?<![^\n])#{1,6}[ \t][^\n]*(?:\n|$)"
    r"|[.!?…]+[\"'”’»)\]*_]*(?=\s)|[。!?]|\n\s*\n|\n(?=\s*(?:[-*•|#>]|\d+[.)]\s|[A-Z]{1,4}-?\d{2,}\S*\s|[A-Z]{1,4}-?\d\S*\s{2}))"
)
_MARKUP = re.compile(r"^(?:\s|[-*•#>]+\s|\d+[.)]\s)+")


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Character spans (start, end) of the sentences of `text`, in order, without outer white space.

    A blank line, a list item, a table row and a heading end a sentence too.
    """
    start = 0
    for match in _BREAK.finditer(text):
        end = match.end()
        if match[0].startswith(".") and _is_no_end(text, match.start() + 1):
            continue
        yield from _stripped(text, start, end)
        start = end
    yield from _stripped(text, start, len(text))


def _is_no_end(text: str, end: int) -> bool:
    """Whether the full stop before `end` is that of an abbreviation, an item's number or a German date."""
    tail = text[max(0, end - 12) : end]
    return bool(
        _ABBREVIATION.search(tail)
        or _ITEM_NUMBER.search(tail)
        or (_DAY.search(tail) and _AFTER_DAY.match(text, end))
    )


def _stripped(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    markup = _MARKUP.match(text[start:end])
    start += markup.end() if markup else 0
    end = start + len(text[start:end].rstrip())
    if any(character.isalnum() for character in text[start:end]):
        yield start, end
