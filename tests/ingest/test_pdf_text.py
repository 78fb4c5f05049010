"""Words of PDF files that are easily read wrong, and what is laid over a page."""

from __future__ import annotations

import io

import pytest
from pypdfium2 import PdfDocument
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from ingest.errors import DamagedFileError
from ingest.loader import load_bytes
from ingest.media_type import PDF
from ingest.unread import Unread


def canvas_of(buffer: io.BytesIO, **options: object) -> Canvas:
    return Canvas(buffer, pagesize=(595, 842), **options)


def one_line(*words: str) -> bytes:
    buffer = io.BytesIO()
    canvas = canvas_of(buffer)
    for index, text in enumerate(words):
        canvas.drawString(72, 700 - 14 * index, text)
    canvas.save()
    return buffer.getvalue()


def test_superscripts_stay_apart_from_numbers() -> None:
    buffer = io.BytesIO()
    canvas = canvas_of(buffer)
    text = canvas.beginText(72, 700)
    for words, size, rise in (
        ("Lasts 10", 12, 0), ("9", 7, 5), (" turns and costs 300", 12, 0), ("4", 7, 5), (" euros.", 12, 0),
    ):  # fmt: skip
        text.setFont("Helvetica", size)
        text.setRise(rise)
        text.textOut(words)
    canvas.drawText(text)
    canvas.save()
    assert load_bytes(buffer.getvalue(), PDF).text == "Lasts 10^9 turns and costs 300 [4] euros."


def test_compounds_keep_their_hyphen_at_a_line_end() -> None:
    data = one_line(
        "The service is well-", "known, and the mainte-", "nance of an X-", "ray unit is due."
    )
    text = " ".join(load_bytes(data, PDF).text.split())
    assert text == "The service is well-known, and the maintenance of an X-ray unit is due."


def test_spaced_out_letters_are_words() -> None:
    assert load_bytes(one_line("O R D E R  F O R M", "for the harbour"), PDF).text.startswith(
        "ORDER"
    )


def test_only_the_outermost_lines_are_running_headers() -> None:
    """What stands below a heading of its own page stays, however often it comes again."""
    buffer = io.BytesIO()
    canvas = canvas_of(buffer)
    for page in range(1, 5):
        canvas.drawString(72, 820, "Harbour Ltd, confidential")
        canvas.drawString(72, 790, f"{page}. Berth")
        canvas.drawString(72, 770, "The fee is due on the first day.")
        canvas.drawString(72, 30, f"Page {page} of 4")
        canvas.showPage()
    canvas.save()
    text = load_bytes(buffer.getvalue(), PDF).text
    assert text.count("The fee is due on the first day.") == 4
    assert (text.count("confidential"), text.count("Page")) == (1, 1)


def test_text_beside_the_page_is_not_read() -> None:
    buffer = io.BytesIO()
    canvas = canvas_of(buffer)
    canvas.drawString(72, 700, "on the page")
    canvas.drawString(72, -40, "below it")
    canvas.drawString(700, 600, "right of it")
    canvas.save()
    document = load_bytes(buffer.getvalue(), PDF)
    assert document.text == "on the page"
    assert document.unread[Unread.HIDDEN_TEXT] == 2
    assert not document.shortfall


def test_values_of_a_form_are_read_where_they_stand() -> None:
    buffer = io.BytesIO()
    canvas = canvas_of(buffer)
    for index, (label, value) in enumerate((("Name:", "Ada Berg"), ("Amount:", "48 pieces"))):
        canvas.drawString(72, 700 - 30 * index, label)
        canvas.acroForm.textfield(
            name=label, value=value, x=200, y=695 - 30 * index, width=200, height=20
        )
    canvas.save()
    document = load_bytes(buffer.getvalue(), PDF)
    assert "| Name: | Ada Berg |" in document.text
    assert "| Amount: | 48 pieces |" in document.text
    (line,) = (n for n in document.lines if document.text[n.start : n.end] == "Ada Berg")
    assert 195 < line.box.left < 215


def test_attached_files_are_counted() -> None:
    document = PdfDocument(one_line("See the attached list."))
    document.new_attachment("list.csv").set_data(b"a;b")
    buffer = io.BytesIO()
    document.save(buffer)
    document.close()
    loaded = load_bytes(buffer.getvalue(), PDF)
    assert loaded.shortfall == "holds an attachment that was not read"


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"HTTP/1.1 200 OK\r\nX: " + b"y" * 2000 + b"\r\n\r\n" + data,
        lambda data: data + b"\0" * 90_000,
        lambda data: data.rpartition(b"%%EOF")[0],
    ],
    ids=["before", "behind", "without its last line"],
)
def test_what_a_transfer_adds_or_drops_does_not_matter(change) -> None:  # type: ignore[no-untyped-def]
    assert load_bytes(change(one_line("whole")), PDF, suffix=".pdf").text == "whole"


def test_a_file_cut_off_behind_an_older_end_is_refused() -> None:
    """A PDF that was changed has two ends; without the second one its new pages are missing."""
    data = one_line("first") + b"\n9 0 obj\n<<>>\nendobj\n" + b" " * 70_000
    with pytest.raises(DamagedFileError, match="is truncated"):
        load_bytes(data, PDF)


def test_a_password_for_changes_does_not_keep_from_reading() -> None:
    buffer = io.BytesIO()
    canvas = canvas_of(buffer, encrypt=StandardEncryption("", ownerPassword="owner"))
    canvas.drawString(72, 700, "open to read")
    canvas.save()
    assert load_bytes(buffer.getvalue(), PDF).text == "open to read"
