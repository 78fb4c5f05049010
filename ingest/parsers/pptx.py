"""PowerPoint presentations, through python-pptx: a slide is a page, its title a heading."""

from __future__ import annotations

import io
from typing import Any

from ingest.errors import DamagedFileError
from ingest.loaded import LoadedDocument, Page
from ingest.media_type import PPTX
from ingest.parsers.archive import FAULTS, check_archive
from ingest.text_builder import TextBuilder

_SLIDE_LEVEL = 2
_MAX_FAKE_HEADING = 100


def parse_pptx(data: bytes) -> LoadedDocument:
    from pptx import Presentation
    from pptx.exc import PythonPptxError

    check_archive(data)
    try:
        presentation = Presentation(io.BytesIO(data))
        builder = TextBuilder()
        pages = []
        for number, slide in enumerate(presentation.slides, 1):
            first_block = len(builder.blocks)
            _slide(builder, slide)
            # The blank lines between two slides belong to neither.
            blocks = [block for block in builder.blocks[first_block:] if block.end > block.start]
            start = blocks[0].start if blocks else builder.position
            pages.append(Page(number, start, builder.position))
        properties = presentation.core_properties
        title, author = properties.title, properties.author
    except PythonPptxError as exc:
        raise DamagedFileError from exc
    except FAULTS as exc:
        raise DamagedFileError from exc
    return LoadedDocument(
        builder.text(),
        PPTX,
        title=title or None,
        blocks=tuple(builder.blocks),
        pages=tuple(pages),
        metadata={"author": author} if author else {},
    )


def _slide(builder: TextBuilder, slide: Any) -> None:
    title = slide.shapes.title
    if title is not None and title.has_text_frame:
        builder.heading(title.text_frame.text.replace("\v", " "), _SLIDE_LEVEL)
    for shape in slide.shapes:
        if title is None or shape.shape_id != title.shape_id:
            _shape(builder, shape)
    if slide.has_notes_slide:
        notes = slide.notes_slide.notes_text_frame
        if notes is not None and notes.text.strip():
            builder.paragraph(f"Notes: {notes.text}")


def _shape(builder: TextBuilder, shape: Any) -> None:
    from pptx.enum.shapes import MSO_SHAPE_TYPE

    if shape.shape_type == MSO_SHAPE_TYPE.GROUP:
        for member in shape.shapes:
            _shape(builder, member)
    elif shape.has_table:
        builder.table([[cell.text for cell in row.cells] for row in shape.table.rows])
    elif shape.has_text_frame and not _is_slide_furniture(shape):
        for paragraph in shape.text_frame.paragraphs:
            _paragraph(builder, paragraph, is_body=shape.is_placeholder)


def _paragraph(builder: TextBuilder, paragraph: Any, *, is_body: bool) -> None:
    text = paragraph.text.replace("\v", "\n").strip()
    runs = [run for run in paragraph.runs if run.text.strip()]
    all_bold = bool(runs) and all(run.font.bold for run in runs)
    if all_bold and len(text) <= _MAX_FAKE_HEADING and not text.endswith((".", ",", ";")):
        builder.heading(text, _SLIDE_LEVEL + 1)
    elif is_body and (paragraph.level > 0 or _has_bullet(paragraph)):
        builder.list_item(text, depth=paragraph.level)
    else:
        builder.paragraph(text)


def _has_bullet(paragraph: Any) -> bool:
    properties = paragraph._p.pPr
    return properties is not None and any(
        child.tag.endswith(("}buChar", "}buAutoNum")) for child in properties
    )


def _is_slide_furniture(shape: Any) -> bool:
    from pptx.enum.shapes import PP_PLACEHOLDER

    return shape.is_placeholder and shape.placeholder_format.type in (
        PP_PLACEHOLDER.SLIDE_NUMBER,
        PP_PLACEHOLDER.DATE,
        PP_PLACEHOLDER.FOOTER,
    )
