"""The numbers of Word's headings and list items, counted as Word counts them (ECMA-376 part 1, 17.9)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ingest.parsers.office.list_numbers import write_number
from ingest.parsers.office.package import W
from ingest.parsers.office.word_styles import is_on, read_value

BULLET = "-"
_BOXES = {"☐": "☐", "☑": "☑", "☒": "☒", "\uf0a8": "☐", "\uf0fe": "☑", "\uf0fd": "☒"}
"""Bullets that say whether something is done, those of the font Wingdings too."""
_MAX_LEVELS = 9
_PLACE = re.compile(r"%([1-9])")


@dataclass(frozen=True, slots=True)
class _Level:
    """How the items of one depth are numbered; `text` has "%1" for the number of the first depth."""

    style: str = "decimal"
    text: str = ""
    start: int = 1
    restarts_after: int = (
        -1
    )  # the depth, from 1, whose next item begins anew; 0: none does; -1: any above
    digits_only: bool = False


class WordNumbering:
    """Counts the items of a document's lists; `root` is the numbering part, or None."""

    def __init__(self, root: Any) -> None:
        self._abstract: dict[str, Any] = {}
        self._styles: dict[str, str] = {}
        self._numbers: dict[str, Any] = {}
        for element in root if root is not None else ():
            if element.tag == f"{W}abstractNum":
                identifier = element.get(f"{W}abstractNumId") or ""
                self._abstract[identifier] = element
                if link := read_value(element, "styleLink"):
                    self._styles[link] = identifier
            elif element.tag == f"{W}num":
                self._numbers[element.get(f"{W}numId") or ""] = element
        self._levels: dict[str, dict[int, _Level]] = {}
        self._counters: dict[str, list[int | None]] = {}
        self._started: set[tuple[str, int]] = set()

    def depth_of_style(self, number: str, style: str | None) -> int:
        """The depth of a list that belongs to a paragraph style; 0 where none does."""
        abstract = self._abstract.get(self._abstract_of(number))
        for level in abstract.iter(f"{W}lvl") if style and abstract is not None else ():
            if read_value(level, "pStyle") == style:
                return _number(level.get(f"{W}ilvl"), 0)
        return 0

    def marker(self, number: str, depth: int) -> str:
        """Count an item of a list; its number as it is shown, BULLET, or empty for none.

        Lists made from one definition go on counting together, unless one of them starts anew.
        """
        if number not in self._numbers:
            return BULLET
        levels = self._levels_of(number)
        level = levels.get(depth, _Level("bullet"))
        counters = self._counters.setdefault(self._abstract_of(number), [None] * _MAX_LEVELS)
        for override in self._numbers[number].findall(f"{W}lvlOverride"):
            overridden = _number(override.get(f"{W}ilvl"), 0)
            is_first = (number, overridden) not in self._started
            if is_first and override.find(f"{W}startOverride") is not None:
                self._started.add((number, overridden))
                counters[overridden] = None
        for above in range(depth):
            if counters[above] is None:
                counters[above] = levels.get(above, _Level()).start
        current = counters[depth]
        counters[depth] = level.start if current is None else current + 1
        for below in range(depth + 1, _MAX_LEVELS):
            restart = levels.get(below, _Level()).restarts_after
            if restart < 0 or depth < restart:
                counters[below] = None
        if level.style == "bullet":
            return _BOXES.get(level.text, BULLET)
        return self._shown(level, levels, counters)

    @staticmethod
    def _shown(level: _Level, levels: dict[int, _Level], counters: list[int | None]) -> str:
        def place(match: re.Match[str]) -> str:
            depth = int(match[1]) - 1
            style = levels.get(depth, _Level()).style
            if level.digits_only or style == "bullet":
                style = "decimal"
            return write_number(counters[depth] or 0, style)

        return _PLACE.sub(place, level.text).strip()

    def _abstract_of(self, number: str) -> str:
        """The definition that a list is made from, through the style that it may be linked to."""
        element = self._numbers.get(number)
        identifier = read_value(element, "abstractNumId")
        abstract = self._abstract.get(identifier)
        linked = read_value(abstract, "numStyleLink")
        return self._styles.get(linked, identifier)

    def _levels_of(self, number: str) -> dict[int, _Level]:
        if number not in self._levels:
            levels = {}
            abstract = self._abstract.get(self._abstract_of(number))
            for element in abstract.findall(f"{W}lvl") if abstract is not None else ():
                levels[_number(element.get(f"{W}ilvl"), 0)] = _level(element)
            for override in self._numbers[number].findall(f"{W}lvlOverride"):
                depth = _number(override.get(f"{W}ilvl"), 0)
                if (element := override.find(f"{W}lvl")) is not None:
                    levels[depth] = _level(element)
                if start := read_value(override, "startOverride"):
                    old = levels.get(depth, _Level())
                    levels[depth] = _Level(
                        old.style, old.text, _number(start, 1), old.restarts_after, old.digits_only
                    )
            self._levels[number] = levels
        return self._levels[number]


def _level(element: Any) -> _Level:
    return _Level(
        read_value(element, "numFmt") or "decimal",
        read_value(element, "lvlText"),
        _number(read_value(element, "start"), 0),
        _number(read_value(element, "lvlRestart"), -1),
        bool(is_on(element, "isLgl")),
    )


def _number(raw: str | None, default: int) -> int:
    return int(raw) if raw and raw.isdecimal() and len(raw) < 7 else default
