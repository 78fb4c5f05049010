"""XML of whatever kind: elements that hold elements become headings, records become tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ingest.loaded import LoadedDocument
from ingest.media_type import XML
from ingest.parsers.html import parse_html
from ingest.parsers.office.raised_text import superscript
from ingest.parsers.office_2003 import OFFICE_2003, parse_office_2003
from ingest.parsers.xml_tree import parse_tree
from ingest.text_builder import TextBuilder

_MAX_LEVEL = 6
_MAX_COLUMNS = 30
_MAX_CELL = 200
_PROSE = frozenset({"p", "para", "simpara", "text", "description", "summary", "content"})
_WITHOUT_A_NAME = frozenset(
    "body section div chapter article orderedlist itemizedlist listitem informaltable table"  # noqa: SIM905
    " tgroup thead tbody row tr item entry".split()
)
_LIST_ITEMS = frozenset({"listitem", "li"})
_COLUMN_WIDTHS = frozenset({"colspec", "col", "colgroup"})
_SUPERSCRIPTS = frozenset({"sup", "superscript"})
_MAX_DEPTH = 60
"""An element deeper than this is read with all that is in it as one string."""
_TITLES = ("title", "name", "heading", "label", "caption")


def parse_xml(data: bytes) -> LoadedDocument:
    root = parse_tree(data)
    if _name(root) == "html":
        return parse_html(data)
    builder = TextBuilder()
    if _name(root) in OFFICE_2003:
        return parse_office_2003(root)
    _element(builder, root, 1)
    title = next((_text(child) for child in root if _name(child) in _TITLES[:2]), None)
    return builder.document(XML, title=title)


def _element(builder: TextBuilder, element: Any, level: int) -> None:
    """Write what is in an element that has elements in it."""
    title = None
    if level > 1:
        title = next((c for c in element if _name(c) in _TITLES and not len(c)), None)
        heading = _text(title) if title is not None else ""
        if not heading and _name(element) not in _WITHOUT_A_NAME:
            heading = _said_name(element)
        builder.heading(heading, min(level - 1, _MAX_LEVEL))
    lines = [f"{key}: {value}" for key, value in _attributes(element)]
    children = [child for child in element if _name(child) and child is not title]
    if _is_mixed(element) or level > _MAX_LEVEL:
        builder.paragraph("\n".join([*lines, _text(element)]))
        return
    for group in _runs(children):
        if rows := _rows(group):
            builder.paragraph("\n".join(lines))
            lines = []
            builder.table(rows)
            continue
        names_nothing = _name(group[0]) in _LIST_ITEMS | _COLUMN_WIDTHS
        if len(group) > 1 and not names_nothing and (columns := _columns(group)):
            builder.paragraph("\n".join(lines))
            lines = []
            builder.table([columns, *(_cells(record, columns) for record in group)])
            continue
        for child in group:
            if _name(child) in _LIST_ITEMS:
                builder.paragraph("\n".join(lines))
                lines = []
                builder.list_item(_text(child))
            elif len(child) and any(_name(grandchild) for grandchild in child):
                builder.paragraph("\n".join(lines))
                lines = []
                _element(builder, child, level + 1)
            elif _name(child) in _COLUMN_WIDTHS:
                continue
            elif _name(child) in _PROSE:
                builder.paragraph("\n".join(lines))
                lines = []
                builder.paragraph(_text(child))
            else:
                lines += _lines(child)
    builder.paragraph("\n".join(lines))


def _lines(leaf: Any) -> Iterator[str]:
    text = _text(leaf)
    noted = "".join(f" ({key}: {value})" for key, value in _attributes(leaf))
    if text or noted:
        yield f"{_said_name(leaf)}: {text}{noted}"


def _runs(children: Sequence[Any]) -> Iterator[list[Any]]:
    """Neighbours of the same name, together."""
    run: list[Any] = []
    for child in children:
        if run and _name(run[-1]) != _name(child):
            yield run
            run = []
        run.append(child)
    if run:
        yield run


def _rows(records: Sequence[Any]) -> list[list[str]]:
    """The rows of a table whose cells all have one name, as in documents; none if it is not one."""
    cells = [[child for child in record if _name(child)] for record in records]
    names = {_name(cell) for row in cells for cell in row}
    if names not in ({"entry"}, {"td"}, {"th"}, {"td", "th"}, {"cell"}):
        return []
    return [[_text(cell) for cell in row] for row in cells]


def _columns(records: Sequence[Any]) -> list[str]:
    """The columns of a table of these elements; none if they would not make one."""
    columns: dict[str, None] = {}
    if not all(record.attrib or _name(records[0]) not in _WITHOUT_A_NAME for record in records):
        return []
    for record in records:
        inner = [child for child in record if _name(child)]
        names = [_name(child) for child in inner]
        if any(len(child) or len(child.text or "") > _MAX_CELL for child in inner):
            return []
        if (not inner and not record.attrib) or len(set(names)) < len(names) or _is_mixed(record):
            return []
        columns |= dict.fromkeys(key for key, _ in _attributes(record)) | dict.fromkeys(names)
        if not inner and (record.text or "").strip():
            columns[_name(record)] = None
        if len(columns) > _MAX_COLUMNS:
            return []
    return list(columns)


def _cells(record: Any, columns: Sequence[str]) -> list[str]:
    values = dict(_attributes(record)) | {_name(child): _text(child) for child in record}
    if not len(record):
        values[_name(record)] = _text(record)
    return [values.get(column, "") for column in columns]


def _attributes(element: Any) -> Iterator[tuple[str, str]]:
    for key, value in element.attrib.items():
        name = key.rpartition("}")[2]
        if value.strip() and not key.startswith("{http://www.w3.org/"):
            yield name, " ".join(value.split())


def _is_mixed(element: Any) -> bool:
    """Whether words stand between the elements in it, as in flowing text."""
    has_children = any(_name(child) for child in element)
    strings = [element.text, *(child.tail for child in element)]
    return has_children and any(string and string.strip() for string in strings)


def _text(element: Any) -> str:
    # An entity stays as it is written: "&co;".
    parts: list[str] = []
    _collect(element, parts)
    return " ".join("".join(parts).split())


def _collect(element: Any, parts: list[str], depth: int = 0) -> None:
    """The strings of an element, those of superscripts apart: "10^6"."""
    parts.append(element.text or "")
    for child in element:
        if _name(child) in _SUPERSCRIPTS:
            parts.append(superscript("".join(parts[-3:]), "".join(child.itertext())))
        elif isinstance(child.tag, str) and depth < _MAX_DEPTH:
            _collect(child, parts, depth + 1)
        elif isinstance(child.tag, str):
            parts.append("".join(child.itertext()))
        else:
            parts.append(child.text or "")
        parts.append(child.tail or "")


def _name(element: Any) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _said_name(element: Any) -> str:
    return _name(element).replace("_", " ").replace("-", " ")
