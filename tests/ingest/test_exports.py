"""What other programs export under the suffixes of Word and Excel, and both open."""

from __future__ import annotations

import pytest

from ingest.errors import DamagedFileError, MislabelledFileError
from ingest.loader import load_bytes
from ingest.media_type import DOC, HTML, MHTML, XLS

PAGE = "<table><tr><th>Part<th>Price<tr><td>Pump<td>40 €</table>"
TABLE = "| Part | Price |\n| --- | --- |\n| Pump | 40 € |"
ARCHIVE = (
    "From: <Saved by a browser>\nSubject: Export\nMIME-Version: 1.0\n"
    'Content-Type: multipart/related; boundary="b"\n\n'
    "--b\nContent-Type: text/html; charset=utf-8\nContent-Location: file:///page.htm\n\n{}\n"
    "--b\nContent-Type: text/html; charset=utf-8\nContent-Location: file:///sheet.htm\n\n{}\n"
    "--b\nContent-Type: image/png\nContent-Location: file:///logo.png\n\nxx\n--b--\n"
)


@pytest.mark.parametrize("media_type", [DOC, XLS])
@pytest.mark.parametrize("begin", ["", "<html><body>", "<style>td {}</style>\n", "\ufeff<HTML>"])
def test_a_web_page(media_type: str, begin: str) -> None:
    document = load_bytes((begin + PAGE).encode(), media_type)
    assert (document.text, document.media_type) == (TABLE, HTML)


@pytest.mark.parametrize("media_type", [DOC, XLS, MHTML])
def test_a_saved_web_page(media_type: str) -> None:
    """The page that it is about, not the headers of the archive nor what is only linked."""
    document = load_bytes(ARCHIVE.format(PAGE, "<p>Header").encode(), media_type)
    assert (document.text, document.media_type) == (TABLE, MHTML)


def test_a_saved_workbook() -> None:
    """Its page is a frame around the sheets."""
    frame = "<html><frameset><frame src='sheet.htm'></frameset></html>"
    assert load_bytes(ARCHIVE.format(frame, PAGE).encode(), XLS).text == TABLE


def test_an_archive_without_a_page_is_damaged() -> None:
    data = b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n--b--\n"
    with pytest.raises(DamagedFileError, match="no web page"):
        load_bytes(data, MHTML)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("delimiter", ["\t", ";", ","])
def test_a_delimited_table(delimiter: str, encoding: str) -> None:
    rows = [["Part", "Price"], ["Pump", "40 €"]]
    data = "".join(f"{delimiter.join(row)}\r\n" for row in rows).encode(encoding)
    assert load_bytes(data, XLS, suffix=".xls").text == TABLE


def test_plain_words_are_no_workbook() -> None:
    """Nor is a table a Word document."""
    with pytest.raises(MislabelledFileError, match=r"is text, although it is called \.xls"):
        load_bytes(b"Dear all,\nthe fee is 500.\nSee you, Ann\n", XLS, suffix=".xls")
    with pytest.raises(MislabelledFileError):
        load_bytes(b"a;b\n1;2\n", DOC, suffix=".doc")
