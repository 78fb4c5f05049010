"""The lines of a passage, and where text is cut that no end of sentence cuts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LONGEST_SENTENCE = 700
"""A longer stretch without an end of sentence is cut into pieces: a list of part numbers, a log."""
PIECE = 400
"""Characters of such a piece, at most; a longer item of a list is cut into its sentences."""
_QUOTE = re.compile(r"(?:>\s?)+")
_WIDE_END = re.compile(r"[。！？｡।؟]+[\"'”’»)\]」』]*")
_SEPARATORS = ("; ", " · ", ", ", "，", "、", " ")


@dataclass(frozen=True, slots=True)
class PassageLine:
    """A line of a passage: its characters without outer white space and marks of quotation."""

    start: int
    end: int
    text: str
    indent: int = 0

    @property
    def is_blank(self) -> bool:
        return not self.text


def split_lines(text: str) -> Iterator[PassageLine]:
    """The lines of a passage, blank ones included."""
    start = 0
    for raw in text.split("\n"):
        body = raw.rstrip()
        quote = _QUOTE.match(body)
        begin = quote.end() if quote else 0
        stripped = body[begin:].lstrip()
        indent = len(body) - len(stripped)
        yield PassageLine(start + indent, start + len(body), stripped, indent - begin)
        start += len(raw) + 1


def cut_wide_sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cuts where a sentence ends without a space behind it, as in Chinese, Japanese and Hindi."""
    begin = start
    for match in _WIDE_END.finditer(text, start, end):
        yield from _trimmed(text, begin, match.end())
        begin = match.end()
    yield from _trimmed(text, begin, end)


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    if any(character.isalnum() for character in text[start:end]):
        yield start, end


def cut_long_text(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cuts what is too long to be a sentence where a list of things can be cut."""
    while end - start > _LONGEST_SENTENCE:
        cut = 0
        for separator in ("\n", *_SEPARATORS):
            cut_at = text.rfind(separator, start + PIECE // 2, start + PIECE)
            if cut_at > 0:
                cut = cut_at + len(separator)
                break
        cut = cut or start + PIECE
        yield start, start + len(text[start:cut].rstrip())
        start = cut
    yield start, end
