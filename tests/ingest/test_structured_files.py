"""JSON, XML, RTF, mail and sheets: what becomes of their structure, and of what cannot be read in them."""

from __future__ import annotations

import io
import json
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest

from ingest.loaded import NO_OCR, LoadedDocument
from ingest.loader import load_bytes
from ingest.media_type import CSV, DOC, EMAIL, JSON, RTF, XML
from ingest.planning.recipe import is_current, name_recipe
from rag.cells import join_cell_ranges, name_cell_range
from rag.settings import IngestSettings


def blocks(document: LoadedDocument) -> list[tuple[str, str]]:
    return [(b.kind.value, document.text[b.start : b.end]) for b in document.blocks]


def test_json_records_are_a_table_and_keys_are_headings() -> None:
    data = {"site": "Halle B", "kilns": [{"id": 7, "hot": True}, {"id": 8, "top": 1240.50}]}
    document = load_bytes(json.dumps(data).encode(), JSON)
    assert document.text == (
        "site: Halle B\n\n# kilns\n\n| id | hot | top |\n| --- | --- | --- |\n"
        "| 7 | true |  |\n| 8 |  | 1240.5 |"
    )


def test_json_deeper_than_headings_go_keeps_every_value_with_its_path() -> None:
    value: object = {"kiln": "hot"}
    for level in range(9):
        value = {f"l{level}": value}
    text = load_bytes(json.dumps(value).encode(), JSON).text
    assert text.endswith("l2.l1.l0.kiln: hot")


def test_a_json_value_per_line_is_read_as_a_list() -> None:
    text = load_bytes(b'{"a": 1}\n{"a": 2}\n', JSON).text
    assert text == "| a |\n| --- |\n| 1 |\n| 2 |"


def test_xml_records_are_a_table_and_no_entity_is_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    document = load_bytes(
        f'<!DOCTYPE s [<!ENTITY e SYSTEM "{secret.as_uri()}">]><s><note>&e;words</note>'
        "<k id='7'><top>1240</top></k><k id='8'><top>980</top></k></s>".encode(),
        XML,
    )
    assert "secret" not in document.text.replace("&e;", "")
    assert document.text.endswith("| id | top |\n| --- | --- |\n| 7 | 1240 |\n| 8 | 980 |")


def test_rtf_in_any_encoding_of_its_own() -> None:
    source = rb"{\rtf1\ansi\ansicpg1251{\fonttbl{\f0\fcharset0 A;}{\f1\fcharset204 B;}}"
    source += rb"\f1\'cf\'e5\'f7\'fc\f0  is \u246?ffnet\u55357?\u56613?\par next\~line}"
    assert load_bytes(source, RTF).text == "Печь is öffnet🔥\n\nnext line"


def test_a_word_file_in_rtf_is_read_as_what_it_is() -> None:
    document = load_bytes(rb"{\rtf1 The kiln is hot.}", DOC, suffix=".doc")
    assert (document.media_type, document.text) == (RTF, "The kiln is hot.")


def test_what_of_a_mail_s_attachments_cannot_be_read_is_said() -> None:
    message = EmailMessage()
    message["Subject"] = "Plans"
    message.set_content("See below.")
    for name, content in (("plan.docx", b"PK\x05\x06" + bytes(18)), ("meet.ics", b"BEGIN")):
        message.add_attachment(content, maintype="application", subtype="x", filename=name)
    document = load_bytes(message.as_bytes(), EMAIL)
    assert document.text.endswith("Attachment: plan.docx\n\nAttachment: meet.ics")
    assert document.shortfall == (
        "has an attachment 'plan.docx' that is a ZIP archive without the parts of a Word document; "
        "holds an attachment that was not read"
    )


def test_mails_within_mails_are_read_to_a_depth() -> None:
    inner = EmailMessage()
    inner["Subject"] = "Innermost"
    inner.set_content("The kiln is hot.")
    for depth in range(5):
        outer = EmailMessage()
        outer["Subject"] = f"Depth {depth}"
        outer.set_content("See below.")
        outer.add_attachment(inner)
        inner = outer
    document = load_bytes(inner.as_bytes(), EMAIL)
    assert "Depth 1" in document.text
    assert "The kiln is hot." not in document.text
    assert "stands more than 3 files deep" in document.shortfall


def test_a_table_goes_on_below_an_empty_row_and_a_new_one_has_its_header() -> None:
    source = "part,price\nshelf,40\n,\ncone,2\n,\nname,room\nAda,B\n"
    assert blocks(load_bytes(source.encode(), CSV)) == [
        ("table_header", "| part | price |\n| --- | --- |"),
        ("table_row", "| shelf | 40 |"),
        ("table_row", "| cone | 2 |"),
        ("table_header", "| name | room |\n| --- | --- |"),
        ("table_row", "| Ada | B |"),
    ]


def test_an_archive_with_a_password_is_encrypted() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("word/document.xml", b"<a/>")
    locked = bytearray(buffer.getvalue())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(mark) + place] |= 1
    with pytest.raises(Exception, match="is encrypted"):
        load_bytes(
            bytes(locked), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        )


@pytest.mark.parametrize(
    ("names", "joined"),
    [
        (["A1:C3", "A4:D9"], "A1:D9"),
        (["Z1", "AA2"], "Z1:AA2"),
        (["C5"], "C5"),
        (["A1", "Prices!B2"], None),
        ([], None),
    ],
)
def test_ranges_of_cells_that_are_read_together_are_one(
    names: list[str], joined: str | None
) -> None:
    assert join_cell_ranges(names) == joined


def test_a_range_has_the_letters_of_its_columns() -> None:
    assert name_cell_range(1, 4, 4, 9) == "A4:D9"
    assert name_cell_range(26, 1, 27, 1) == "Z1:AA1"
    assert name_cell_range(16384, 1048576, 16384, 1048576) == "XFD1048576"


def test_a_scan_is_read_again_once_it_can_be(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """And only a scan: what holds no picture of text stays as it was read."""
    program = tmp_path / "tesseract"
    program.write_text("")
    program.chmod(0o755)
    off, on = IngestSettings(ocr="off"), IngestSettings(ocr_languages="deu")
    missed, read = name_recipe("1/2", (), NO_OCR), name_recipe("1/2", (), "eng")
    monkeypatch.setenv("PATH", "")
    assert is_current(missed, "1/2", on)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not is_current(missed, "1/2", on)
    assert is_current(missed, "1/2", off)
    assert not is_current(read, "1/2", on)
    assert is_current(name_recipe("1/2", (), "deu"), "1/2", on)
    assert is_current(name_recipe("1/2", ()), "1/2", on)
    assert not is_current(name_recipe("1/2", (), "deu"), "1/3", on)
