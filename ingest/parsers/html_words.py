"""Prepares a page's tree so that its text has what a reader sees: formulas, notes, filled fields."""

from __future__ import annotations

import re
from typing import Any

from ingest.parsers.html_styles import PageStyles
from ingest.parsers.office.raised_text import subscript, superscript

_REWRITTEN = ("math", "ruby", "sup", "sub", "input", "select", "textarea", "svg")
_NOT_SHOWN = ("hidden", "password", "submit", "button", "reset", "image", "file")
_PAIRED = {"mfrac": ("(", ")/(", ")"), "msup": ("", "^(", ")"), "msub": ("", "_(", ")")}
_SIMPLE_PARTS = re.compile(r"\((\w+)\)")


def prepare(root: Any) -> None:
    """Change the tree in place. What is hidden goes, unless the page holds nothing else."""
    styles = PageStyles(root)
    _drop_hidden(root, styles)
    for element in list(root.iter("span", "font", *_REWRITTEN)):
        tag = element.tag
        if tag in ("span", "font"):
            if raised := styles.raised(element):
                apart = superscript if raised == "super" else subscript
                _become(element, apart(_before(element), _words(element)))
        elif tag == "svg":
            _become(element, f" {_labels(element)} ")
        elif tag == "math":
            _become(element, _apart(element, element.get("alttext") or _formula(element)))
        elif tag == "ruby":
            _become(element, _reading(element))
        elif tag == "sup":
            _become(element, superscript(_before(element), _words(element)))
        elif tag == "sub":
            _become(element, subscript(_before(element), _words(element)))
        elif tag == "input" and element.get("type", "text").lower() not in _NOT_SHOWN:
            kind = element.get("type", "").lower()
            if kind not in ("checkbox", "radio"):
                _become(element, f" {element.get('value', '')} ")
        elif tag == "textarea":
            _become(element, f" {_words(element)} ")
        elif tag == "select":
            chosen = [_words(o) for o in element.iter("option") if o.get("selected") is not None]
            _become(element, f" {', '.join(chosen)} ")


def _labels(drawing: Any) -> str:
    """The words in an SVG drawing."""
    return " ".join(" ".join(_words(text).split()) for text in drawing.iter("text"))


def _drop_hidden(root: Any, styles: PageStyles) -> None:
    hidden = [
        element
        for element in root.iter()
        if isinstance(element.tag, str)
        and element.tag not in ("html", "body", "head")
        and styles.is_hidden(element)
    ]
    known = set(hidden)
    outer = [e for e in hidden if known.isdisjoint(e.iterancestors())]
    body = root.find("body")
    everything = _letters(root if body is None else body)
    if sum(map(_letters, outer)) >= everything:
        return
    for element in outer:
        element.drop_tree()


def _letters(element: Any) -> int:
    return len("".join(_words(element).split()))


def _apart(element: Any, text: str) -> str:
    """A formula with a blank before and behind it, where a word stands there."""
    before = " " if _before(element)[-1:].isalnum() else ""
    return f"{before}{text}{' ' if (element.tail or '')[:1].isalnum() else ''}"


def _become(element: Any, text: str) -> None:
    """Make a plain stretch of text of an element."""
    tail = element.tail
    element.clear()
    element.tag, element.text, element.tail = "span", text, tail


def _words(element: Any) -> str:
    return "".join(element.itertext())


def _before(element: Any) -> str:
    """The text that stands directly before an element on its line."""
    while element is not None:
        previous, parent = element.getprevious(), element.getparent()
        if previous is None and parent is None:
            return ""
        text = (parent.text if previous is None else previous.tail) or ""
        if not text and previous is not None and isinstance(previous.tag, str):
            text = _words(previous)
        if text or previous is not None or parent.tag in ("p", "td", "th", "li"):
            return text
        element = parent
    return ""


def _reading(ruby: Any) -> str:
    """ "漢字(かんじ)": the base with its reading in brackets."""
    parts = [ruby.text or ""]
    for child in ruby:
        words = _words(child)
        parts.append(f"({words})" if child.tag == "rt" else "" if child.tag == "rp" else words)
        parts.append(child.tail or "")
    return "".join(parts)


def _formula(element: Any) -> str:
    """MathML on one line: "A=r^2", "(a+b)/(2)"."""
    tag = element.tag if isinstance(element.tag, str) else ""
    if tag in ("annotation", "annotation-xml"):
        return ""
    inner = [part for child in element if (part := _formula(child))]
    if tag in _PAIRED and len(inner) == 2:
        begin, between, end = _PAIRED[tag]
        return _SIMPLE_PARTS.sub(r"\1", f"{begin}{inner[0]}{between}{inner[1]}{end}")
    if tag == "msubsup" and len(inner) == 3:
        return f"{inner[0]}_{inner[1]}^{inner[2]}"
    if tag == "msqrt":
        return f"√({''.join(inner)})"
    if tag == "mroot" and len(inner) == 2:
        return f"({inner[0]})^(1/{inner[1]})"
    separator = " " if tag in ("mtable", "mtr") else ""
    return (element.text or "").strip() + separator.join(inner)
