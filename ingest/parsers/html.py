"""Web pages: headings, paragraphs, lists and tables, without scripts, styles and navigation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ingest.encoding import decode
from ingest.errors import DamagedFileError, UnreadableFileError
from ingest.loaded import LoadedDocument
from ingest.media_type import HTML
from ingest.parsers.html_words import prepare
from ingest.parsers.office.list_numbers import write_number
from ingest.parsers.office.merged_cells import find_repeated_label
from ingest.text_builder import TextBuilder

_SKIPPED = frozenset(
    "script style noscript template head nav iframe object embed svg math canvas audio video"  # noqa: SIM905 - a list would be forty lines
    " button select option input".split()
)
_BLOCKS = frozenset(
    "address article aside blockquote body br caption center dd details div dl dt fieldset"  # noqa: SIM905
    " figcaption figure footer header form hr html legend li main menu ol p pre section summary table"
    " tbody td tfoot th thead tr ul h1 h2 h3 h4 h5 h6".split()
)
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([\w.:-]{2,40})", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_LIST_STYLE = re.compile(r"list-style(?:-type)?\s*:\s*([\w-]+)", re.IGNORECASE)
_LIST_STYLES = {
    "a": "lowerLetter", "lower-alpha": "lowerLetter", "lower-latin": "lowerLetter", "i": "lowerRoman",
    "A": "upperLetter", "upper-alpha": "upperLetter", "upper-latin": "upperLetter", "I": "upperRoman",
    "lower-roman": "lowerRoman", "upper-roman": "upperRoman", "decimal-leading-zero": "decimalZero",
}  # fmt: skip
_NUMBER = re.compile(r"-?\d{1,6}")
_MAX_DEPTH = 200
_MAX_NESTED_WORDS = 40
"""A table with more words in a cell of another one is read as a table of its own."""
_MAX_SPAN = 50


def parse_html(data: bytes) -> LoadedDocument:
    from lxml import etree, html

    declared = _CHARSET.search(data[:4096])
    source = decode(data, declared[1].decode("ascii") if declared else None)
    source = _XML_DECLARATION.sub("", source).replace("\x00", "\ufffd")
    if not source.strip():
        return LoadedDocument("", HTML)
    parser = html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        root = html.document_fromstring(source, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as exc:
        if "empty" in str(exc).lower():
            return LoadedDocument("", HTML)
        raise DamagedFileError from exc
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        # The parser stopped there and would have us believe that the page ends.
        raise UnreadableFileError("is nested too deeply")
    title = root.findtext(".//title")
    prepare(root)
    builder = TextBuilder()
    body = root.find("body")
    _HtmlWalker(builder).walk(root if body is None else body)
    return builder.document(
        HTML,
        title=" ".join(title.split()) if title else None,
        language=(root.get("lang") or "")[:2].lower(),
    )


def inline_text(element: Any) -> str:
    """The words of an element on one line, as a browser would run them together."""
    return " ".join("".join(_strings(element)).split())


def _strings(element: Any) -> Iterator[str]:
    """The strings under an element, iteratively: a tree may be deeper than Python's stack."""
    stack: list[tuple[Any, bool]] = [(element, False)]
    while stack:
        node, leaving = stack.pop()
        if isinstance(node, str):
            yield node
            continue
        tag = node.tag
        if not isinstance(tag, str) or tag in _SKIPPED:
            continue
        separator = " " if tag in _BLOCKS else ""
        yield separator
        if leaving:
            continue
        children: list[tuple[Any, bool]] = [(node.text or "", False)]
        for child in node:
            children += [(child, False), (child.tail or "", False)]
        stack.append((node, True))
        stack.extend(reversed(children))


class _HtmlWalker:
    """Goes through a page in reading order and writes its blocks."""

    def __init__(self, builder: TextBuilder) -> None:
        self.builder = builder
        self._inline: list[str] = []

    def walk(self, element: Any, depth: int = 0, list_depth: int = 0) -> None:
        """Write `element`; beyond a depth that no honest page has, its words become one paragraph."""
        self._inline.append(element.text or "")
        for child in element:
            if isinstance(child.tag, str) and child.tag not in _SKIPPED:
                self._child(child, depth, list_depth)
            self._inline.append(child.tail or "")
        if element.tag in _BLOCKS:
            self.flush()

    def flush(self) -> None:
        text = "\n".join(" ".join(line.split()) for line in "".join(self._inline).split("\v"))
        self._inline.clear()
        self.builder.paragraph(text)

    def _child(self, child: Any, depth: int, list_depth: int) -> None:
        tag = child.tag
        if depth > _MAX_DEPTH:
            self._inline.append(inline_text(child))
        elif tag == "br":
            self._inline.append("\v")
        elif tag not in _BLOCKS:
            self.walk(child, depth + 1, list_depth)
        else:
            self.flush()
            self._block(child, depth, list_depth)

    def _block(self, element: Any, depth: int, list_depth: int) -> None:
        tag = element.tag
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self.builder.heading(inline_text(element), int(tag[1]))
        elif tag in ("ul", "ol", "menu"):
            self._list(element, depth, list_depth)
        elif tag == "pre":
            self.builder.code("".join(element.itertext()))
        elif tag == "table" and not _is_layout(element):
            self._table(element)
        else:
            self.walk(element, depth + 1, list_depth)

    def _list(self, element: Any, depth: int, list_depth: int) -> None:
        style = _list_style(element)
        items = [item for item in element if isinstance(item.tag, str) and item.tag not in _SKIPPED]
        step = 1 if element.get("reversed") is None else -1
        number = _number(element.get("start"), 1 if step > 0 else len(items)) - step
        for item in items:
            number = _number(item.get("value"), number + step)
            marker = f"{write_number(number, style)}." if element.tag == "ol" else "-"
            inner = list(_find_inner_blocks(item))
            for child in inner:
                child.tail = f" {child.tail or ''}"
                child.drop_tree()
            self.builder.list_item(inline_text(item), marker=marker, depth=list_depth)
            for child in inner:
                if depth > _MAX_DEPTH:
                    self.builder.paragraph(inline_text(child))
                else:
                    self._block(child, depth + 1, list_depth + 1)

    def _table(self, element: Any) -> None:
        caption = element.find("caption")
        if caption is not None:
            self.builder.paragraph(inline_text(caption))
        self.builder.table(_grid(element))


def _find_inner_blocks(item: Any) -> Iterator[Any]:
    """The lists and tables in an item of a list, not those that are in one of them."""
    for element in item.iterdescendants("ul", "ol", "menu", "table"):
        around = next(element.iterancestors("ul", "ol", "menu", "table", "li"))
        if around is item and not (element.tag == "table" and _is_layout(element)):
            yield element


def _list_style(element: Any) -> str:
    """How the items of a list are numbered, in the words of `write_number`."""
    named = _LIST_STYLE.search(element.get("style") or "")
    styled = _LIST_STYLES.get(named[1].lower()) if named else None
    return styled or _LIST_STYLES.get(element.get("type") or "", "decimal")


def _number(raw: str | None, default: int) -> int:
    raw = (raw or "").strip()
    return int(raw) if _NUMBER.fullmatch(raw) else default


def _grid(table: Any) -> list[list[str]]:
    """The rows with every cell in its own column: a cell over several rows is repeated as their label.

    A cell over several columns leaves the further ones empty, or labels them where it is a heading.
    """
    rows = []
    above: dict[int, tuple[int, str]] = {}  # column: rows that a cell still spans, its label
    for row in _own_rows(table):
        cells: dict[int, str] = {column: label for column, (_, label) in above.items()}
        below = {column: (left - 1, label) for column, (left, label) in above.items() if left > 1}
        column = 0
        for cell in row:
            if cell.tag not in ("td", "th"):
                continue
            while column in above:
                column += 1
            words = inline_text(cell)
            down = _span(cell, "rowspan")
            for offset in range(_span(cell, "colspan")):
                repeated = find_repeated_label(words) if cell.tag == "th" else ""
                cells[column] = words if offset == 0 else repeated
                if down > 1:
                    below[column] = (down - 1, find_repeated_label(cells[column]))
                column += 1
        above = below
        rows.append([cells.get(column, "") for column in range(max(cells, default=-1) + 1)])
    return rows


def _span(cell: Any, name: str) -> int:
    """How many columns or rows a cell goes over; 0 rows are all that follow in its part of the table."""
    value = cell.get(name, "1").strip()
    if value == "0" and name == "rowspan":
        row = cell.getparent()
        return min(1 + sum(1 for _ in row.itersiblings("tr")), _MAX_SPAN)
    return min(max(int(value), 1), _MAX_SPAN) if value.isdecimal() else 1


def _own_rows(table: Any) -> Iterator[Any]:
    """The rows of a table, leaving out those of tables in its cells."""
    return (row for row in table.iter("tr") if next(row.iterancestors("table")) is table)


def _is_layout(table: Any) -> bool:
    """Whether a table only arranges the page: it holds large tables, headings or just one cell."""
    if table.get("role") in ("presentation", "none"):
        return True
    named = any(cell.tag == "th" for row in _own_rows(table) for cell in row)
    cells = 0
    for element in table.iterdescendants():
        if element.tag in ("h1", "h2", "h3"):
            return True
        if element.tag == "table" and not (
            named and len(inline_text(element).split()) <= _MAX_NESTED_WORDS
        ):
            return True
        cells += element.tag in ("td", "th")
    return cells <= 1
