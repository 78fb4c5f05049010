"""Word files of before 2007 through office-oxide, which is also the second reader of the newer files.

Measured on the same files as kreuzberg 4.10, which gives a .doc as one paragraph without headings and tables,
and a .ppt without the bounds of its slides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from ingest.errors import DamagedFileError, EncryptedFileError
from ingest.loaded import LoadedDocument, Page
from ingest.media_type import DOC, DOCX, PPTX
from ingest.parsers.archive import check_archive
from ingest.parsers.doc_pieces import read_text
from ingest.text_builder import TextBuilder

_SLIDE_LEVEL = 2
_MAX_DEPTH = 50
_FEWEST = 0.5  # of the words in the file; the others may be deleted or hidden
_FIELD = "*"  # what PowerPoint writes at the place of a slide's number or the date


def parse_doc(data: bytes) -> LoadedDocument:
    tree = read_tree(data, "doc")
    builder = TextBuilder()
    for section in tree.get("sections") or ():
        for element in section.get("elements") or ():
            _element(builder, element)
    outside, doubt = _outside(data, builder.text())
    for text in outside:
        builder.paragraph(text)
    return replace(find_document(tree, builder, DOC), doubt=doubt)


def _outside(data: bytes, written: str) -> tuple[list[str], str]:
    """The notes, comments and boxes that were passed over; and why the first reader may have missed more."""
    try:
        text = read_text(data)
    except DamagedFileError:
        return [], ""
    words = sum(len(paragraph.split()) for paragraph in text.main)
    misses_most = len(written.split()) < words * _FEWEST
    doubt = "has words that its first reader did not find" if misses_most else ""
    return list(find_unwritten_paragraphs(text.outside, written)), doubt


def parse_docx(data: bytes) -> LoadedDocument:
    """The second reader of Word's newer files: it opens some that the first does not."""
    tree = read_tree(data, "docx")
    builder = TextBuilder()
    for section in tree.get("sections") or ():
        for element in section.get("elements") or ():
            _element(builder, element)
    return _second(find_document(tree, builder, DOCX))


def parse_pptx(data: bytes) -> LoadedDocument:
    """The second reader of PowerPoint's newer files."""
    tree = read_tree(data, "pptx")
    builder = TextBuilder()
    pages = []
    for number, slide in enumerate(tree.get("sections") or (), 1):
        start = builder.position
        write_slide(builder, list(slide.get("elements") or ()), [])
        blocks = [block for block in builder.blocks if block.start >= start]
        pages.append(Page(number, blocks[0].start if blocks else start, builder.position))
    return _second(find_document(tree, builder, PPTX, tuple(pages)))


def _second(document: LoadedDocument) -> LoadedDocument:
    """The result of a second reader, which has something to say or leaves the file damaged."""
    if document.is_empty:
        raise DamagedFileError
    return document


def find_unwritten_paragraphs(texts: Sequence[str], written: str) -> Iterator[str]:
    """The paragraphs of a slide's records that are not in what was written of it."""
    seen = _bare(written)
    for text in texts:
        for paragraph in text.replace("\v", "\n").split("\r"):
            bare = _bare(paragraph)
            if bare and bare != _FIELD and bare not in seen:
                seen += bare
                yield paragraph


def _bare(text: str) -> str:
    """The text's letters and digits, to compare it whatever its marks and blanks."""
    return "".join(char for char in text if char.isalnum() or char == _FIELD)


def write_slide(
    builder: TextBuilder, elements: Sequence[Mapping[str, Any]], tables: list[list[list[str]]]
) -> None:
    """Write a slide; elements that are the cells of one of the tables are written as that table."""
    index = 0
    while index < len(elements):
        table = next((t for t in tables if _covers(t, elements, index)), None)
        if table is None:
            _element(builder, elements[index], heading_level=_SLIDE_LEVEL)
            index += 1
        else:
            tables.remove(table)
            builder.table(table)
            index += _covers(table, elements, index)


def _covers(table: list[list[str]], elements: Sequence[Mapping[str, Any]], index: int) -> int:
    """How many elements from `index` on are the words of this table, in its order; 0 if they are not."""
    cell_words = " ".join(" ".join(cell for row in table for cell in row).split())
    words = ""
    for number, element in enumerate(elements[index:], 1):
        if element.get("type") == "heading":
            return 0
        words = " ".join(f"{words} {words_of(element)}".split())
        if not cell_words.startswith(words):
            return 0
        if words == cell_words:
            return number
    return 0


def read_tree(data: bytes, kind: Literal["doc", "docx", "ppt", "pptx"]) -> Mapping[str, Any]:
    import office_oxide

    if kind.endswith("x"):
        check_archive(data)
    try:
        return office_oxide.Document.from_bytes(data, kind).to_ir()
    except office_oxide.OfficeOxideError as exc:
        if any(word in str(exc).lower() for word in ("encrypt", "password")):
            raise EncryptedFileError from exc
        raise DamagedFileError from exc


def find_document(
    tree: Mapping[str, Any], builder: TextBuilder, media_type: str, pages: tuple[Page, ...] = ()
) -> LoadedDocument:
    metadata = tree.get("metadata") or {}
    author = metadata.get("author")
    return builder.document(media_type, title=metadata.get("title"), pages=pages, author=author)


def _element(
    builder: TextBuilder, element: Mapping[str, Any], depth: int = 0, heading_level: int = 0
) -> None:
    kind = element.get("type")
    if depth > _MAX_DEPTH:
        builder.paragraph(words_of(element))
    elif kind == "heading":
        builder.heading(words_of(element), heading_level or int(element.get("level") or 1))
    elif kind == "list":
        _list(builder, element, 0)
    elif kind == "table":
        rows = element.get("rows") or ()
        builder.table([[words_of(cell) for cell in row.get("cells") or ()] for row in rows])
    elif element.get("elements"):
        for inner in element["elements"]:
            _element(builder, inner, depth + 1, heading_level)
    else:
        builder.paragraph(words_of(element))


def _list(builder: TextBuilder, element: Mapping[str, Any], depth: int) -> None:
    for item in element.get("items") or ():
        # Always a dash: the library calls bullets numbered too, and a wrong number is worse than none.
        builder.list_item(words_of(item), depth=min(depth, _MAX_DEPTH))
        nested = item.get("nested")
        if nested and depth < _MAX_DEPTH:
            _list(builder, nested, depth + 1)


def words_of(element: Mapping[str, Any]) -> str:
    """All words in an element, its paragraphs as lines."""
    if "text" in element and isinstance(element["text"], str):
        return element["text"]
    content: Iterable[Mapping[str, Any]] = element.get("content") or ()
    parts = [words_of(part) for part in content]
    is_block = any(part.get("type") in ("paragraph", "heading") for part in content)
    return ("\n" if is_block else "").join(parts)
