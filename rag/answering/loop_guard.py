"""Stops a model that says the same again and again, and nothing else.

A loop is a stretch that comes back without a pause: the end of the text is the same unit, several times in a
row. A table whose rows differ in one figure is none, nor is a rule of dashes or a line of dots.
"""

from __future__ import annotations

_TIMES = 5
"""How often a unit stands in a row, at least: a list may well say "Yes." four times."""
_LEAST = 240
"""Characters that the repetitions have together, at least."""
_LEAST_SIGNS = 4_000
"""The same for a unit without a letter or figure: dashes and dots draw tables and forms."""
_TAIL = 6_000
"""Characters at the end that are looked through."""
_LOOK_EVERY = 128


class LoopGuard:
    """Watches a text as it grows."""

    def __init__(self) -> None:
        self._looked = 0

    def looped_at(self, text: str) -> int | None:
        """Where the first repetition ends, if the text ends in a loop; else None. Looks now and then only."""
        if len(text) - self._looked < _LOOK_EVERY:
            return None
        self._looked = len(text)
        return find_loop_start(text)


def find_loop_start(text: str) -> int | None:
    """The end of the first of the repetitions that `text` ends with; None if it ends with none."""
    tail = text[-_TAIL:][::-1]
    border = 0
    borders = [0]
    loop: tuple[int, int] | None = None
    # The prefix function of the reversed tail: borders[n] is the longest part that n characters begin and
    # end with, so they repeat with the period n - borders[n].
    for index in range(1, len(tail)):
        while border and tail[index] != tail[border]:
            border = borders[border - 1]
        border += tail[index] == tail[border]
        borders.append(border)
        length, period = index + 1, index + 1 - border
        if length >= max(_LEAST, _TIMES * period) and _counts(tail[:period], length):
            loop = length, period
    if loop is None:
        return None
    length, period = loop
    return len(text) - length + period


def _counts(unit: str, length: int) -> bool:
    return any(map(str.isalnum, unit)) or length >= _LEAST_SIGNS
