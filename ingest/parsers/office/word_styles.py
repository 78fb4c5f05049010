"""The styles of a Word document, as far as they say what a paragraph is and whether words are seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ingest.parsers.office.package import W
from ingest.parsers.rtf_paragraphs import read_level_of_style

_OFF = ("0", "false", "off", "none")
_LONGEST_CHAIN = 12  # of styles based on others; a damaged file may chain them in a ring
_BODY_LEVEL = 9  # what Word calls body text among the outline levels


def is_on(properties: Any, name: str) -> bool | None:
    """Whether a setting such as `w:vanish` is on; None where the properties do not say."""
    element = None if properties is None else properties.find(W + name)
    if element is None:
        return None
    return (element.get(f"{W}val") or "1").lower() not in _OFF


def outline_level(properties: Any) -> int | None:
    """The heading level that properties set, 0 for body text; None where they do not say."""
    outline = None if properties is None else properties.find(f"{W}outlineLvl")
    if outline is None:
        return None
    raw = outline.get(f"{W}val") or ""
    return int(raw) + 1 if raw.isdecimal() and int(raw) < _BODY_LEVEL else 0


class WordStyles:
    """Looks things up through the chain of styles that a style is based on; `root` may be None."""

    def __init__(self, root: Any) -> None:
        styles = list(root.iter(f"{W}style")) if root is not None else []
        self._styles = {style.get(f"{W}styleId"): style for style in styles}
        self._default = next(
            (
                style.get(f"{W}styleId")
                for style in styles
                if style.get(f"{W}type") == "paragraph"
                and style.get(f"{W}default") in ("1", "true")
            ),
            None,
        )
        self._levels: dict[str | None, int] = {}
        self._numberings: dict[str | None, tuple[str, str]] = {}
        self._settings: dict[tuple[str, str], bool] = {}
        self._raised: dict[str, str] = {}

    def _chain(self, identifier: str | None) -> Iterator[Any]:
        for _ in range(_LONGEST_CHAIN):
            style = self._styles.get(identifier)
            if style is None:
                return
            yield style
            base = style.find(f"{W}basedOn")
            identifier = None if base is None else base.get(f"{W}val")

    def heading_level(self, identifier: str | None) -> int:
        """The level that a paragraph's style gives it, or 0."""
        if identifier not in self._levels:
            self._levels[identifier] = self._find_level(identifier)
        return self._levels[identifier]

    def _find_level(self, identifier: str | None) -> int:
        for style in self._chain(identifier):
            name = style.find(f"{W}name")
            level = read_level_of_style("" if name is None else name.get(f"{W}val") or "")
            if level:
                return level
            outline = outline_level(style.find(f"{W}pPr"))
            if outline is not None:
                return outline
        return 0

    def numbering(self, identifier: str | None) -> tuple[str, str]:
        """The identifier of the list and the depth that a paragraph's style sets; empty where it does not."""
        if identifier not in self._numberings:
            number = depth = ""
            for style in self._chain(identifier or self._default):
                properties = style.find(f"{W}pPr/{W}numPr")
                if properties is not None:
                    number = number or read_value(properties, "numId")
                    depth = depth or read_value(properties, "ilvl")
            self._numberings[identifier] = number, depth
        return self._numberings[identifier]

    def run_setting(self, identifier: str | None, name: str) -> bool:
        """Whether a style switches on a setting of the type, such as `vanish`."""
        if not identifier:
            return False
        key = identifier, name
        if key not in self._settings:
            settings = (is_on(style.find(f"{W}rPr"), name) for style in self._chain(identifier))
            self._settings[key] = next((s for s in settings if s is not None), False)
        return self._settings[key]

    def raised(self, identifier: str | None) -> str:
        """ "superscript", "subscript" or whatever else a style says of where its type stands."""
        if not identifier:
            return ""
        if identifier not in self._raised:
            places = (read_value(s.find(f"{W}rPr"), "vertAlign") for s in self._chain(identifier))
            self._raised[identifier] = next(filter(None, places), "")
        return self._raised[identifier]


def read_value(properties: Any, name: str) -> str:
    """The `w:val` of a property; empty where there is none."""
    element = None if properties is None else properties.find(W + name)
    return "" if element is None else element.get(f"{W}val") or ""
