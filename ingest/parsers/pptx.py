"""PowerPoint presentations (.pptx, .pptm, .ppsx and templates): a slide is a page, its title a heading.

Not through python-pptx: it refuses a file for one odd shape, and knows no diagrams and comments.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ingest.errors import DamagedFileError
from ingest.loaded import LoadedDocument, Page
from ingest.media_type import PPTX
from ingest.parsers.archive import FAULTS
from ingest.parsers.office.drawing_text import (
    read_body_lines,
    read_paragraph_text,
    write_related_drawings,
)
from ingest.parsers.office.list_numbers import write_number
from ingest.parsers.office.merged_cells import fill_down
from ingest.parsers.office.package import MC, A, OfficePackage, R, alternative
from ingest.parsers.office.slide_order import PlacedShape, sort_in_reading_order
from ingest.text_builder import TextBuilder
from ingest.unread import Unread

_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_SLIDE_LEVEL = 2
_MAX_FAKE_HEADING = 100
_MAX_DEPTH = 30
_TITLES = ("title", "ctrTitle")
_FURNITURE = ("sldNum", "dt", "hdr")
_MAX_SPAN = 256
_NUMBERING = {"arabic": "decimal", "alphaLc": "lowerLetter", "alphaUc": "upperLetter",
              "romanLc": "lowerRoman", "romanUc": "upperRoman"}  # fmt: skip


def parse_pptx(data: bytes) -> LoadedDocument:
    builder = TextBuilder()
    pages = []
    try:
        package = OfficePackage(data)
        name, root = package.main_tree("ppt/presentation")
        presentation = _Presentation(package, name)
        for number, slide in enumerate(presentation.slides(root), 1):
            first_block = len(builder.blocks)
            if not presentation.write(builder, slide):
                continue
            # The blank lines between two slides belong to neither.
            blocks = [block for block in builder.blocks[first_block:] if block.end > block.start]
            start = blocks[0].start if blocks else builder.position
            pages.append(Page(number, start, builder.position))
        title, author = package.properties()
    except FAULTS as exc:
        raise DamagedFileError from exc
    return builder.document(
        PPTX,
        title=title,
        pages=tuple(pages),
        unread=package.unread,
        doubt=package.doubt,
        author=author,
    )


class _Presentation:
    """The slides, and what they share: the authors of comments, footers that were read already."""

    def __init__(self, package: OfficePackage, name: str) -> None:
        self._package = package
        self._name = name
        self._footers: set[str] = set()
        self._authors: dict[str, str] = {}
        for part in package.related(name, "commentAuthors", "authors"):
            root = package.tree(part, counts=False)
            for author in root if root is not None else ():
                self._authors[author.get("id") or ""] = author.get("name") or ""

    def slides(self, root: Any) -> Iterator[str]:
        """The names of the slides' parts, in order; empty for one that is not there."""
        relationships = self._package.relationships(self._name)
        for slide in root.iterfind(f"{_P}sldIdLst/{_P}sldId"):
            relation = relationships.get(slide.get(f"{R}id") or "")
            yield relation.target if relation else ""

    def write(self, builder: TextBuilder, part: str) -> bool:
        """Write a slide with its notes and comments; False for one that is hidden or cannot be read."""
        root = self._package.tree(part)
        if root is None:
            return False
        if (root.get("show") or "1").lower() in ("0", "false"):
            self._package.unread[Unread.HIDDEN_SLIDE] += 1
            return False
        tree = root.find(f"{_P}cSld/{_P}spTree")
        if tree is not None:
            _Slide(self._package, part, self._footers).write(builder, tree)
        for notes in self._package.related(part, "notesSlide"):
            self._notes(builder, notes)
        for comments in self._package.related(part, "comments"):
            self._comments(builder, comments)
        return True

    def _notes(self, builder: TextBuilder, part: str) -> None:
        root = self._package.tree(part)
        for shape in root.iter(f"{_P}sp") if root is not None else ():
            kind = _placeholder(shape)
            if (
                kind is not None
                and kind.get("type") == "body"
                and (lines := read_body_lines(shape))
            ):
                builder.paragraph("Notes: " + "\n".join(lines))

    def _comments(self, builder: TextBuilder, part: str) -> None:
        root = self._package.tree(part)
        for comment in root.iter("{*}cm", "{*}reply") if root is not None else ():
            body = comment.find("{*}txBody")
            text = "\n".join(read_body_lines(body)) if body is not None else ""
            text = text or comment.findtext("{*}text") or ""
            author = self._authors.get(comment.get("authorId") or "", "")
            if text.strip():
                builder.paragraph(f"Comment{f' by {author}' if author else ''}: {text}")


class _Slide:
    """Writes the shapes of a slide."""

    def __init__(self, package: OfficePackage, part: str, footers: set[str]) -> None:
        self._package = package
        self._part = part
        self._footers = footers
        self._layouts: list[Any] | None = None

    def write(self, builder: TextBuilder, tree: Any) -> None:
        title = next((s for s in tree.iter(f"{_P}sp") if _type(s) in _TITLES), None)
        if title is not None:
            builder.heading(" ".join(read_body_lines(title)), _SLIDE_LEVEL)
        self._shapes(builder, tree, title, 0)

    def _shapes(self, builder: TextBuilder, group: Any, title: Any, depth: int) -> None:
        placed = [
            PlacedShape(shape, *self._place(shape))
            for shape in _members(group)
            if shape is not title and not self._is_hidden(shape)
        ]
        for entry in sort_in_reading_order(placed) if depth < _MAX_DEPTH else ():
            shape = entry.shape
            if shape.tag == f"{_P}grpSp":
                self._shapes(builder, shape, title, depth + 1)
            elif shape.tag == f"{_P}graphicFrame":
                self._frame(builder, shape)
            elif shape.tag == f"{_P}pic":
                media = shape.find(f".//{A}videoFile"), shape.find(f".//{A}audioFile")
                is_recording = any(item is not None for item in media)
                self._package.unread[Unread.RECORDING if is_recording else Unread.PICTURE] += 1
            else:
                self._text(builder, shape)

    def _is_hidden(self, shape: Any) -> bool:
        """Whether a shape is switched off in the list of what is on the slide."""
        properties = shape.find(f"./*/{_P}cNvPr")
        is_hidden = properties is not None and properties.get("hidden") in ("1", "true")
        if is_hidden:
            self._package.unread[Unread.HIDDEN_TEXT] += 1
        return is_hidden

    def _text(self, builder: TextBuilder, shape: Any) -> None:
        body = shape.find(f"{_P}txBody")
        kind = _type(shape)
        if body is None or kind in _FURNITURE:
            return
        if kind == "ftr":
            footer = " ".join(read_body_lines(body))
            if footer not in self._footers:
                self._footers.add(footer)
                builder.paragraph(footer)
            return
        is_body = _placeholder(shape) is not None
        counters: dict[int, int] = {}
        for paragraph in body.iterchildren(f"{A}p"):
            _paragraph(builder, paragraph, counters, is_body=is_body)

    def _frame(self, builder: TextBuilder, frame: Any) -> None:
        for table in frame.iterfind(f".//{A}tbl"):
            builder.table(fill_down(_row(row) for row in table.iterfind(f"{A}tr")))
        write_related_drawings(builder, self._package, self._part, frame, self._package.unread)
        if frame.find(f".//{_P}oleObj") is not None:
            self._package.unread[Unread.EMBEDDED_FILE] += 1

    def _place(self, shape: Any) -> tuple[int, int, int, int]:
        """Left, top, width and height; of a placeholder that says none, those of its layout."""
        own = _rectangle(shape)
        if own is not None:
            return own
        placeholder = _placeholder(shape)
        for layout in self._layout_trees() if placeholder is not None else ():
            for other in layout.iter(f"{_P}sp"):
                if _fits(_placeholder(other), placeholder) and (rectangle := _rectangle(other)):
                    return rectangle
        return 0, 0, 0, 0

    def _layout_trees(self) -> list[Any]:
        """The slide's layout and its master."""
        if self._layouts is None:
            names = self._package.related(self._part, "slideLayout")
            names += [m for name in names for m in self._package.related(name, "slideMaster")]
            trees = (self._package.tree(name, counts=False) for name in names)
            self._layouts = [tree for tree in trees if tree is not None]
        return self._layouts


def _members(group: Any) -> Iterator[Any]:
    for element in group:
        if element.tag == f"{MC}AlternateContent":
            yield from _members(alternative(element))
        elif element.tag in (
            f"{_P}sp",
            f"{_P}grpSp",
            f"{_P}graphicFrame",
            f"{_P}pic",
            f"{_P}cxnSp",
        ):
            yield element


def _placeholder(shape: Any) -> Any:
    return shape.find(f"{_P}nvSpPr/{_P}nvPr/{_P}ph")


def _type(shape: Any) -> str:
    placeholder = _placeholder(shape)
    return "" if placeholder is None else placeholder.get("type") or "obj"


def _fits(candidate: Any, placeholder: Any) -> bool:
    """Whether a layout's placeholder is the one that a slide's stands in."""
    if candidate is None:
        return False
    index = placeholder.get("idx")
    if index is not None:
        return bool(candidate.get("idx") == index)
    return bool(candidate.get("type") == placeholder.get("type"))


def _rectangle(shape: Any) -> tuple[int, int, int, int] | None:
    transform = shape.find(f"{_P}xfrm")
    if transform is None:
        transform = shape.find(f"*/{A}xfrm")
    if transform is None:
        return None
    offset, extent = transform.find(f"{A}off"), transform.find(f"{A}ext")
    if offset is None or extent is None:
        return None
    try:
        left, top = int(offset.get("x", "0")), int(offset.get("y", "0"))
        return left, top, int(extent.get("cx", "0")), int(extent.get("cy", "0"))
    except ValueError:
        return None


def _row(row: Any) -> list[str | None]:
    cells: list[str | None] = []
    for cell in row.iterfind(f"{A}tc"):
        if cell.get("hMerge") in ("1", "true"):
            cells.append("")
        elif cell.get("vMerge") in ("1", "true"):
            cells.append(None)
        else:
            cells.append(" ".join(read_body_lines(cell)))
    return cells[:_MAX_SPAN]


def _paragraph(
    builder: TextBuilder, paragraph: Any, counters: dict[int, int], *, is_body: bool
) -> None:
    text = read_paragraph_text(paragraph)
    properties = paragraph.find(f"{A}pPr")
    raw = properties.get("lvl", "0") if properties is not None else "0"
    level = min(int(raw), 8) if raw.isdecimal() else 0
    numbering = properties.find(f"{A}buAutoNum") if properties is not None else None
    if numbering is None:
        counters.pop(level, None)
    if not text:
        return
    if (
        _is_bold(paragraph)
        and len(text) <= _MAX_FAKE_HEADING
        and not text.endswith((".", ",", ";"))
    ):
        builder.heading(text, _SLIDE_LEVEL + 1)
    elif numbering is not None:
        builder.list_item(text, marker=_number(numbering, level, counters), depth=level)
    elif _has_bullet(properties) or (is_body and level > 0):
        builder.list_item(text, depth=level)
    else:
        builder.paragraph(text)


def _is_bold(paragraph: Any) -> bool:
    runs = [run for run in paragraph.iterfind(f"{A}r") if (run.findtext(f"{A}t") or "").strip()]
    properties = [run.find(f"{A}rPr") for run in runs]
    return bool(runs) and all(p is not None and p.get("b") in ("1", "true") for p in properties)


def _has_bullet(properties: Any) -> bool:
    return properties is not None and properties.find(f"{A}buChar") is not None


def _number(numbering: Any, level: int, counters: dict[int, int]) -> str:
    """Count an item of a numbered list; its number as the slide shows it."""
    kind = numbering.get("type") or "arabicPeriod"
    raw = numbering.get("startAt") or "1"
    counters[level] = counters.get(level, (int(raw) if raw.isdecimal() else 1) - 1) + 1
    for deeper in [other for other in counters if other > level]:
        del counters[deeper]
    style = next((style for name, style in _NUMBERING.items() if kind.startswith(name)), "decimal")
    number = write_number(counters[level], style)
    if kind.endswith("ParenBoth"):
        return f"({number})"
    return f"{number}{')' if kind.endswith('ParenR') else '' if kind.endswith('Plain') else '.'}"
