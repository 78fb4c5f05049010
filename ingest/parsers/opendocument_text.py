"""The flowing text of an OpenDocument file: headings, paragraphs, lists, tables, and what hangs on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from ingest.parsers.office.cell_builder import CellBuilder
from ingest.parsers.office.merged_cells import fill_down
from ingest.parsers.office.odf_styles import (
    TEXT,
    OdfNumbering,
    OdfStyles,
    attribute,
    count,
    is_element,
    strip_namespace,
)
from ingest.parsers.office.raised_text import subscript, superscript
from ingest.text_builder import TextBuilder
from ingest.unread import Unread

_MAX_DEPTH = 100
_MAX_SPACES = 100
_MAX_SPAN = 50
# What was deleted, prompts, numbers of pages, and lists of what stands elsewhere in the document.
_LEFT_OUT = frozenset(
    "tracked-changes annotation-end table-of-content alphabetical-index sequence-decls forms"  # noqa: SIM905
    " variable-decls user-field-decls placeholder page-number page-count number title desc".split()
)
_HIDDEN = frozenset({"hidden-text", "hidden-paragraph"})
_CONTAINERS = frozenset(
    "section index-body bibliography numbered-paragraph frame text-box g custom-shape a rect ellipse"  # noqa: SIM905
    " polygon path line connector caption list-header page-thumbnail table-cell".split()
)


class OdfDocument:
    """What the parts of a document share: styles, embedded objects, counts of what was not read."""

    def __init__(self, styles: OdfStyles, part: Callable[[str], Any]) -> None:
        """`part` gives the tree of a part by its name, or None."""
        self.styles = styles
        self.part = part
        self.unread: Counter[Unread] = Counter()


class TextWalker:
    """Goes through a body in document order and writes its blocks."""

    def __init__(self, builder: TextBuilder, document: OdfDocument) -> None:
        self.builder = builder
        self._document = document
        self._styles = document.styles
        self._notes: list[str] = []
        self._comments: list[str] = []
        self._lists: dict[str, OdfNumbering] = {}
        self._headings = OdfNumbering(document.styles.get("outline-style", "Outline"))

    def walk(self, container: Any, depth: int = 0, *, is_wrapped: bool = False) -> None:
        """Write what is in `container`, or with `is_wrapped` also the element itself."""
        for element in [container] if is_wrapped else container:
            self._element(element, depth)

    def comments(self) -> None:
        """Write the comments that were met on the way."""
        for comment in self._comments:
            self.builder.paragraph(comment)
        self._comments.clear()

    def inline_text(self, element: Any) -> str:
        """The words of an element; paragraphs become lines, notes and comments are kept for later."""
        parts: list[str] = []
        self._collect(element, parts, 0)
        return "".join(parts).strip("\n")

    def _collect(self, element: Any, parts: list[str], depth: int) -> None:
        if depth > _MAX_DEPTH:
            return
        parts.append(element.text or "")
        for child in element:
            self._inline(child, strip_namespace(child), parts, depth)
            parts.append(child.tail or "")

    def _inline(self, child: Any, name: str, parts: list[str], depth: int) -> None:
        if name == "s":
            parts.append(" " * min(count(child, "c"), _MAX_SPACES))
        elif name == "tab":
            parts.append("\t")
        elif name == "line-break":
            parts.append("\n")
        elif name == "note":
            bodies = [self.inline_text(part) for part in child if is_element(part, "note-body")]
            self._notes += [words for words in bodies if words]
        elif name == "annotation":
            self._comments.append(self._comment(child))
        elif name in _HIDDEN or (name == "span" and self._is_hidden(child)):
            self._document.unread[Unread.HIDDEN_TEXT] += 1
        elif name == "ruby":
            base, reading = (
                "".join(e.xpath("string()") for e in child if is_element(e, part))
                for part in ("ruby-base", "ruby-text")
            )
            parts.append(f"{base}({reading})" if reading else base)
        elif name == "span" and (position := self._styles.raised(attribute(child, "style-name"))):
            inner: list[str] = []
            self._collect(child, inner, depth + 1)
            apart = superscript if position == "super" else subscript
            parts.append(apart("".join(parts[-3:]), "".join(inner)))
        elif name and name not in _LEFT_OUT and name not in ("frame", "custom-shape", "control"):
            self._collect(child, parts, depth + 1)
            if name in ("p", "h"):
                parts.append("\n")

    def _is_hidden(self, element: Any) -> bool:
        style = attribute(element, "style-name")
        return self._styles.property_of(style, "text-properties", "display") == "none"

    def _comment(self, annotation: Any) -> str:
        author = annotation.findtext("{*}creator") or ""
        lines = [self.inline_text(p) for p in annotation if strip_namespace(p) in ("p", "list")]
        text = "\n".join(filter(None, lines))
        return f"Comment{f' by {author}' if author else ''}: {text}" if text else ""

    def _element(self, element: Any, depth: int) -> None:
        name = strip_namespace(element)
        if depth > _MAX_DEPTH or not name or name in _LEFT_OUT:
            return
        if name == "h":
            self._heading(element, count(element, "outline-level"), "")
        elif name == "p":
            level = self._styles.heading_level(element.get(f"{TEXT}style-name", ""))
            if level:
                self._heading(element, level, "", counts=False)
            elif self._is_hidden(element):
                self._document.unread[Unread.HIDDEN_TEXT] += 1
            else:
                self.builder.paragraph(self.inline_text(element))
                self._behind(element)
        elif name == "list":
            self._list(element, 0, depth)
        elif name == "table":
            self.builder.table(fill_down(self._rows(element)))
            self._write_notes()
        elif name == "annotation":
            self._comments.append(self._comment(element))
        elif name == "section" and attribute(element, "display") == "none":
            self._document.unread[Unread.HIDDEN_TEXT] += 1
        else:
            self._object(element, name, depth)

    def _object(self, element: Any, name: str, depth: int) -> None:
        """Write a frame with what is in it: a box, a chart, an equation; count a picture or a file."""
        if name == "object":
            write_object(self.builder, self._document, element)
        elif name == "object-ole":
            self._document.unread[Unread.EMBEDDED_FILE] += 1
        elif name == "plugin":
            self._document.unread[Unread.RECORDING] += 1
        elif name == "control":
            self._document.unread[Unread.FORM_FIELD] += 1
        elif name == "image":
            before = element.getprevious()
            is_preview = before is not None and strip_namespace(before) in (
                "object",
                "object-ole",
                "plugin",
            )
            self._document.unread[Unread.PICTURE] += not is_preview
        elif name in _CONTAINERS:
            self.walk(element, depth + 1)

    def _heading(self, element: Any, level: int, marker: str, *, counts: bool = True) -> None:
        words = self.inline_text(element)
        if counts and not marker and words.strip():
            marker = self._headings.marker(level)
        is_numbered = marker not in ("", "-")
        self.builder.heading(f"{marker} {words}" if is_numbered else words, level)
        self._behind(element)

    def _behind(self, element: Any) -> None:
        """Write what hangs on a paragraph: boxes and objects, then its notes."""
        for child in element.iterdescendants():
            if strip_namespace(child) in ("frame", "custom-shape", "control") and not any(
                strip_namespace(above) in ("frame", "custom-shape", "note", "annotation")
                for above in _between(child, element)
            ):
                self._element(child, 1)
        self._write_notes()

    def _write_notes(self) -> None:
        notes, self._notes = self._notes, []
        for note in notes:
            self.builder.paragraph(note)

    def _list(self, element: Any, indent: int, depth: int, style: str = "") -> None:
        style = element.get(f"{TEXT}style-name", style)
        goes_on = indent or attribute(element, "continue-numbering") == "true"
        if not (goes_on or attribute(element, "continue-list")) or style not in self._lists:
            self._lists[style] = OdfNumbering(self._styles.get("list-style", style))
        numbering = self._lists[style]
        for item in element:
            if not is_element(item, "list-item") and not is_element(item, "list-header"):
                continue
            marker = ""
            if is_element(item, "list-item") and any(
                strip_namespace(c) in ("p", "h") for c in item
            ):
                marker = numbering.marker(indent + 1, attribute(item, "start-value"))
            self._item(item, marker, indent, depth, style)

    def _item(self, item: Any, marker: str, indent: int, depth: int, style: str) -> None:
        lines: list[str] = []
        nested = []
        for child in item:
            if is_element(child, "list"):
                nested.append(child)
            elif is_element(child, "h"):  # a numbered heading is a list to LibreOffice
                self._heading(
                    child, count(child, "outline-level"), marker, counts=marker in ("", "-")
                )
            elif strip_namespace(child) not in ("", "number"):
                lines.append(self.inline_text(child))
        self.builder.list_item("\n".join(lines), marker=marker or "-", depth=indent)
        for child in item:
            if is_element(child, "p"):
                self._behind(child)
        for child in nested:
            if depth < _MAX_DEPTH:
                self._list(child, indent + 1, depth + 1, style)

    def _rows(self, table: Any) -> Iterator[list[str | None]]:
        """The texts of each row, one for each column; None goes on from the cell above."""
        open_rows: dict[int, int] = {}  # column to how many more rows its cell covers
        for row in find_table_rows(table):
            cells: list[str | None] = []
            for cell in row:
                if is_element(cell, "table-cell"):
                    repeated = min(count(cell, "number-columns-repeated"), _MAX_SPAN)
                    for _ in range(repeated):
                        open_rows[len(cells)] = count(cell, "number-rows-spanned") - 1
                        cells.append(self._cell(cell))
                elif is_element(cell, "covered-table-cell"):
                    for _ in range(min(count(cell, "number-columns-repeated"), _MAX_SPAN)):
                        goes_on = open_rows.get(len(cells), 0) > 0
                        open_rows[len(cells)] = open_rows.get(len(cells), 0) - 1
                        cells.append(None if goes_on else "")
            yield cells

    def _cell(self, cell: Any) -> str:
        builder = CellBuilder()
        walker = TextWalker(builder, self._document)
        walker.walk(cell)
        self._comments += walker._comments
        return builder.line()


def find_table_rows(table: Any) -> Iterator[Any]:
    """The rows of a table, those of its header and its groups too; not those of tables in its cells."""
    for element in table:
        name = strip_namespace(element)
        if name == "table-row":
            yield element
        elif name in ("table-header-rows", "table-row-group", "table-rows"):
            yield from find_table_rows(element)


def write_object(builder: TextBuilder, document: OdfDocument, element: Any) -> None:
    """Write an embedded chart as its title and table, an equation as its line; count what cannot be read."""
    name = attribute(element, "href").removeprefix("./").rstrip("/")
    root = document.part(f"{name}/content.xml")
    start = builder.position
    kind = Unread.EMBEDDED_FILE
    if root is not None and is_element(root, "math"):
        kind = Unread.EQUATION
        notes = (e.text or "" for e in root.iter("{*}annotation"))
        builder.paragraph(" ".join(next(notes, "").split()))
    elif root is not None and (chart := root.find(".//{*}chart/{*}chart")) is not None:
        kind = Unread.CHART
        title = " ".join(
            " ".join(e.xpath("string()").split()) for e in chart if is_element(e, "title")
        )
        rows = [
            [
                " ".join(cell.xpath("string()").split())
                for cell in row
                if is_element(cell, "table-cell")
            ]
            for table in chart.iter("{*}table")
            for row in find_table_rows(table)
        ]
        if title or rows:
            builder.paragraph(f"Chart: {title}" if title else "Chart:")
            builder.table(rows)
    document.unread[kind] += builder.position == start


def is_hidden_by_style(styles: OdfStyles, element: Any, group: str, key: str, value: str) -> bool:
    """Whether an element's style hides it, such as a sheet or a slide."""
    return styles.property_of(attribute(element, "style-name"), group, key) == value


def _between(inner: Any, outer: Any) -> Iterator[Any]:
    for above in inner.iterancestors():
        if above is outer:
            return
        yield above
