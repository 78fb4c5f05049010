"""Files of every format, made by real programs (see fixtures/README.md): their structure comes out right."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from pypdfium2 import PdfDocument

from ingest.chunking.chunker import chunk
from ingest.loaded import BlockKind, LoadedDocument
from ingest.loader import load, load_bytes
from ingest.media_type import PDF, SUPPORTED
from ingest.ocr import Ocr
from ingest.sandbox import Sandbox

FIXTURES = Path(__file__).parent / "fixtures"
HANDBOOKS = sorted(path.name for path in FIXTURES.glob("handbook.*"))
PANDOC = ["pandoc.epub", "pandoc.html"]
WORKBOOKS = ["prices.xls", "prices.xlsb", "prices.ods", "prices.xlsx"]
SLIDES = ["induction.ppt", "induction.odp", "induction.pptx"]
WITHOUT_TEXT_HEADINGS = {"handbook.epub"}  # LibreOffice's EPUB says only where chapters begin


@cache
def loaded(name: str) -> LoadedDocument:
    return load(FIXTURES / name)


def texts(document: LoadedDocument, kind: BlockKind) -> list[str]:
    matching = [document.text[b.start : b.end] for b in document.blocks if b.kind is kind]
    return [
        " ".join(re.split(r"\n[|+]", text)[0].strip("| ").replace("|", " ").split())
        for text in matching
    ]


def headings(document: LoadedDocument) -> list[str]:
    return [block.title for block in document.blocks if block.kind is BlockKind.HEADING]


def count_words(strings: Sequence[str]) -> list[int]:
    return [len(string.split()) for string in strings]


def count_letters(strings: Sequence[str]) -> list[int]:
    return [len("".join(string.split())) for string in strings]


def test_every_suffix_with_a_parser_of_its_own_has_a_real_file() -> None:
    there = {SUPPORTED[path.suffix] for path in FIXTURES.iterdir() if path.suffix in SUPPORTED}
    assert set(SUPPORTED.values()) - there == {"text/plain"}  # which has no structure


@pytest.mark.parametrize("name", HANDBOOKS)
def test_a_text_keeps_every_word(name: str) -> None:
    text = " ".join(loaded(name).text.replace("\\<", "<").split())  # Markdown's own way to say it
    for words in (
        "less than < 10 minutes & saves fingers.",
        "Zwölf Öfen stehen in Halle B: “grün” heißt frei.",
        "Nobody opens it with a crowbar.",
        "gloves up to 600 °C",
    ):
        assert words in text
    assert loaded(name).title == "Kiln handbook"


@pytest.mark.parametrize("name", [*sorted(set(HANDBOOKS) - WITHOUT_TEXT_HEADINGS), *PANDOC])
def test_headings_have_their_levels(name: str) -> None:
    document = loaded(name)
    levels = {b.title: b.level for b in document.blocks if b.kind is BlockKind.HEADING}
    titles = ["Before firing", "Protective clothing", "Firing tables", "Cooling"]
    assert [title for title in headings(document) if title != "Kiln handbook"] == titles
    assert levels["Before firing"] == levels["Firing tables"] == levels["Cooling"]
    assert levels["Protective clothing"] == levels["Before firing"] + 1


@pytest.mark.parametrize("name", [*HANDBOOKS, *PANDOC])
def test_a_table_keeps_its_header_and_rows(name: str) -> None:
    document = loaded(name)
    assert texts(document, BlockKind.TABLE_HEADER) == ["Programme Ramp (°C/h) Top (°C)"]
    assert texts(document, BlockKind.TABLE_ROW) == [
        "Bisque 100 1000", "Glaze & lustre 150 1240", "Raku 400 980"
    ]  # fmt: skip


@pytest.mark.parametrize("name", sorted(set(HANDBOOKS) - {"handbook.epub"}))
def test_list_items_are_apart(name: str) -> None:
    items = texts(loaded(name), BlockKind.LIST_ITEM)
    words = [item.lstrip("-•*123. ") for item in items]
    assert words == [
        *("Open the north vent", "Close the east door", "Write the load into the log"),
        *("gloves up to 600 °C", "a face shield"),
    ]


@pytest.mark.parametrize(
    "name", [*HANDBOOKS, *WORKBOOKS, "prices.csv", "prices.tsv", "parts.json", "prices.eml"]
)
def test_a_row_is_embedded_with_the_header_of_its_table(name: str) -> None:
    """However small the chunks: the one with the row has the names of its columns in front."""
    header, row = ("Programme", "Raku") if name.startswith("handbook") else ("price", "Cone 6")
    chunks = chunk(loaded(name), title="T", max_tokens=160, count_tokens=count_letters)
    with_row = [part for part in chunks if row in part.text]
    assert with_row
    assert all(header in part.embedded_text for part in with_row)


@pytest.mark.parametrize("name", WORKBOOKS)
def test_a_chunk_of_a_sheet_names_its_cells(name: str) -> None:
    chunks = chunk(loaded(name), title="T", max_tokens=30, count_tokens=count_words)
    places = {part.section: part.text for part in chunks}
    assert ("Staff", "C5:D7") in places
    assert "Jörg" in places[("Staff", "C5:D7")]
    ranges = [section[-1] for section in places if section[0] == "Prices"]
    assert ranges[0].startswith("A1")
    assert ranges[-1].endswith("D6")
    assert "hidden words" not in loaded(name).text


@pytest.mark.parametrize("name", WORKBOOKS)
def test_small_sheets_in_one_chunk_are_named_with_their_cells(name: str) -> None:
    (only,) = chunk(loaded(name), title="T", max_tokens=200, count_tokens=count_words)
    assert only.section == ("Prices!A1:D6, Staff!C5:D7",)


@pytest.mark.parametrize("name", WORKBOOKS)
def test_the_title_of_a_sheet_is_not_its_table_header(name: str) -> None:
    assert texts(loaded(name), BlockKind.TABLE_HEADER) == ["part price since", "name room"]
    assert "| OH-1 & 2 | 12.5 | 2026-03-01 |" in loaded(name).text
    assert "52.5" in loaded(name).text  # what a formula came to


@pytest.mark.parametrize("name", ["prices.csv", "prices.tsv", "parts.json"])
def test_a_list_of_records_is_a_table(name: str) -> None:
    assert texts(loaded(name), BlockKind.TABLE_HEADER) == ["part price since"]
    assert texts(loaded(name), BlockKind.TABLE_ROW)[:2] == [
        "OH-1 & 2 12.5 2026-03-01", "Kiln shelf 40 2025-11-15"
    ]  # fmt: skip


@pytest.mark.parametrize("name", SLIDES)
def test_slides_are_pages_with_notes(name: str) -> None:
    document = loaded(name)
    assert headings(document) == ["Welcome to the kiln hall", "Firing night", "Shifts"]
    assert document.title == "Kiln induction"
    pages = [document.text[page.start : page.end] for page in document.pages]
    assert len(pages) == 3
    assert "Ask Ada for a locker" in pages[0]
    assert pages[1].endswith("Notes: Speak slowly about the crowbar.")
    assert pages[2].startswith("## Shifts")
    chunks = chunk(document, title="T", max_tokens=60, count_tokens=count_words)
    assert [(part.page, part.section) for part in chunks] == [
        (1, ("Welcome to the kiln hall",)), (2, ("Firing night",)), (3, ("Shifts",))
    ]  # fmt: skip


@pytest.mark.parametrize("name", SLIDES)
def test_a_table_on_a_slide_is_one(name: str) -> None:
    assert texts(loaded(name), BlockKind.TABLE_HEADER) == ["Shift Lead"]
    assert texts(loaded(name), BlockKind.TABLE_ROW) == ["Early Ada", "Late Jörg"]


@pytest.mark.parametrize("name", ["prices.eml", "prices.mbox", "prices.msg"])
def test_a_mail_holds_what_is_attached_to_it(name: str) -> None:
    """The file's own text, under the message's subject and the file's name."""
    document = loaded(name)
    for part in chunk(document, title="T", max_tokens=400, count_tokens=count_words):
        assert ("B 12" in part.text) == ("Attachment: prices.xls" in part.section)
    assert "Jörg <joerg@kiln.example>" in document.text
    assert "The shelf is dearer: 40 €." in document.text
    chunks = chunk(document, title="T", max_tokens=30, count_tokens=count_words)
    staff = next(part for part in chunks if "B 12" in part.text)
    assert staff.section[:3] == ("Prices from März", "Attachment: prices.xls", "Staff")
    assert staff.section[3].startswith("C5:D")
    assert document.title == (None if name.endswith("mbox") else "Prices from März")


def test_messages_within_a_message_are_read_three_deep() -> None:
    """Each under the name that its subject gives it, with the workbook of the first; a fourth is named."""
    document = loaded("forwarded.msg")
    assert document.title == "Fwd: Prices from März"
    assert "'Cones.msg' that stands more than 3 messages deep" in document.shortfall
    chunks = chunk(document, title="T", max_tokens=12, count_tokens=count_words)
    prices = ("Fwd: Prices from März", "Attachment: Prices from März.msg", "Prices from März")
    order = (*prices, "Attachment: Order of cones.msg", "Order of cones")
    expected = {
        "See below": prices[:1],
        "shelf is dearer": prices,
        "B 12": (*prices, "Attachment: prices.xls", "Staff", "C5:D6"),
        "cone 06": order,
        "Nobody has": (*order, "Attachment: Re: Cones.msg", "Re: Cones"),
    }
    for words, section in expected.items():
        assert {part.section for part in chunks if words in part.text} == {section}
    assert "<ada@kiln.example>" in document.text
    assert "Jörg <joerg@kiln.example>" in document.text


def test_a_mailbox_is_cut_where_its_messages_begin_and_nowhere_else() -> None:
    """A line of a message that begins with "From " is escaped in the file, and is not where one begins."""
    document = loaded("prices.mbox")
    subjects = [b.title for b in document.blocks if b.level == 1]
    assert subjects == ["Prices from März", "Re: Prices from März"]
    assert "From now on we buy cones." in document.text
    assert "From next week, that is." in document.text


def test_a_notebook_keeps_notes_code_and_output() -> None:
    document = loaded("firing.ipynb")
    assert headings(document) == ["Firing curve", "Result"]
    assert texts(document, BlockKind.CODE) == ["peak = max(1000, 1240) print(peak)", "1240"]


def test_a_chunk_of_a_pdf_stands_in_the_boxes_that_it_names() -> None:
    """What PDFium finds on the page within a chunk's boxes are the chunk's words, and no others."""
    document = loaded("handbook.pdf")
    chunks = chunk(document, title="T", max_tokens=200, count_tokens=count_letters)
    assert {part.page for part in chunks} == {1, 2}
    with contextlib.closing(PdfDocument(FIXTURES / "handbook.pdf")) as pdf:
        for piece in chunks:
            assert piece.text == document.text[piece.start : piece.end]
            assert piece.page is not None
            page = pdf[piece.page - 1]
            words = page.get_textpage()
            height = page.get_height()
            words_in_boxes = "".join(
                words.get_text_bounded(
                    b.left - 1, height - b.bottom - 1, b.right + 1, height - b.top + 1
                )
                for b in piece.boxes
            )
            assert {b.page for b in piece.boxes} == {piece.page}
            assert letters(words_in_boxes) == letters(piece.text)


def letters(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


@pytest.mark.parametrize(
    "name", ["scan.png", "scan.tiff", "scan.jpg", "scan.pdf", "scan.gif", "scan.bmp", "scan.webp"]
)
def test_a_scan_is_read_within_the_sandbox(name: str) -> None:
    """Words, pages and the boxes of the lines; under the limits that hold for every parser."""
    assert shutil.which("tesseract"), "make test installs tesseract-ocr; install it"
    with Sandbox(ocr_languages="eng", timeout_s=60) as sandbox:
        document = sandbox.load(FIXTURES / name)
    assert document.ocr == "eng"
    words = "The door stays shut below 120 °C." if name == "scan.jpg" else "Open the north vent"
    start = document.text.index(words)
    boxes = [line.box for line in document.lines if line.start <= start < line.end]
    assert [box.page for box in boxes] == [1]
    assert 0 < boxes[0].left < boxes[0].right < (612 if name == "scan.pdf" else 1275)
    if name == "scan.pdf":
        assert document.shortfall == "has no text on page 2"
    if name == "scan.tiff":
        assert "crowbar" in document.text[document.pages[1].start :]


def test_a_scan_says_what_would_help_where_it_is_not_read() -> None:
    data = (FIXTURES / "scan.pdf").read_bytes()
    document = load_bytes(data, PDF, ocr=Ocr())
    assert document.is_empty
    assert document.shortfall == (
        "has no text on pages 1-2; if it is a scan, tesseract would read it (see ingest.ocr)"
    )
