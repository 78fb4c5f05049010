"""Word documents, through python-docx.

Not through kreuzberg: its 4.10 leaves out every "&", "<" and ">" of a Word document's text.
"""

from __future__ import annotations

import io
import re
from typing import Any

from ingest.errors import DamagedFileError
from ingest.loaded import LoadedDocument
from ingest.media_type import DOCX
from ingest.parsers.archive import FAULTS, check_archive
from ingest.text_builder import TextBuilder

_HEADING_STYLE = re.compile(r"heading ?([1-9])", re.IGNORECASE)
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def parse_docx(data: bytes) -> LoadedDocument:
    import docx
    from docx.opc.exceptions import OpcError

    check_archive(data)
    try:
        document = docx.Document(io.BytesIO(data))
        builder = TextBuilder()
        _Walker(builder, document).walk()
        properties = document.core_properties
        title, author = properties.title, properties.author
    except OpcError as exc:
        raise DamagedFileError from exc
    except FAULTS as exc:
        raise DamagedFileError from exc
    return LoadedDocument(
        builder.text(),
        DOCX,
        title=title or None,
        blocks=tuple(builder.blocks),
        metadata={"author": author} if author else {},
    )


class _Walker:
    """Goes through the body in document order: paragraphs, tables, and what content controls wrap."""

    def __init__(self, builder: TextBuilder, document: Any) -> None:
        self.builder = builder
        self.document = document
        self._counters: dict[tuple[str, int], int] = {}
        self._formats: dict[tuple[str, int], str] = {}
        self._outline: dict[str, int] = {}

    def walk(self) -> None:
        self._container(self.document.element.body)
        self._notes()

    def _container(self, container: Any) -> None:
        for element in container:
            if element.tag == f"{_W}p":
                self._paragraph(element)
            elif element.tag == f"{_W}tbl":
                self._table(element)
            elif element.tag == f"{_W}sdt":
                content = element.find(f"{_W}sdtContent")
                if content is not None:
                    self._container(content)

    def _paragraph(self, element: Any) -> None:
        text = _text(element)
        if text.strip():
            level = self._heading_level(element)
            numbering = self._numbering(element)
            if level:
                self.builder.heading(text, level)
            elif numbering:
                marker, depth = numbering
                self.builder.list_item(text, marker=marker, depth=depth)
            else:
                self.builder.paragraph(text)
        for box in element.iter(f"{_W}txbxContent"):
            if next(box.iterancestors(f"{_W}txbxContent"), None) is None and _is_choice(box):
                self._container(box)

    def _style(self, element: Any) -> Any:
        from docx.text.paragraph import Paragraph

        return Paragraph(element, self.document._body).style

    def _heading_level(self, element: Any) -> int:
        direct = element.find(f"{_W}pPr/{_W}outlineLvl")
        if direct is not None:
            return _level(direct)
        style_id = element.find(f"{_W}pPr/{_W}pStyle")
        key = "" if style_id is None else style_id.get(f"{_W}val", "")
        if key not in self._outline:
            self._outline[key] = self._style_level(self._style(element)) if key else 0
        return self._outline[key]

    def _style_level(self, style: Any) -> int:
        for _ in range(10):  # a style's ancestors; a damaged file may chain them in a ring
            if style is None:
                return 0
            match = _HEADING_STYLE.fullmatch(style.name or "")
            if match:
                return int(match[1])
            if (style.name or "").lower() == "title":
                return 1
            outline = style.element.find(f"{_W}pPr/{_W}outlineLvl")
            if outline is not None:
                return _level(outline)
            style = style.base_style
        return 0

    def _numbering(self, element: Any) -> tuple[str, int] | None:
        """The marker and depth of a list item, or None for what is not one."""
        properties = element.find(f"{_W}pPr/{_W}numPr")
        style = None
        if properties is None:
            style = self._style(element)
            properties = style.element.find(f"{_W}pPr/{_W}numPr") if style is not None else None
        if properties is None:
            return None
        number = properties.find(f"{_W}numId")
        level = properties.find(f"{_W}ilvl")
        number_id = number.get(f"{_W}val", "0") if number is not None else "0"
        if number_id == "0":
            return None
        raw = level.get(f"{_W}val", "0") if level is not None else "0"
        depth = min(int(raw), 8) if raw.isdecimal() else 0
        key = (number_id, depth)
        if self._format(key) == "bullet":
            return "-", depth
        self._counters[key] = self._counters.get(key, 0) + 1
        for other in list(self._counters):
            if other[0] == number_id and other[1] > depth:
                del self._counters[other]
        return f"{self._counters[key]}.", depth

    def _format(self, key: tuple[str, int]) -> str:
        if key not in self._formats:
            self._formats[key] = _number_format(self.document, *key)
        return self._formats[key]

    def _table(self, element: Any) -> None:
        rows = []
        for row in element.iter(f"{_W}tr"):
            if next(row.iterancestors(f"{_W}tbl")) is not element:
                continue  # the row of a table within a cell: its words come with that cell
            cells = []
            for cell in row.iter(f"{_W}tc"):
                if next(cell.iterancestors(f"{_W}tr")) is row:
                    paragraphs = (_text(p) for p in cell.iter(f"{_W}p"))
                    cells.append(" ".join(text for text in paragraphs if text.strip()))
            rows.append(cells)
        if len(rows) == 1 and len(rows[0]) == 1:
            self.builder.paragraph(rows[0][0])  # a box drawn as a table
        else:
            self.builder.table(rows)

    def _notes(self) -> None:
        from lxml import etree

        for relation in self.document.part.rels.values():
            if relation.is_external or not relation.reltype.endswith(("/footnotes", "/endnotes")):
                continue
            parser = etree.XMLParser(resolve_entities=False, no_network=True)
            for note in etree.fromstring(relation.target_part.blob, parser):
                if note.get(f"{_W}type") is None:
                    self.builder.paragraph(" ".join(_text(p) for p in note.iter(f"{_W}p")))


def _level(outline: Any) -> int:
    raw = outline.get(f"{_W}val", "9")
    level = int(raw) + 1 if raw.isdecimal() else 10
    return level if level <= 9 else 0


def _number_format(document: Any, number_id: str, depth: int) -> str:
    try:
        numbering = document.part.numbering_part.element
    except (KeyError, NotImplementedError):
        return "bullet"
    for number in numbering.iter(f"{_W}num"):
        if number.get(f"{_W}numId") != number_id:
            continue
        abstract = number.find(f"{_W}abstractNumId")
        abstract_id = abstract.get(f"{_W}val") if abstract is not None else None
        for candidate in numbering.iter(f"{_W}abstractNum"):
            if candidate.get(f"{_W}abstractNumId") != abstract_id:
                continue
            for level in candidate.iter(f"{_W}lvl"):
                if level.get(f"{_W}ilvl") == str(depth):
                    kind = level.find(f"{_W}numFmt")
                    return kind.get(f"{_W}val", "bullet") if kind is not None else "bullet"
    return "bullet"


def _is_choice(box: Any) -> bool:
    """Word writes each text box twice, for new and old programs; the old one's copy is left out."""
    return not any(ancestor.tag.endswith("}Fallback") for ancestor in box.iterancestors())


def _text(paragraph: Any) -> str:
    """A paragraph's words, those in links and fields and accepted insertions too, deletions not."""
    parts: list[str] = []
    for node in paragraph.iter(f"{_W}t", f"{_W}tab", f"{_W}br", f"{_W}cr", f"{_W}noBreakHyphen"):
        owner = next(node.iterancestors(f"{_W}p"), None)
        if owner is not paragraph:
            continue  # in a text box that is anchored here
        if node.tag == f"{_W}t":
            parts.append(node.text or "")
        elif node.tag == f"{_W}tab":
            if node.getparent().tag == f"{_W}r":  # not a tab stop's definition
                parts.append("\t")
        elif node.tag == f"{_W}noBreakHyphen":
            parts.append("-")
        else:
            parts.append("\n")
    return "".join(parts)
