"""Word and PowerPoint files of before 2007, through office-oxide.

Measured on the same files as kreuzberg 4.10, which gives a .doc as one paragraph without headings and tables,
and a .ppt without the bounds of its slides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from ingest.errors import DamagedFileError, EncryptedFileError
from ingest.loaded import LoadedDocument, Page
from ingest.media_type import DOC, DOCX, PPT, PPTX
from ingest.parsers.archive import check_archive
from ingest.parsers.ppt_tables import read_tables
from ingest.text_builder import TextBuilder

_SLIDE_LEVEL = 2
_MAX_DEPTH = 50


def parse_doc(data: bytes) -> LoadedDocument:
    tree = _read(data, "doc")
    builder = TextBuilder()
    for section in tree.get("sections") or ():
        for element in section.get("elements") or ():
            _element(builder, element)
    return _document(tree, builder, DOC)


def parse_docx(data: bytes) -> LoadedDocument:
    """The second reader of Word's newer files: it opens some that the first does not."""
    tree = _read(data, "docx")
    builder = TextBuilder()
    for section in tree.get("sections") or ():
        for element in section.get("elements") or ():
            _element(builder, element)
    return _second(_document(tree, builder, DOCX))


def parse_pptx(data: bytes) -> LoadedDocument:
    """The second reader of PowerPoint's newer files."""
    tree = _read(data, "pptx")
    builder = TextBuilder()
    pages = []
    for number, slide in enumerate(tree.get("sections") or (), 1):
        start = builder.position
        _slide(builder, list(slide.get("elements") or ()), [])
        blocks = [block for block in builder.blocks if block.start >= start]
        pages.append(Page(number, blocks[0].start if blocks else start, builder.position))
    return _second(_document(tree, builder, PPTX, tuple(pages)))


def _second(document: LoadedDocument) -> LoadedDocument:
    """The result of a second reader, which has something to say or leaves the file damaged."""
    if document.is_empty:
        raise DamagedFileError
    return document


def parse_ppt(data: bytes) -> LoadedDocument:
    tree = _read(data, "ppt")
    tables = read_tables(data)
    builder = TextBuilder()
    pages = []
    for number, slide in enumerate(tree.get("sections") or (), 1):
        first_block = len(builder.blocks)
        _slide(builder, list(slide.get("elements") or ()), tables)
        notes = "\n".join(filter(None, map(_words, slide.get("speaker_notes") or ())))
        if notes:
            builder.paragraph(f"Notes: {notes}")
        # The blank lines between two slides belong to neither.
        blocks = builder.blocks[first_block:]
        start = blocks[0].start if blocks else builder.position
        pages.append(Page(number, start, builder.position))
    return _document(tree, builder, PPT, tuple(pages))


def _slide(
    builder: TextBuilder, elements: Sequence[Mapping[str, Any]], tables: list[list[list[str]]]
) -> None:
    """Write a slide; elements that are the cells of one of the tables are written as that table."""
    place = 0
    while place < len(elements):
        found = next((t for t in tables if _covers(t, elements, place)), None)
        if found is None:
            _element(builder, elements[place], heading_level=_SLIDE_LEVEL)
            place += 1
        else:
            tables.remove(found)
            builder.table(found)
            place += _covers(found, elements, place)


def _covers(table: list[list[str]], elements: Sequence[Mapping[str, Any]], place: int) -> int:
    """How many elements from `place` on are the words of this table, in its order; 0 if they are not."""
    wanted = " ".join(" ".join(cell for row in table for cell in row).split())
    words = ""
    for number, element in enumerate(elements[place:], 1):
        if element.get("type") == "heading":
            return 0
        words = " ".join(f"{words} {_words(element)}".split())
        if not wanted.startswith(words):
            return 0
        if words == wanted:
            return number
    return 0


def _read(data: bytes, kind: Literal["doc", "docx", "ppt", "pptx"]) -> Mapping[str, Any]:
    import office_oxide

    if kind.endswith("x"):
        check_archive(data)
    try:
        return office_oxide.Document.from_bytes(data, kind).to_ir()
    except office_oxide.OfficeOxideError as exc:
        if any(word in str(exc).lower() for word in ("encrypt", "password")):
            raise EncryptedFileError from exc
        raise DamagedFileError from exc


def _document(
    tree: Mapping[str, Any], builder: TextBuilder, media_type: str, pages: tuple[Page, ...] = ()
) -> LoadedDocument:
    metadata = tree.get("metadata") or {}
    author = metadata.get("author")
    return LoadedDocument(
        builder.text(),
        media_type,
        title=metadata.get("title") or None,
        blocks=tuple(builder.blocks),
        pages=pages,
        metadata={"author": author} if author else {},
    )


def _element(
    builder: TextBuilder, element: Mapping[str, Any], depth: int = 0, heading_level: int = 0
) -> None:
    kind = element.get("type")
    if depth > _MAX_DEPTH:
        builder.paragraph(_words(element))
    elif kind == "heading":
        builder.heading(_words(element), heading_level or int(element.get("level") or 1))
    elif kind == "list":
        _list(builder, element, 0)
    elif kind == "table":
        rows = element.get("rows") or ()
        builder.table([[_words(cell) for cell in row.get("cells") or ()] for row in rows])
    elif element.get("elements"):
        for inner in element["elements"]:
            _element(builder, inner, depth + 1, heading_level)
    else:
        builder.paragraph(_words(element))


def _list(builder: TextBuilder, element: Mapping[str, Any], depth: int) -> None:
    for item in element.get("items") or ():
        # Always a dash: the library calls bullets numbered too, and a wrong number is worse than none.
        builder.list_item(_words(item), depth=min(depth, _MAX_DEPTH))
        nested = item.get("nested")
        if nested and depth < _MAX_DEPTH:
            _list(builder, nested, depth + 1)


def _words(element: Mapping[str, Any]) -> str:
    """All words in an element, its paragraphs as lines."""
    if "text" in element and isinstance(element["text"], str):
        return element["text"]
    content: Iterable[Mapping[str, Any]] = element.get("content") or ()
    parts = [_words(part) for part in content]
    is_block = any(part.get("type") in ("paragraph", "heading") for part in content)
    return ("\n" if is_block else "").join(parts)
