"""The styles of an OpenDocument file: what they say of a paragraph, of words, and of the numbers of lists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ingest.parsers.office.list_numbers import write_number

_NS = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
TEXT, TABLE, STYLE = _NS % "text", _NS % "table", _NS % "style"
PRESENTATION, DRAW = _NS % "presentation", _NS % "drawing"
_LONGEST_CHAIN = 10  # of styles based on others; a damaged file may chain them in a ring
_MAX_LEVELS = 10
_LISTED = re.compile(r"%(\d{1,2})%")
_FORMATS = {
    "1": "decimal",
    "a": "lowerLetter",
    "A": "upperLetter",
    "i": "lowerRoman",
    "I": "upperRoman",
    "一, 二, 三, ...": "chineseCounting",
}


def strip_namespace(element: Any) -> str:
    """An element's name without its namespace; empty for a comment."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def is_element(element: Any, name: str) -> bool:
    return strip_namespace(element) == name


def attribute(element: Any, name: str) -> str:
    """An attribute by its local name, in whichever namespace."""
    for key, value in element.attrib.items():
        if key.rpartition("}")[2] == name:
            return str(value)
    return ""


def count(element: Any, name: str, default: int = 1) -> int:
    """A number of an attribute, at least 1."""
    raw = attribute(element, name)
    return max(1, int(raw)) if raw.isdecimal() and len(raw) < 10 else default


class OdfStyles:
    """The styles by kind and name; `parts` are the trees that hold them, the last one counts."""

    def __init__(self, parts: list[Any]) -> None:
        self._styles: dict[tuple[str, str], Any] = {}
        self.master_pages: list[Any] = []
        for tree in parts:
            for group in tree:
                if strip_namespace(group) in ("automatic-styles", "styles"):
                    for style in group:
                        self._styles[strip_namespace(style), attribute(style, "name")] = style
                elif is_element(group, "master-styles"):
                    self.master_pages += [p for p in group if is_element(p, "master-page")]

    def get(self, kind: str, name: str) -> Any:
        """The style of this kind and name, or None."""
        return self._styles.get((kind, name))

    def _chain(self, name: str) -> Iterator[tuple[str, Any]]:
        for _ in range(_LONGEST_CHAIN):
            style = self.get("style", name)
            if style is None:
                return
            yield name, style
            name = style.get(f"{STYLE}parent-style-name", "")

    def property_of(self, name: str, group: str, key: str) -> str:
        """A property of a style or of one that it is based on, such as `display` of `text-properties`."""
        for _, style in self._chain(name):
            for properties in style:
                if is_element(properties, group) and (value := attribute(properties, key)):
                    return value
        return ""

    def heading_level(self, name: str) -> int:
        """The level of a heading that a paragraph's style makes, 1 for a title; else 0."""
        if name == "Title":
            return 1
        for own, style in self._chain(name):
            raw = style.get(f"{STYLE}default-outline-level", "")
            if raw.isdecimal() and raw != "0":
                return int(raw)
            if "Title" in (own, style.get(f"{STYLE}parent-style-name", "")):
                return 1
        return 0

    def raised(self, name: str) -> str:
        """ "super" or "sub" for words that do not stand on the line; else empty."""
        position = self.property_of(name, "text-properties", "text-position").split(" ")[0]
        if position in ("super", "sub"):
            return position
        number = position.rstrip("%")
        if number.lstrip("-").isdecimal() and int(number):
            return "sub" if number.startswith("-") else "super"
        return ""


class OdfNumbering:
    """Counts the items of one list, or the headings of a document."""

    def __init__(self, definition: Any) -> None:
        self._levels: Mapping[int, Any] = {
            count(level, "level"): level for level in (definition if definition is not None else ())
        }
        self._counters: dict[int, int] = {}

    def marker(self, level: int, start: str = "") -> str:
        """Count an item at `level` (from 1), perhaps from `start` on; its number, "-" for a bullet."""
        definition = self._levels.get(level)
        begin = count(definition, "start-value") if definition is not None else 1
        if start.isdecimal():
            self._counters[level] = int(start)
        else:
            self._counters[level] = self._counters.get(level, begin - 1) + 1
        for deeper in [other for other in self._counters if other > level]:
            del self._counters[deeper]
        return self.current(level)

    def current(self, level: int) -> str:
        definition = self._levels.get(level)
        if definition is None or not strip_namespace(definition).endswith(
            ("number", "outline-level-style")
        ):
            return "-"
        if not attribute(definition, "num-format"):
            return ""
        listed = attribute(definition, "num-list-format")
        if listed:
            return _LISTED.sub(lambda match: self._number(int(match[1])), listed).strip()
        levels = count(definition, "display-levels")
        first = max(1, level - min(levels, _MAX_LEVELS) + 1)
        numbers = ".".join(filter(None, (self._number(n) for n in range(first, level + 1))))
        return f"{attribute(definition, 'num-prefix')}{numbers}{attribute(definition, 'num-suffix')}".strip()

    def _number(self, level: int) -> str:
        definition = self._levels.get(level)
        form = attribute(definition, "num-format") if definition is not None else "1"
        begin = count(definition, "start-value") if definition is not None else 1
        style = _FORMATS.get(form, "decimal") if form else "none"
        return write_number(self._counters.get(level, begin), style)
