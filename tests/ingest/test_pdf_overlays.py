"""What is laid over a PDF page, and what a page holds that nobody sees."""

from __future__ import annotations

import io

import pytest
from reportlab.pdfgen.canvas import Canvas

from ingest.loaded import LoadedDocument
from ingest.loader import load_bytes
from ingest.media_type import PDF
from ingest.unread import Unread

FONT = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
FORM = "/AcroForm<</Fields[10 0 R 11 0 R]/DA(/F1 12 Tf 0 g)/DR<</Font<</F1 5 0 R>>>>>>"
LAYERS = "/OCProperties<</OCGs[10 0 R 11 0 R]/D<</OFF[10 0 R]/Order[10 0 R 11 0 R]>>>>"


def stream(content: str, entries: str = "") -> str:
    return f"<<{entries}/Length {len(content)}>>stream\n{content}\nendstream"


def words(y: int, text: str) -> str:
    return f"BT /F1 12 Tf 50 {y} Td ({text}) Tj ET\n"


def load(content: str, *objects: str, page: str = "", catalog: str = "") -> LoadedDocument:
    """A PDF of one page with one line "Seen." and `content`; `objects` have the numbers 10, 11, …"""
    parts = {
        1: f"<</Type/Catalog/Pages 2 0 R{catalog}>>",
        2: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources"
        f"<</Font<</F1 5 0 R>>/Properties<</Off 10 0 R/On 11 0 R>>>>{page}>>",
        4: stream(words(700, "Seen.") + content),
        5: FONT,
    }
    parts |= dict(enumerate(objects, 10))
    data = b"%PDF-1.7\n"
    places = {}
    for number, part in parts.items():
        places[number] = len(data)
        data += f"{number} 0 obj\n{part}\nendobj\n".encode("latin-1")
    table = "".join(f"{number} 1\n{place:010d} 00000 n \n" for number, place in places.items())
    trailer = f"trailer<</Size 30/Root 1 0 R>>\nstartxref\n{len(data)}\n%%EOF\n"
    data += f"xref\n0 1\n0000000000 65535 f \n{table}{trailer}".encode()
    return load_bytes(data, PDF)


def annotation(kind: str, y: int, entries: str) -> str:
    return f"<</Type/Annot/Subtype/{kind}/Rect[50 {y} 250 {y + 20}]{entries}>>"


def test_comments_are_read_beside_a_stamp() -> None:
    """What is drawn over the page becomes part of it, and takes no comment with it; hidden ones stay out."""
    picture = stream(
        "BT /F1 12 Tf 5 5 Td (RECEIVED 4 May) Tj ET",
        "/Type/XObject/Subtype/Form/BBox[0 0 200 20]/Resources<</Font<</F1 5 0 R>>>>",
    )
    document = load(
        "",
        annotation("Stamp", 600, "/AP<</N 16 0 R>>/F 4"),
        annotation("Text", 560, "/Contents(Ask Jo first)/T(Kim)/F 4"),
        annotation("FreeText", 520, "/Contents(Rate 31 from June)/DA(/F1 12 Tf 0 g)/F 4"),
        annotation("StrikeOut", 480, "/Contents(no longer valid)/F 4"),
        annotation("FreeText", 440, "/Contents(kept out)/DA(/F1 12 Tf 0 g)/F 2"),
        annotation("FileAttachment", 400, "/Contents(list)/F 4"),
        picture,
        page="/Annots[10 0 R 11 0 R 12 0 R 13 0 R 14 0 R 15 0 R]",
    )
    for text in ("RECEIVED 4 May", "Comment by Kim: Ask Jo first", "Rate 31 from June"):
        assert text in document.text
    assert "Comment: no longer valid" in document.text
    assert "kept out" not in document.text
    assert document.unread == {Unread.ATTACHMENT: 1}


def test_a_value_with_a_box_for_each_character_is_one_word() -> None:
    widget = "/P 3 0 R/F 4/FT/Tx/DA(/F1 12 Tf 0 g)"
    document = load(
        words(655, "Code:"),
        annotation("Widget", 650, f"{widget}/Ff 16777216/MaxLen 5/T(code)/V(QX-71)"),
        annotation("Widget", 600, f"{widget}/T(kept out)/V(kept out)/F 2"),
        page="/Annots[10 0 R 11 0 R]",
        catalog=FORM,
    )
    assert "QX-71" in document.text
    assert "kept out" not in document.text


def test_a_ticked_box_is_seen() -> None:
    look = "/Type/XObject/Subtype/Form/BBox[0 0 15 15]"
    box = "/P 3 0 R/F 4/FT/Btn/AP<</N<</Yes 12 0 R/Off 13 0 R>>>>"
    document = load(
        words(655, "Member") + words(605, "Guest"),
        f"<</Type/Annot/Subtype/Widget/Rect[150 650 165 665]{box}/T(a)/V/Yes/AS/Yes>>",
        f"<</Type/Annot/Subtype/Widget/Rect[150 600 165 615]{box}/T(b)/V/Off/AS/Off>>",
        stream("0 0 m 15 15 l S", look),
        stream("0 0 15 15 re S", look),
        page="/Annots[10 0 R 11 0 R]",
        catalog=FORM,
    )
    assert document.text.count("☑") == 1
    assert document.text.index("Member") < document.text.index("☑") < document.text.index("Guest")


@pytest.mark.parametrize(
    "content",
    [
        f"1 1 1 rg {words(600, 'kept out')}",
        f"3 Tr {words(600, 'kept out')}",
        f"/OC /Off BDC {words(600, 'kept out')} EMC",
    ],
    ids=["white on white", "invisible", "a layer that is off"],
)
def test_what_nobody_sees_is_counted_not_read(content: str) -> None:
    layers = ["<</Type/OCG/Name(a)>>", "<</Type/OCG/Name(b)>>"]
    document = load(content, *layers, catalog=LAYERS)
    assert document.text == "Seen."
    assert document.unread == {Unread.HIDDEN_TEXT: 1}
    assert not document.shortfall


@pytest.mark.parametrize(
    "content",
    [
        f"0 0 1 rg 40 590 300 30 re f 1 1 1 rg {words(600, 'also seen')}",
        f"/OC /On BDC {words(600, 'also seen')} EMC",
        f"0.5 g 50 598 60 8 re f 3 Tr {words(600, 'also seen')}",
    ],
    ids=["white on blue", "a layer that is on", "the text of a picture"],
)
def test_what_is_set_faintly_and_seen_is_read(content: str) -> None:
    layers = ["<</Type/OCG/Name(a)>>", "<</Type/OCG/Name(b)>>"]
    document = load(content, *layers, catalog=LAYERS)
    assert "also seen" in document.text
    assert not document.unread


def test_a_page_of_invisible_text_keeps_it() -> None:
    """It is a scan whose picture is not there."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    text = canvas.beginText(72, 700)
    text.setTextRenderMode(3)
    text.textLine("recognised words")
    canvas.drawText(text)
    canvas.save()
    assert load_bytes(buffer.getvalue(), PDF).text == "recognised words"


def test_a_range_of_figures_goes_on_in_the_next_line() -> None:
    assert load(words(650, "It takes 20-") + words(636, "30 minutes.")).text.endswith(
        "It takes 20-30 minutes."
    )


def test_a_page_number_may_stand_twice_in_a_line() -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(595, 842))
    for number in range(1, 5):
        canvas.drawString(72, 700, f"Delivery {number * 7} is complete.")
        canvas.drawString(72, 30, f"Sheet {number} of 4")
        canvas.drawString(400, 30, f"{number}/4")
        canvas.showPage()
    canvas.save()
    text = load_bytes(buffer.getvalue(), PDF).text
    assert text.count("Sheet") == 1
    assert text.count("is complete") == 4
