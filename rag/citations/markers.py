"""The passage numbers that a model writes into its answer, in all the forms that models have learnt.

"[1]", "[1, 2]", "[1-2]", "[[1]]", "[^1]", "^1^", "【1】", "【1†source】", "(Passage 1)", and a list of
sources at the end. Code is left alone, and so is what only looks like one: "cfg[1]", "[1](page.html)".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_NUMBERS = r"\d{1,3}(?:\s*(?:,|;|and|und|et|y|&|-|–)\s*\[?\d{1,3}\]?)*"
_NAMED = r"(?:passages?|sources?|documents?|quellen?|textstellen?|pasajes?|fuentes?)"
_MARKER = re.compile(
    rf"\[\[{_NUMBERS}\]\](?!\()"
    rf"|\[\^?(?:{_NAMED}\s+)?#?{_NUMBERS}\](?![(\w]|\[(?!\^?#?\d))"
    rf"|【\s*{_NUMBERS}(?:[†:][^】\n]*)?】"
    rf"|\((?:see\s+|siehe\s+|voir\s+)?{_NAMED}\s+#?{_NUMBERS}\)"
    r"|\^\d{1,3}\^",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"^ {0,3}(```+|~~~+).*?(?:^ {0,3}\1|\Z)|(`+)(?!`).+?(?<!`)\2(?!`)", re.MULTILINE | re.DOTALL
)
_SOURCES = re.compile(
    r"\n[^\S\n]*(?:#+\s*|\*\*)?"
    r"(?:sources?|references?|citations?|quellen|nachweise|références|fuentes)"
    r"[ \t]*+:?[ \t]*+(?:\*\*)?:?[ \t]*+"
    r"(?:\n(?:\s*(?:[-*]\s*)?(?:\[\^?\d{1,3}\]:?|【\d{1,3}】|\d{1,3}[.)]) [^\n]*(?:\n|$))+"
    r"|\s*(?:(?:\[\^?\d{1,3}\]|【\d{1,3}】)[,; \t]*)+)\s*$",
    re.IGNORECASE,
)
_RANGE = re.compile(r"(\d+)\s*[-–]\s*(\d+)")
_WORD_BEFORE = re.compile(r"[\w.]+$")
_LONGEST_NAME = 80
"""Characters before a marker in which a name is looked for."""
_NAME = re.compile(r"[_.\d]|[a-z][A-Z]")
"""What stands in names of programs and in no word: "row_2", "a.b", "rowCount"."""
_VOWEL = re.compile(r"[^\W\d_bcdfghjklmnpqrstvwxyz]", re.IGNORECASE)
_LONGEST_RANGE = 20


@dataclass(frozen=True, slots=True)
class Marker:
    """Where in a text a marker stands, with the blanks before it, and the passage numbers in it."""

    start: int
    end: int
    numbers: tuple[int, ...]


def find_code_spans(text: str) -> list[tuple[int, int]]:
    """Where fenced blocks and inline code stand; a block that is not closed goes on to the end."""
    return [match.span() for match in _CODE.finditer(text)]


def find_markers(text: str) -> Iterator[Marker]:
    """The markers of a text, in order."""
    code = find_code_spans(text)
    sources = _SOURCES.search(text)
    end_of_text = len(text[: sources.start()].rstrip()) if sources else len(text)
    for match in _MARKER.finditer(text, 0, end_of_text):
        start, end = match.span()
        if any(first < end and start < last for first, last in code):
            continue
        if _is_subscript(text, start, end):
            continue
        while start and text[start - 1] in " \t":
            start -= 1
        yield Marker(start, end, _numbers(match[0]))
    if sources:
        yield Marker(end_of_text, len(text), ())


def strip_markers(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without its markers, and each number with the place in that text where it stood."""
    plain, numbers, end = "", [], 0
    for marker in find_markers(text):
        if marker.start < end:
            continue
        plain += text[end : marker.start]
        numbers += [(len(plain), number) for number in marker.numbers]
        end = marker.end
    return plain + text[end:], numbers


def _is_subscript(text: str, start: int, end: int) -> bool:
    """Whether "[1]" belongs to the name right before it, as in "cfg[1]", and marks no passage."""
    word = _WORD_BEFORE.search(text[max(0, start - _LONGEST_NAME) : start])
    if text[start] != "[" or word is None:
        return False
    # "16 weeks[1]." ends a sentence, or a part of one; a name goes on: "set cfg[1] to 5", "a[1] = b".
    name = word[0].rstrip(".")
    is_name = not name.isdigit() and bool(_NAME.search(name) or not _VOWEL.search(name))
    after = text[end : end + 1]
    return is_name or len(name) < 2 or (bool(after) and after not in ".,;:!?)\n[")


def _numbers(marker: str) -> tuple[int, ...]:
    numbers: list[int] = []
    for part in re.split(r"[,;&]|and|und|et|y", marker.partition("†")[0]):
        if (both := _RANGE.search(part)) and 0 <= int(both[2]) - int(both[1]) < _LONGEST_RANGE:
            numbers += range(int(both[1]), int(both[2]) + 1)
        else:
            numbers += map(int, re.findall(r"\d+", part))
    return tuple(numbers)
