"""PDF files made by reportlab: pages, reading order, table rows, headings, rectangles."""

from __future__ import annotations

import io

import pytest
from pypdfium2 import PdfDocument
from reportlab.lib import pagesizes
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Table

from ingest.errors import DamagedFileError, EncryptedFileError, MislabelledFileError
from ingest.loaded import BlockKind, LoadedDocument
from ingest.loader import load_bytes
from ingest.media_type import PDF

STYLES = getSampleStyleSheet()
LONG = "This sentence is long enough to run over the end of its line on the page, twice even. " * 3


def report(pages: int = 2) -> bytes:
    """Each page: a heading, a paragraph over several lines, a table, a footer with the page number."""
    buffer = io.BytesIO()
    template = SimpleDocTemplate(buffer, pagesize=pagesizes.A4, title="Annual report & more")
    story: list[object] = []
    for number in range(1, pages + 1):
        story += [
            Paragraph(f"Chapter {number}", STYLES["Heading1"]),
            Paragraph(f"Page {number} begins here. {LONG}", STYLES["BodyText"]),
            Table([["Item", "North", "South"], ["Net sales", "1,234", f"{number},567"]]),
            PageBreak(),
        ]

    def footer(canvas: Canvas, document: SimpleDocTemplate) -> None:
        canvas.drawString(200, 30, f"Example Ltd. annual report, page {document.page}")

    template.build(story, onFirstPage=footer, onLaterPages=footer)
    return buffer.getvalue()


def page_text(document: LoadedDocument, number: int) -> str:
    page = document.pages[number - 1]
    return document.text[page.start : page.end]


def test_what_a_program_calls_a_file_without_a_title_is_none() -> None:
    buffer = io.BytesIO()
    SimpleDocTemplate(buffer).build([Paragraph("Words.", STYLES["BodyText"])])
    assert b"(anonymous" in buffer.getvalue()
    assert load_bytes(buffer.getvalue(), PDF).title is None


def test_each_page_holds_its_own_text() -> None:
    document = load_bytes(report(3), PDF)
    assert document.title == "Annual report & more"
    for number in (1, 2, 3):
        text = page_text(document, number)
        assert f"Page {number} begins here." in text
        assert f"| Net sales | 1,234 | {number},567 |" in text


def test_structure_is_read_off_the_type() -> None:
    document = load_bytes(report(1), PDF)
    kinds = {document.text[b.start : b.end]: b.kind for b in document.blocks}
    assert kinds["Chapter 1"] is BlockKind.HEADING
    assert kinds["| Item | North | South |\n| --- | --- | --- |"] is BlockKind.TABLE_HEADER
    assert kinds["| Net sales | 1,234 | 1,567 |"] is BlockKind.TABLE_ROW
    paragraph = max((t for t, kind in kinds.items() if kind is BlockKind.PARAGRAPH), key=len)
    assert paragraph.count("\n") >= 2


def test_running_footers_stand_only_once() -> None:
    assert load_bytes(report(6), PDF).text.count("Example Ltd.") == 1


def test_every_line_stands_in_its_rectangle() -> None:
    """What PDFium finds inside a line's rectangle on the page is that line."""
    data = report(2)
    document = load_bytes(data, PDF)
    pdf = PdfDocument(data)
    assert document.lines
    for line in document.lines:
        page = pdf[line.box.page - 1]
        height = page.get_height()
        textpage = page.get_textpage()
        box = line.box
        text = textpage.get_text_bounded(
            box.left - 1, height - box.bottom - 1, box.right + 1, height - box.top + 1
        )
        textpage.close()
        page.close()
        assert document.text[line.start : line.end].split() == text.split()
    pdf.close()


def test_rectangles_of_a_rotated_page_are_where_it_is_shown() -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(600, 400))
    canvas.setPageRotation(90)
    canvas.drawString(50, 380, "near the unrotated top left")
    canvas.save()
    (line,) = load_bytes(buffer.getvalue(), PDF).lines
    # Turned clockwise, the upper left corner is shown at the upper right of a page 400 wide.
    assert 360 < line.box.left < line.box.right < 400
    assert 40 < line.box.top < line.box.bottom < 250


def test_a_hyphenated_word_is_put_together() -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    canvas.drawString(72, 700, "The information says that infor-")
    canvas.drawString(72, 686, "mation is airline-")
    canvas.drawString(72, 672, "provided, and an airline was provided.")
    canvas.save()
    text = load_bytes(buffer.getvalue(), PDF).text
    assert "that information is" in text
    assert "airline-provided" in text


def test_pages_without_text_are_named() -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    canvas.drawString(72, 700, "words")
    canvas.showPage()
    canvas.rect(10, 10, 100, 100, fill=1)
    canvas.showPage()
    canvas.save()
    document = load_bytes(buffer.getvalue(), PDF)
    assert document.page_count == 2
    assert document.pages_without_text == (2,)
    assert not document.is_empty


def test_an_encrypted_pdf_says_so() -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, encrypt=StandardEncryption("secret"))
    canvas.drawString(72, 700, "hidden")
    canvas.save()
    with pytest.raises(EncryptedFileError, match="is encrypted"):
        load_bytes(buffer.getvalue(), PDF)


@pytest.mark.parametrize("share", [0.01, 0.3, 0.6, 0.95])
def test_a_truncated_pdf_is_refused_not_half_read(share: float) -> None:
    data = report(5)
    with pytest.raises(DamagedFileError, match="is truncated"):
        load_bytes(data[: int(len(data) * share)], PDF)


def test_a_pdf_of_rubbish_is_damaged() -> None:
    with pytest.raises(DamagedFileError, match="truncated or damaged"):
        load_bytes(b"%PDF-1.7\n" + b"rubbish " * 100 + b"%%EOF", PDF)


def test_a_web_page_called_pdf_is_mislabelled() -> None:
    with pytest.raises(MislabelledFileError, match=r"is a web page, although it is called \.pdf"):
        load_bytes(b"<!DOCTYPE html><html><body>Sign in</body></html>", PDF, suffix=".pdf")
