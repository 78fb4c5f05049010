"""PowerPoint files of before 2007: through office-oxide, and from the records what it passes over."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from ingest.loaded import LoadedDocument, Page
from ingest.media_type import PPT
from ingest.parsers.office_binary import (
    find_document,
    find_unwritten_paragraphs,
    read_tree,
    words_of,
    write_slide,
)
from ingest.parsers.ppt_slides import PptSlide, read_slides
from ingest.parsers.ppt_tables import read_tables
from ingest.text_builder import TextBuilder
from ingest.unread import Unread


def parse_ppt(data: bytes) -> LoadedDocument:
    tree = read_tree(data, "ppt")
    tables = read_tables(data)
    sections = list(tree.get("sections") or ())
    records = read_slides(data)
    if len(records) != len(sections):
        records = [PptSlide() for _ in sections]
    builder = TextBuilder()
    unread: Counter[Unread] = Counter()
    pages = []
    for number, (section, record) in enumerate(zip(sections, records, strict=True), 1):
        if record.is_hidden:
            unread[Unread.HIDDEN_SLIDE] += 1
            continue
        first_block = len(builder.blocks)
        before = builder.position
        write_slide(builder, list(section.get("elements") or ()), tables)
        for text in find_unwritten_paragraphs(record.texts, builder.text()[before:]):
            builder.paragraph(text)
        notes = "\n".join(filter(None, map(words_of, section.get("speaker_notes") or ())))
        if notes:
            builder.paragraph(f"Notes: {notes}")
        if record.objects:
            unread[Unread.EMBEDDED_FILE] += record.objects
        # The blank lines between two slides belong to neither.
        blocks = builder.blocks[first_block:]
        start = blocks[0].start if blocks else builder.position
        pages.append(Page(number, start, builder.position))
    return replace(find_document(tree, builder, PPT, tuple(pages)), unread=unread)
