"""Equations of Office (OMML, ECMA-376 part 1, 22.1) as one line of text: "d = (5wL)/(384EI)".

The notation is AsciiMath's: "sqrt(x)", "sum_(n=1)^∞" and "pi" can be typed and searched. Other letters and
signs stay as they are, for the text around an equation writes them so as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ingest.parsers.office.package import W

M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_SINGLE = re.compile(r"-?(?:\d+(?:[.,]\d+)*|[^\W\d](?:[_^]\w)?|.|)")
_NO_SPACE = re.compile(r"(?<=[(\[]) | (?=[)\],;^_/!])|(?<=\w) (?=[-+=] ?\w)")
_MAX_DEPTH = 60
_NAMES = {"π": " pi ", "∑": " sum", "∏": " prod", "∫": " int", "√": " sqrt"}
_NAMED = re.compile("|".join(_NAMES))


def write_equation(element: Any) -> str:
    """The text of an equation (`m:oMath`) or of several below one another (`m:oMathPara`)."""
    equations = element.findall(f"{M}oMath") or [element]
    lines = (_NAMED.sub(lambda m: _NAMES[m[0]], _content(equation, 0)) for equation in equations)
    return "; ".join(line for text in lines if (line := _spaced(text)))


def _spaced(text: str) -> str:
    return _NO_SPACE.sub("", " ".join(text.split()))


def _content(element: Any, depth: int) -> str:
    if depth > _MAX_DEPTH:
        return "".join(element.itertext())
    return "".join(_piece(child, depth + 1) for child in element)


def _piece(element: Any, depth: int) -> str:
    if not isinstance(element.tag, str):
        return ""
    name = element.tag.rpartition("}")[2]
    if element.tag in (f"{M}t", f"{W}t"):
        return element.text or ""
    if name.endswith("Pr") or name in ("del", "moveFrom"):
        return ""
    write = _WRITERS.get(name) if element.tag.startswith(M) else None
    return write(element, depth) if write else _content(element, depth)


def _part(element: Any, name: str, depth: int) -> str:
    part = element.find(M + name)
    return _content(part, depth).strip() if part is not None else ""


def _setting(element: Any, path: str, default: str) -> str:
    """A value from the element's properties; present without a value means "nothing is drawn"."""
    child = element.find("/".join(M + name for name in path.split("/")))
    return default if child is None else str(child.get(f"{M}val", ""))


def _grouped(text: str) -> str:
    return text if _SINGLE.fullmatch(text) or _is_enclosed(text) else f"({text})"


def _is_enclosed(text: str) -> bool:
    """Whether the first parenthesis is closed by the last one."""
    if not (text.startswith("(") and text.endswith(")")):
        return False
    open_count = 0
    for position, char in enumerate(text):
        open_count += (char == "(") - (char == ")")
        if not open_count:
            return position == len(text) - 1
    return False


def _fraction(element: Any, depth: int) -> str:
    above, below = _part(element, "num", depth), _part(element, "den", depth)
    if _setting(element, "fPr/type", "bar") == "noBar":
        return f"{_grouped(above)} over {_grouped(below)}"  # a binomial coefficient
    return f"{_grouped(above)}/{_grouped(below)}"


def _script(element: Any, depth: int) -> str:
    base, low, high = (_part(element, name, depth) for name in ("e", "sub", "sup"))
    scripts = (f"_{_grouped(low)}" if low else "") + (f"^{_grouped(high)}" if high else "")
    if element.tag == f"{M}sPre":
        return f"{scripts} {base}"
    return f"{_grouped(base) if high else base}{scripts} "


def _root(element: Any, depth: int) -> str:
    degree = _part(element, "deg", depth)
    radicand = _part(element, "e", depth)
    if degree:
        return f" root({degree})({radicand})"
    return f"√({radicand})"


def _big_operator(element: Any, depth: int) -> str:
    sign = _setting(element, "naryPr/chr", "∫")
    low, high, body = (_part(element, name, depth) for name in ("sub", "sup", "e"))
    limits = (f"_{_grouped(low)}" if low else "") + (f"^{_grouped(high)}" if high else "")
    return f"{sign}{limits} {_grouped(body)}"


def _delimited(element: Any, depth: int) -> str:
    begin = _setting(element, "dPr/begChr", "(")
    end = _setting(element, "dPr/endChr", ")")
    separator = _setting(element, "dPr/sepChr", "|")
    parts = [_content(part, depth).strip() for part in element.findall(f"{M}e")]
    return f"{begin}{separator.join(parts)}{end}"


def _function(element: Any, depth: int) -> str:
    argument = _part(element, "e", depth)
    argument = argument if _is_enclosed(argument) else f"({argument})"
    return f" {_part(element, 'fName', depth)}{argument} "


def _limit(element: Any, depth: int) -> str:
    mark = "_" if element.tag == f"{M}limLow" else "^"
    return f"{_part(element, 'e', depth)}{mark}{_grouped(_part(element, 'lim', depth))}"


def _accent(element: Any, depth: int) -> str:
    mark = _setting(element, "accPr/chr", "\u0302")
    return f"{_part(element, 'e', depth)}{mark}"


def _bar(element: Any, depth: int) -> str:
    return f"{_part(element, 'e', depth)}\u0305"


def _matrix(element: Any, depth: int) -> str:
    rows = (
        ", ".join(_content(cell, depth).strip() for cell in row.findall(f"{M}e"))
        for row in element.findall(f"{M}mr")
    )
    return f"[{'; '.join(rows)}]"


def _equations(element: Any, depth: int) -> str:
    lines = (_content(line, depth).strip().replace("&", "") for line in element.findall(f"{M}e"))
    return "; ".join(lines)


_WRITERS: Mapping[str, Callable[[Any, int], str]] = {
    "f": _fraction,
    "sSup": _script,
    "sSub": _script,
    "sSubSup": _script,
    "sPre": _script,
    "rad": _root,
    "nary": _big_operator,
    "d": _delimited,
    "func": _function,
    "limLow": _limit,
    "limUpp": _limit,
    "acc": _accent,
    "bar": _bar,
    "m": _matrix,
    "eqArr": _equations,
}
