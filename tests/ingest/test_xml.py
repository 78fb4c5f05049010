"""XML: entities, mixed content, and what Office 2003 saved in it."""

from __future__ import annotations

import pytest

from ingest.errors import DamagedFileError
from ingest.loader import load_bytes
from ingest.media_type import XLS, XML

WORD = "http://schemas.microsoft.com/office/word/2003/wordml"
EXCEL = "urn:schemas-microsoft-com:office:spreadsheet"


def text(xml: str) -> str:
    return load_bytes(f'<?xml version="1.0"?>{xml}'.encode(), XML).text


def test_words_after_an_entity_are_read() -> None:
    """The entity stands as it is written; nothing is resolved."""
    xml = '<!DOCTYPE d [<!ENTITY co "Acme">]><d><para>Made by &co; in Kiel.</para></d>'
    assert "Made by &co; in Kiel." in text(xml)


def test_a_fault_is_named_without_the_parser_s_own_words() -> None:
    with pytest.raises(DamagedFileError) as failure:
        text("<a><b></a>")
    assert "<string>" not in failure.value.reason


def test_a_word_document_of_2003() -> None:
    paragraphs = (
        '<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>Fees</w:t></w:r></w:p>'
        "<w:p><w:r><w:t>Hello </w:t></w:r><w:r><w:t>world</w:t></w:r></w:p>"
    )
    cells = "".join(f"<w:tc><w:p><w:r><w:t>{c}</w:t></w:r></w:p></w:tc>" for c in "ab")
    body = f"<sect>{paragraphs}<w:tbl><w:tr>{cells}</w:tr></w:tbl></sect>"
    xml = f'<w:wordDocument xmlns:w="{WORD}"><w:body>{body}</w:body></w:wordDocument>'
    assert text(xml) == "# Fees\n\nHello world\n\n| a | b |\n| --- | --- |"


def test_a_workbook_of_2003() -> None:
    """A cell's column is what its index says."""
    cells = "".join(f"<Cell><Data>{name}</Data></Cell>" for name in ("Name", "City", "Fee"))
    row = f"<Row>{cells}</Row>"
    sparse = '<Row><Cell><Data>A</Data></Cell><Cell ss:Index="3"><Data>5</Data></Cell></Row>'
    sheet = f'<Worksheet ss:Name="S1"><Table>{row}{sparse}</Table></Worksheet>'
    xml = f'<Workbook xmlns="{EXCEL}" xmlns:ss="{EXCEL}">{sheet}</Workbook>'
    assert load_bytes(xml.encode(), XLS).text == text(xml)
    assert text(xml) == "## S1\n\n| Name | City | Fee |\n| --- | --- | --- |\n| A |  | 5 |"


def test_powers_stay_apart() -> None:
    xml = "<d><para>10<superscript>6</superscript> cycles, 500<sup>2</sup> euros</para></d>"
    assert "10^6 cycles, 500 [2] euros" in text(xml)
