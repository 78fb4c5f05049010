"""Word, PowerPoint and Excel files made by the libraries that people use."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import docx
import openpyxl
import pptx
import pytest
from pptx.util import Inches

from ingest.errors import DamagedFileError, EncryptedFileError, FileTooLargeError
from ingest.loaded import BlockKind, LoadedDocument
from ingest.loader import load_bytes
from ingest.media_type import DOCX, PPTX, XLSX


def word() -> bytes:
    document = docx.Document()
    document.core_properties.title = ""
    document.add_heading("Leave & travel", 1)
    document.add_paragraph("Fewer than < 5 days & no more.")
    document.add_heading("Days", 2)
    document.add_paragraph("first", style="List Number")
    document.add_paragraph("second", style="List Number")
    document.add_paragraph("loose", style="List Bullet")
    table = document.add_table(2, 2)
    for cell, text in zip(table._cells, ("Years", "Days", "1 | 2", "25"), strict=True):
        cell.text = text
    document.add_paragraph("After the table.")
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def blocks(document: LoadedDocument) -> list[tuple[BlockKind, str]]:
    return [(b.kind, document.text[b.start : b.end]) for b in document.blocks]


def test_word_keeps_order_structure_and_every_character() -> None:
    document = load_bytes(word(), DOCX)
    assert document.title == "Leave & travel"
    assert blocks(document) == [
        (BlockKind.HEADING, "# Leave & travel"),
        (BlockKind.PARAGRAPH, "Fewer than < 5 days & no more."),
        (BlockKind.HEADING, "## Days"),
        (BlockKind.LIST_ITEM, "1. first"),
        (BlockKind.LIST_ITEM, "2. second"),
        (BlockKind.LIST_ITEM, "- loose"),
        (BlockKind.TABLE_HEADER, "| Years | Days |\n| --- | --- |"),
        (BlockKind.TABLE_ROW, "| 1 \\| 2 | 25 |"),
        (BlockKind.PARAGRAPH, "After the table."),
    ]


def test_slides_are_pages_and_their_titles_headings() -> None:
    presentation = pptx.Presentation()
    for title, body in (("Welcome & hello", "Bring shoes"), ("Second", "Ask Ada")):
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = body
    slide.notes_slide.notes_text_frame.text = "Speak slowly"
    table = slide.shapes.add_table(2, 2, Inches(1), Inches(7), Inches(4), Inches(1)).table
    for cell, text in zip(table.iter_cells(), "abcd", strict=True):
        cell.text = text
    buffer = io.BytesIO()
    presentation.save(buffer)
    document = load_bytes(buffer.getvalue(), PPTX)
    assert document.page_count == 2
    second = document.pages[1]
    text = document.text[second.start : second.end]
    assert text.startswith("## Second\n\nAsk Ada")
    assert "| c | d |" in text
    assert text.endswith("Notes: Speak slowly")
    assert "Welcome & hello" in document.text[: second.start]


def test_sheets_are_headings_with_tables() -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "Prices"
    sheet.append(["part", "price"])
    sheet.append(["OH-1 & 2", 12.5])
    workbook.create_sheet("Hidden").sheet_state = "hidden"
    buffer = io.BytesIO()
    workbook.save(buffer)
    document = load_bytes(buffer.getvalue(), XLSX)
    assert document.text == "## Prices\n\n| part | price |\n| --- | --- |\n| OH-1 & 2 | 12.5 |"


def test_a_truncated_word_file_is_damaged() -> None:
    data = word()
    with pytest.raises(DamagedFileError, match="truncated or damaged"):
        load_bytes(data[: len(data) // 2], DOCX)


def word_with_broken(part: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(word())) as source, zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            target.writestr(name, b"<not xml" if name == part else source.read(name))
    return buffer.getvalue()


def test_a_word_file_whose_text_is_broken_is_damaged() -> None:
    with pytest.raises(DamagedFileError):
        load_bytes(word_with_broken("word/document.xml"), DOCX)


@pytest.mark.parametrize("part", ["[Content_Types].xml", "_rels/.rels"])
def test_a_word_file_without_its_list_of_parts_is_read(part: str) -> None:
    """The text stands where it usually does."""
    assert "After the table." in load_bytes(word_with_broken(part), DOCX).text


def test_an_encrypted_office_file_says_so() -> None:
    """Office encrypts into an OLE container with a stream of this name."""
    data = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    with pytest.raises(EncryptedFileError, match="is encrypted"):
        load_bytes(data, DOCX, suffix=".docx")


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", bytes(64 * 1024 * 1024))
    with pytest.raises(FileTooLargeError, match="unpacks to 64 MiB"):
        load_bytes(buffer.getvalue(), DOCX)


def test_an_external_entity_is_not_resolved(tmp_path: Path) -> None:
    """XML that names a local file does not bring that file's text in."""
    (tmp_path / "secret").write_text("the secret")
    buffer = io.BytesIO()
    entity = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{(tmp_path / "secret").as_uri()}">]>'.encode()
    with zipfile.ZipFile(io.BytesIO(word())) as source, zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "word/document.xml":
                start = data.index(b"?>") + 2
                data = data[:start] + entity + data[start:].replace(b"Fewer than", b"[&e;]")
            target.writestr(name, data)
    text = load_bytes(buffer.getvalue(), DOCX).text
    assert "secret" not in text
    assert "After the table." in text
