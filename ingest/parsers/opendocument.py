"""OpenDocument text, presentations and spreadsheets: the tree in content.xml, as LibreOffice writes it."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from ingest.errors import DamagedFileError, EncryptedFileError
from ingest.loaded import LoadedDocument, Page
from ingest.media_type import ODP, ODS, ODT
from ingest.parsers.archive import FAULTS, check_archive
from ingest.parsers.ods import sheets
from ingest.parsers.opendocument_text import (
    PRESENTATION,
    TextWalker,
    attribute,
    inline_text,
    is_element,
    local_name,
)
from ingest.parsers.sheet import write_sheet
from ingest.parsers.xml_tree import parse_tree
from ingest.text_builder import TextBuilder

_SLIDE_LEVEL = 2


def parse_odt(data: bytes) -> LoadedDocument:
    package = _Package(data)
    builder = TextBuilder()
    walker = TextWalker(builder, package.styles)
    walker.walk(package.body("text"))
    walker.notes()
    return package.document(builder, ODT)


def parse_odp(data: bytes) -> LoadedDocument:
    package = _Package(data)
    builder = TextBuilder()
    walker = TextWalker(builder, package.styles)
    pages = []
    slides = (e for e in package.body("presentation") if is_element(e, "page"))
    for number, slide in enumerate(slides, 1):
        first_block = len(builder.blocks)
        _slide(walker, slide)
        # The blank lines between two slides belong to neither.
        blocks = builder.blocks[first_block:]
        start = blocks[0].start if blocks else builder.position
        pages.append(Page(number, start, builder.position))
    return package.document(builder, ODP, tuple(pages))


def parse_ods(data: bytes) -> LoadedDocument:
    package = _Package(data)
    builder = TextBuilder()
    for name, rows in sheets(package.body("spreadsheet"), package.styles):
        write_sheet(builder, rows, name)
    return package.document(builder, ODS)


class _Package:
    """The parts of an OpenDocument file that say something: content, styles and metadata."""

    def __init__(self, data: bytes) -> None:
        check_archive(data)
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                names = set(archive.namelist())
                if "META-INF/manifest.xml" in names and b":encryption-data" in archive.read(
                    "META-INF/manifest.xml"
                ):
                    raise EncryptedFileError
                parts = {
                    n: archive.read(n) for n in names & {"content.xml", "styles.xml", "meta.xml"}
                }
        except FAULTS as exc:
            raise DamagedFileError from exc
        if "content.xml" not in parts:
            raise DamagedFileError
        self._content = parse_tree(parts["content.xml"])
        self._meta = parse_tree(parts["meta.xml"]) if "meta.xml" in parts else None
        trees = [self._content]
        if "styles.xml" in parts:
            trees.append(parse_tree(parts["styles.xml"]))
        self.styles: dict[tuple[str, str], Any] = {
            (local_name(style), attribute(style, "name")): style
            for tree in reversed(trees)  # the content's own styles come last, and count
            for group in tree
            if is_element(group, "automatic-styles") or is_element(group, "styles")
            for style in group
        }

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
        author = self._said("initial-creator") or self._said("creator")
        return LoadedDocument(
            builder.text(),
            media_type,
            title=self._said("title") or None,
            blocks=tuple(builder.blocks),
            pages=pages,
            rows=tuple(builder.rows),
            metadata={"author": author} if author else {},
        )

    def _said(self, what: str) -> str:
        if self._meta is None:
            return ""
        found = (e.text or "" for e in self._meta.iter("{*}" + what))
        return next(found, "").strip()


def _slide(walker: TextWalker, slide: Any) -> None:
    frames = list(slide)
    title = next((f for f in frames if f.get(f"{PRESENTATION}class") == "title"), None)
    if title is not None:
        walker.builder.heading(inline_text(title), _SLIDE_LEVEL)
    for frame in frames:
        if is_element(frame, "notes"):
            said = (e for e in frame if e.get(f"{PRESENTATION}class") == "notes")
            boxes = (e for each in said for e in each.iter() if is_element(e, "text-box"))
            words = "\n".join(filter(None, map(inline_text, boxes)))
            if words:
                walker.builder.paragraph(f"Notes: {words}")
        elif frame is not title:
            walker.walk(frame, is_wrapped=True)
