"""What the styles of a page hide or raise, as far as it can be told without a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_HIDING = re.compile(
    r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all)", re.IGNORECASE
)
_FADED = re.compile(r"(?:^|[;\s])opacity\s*:\s*0(?:\.0*)?\s*(?:[;!]|$)", re.IGNORECASE)
_WITHOUT_SIZE = re.compile(
    r"(?:^|[;\s])font-size\s*:\s*0(?:\.0*)?(?:px|pt|r?em|%)?\s*(?:[;!]|$)", re.IGNORECASE
)
_SHOWING = re.compile(
    r"(?:^|[;\s])(?:display\s*:(?!\s*none)|visibility\s*:\s*visible)", re.IGNORECASE
)
_RAISED = re.compile(r"vertical-align\s*:\s*(super|sub)\b", re.IGNORECASE)
_COMMENT = re.compile(r"/\*[^*]*\*+(?:[^/*][^*]*\*+)*/|<!--|-->")
_BRACE = re.compile(r"([{}])")
_SIMPLE = re.compile(r"(?:[\w-]*[.#])?[\w-]+")
"""A selector by one name: "p", ".note", "p.note", "#menu"."""
_NAME = re.compile(r"[.#][\w-]+")
_OF_STYLES = re.compile("style|class|show|display", re.IGNORECASE)
_MAX_CHARS = 500_000
"""Of style sheets; what stands behind that is not looked at."""


class PageStyles:
    """The styles of a page. Sheets of other files are not there.

    What a rule of a sheet hides counts as hidden only where nothing can show it: no script of the page deals
    with styles, and no other rule shows what has the same name (tabs, menus).
    """

    def __init__(self, root: Any) -> None:
        self._is_still = not any(map(_may_show, root.iter("script")))
        self._hiding: set[str] = set()
        self._raised: dict[str, str] = {}
        showing: set[str] = set()
        sheet = "\n".join(element.text or "" for element in root.iter("style"))[:_MAX_CHARS]
        for selector, declarations in _rules(_COMMENT.sub(" ", sheet)):
            raised = _RAISED.search(declarations)
            for part in selector.split(","):
                name = part.strip()
                if _SHOWING.search(declarations):
                    showing.update(_NAME.findall(name))
                if not _SIMPLE.fullmatch(name):
                    continue
                if _hides(declarations):
                    self._hiding.add(name)
                if raised:
                    self._raised[name] = raised[1].lower()
        self._hiding = {name for name in self._hiding if showing.isdisjoint(_NAME.findall(name))}

    def is_hidden(self, element: Any) -> bool:
        """Whether somebody who opens the page does not see an element."""
        style = element.get("style") or ""
        if element.get("hidden") is not None or _HIDING.search(style):
            return True
        if element.tag == "dialog" and element.get("open") is None:
            return True
        if not self._is_still:
            return False
        if style and _hides(style):
            sized = (e for e in element.iterdescendants() if "font-size" in (e.get("style") or ""))
            return next(sized, None) is None
        return bool(self._hiding) and not self._hiding.isdisjoint(_names(element))

    def raised(self, element: Any) -> str:
        """ "super" or "sub" for an element that is set above or below its line, or nothing."""
        own = _RAISED.search(element.get("style") or "")
        if own:
            return own[1].lower()
        if not self._raised:
            return ""
        return next((self._raised[name] for name in _names(element) if name in self._raised), "")


def _may_show(script: Any) -> bool:
    """Whether a script may show what a style sheet hides."""
    return script.get("src") is not None or _OF_STYLES.search(script.text or "") is not None


def _hides(declarations: str) -> bool:
    return any(pattern.search(declarations) for pattern in (_HIDING, _FADED, _WITHOUT_SIZE))


def _names(element: Any) -> Iterator[str]:
    """The simple selectors that an element answers to."""
    tag = element.tag
    yield tag
    for name in (element.get("class") or "").split():
        yield f".{name}"
        yield f"{tag}.{name}"
    if identifier := element.get("id"):
        yield f"#{identifier}"
        yield f"{tag}#{identifier}"


def _rules(sheet: str) -> Iterator[tuple[str, str]]:
    """Selectors and declarations, without those within an @-rule: they are for other screens or paper."""
    pieces = _BRACE.split(sheet)
    around: list[str] = []
    for text, brace in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
        if brace == "{":
            around.append(text.rpartition(";")[2].strip() if not around else text)
            continue
        if len(around) == 1 and not around[0].startswith("@"):
            yield around[0], text
        if around:
            around.pop()
