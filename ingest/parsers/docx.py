"""Word documents (.docx, .docm and their templates): the final version as somebody sees it who opens it.

Not through a library: of python-docx, mammoth, docx2python and kreuzberg 4.10 none counts the numbers of
headings, leaves out what was moved away or hidden, and reads diagrams, charts and text boxes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ingest.errors import DamagedFileError, UnreadableFileError
from ingest.loaded import LoadedDocument
from ingest.media_type import DOCX
from ingest.parsers.archive import FAULTS
from ingest.parsers.context import ParserContext
from ingest.parsers.office.cell_builder import CellBuilder
from ingest.parsers.office.drawing_text import read_body_lines, write_related_drawings
from ingest.parsers.office.merged_cells import fill_down
from ingest.parsers.office.package import MC, A, OfficePackage, R, W, alternative
from ingest.parsers.office.word_numbering import BULLET, WordNumbering
from ingest.parsers.office.word_styles import WordStyles, is_on, outline_level, read_value
from ingest.parsers.office.word_text import Paragraph, ParagraphReader, is_placeholder
from ingest.text_builder import TextBuilder
from ingest.unread import Unread

_WRAPPERS = frozenset(W + name for name in ("customXml", "ins", "moveTo", "smartTag", "sdtContent"))
_REMOVED = frozenset({f"{W}del", f"{W}moveFrom"})
_OLE = "{urn:schemas-microsoft-com:office:office}OLEObject"
_VML = "{urn:schemas-microsoft-com:vml}"
_MAX_DEPTH = 40
_LONGEST_QUOTE = 80  # characters of a paragraph, to say which one a comment is on
_MAX_SPAN = 256  # columns; Word allows 63
_CHUNK_SUFFIXES = {
    "html": ".html", "htm": ".html", "xhtml": ".html", "mht": ".eml", "mhtml": ".eml",
    "rtf": ".rtf", "txt": ".txt", "docx": ".docx", "dat": ".docx", "xml": ".xml",
}  # fmt: skip


def parse_docx(data: bytes, context: ParserContext) -> LoadedDocument:
    try:
        package = OfficePackage(data)
        name, root = package.main_tree("word/document")
        body = root.find(f"{W}body")
        if body is None:
            raise DamagedFileError
        builder = TextBuilder()
        document = _Document(package, name, context)
        document.write(builder, body)
        title, author = package.properties()
    except FAULTS as exc:
        raise DamagedFileError from exc
    return builder.document(
        DOCX, title=title, unread=package.unread, doubt=package.doubt, author=author
    )


class _Document:
    """What the parts of a document share: styles, lists, notes and comments."""

    def __init__(self, package: OfficePackage, name: str, context: ParserContext) -> None:
        self.package = package
        self.name = name
        self.context = context
        self.styles = WordStyles(self._tree("styles"))
        self.numbering = WordNumbering(self._tree("numbering"))
        self.reader = ParagraphReader(self.styles, package.unread)
        self.footnotes = self._notes("footnotes")
        self.endnotes = self._notes("endnotes")
        self.comments = self._notes("comments")
        self.remarks: list[str] = []

    def write(self, builder: TextBuilder, body: Any) -> None:
        """Write the body, its comments, then what stands at the head and foot of its pages, once each."""
        _DocxWalker(self, builder, self.name).container(body)
        for remark in self.remarks:
            builder.paragraph(remark)
        settings = self._tree("settings")
        written: set[str] = set()
        for name, label in self._page_parts(body, is_on(settings, "evenAndOddHeaders") or False):
            root = self.package.tree(name)
            text = self.plain(root, name) if root is not None else ""
            words = [word for word in text.split() if any(char.isalnum() for char in word)]
            # What is left of "Page 3 of 12" without its numbers says nothing.
            is_bare = len(words) < 3 and root is not None and _has_field(root)
            if words and not is_bare and text not in written:
                written.add(text)
                builder.paragraph(f"{label}: {text}")

    def _page_parts(self, body: Any, even_differs: bool) -> Iterator[tuple[str, str]]:
        relationships = self.package.relationships(self.name)
        seen = set()
        for section in body.iter(f"{W}sectPr"):
            first_differs = is_on(section, "titlePg")
            for kind, label in (("headerReference", "Header"), ("footerReference", "Footer")):
                for reference in section.findall(W + kind):
                    which = reference.get(f"{W}type") or "default"
                    is_used = {"first": first_differs, "even": even_differs}.get(which, True)
                    relation = relationships.get(reference.get(f"{R}id") or "")
                    if is_used and relation and relation.target not in seen:
                        seen.add(relation.target)
                        yield relation.target, label

    def plain(self, container: Any, part: str) -> str:
        """The text of a container in one line, as it stands in a cell."""
        builder = CellBuilder()
        _DocxWalker(self, builder, part).container(container)
        return builder.line()

    def _tree(self, kind: str) -> Any:
        names = self.package.related(self.name, kind)
        return self.package.tree(names[0], counts=False) if names else None

    def _notes(self, kind: str) -> dict[str, tuple[str, Any]]:
        """Footnotes, endnotes or comments by their identifiers, each with the name of its part."""
        notes = {}
        for name in self.package.related(self.name, kind):
            root = self.package.tree(name)
            for note in root if root is not None else ():
                if (
                    note.get(f"{W}type") is None
                ):  # the others are the lines that part notes from text
                    notes[note.get(f"{W}id") or ""] = (name, note)
        return notes


class _DocxWalker:
    """Writes what stands in a container, in document order."""

    def __init__(self, document: _Document, builder: TextBuilder, part: str) -> None:
        self._document = document
        self._builder = builder
        self._part = part
        self._unread = document.package.unread
        self._carried = Paragraph()

    def container(self, container: Any) -> None:
        """Write the paragraphs, tables and what else stands in a body, a cell, a box or a note."""
        self._content(container, 0)
        if self._carried.text.strip():
            self._builder.paragraph(self._carried.text)
        self._behind(self._carried)
        self._carried = Paragraph()

    def _content(self, container: Any, depth: int) -> None:
        for element in container if depth < _MAX_DEPTH else ():
            tag = element.tag
            if tag == f"{W}p":
                self._paragraph(element)
            elif tag == f"{W}tbl":
                self._table(element)
            elif tag == f"{W}sdt":
                if not is_placeholder(element):
                    self._content(element, depth + 1)
            elif tag in _WRAPPERS:
                self._content(element, depth + 1)
            elif tag == f"{MC}AlternateContent":
                self._content(alternative(element), depth + 1)
            elif tag == f"{W}altChunk":
                self._chunk(element)
            elif tag == f"{W}subDoc":
                self._unread[Unread.LINKED_PART] += 1

    def _paragraph(self, element: Any) -> None:
        properties = element.find(f"{W}pPr")
        paragraph = self._joined(self._document.reader.read(element))
        mark = properties.find(f"{W}rPr") if properties is not None else None
        if mark is not None and any(mark.find(tag) is not None for tag in _REMOVED):
            self._carried = paragraph  # its end is deleted: it goes on in the next one
            return
        frame = properties.find(f"{W}framePr") if properties is not None else None
        if frame is not None and frame.get(f"{W}dropCap") in ("drop", "margin"):
            self._carried = paragraph  # a large initial, whose word goes on in the next paragraph
            return
        style = read_value(properties, "pStyle") or None
        marker, depth = self._marker(properties, style)
        level = outline_level(properties)
        level = self._document.styles.heading_level(style) if level is None else level
        text = paragraph.text
        if level:
            is_numbered = marker and marker != BULLET and text.strip()
            self._builder.heading(f"{marker} {text.strip()}" if is_numbered else text, level)
        elif marker:
            self._builder.list_item(text, marker=marker, depth=depth)
        else:
            self._builder.paragraph(text)
        self._behind(paragraph)

    def _joined(self, paragraph: Paragraph) -> Paragraph:
        carried, self._carried = self._carried, Paragraph()
        return Paragraph(
            carried.text + paragraph.text,
            carried.hanging + paragraph.hanging,
            carried.footnotes + paragraph.footnotes,
            carried.endnotes + paragraph.endnotes,
            carried.comments + paragraph.comments,
        )

    def _marker(self, properties: Any, style: str | None) -> tuple[str, int]:
        """The number or bullet of a paragraph, counted, and its depth; empty for one that has none."""
        direct = properties.find(f"{W}numPr") if properties is not None else None
        style_number, style_depth = self._document.styles.numbering(style)
        number = read_value(direct, "numId") or style_number
        if not number or number == "0":
            return "", 0
        raw = read_value(direct, "ilvl") or style_depth
        numbering = self._document.numbering
        depth = int(raw) if raw.isdecimal() else numbering.depth_of_style(number, style)
        depth = min(depth, 8)
        return numbering.marker(number, depth), depth

    def _behind(self, paragraph: Paragraph) -> None:
        """Write what hangs on a paragraph: boxes, charts, diagrams, then its notes and comments."""
        for element in paragraph.hanging:
            self._drawing(element)
        document = self._document
        for identifier in paragraph.footnotes:
            self._note(document.footnotes, identifier)
        for identifier in paragraph.endnotes:
            self._note(document.endnotes, identifier)
        for identifier in paragraph.comments:
            part, comment = document.comments.pop(identifier, ("", None))
            if comment is not None and (text := document.plain(comment, part)):
                author = comment.get(f"{W}author") or ""
                document.remarks.append(_remark(author, paragraph.text, text))

    def _note(self, notes: dict[str, tuple[str, Any]], identifier: str) -> None:
        part, note = notes.pop(identifier, ("", None))
        if note is not None:
            self._builder.paragraph(self._document.plain(note, part))

    def _drawing(self, element: Any) -> None:
        boxes = [
            box
            for box in element.iter(f"{W}txbxContent")
            if not any(a.tag == f"{W}txbxContent" for a in _between(box, element))
        ]
        for box in boxes:
            if not any(a.tag.endswith("}Fallback") for a in _between(box, element)):
                _DocxWalker(self._document, self._builder, self._part).container(box)
        for shape in element.iter("{*}txBody"):
            self._builder.paragraph("\n".join(read_body_lines(shape)))
        for art in element.iter(f"{_VML}textpath"):
            self._builder.paragraph(art.get("string") or "")
        package = self._document.package
        write_related_drawings(self._builder, package, self._part, element, self._unread)
        if any(True for _ in element.iter(f"{A}blip", f"{_VML}imagedata")):
            self._unread[Unread.PICTURE] += 1
        for embedded in element.iter(_OLE):
            is_equation = (embedded.get("ProgID") or "").startswith("Equation")
            self._unread[Unread.EQUATION if is_equation else Unread.EMBEDDED_FILE] += 1

    def _chunk(self, element: Any) -> None:
        """Write a file of another format that stands in the document's place for it."""
        package = self._document.package
        relation = package.relationships(self._part).get(element.get(f"{R}id") or "")
        data = package.bytes_of(relation.target) if relation and not relation.is_external else None
        if relation is None or data is None:
            self._unread[Unread.LINKED_PART] += 1
            return
        suffix = relation.target.rpartition(".")[2].lower()
        try:
            document = self._document.context.read(data, f"chunk{_CHUNK_SUFFIXES.get(suffix, '')}")
        except UnreadableFileError:
            self._unread[Unread.EMBEDDED_FILE] += 1
            return
        self._unread.update(document.unread)
        self._builder.include(document)

    def _table(self, table: Any) -> None:
        rows = []
        for row in _rows(table):
            if _is_removed(row):
                self._unread[Unread.DELETED_TEXT] += 1
            else:
                rows.append(row)
        cells = [cell for row in rows for cell in _cells(row)]
        if len(cells) == 1:
            self._content(cells[0], 1)  # a box drawn as a table
            return
        self._builder.table(fill_down(self._row(row) for row in rows))

    def _row(self, row: Any) -> list[str | None]:
        """The texts of a row's cells, one for each column; None goes on from the cell above."""
        properties = row.find(f"{W}trPr")
        texts: list[str | None] = [""] * _span(read_value(properties, "gridBefore"), 0)
        for cell in _cells(row):
            form = cell.find(f"{W}tcPr")
            merge = form.find(f"{W}vMerge") if form is not None else None
            if merge is not None and merge.get(f"{W}val") != "restart":
                texts.append(None)
            elif read_value(form, "hMerge") == "continue":
                texts.append("")
            else:
                texts.append(self._cell(cell))
            texts += [""] * (_span(read_value(form, "gridSpan"), 1) - 1)
        return texts

    def _cell(self, cell: Any) -> str:
        return self._document.plain(cell, self._part)


def _remark(author: str, commented: str, text: str) -> str:
    """A comment with its author and the beginning of the paragraph that it is on."""
    commented = " ".join(commented.split())
    if len(commented) > _LONGEST_QUOTE:
        commented = f"{commented[:_LONGEST_QUOTE].rsplit(' ', 1)[0]}…"
    target = f' on "{commented}"' if commented else ""
    return f"Comment{f' by {author}' if author else ''}{target}: {text}"


def _rows(table: Any) -> Iterator[Any]:
    """The rows of a table, those too that a content control wraps; not those of tables in its cells."""
    for element in table:
        if element.tag == f"{W}tr":
            yield element
        elif element.tag in _WRAPPERS or element.tag == f"{W}sdt":
            yield from _rows(element)


def _cells(row: Any) -> Iterator[Any]:
    for element in row:
        if element.tag == f"{W}tc":
            if element.find(f"{W}tcPr/{W}cellDel") is None:
                yield element
        elif element.tag in _WRAPPERS or element.tag == f"{W}sdt":
            yield from _cells(element)


def _is_removed(row: Any) -> bool:
    return row.find(f"{W}trPr/{W}del") is not None


def _span(raw: str, default: int) -> int:
    return min(int(raw), _MAX_SPAN) if raw.isdecimal() and len(raw) < 6 else default


def _has_field(root: Any) -> bool:
    return any(True for _ in root.iter(f"{W}fldSimple", f"{W}instrText"))


def _between(inner: Any, outer: Any) -> Iterator[Any]:
    """The elements around `inner` up to `outer`, that one left out."""
    for above in inner.iterancestors():
        if above is outer:
            return
        yield above
