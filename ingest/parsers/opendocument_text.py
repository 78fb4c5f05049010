"""The flowing text of an OpenDocument file: headings, paragraphs, lists and tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ingest.text_builder import TextBuilder

_NS = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
TEXT, TABLE, STYLE = _NS % "text", _NS % "table", _NS % "style"
PRESENTATION = _NS % "presentation"
_MAX_DEPTH = 100
_MAX_SPACES = 100
_MAX_SPAN = 50
_FIRST_LEVEL_OF_TITLE = 1
# What was deleted, comments, and lists of what stands elsewhere in the document.
_LEFT_OUT = frozenset(
    "tracked-changes annotation annotation-end table-of-content alphabetical-index"  # noqa: SIM905
    " sequence-decls forms variable-decls user-field-decls".split()
)
_CONTAINERS = frozenset(
    "section index-body frame text-box g custom-shape a rect ellipse polygon path line"  # noqa: SIM905
    " connector caption list-header page-thumbnail object".split()
)


def local_name(element: Any) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def is_element(element: Any, name: str) -> bool:
    return local_name(element) == name


def attribute(element: Any, name: str) -> str:
    """An attribute by its local name, in whichever namespace."""
    for key, value in element.attrib.items():
        if key.rpartition("}")[2] == name:
            return str(value)
    return ""


def inline_text(element: Any) -> str:
    """The words of an element and all in it; paragraphs become lines."""
    parts: list[str] = []
    _collect(element, parts, 0)
    return "".join(parts).strip("\n")


def _collect(element: Any, parts: list[str], depth: int) -> None:
    if depth > _MAX_DEPTH:
        return
    parts.append(element.text or "")
    for child in element:
        name = local_name(child)
        if name == "s":
            raw = child.get(f"{TEXT}c", "1")
            parts.append(" " * (min(int(raw), _MAX_SPACES) if raw.isdecimal() else 1))
        elif name == "tab":
            parts.append("\t")
        elif name == "line-break":
            parts.append("\n")
        elif name and name not in _LEFT_OUT and name not in ("note", "frame"):
            _collect(child, parts, depth + 1)
            if name in ("p", "h"):
                parts.append("\n")
        parts.append(child.tail or "")


class TextWalker:
    """Goes through a body in document order and writes its blocks."""

    def __init__(self, builder: TextBuilder, styles: Mapping[tuple[str, str], Any]) -> None:
        self.builder = builder
        self._styles = styles
        self._notes: list[str] = []

    def walk(self, container: Any, depth: int = 0, *, is_wrapped: bool = False) -> None:
        """Write what is in `container`, or with `is_wrapped` also the element itself."""
        for element in [container] if is_wrapped else container:
            self._element(element, depth)

    def notes(self) -> None:
        """Write the footnotes that were met on the way."""
        for note in self._notes:
            self.builder.paragraph(note)
        self._notes.clear()

    def _element(self, element: Any, depth: int) -> None:
        name = local_name(element)
        if depth > _MAX_DEPTH or not name or name in _LEFT_OUT:
            return
        if name == "h":
            raw = element.get(f"{TEXT}outline-level", "1")
            self._heading_or_paragraph(element, int(raw) if raw.isdecimal() else 1)
        elif name == "p":
            self._heading_or_paragraph(element, self._level_of_style(element))
        elif name == "list":
            self._list(element, 0, depth)
        elif name == "table":
            self.builder.table(self._rows(element))
        elif name in _CONTAINERS:
            self.walk(element, depth + 1)

    def _heading_or_paragraph(self, element: Any, level: int) -> None:
        words = inline_text(element)
        if level:
            self.builder.heading(words, level)
        else:
            self.builder.paragraph(words)
        self._anchored(element)

    def _anchored(self, element: Any) -> None:
        """What hangs on a paragraph: text boxes in their place, footnotes at the end."""
        for child in element.iterdescendants():
            name = local_name(child)
            if name == "note":
                bodies = [inline_text(each) for each in child if is_element(each, "note-body")]
                self._notes += [words for words in bodies if words]
            elif name == "text-box" and not any(
                is_element(above, "text-box") for above in _between(child, element)
            ):
                self.walk(child, 1)

    def _level_of_style(self, element: Any) -> int:
        """1 for a paragraph in the style of a title, which LibreOffice gives no outline level."""
        name = element.get(f"{TEXT}style-name", "")
        for _ in range(10):
            if name == "Title":
                return _FIRST_LEVEL_OF_TITLE
            style = self._styles.get(("style", name))
            if style is None:
                return 0
            raw = style.get(f"{STYLE}default-outline-level", "")
            if raw.isdecimal() and raw != "0":
                return int(raw)
            name = style.get(f"{STYLE}parent-style-name", "")
        return 0

    def _list(self, element: Any, indent: int, depth: int, style: str = "") -> None:
        style = element.get(f"{TEXT}style-name", style)
        number = 0
        for item in element:
            if not is_element(item, "list-item") and not is_element(item, "list-header"):
                continue
            number += 1
            marker = f"{number}." if self._is_numbered(style, indent) else "-"
            lines: list[str] = []
            nested = []
            for child in item:
                if is_element(child, "list"):
                    nested.append(child)
                elif is_element(child, "h"):
                    self._element(child, depth + 1)  # a numbered heading is a list to LibreOffice
                elif local_name(child):
                    lines.append(inline_text(child))
                    self._anchored(child)
            self.builder.list_item("\n".join(lines), marker=marker, depth=indent)
            for child in nested:
                if depth < _MAX_DEPTH:
                    self._list(child, indent + 1, depth + 1, style)

    def _is_numbered(self, style: str, indent: int) -> bool:
        definition = self._styles.get(("list-style", style))
        if definition is None:
            return False
        for level in definition:
            if level.get(f"{TEXT}level") == str(indent + 1):
                return is_element(level, "list-level-style-number") and bool(
                    attribute(level, "num-format")
                )
        return False

    def _rows(self, table: Any) -> Iterator[list[str]]:
        for row in table.iter(f"{TABLE}table-row"):
            if next(row.iterancestors(f"{TABLE}table")) is not table:
                continue  # the row of a table within a cell: its words come with that cell
            cells = []
            for cell in row:
                if is_element(cell, "table-cell"):
                    span = cell.get(f"{TABLE}number-columns-repeated", "1")
                    words = inline_text(cell)
                    cells += [words] * (min(int(span), _MAX_SPAN) if span.isdecimal() else 1)
                elif is_element(cell, "covered-table-cell"):
                    cells.append("")
            yield cells


def _between(inner: Any, outer: Any) -> Iterator[Any]:
    for above in inner.iterancestors():
        if above is outer:
            return
        yield above
