"""OpenDocument text, presentations and spreadsheets: the tree in content.xml, as LibreOffice writes it."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

from ingest.errors import DamagedFileError, EncryptedFileError
from ingest.loaded import LoadedDocument, Page
from ingest.media_type import ODP, ODS, ODT
from ingest.parsers.archive import FAULTS, check_archive
from ingest.parsers.ods import write_sheets
from ingest.parsers.office.cell_builder import CellBuilder
from ingest.parsers.office.odf_styles import PRESENTATION, OdfStyles, attribute, is_element
from ingest.parsers.office.slide_order import PlacedShape, sort_in_reading_order
from ingest.parsers.opendocument_text import OdfDocument, TextWalker, is_hidden_by_style
from ingest.parsers.xml_tree import parse_tree
from ingest.text_builder import TextBuilder
from ingest.unread import Unread

_SLIDE_LEVEL = 2
_LENGTH = re.compile(r"(-?\d+(?:\.\d+)?)(cm|mm|in|pt|pc)?")
_PER_UNIT = {"cm": 360_000, "mm": 36_000, "in": 914_400, "pt": 12_700, "pc": 152_400}
_FURNITURE = ("page-number", "date-time", "header")


def parse_odt(data: bytes) -> LoadedDocument:
    package = _Package(data)
    builder = TextBuilder()
    walker = TextWalker(builder, package.content)
    walker.walk(package.body("text"))
    walker.comments()
    _write_headers(builder, package.content)
    return package.document(builder, ODT)


def parse_odp(data: bytes) -> LoadedDocument:
    package = _Package(data)
    builder = TextBuilder()
    pages = []
    slides = (e for e in package.body("presentation") if is_element(e, "page"))
    for number, slide in enumerate(slides, 1):
        if is_hidden_by_style(
            package.content.styles, slide, "drawing-page-properties", "visibility", "hidden"
        ):
            package.content.unread[Unread.HIDDEN_SLIDE] += 1
            continue
        first_block = len(builder.blocks)
        _slide(TextWalker(builder, package.content), slide)
        # The blank lines between two slides belong to neither.
        blocks = builder.blocks[first_block:]
        start = blocks[0].start if blocks else builder.position
        pages.append(Page(number, start, builder.position))
    return package.document(builder, ODP, tuple(pages))


def parse_ods(data: bytes) -> LoadedDocument:
    package = _Package(data)
    builder = TextBuilder()
    write_sheets(builder, package.body("spreadsheet"), package.content)
    return package.document(builder, ODS)


class _Package:
    """The parts of an OpenDocument file that say something: content, styles, metadata, objects."""

    def __init__(self, data: bytes) -> None:
        check_archive(data)
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
            self._names = {name.replace("\\", "/"): name for name in self._archive.namelist()}
            if b":encryption-data" in self._bytes("META-INF/manifest.xml"):
                raise EncryptedFileError
            content = self._bytes("content.xml")
        except FAULTS as exc:
            raise DamagedFileError from exc
        if not content:
            raise DamagedFileError
        self._content = parse_tree(content)
        self._damaged = 0
        self._meta = self._tree("meta.xml")
        styles = self._tree("styles.xml")
        trees = [tree for tree in (styles, self._content) if tree is not None]
        self.content = OdfDocument(OdfStyles(trees), self._tree)

    def _bytes(self, name: str) -> bytes:
        return self._archive.read(self._names[name]) if name in self._names else b""

    def _tree(self, name: str) -> Any:
        """A part's tree; None for one that is missing or damaged: the file is read without it."""
        try:
            data = self._bytes(name)
            return parse_tree(data) if data else None
        except DamagedFileError:
            self._damaged += 1
        except FAULTS:
            self._damaged += 1
        return None

    def body(self, kind: str) -> Any:
        for body in self._content:
            if is_element(body, "body"):
                for content in body:
                    if is_element(content, kind):
                        return content
        raise DamagedFileError("is damaged: its body is missing")

    def document(
        self, builder: TextBuilder, media_type: str, pages: tuple[Page, ...] = ()
    ) -> LoadedDocument:
        if self._damaged:
            self.content.unread[Unread.DAMAGED_PART] += self._damaged
        author = self._property("initial-creator") or self._property("creator")
        return builder.document(
            media_type,
            title=self._property("title"),
            pages=pages,
            unread=self.content.unread,
            author=author,
        )

    def _property(self, name: str) -> str:
        if self._meta is None:
            return ""
        values = (e.text or "" for e in self._meta.iter("{*}" + name))
        return next(values, "").strip()


def _write_headers(builder: TextBuilder, document: OdfDocument) -> None:
    """Write what stands at the head and foot of pages, each once."""
    written = set()
    for page in document.styles.master_pages:
        for element in page:
            for kind in ("header", "footer"):
                is_part = attribute(element, "display") != "false" and any(
                    is_element(element, f"{kind}{which}") for which in ("", "-left", "-first")
                )
                line = _line(element, document) if is_part else ""
                words = [word for word in line.split() if any(char.isalpha() for char in word)]
                if len(words) > 1 and line not in written:
                    written.add(line)
                    builder.paragraph(f"{kind.capitalize()}: {line}")


def _line(container: Any, document: OdfDocument) -> str:
    builder = CellBuilder()
    TextWalker(builder, document).walk(container)
    return builder.line()


def _slide(walker: TextWalker, slide: Any) -> None:
    frames = list(slide)
    title = next((f for f in frames if f.get(f"{PRESENTATION}class") == "title"), None)
    if title is not None:
        boxes = (e for e in title.iter() if is_element(e, "text-box"))
        walker.builder.heading(" ".join(map(walker.inline_text, boxes)), _SLIDE_LEVEL)
    shapes = []
    for frame in frames:
        kind = frame.get(f"{PRESENTATION}class") or ""
        if frame is not title and not is_element(frame, "notes") and kind not in _FURNITURE:
            shapes.append(PlacedShape(frame, *_place(frame)))
    subtitles = [s for s in shapes if s.shape.get(f"{PRESENTATION}class") == "subtitle"]
    for placed in [*subtitles, *sort_in_reading_order([s for s in shapes if s not in subtitles])]:
        walker.walk(placed.shape, is_wrapped=True)
    for notes in (frame for frame in frames if is_element(frame, "notes")):
        bodies = (e for e in notes if e.get(f"{PRESENTATION}class") == "notes")
        boxes = (e for body in bodies for e in body.iter() if is_element(e, "text-box"))
        words = "\n".join(filter(None, map(walker.inline_text, boxes)))
        if words:
            walker.builder.paragraph(f"Notes: {words}")
    walker.comments()


def _place(frame: Any) -> tuple[int, int, int, int]:
    left, top, width, height = (_length(attribute(frame, n)) for n in ("x", "y", "width", "height"))
    return left, top, width, height


def _length(raw: str) -> int:
    match = _LENGTH.fullmatch(raw)
    return round(float(match[1]) * _PER_UNIT.get(match[2] or "cm", 0)) if match else 0
