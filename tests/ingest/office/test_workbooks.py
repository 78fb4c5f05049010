"""Workbooks: cells as Excel shows them, and what lies on a sheet beside its cells."""

from __future__ import annotations

import datetime as dt
import io
import struct
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.comments import Comment

from ingest.errors import EncryptedFileError
from ingest.loaded import LoadedDocument
from ingest.loader import load, load_bytes
from ingest.media_type import XLS, XLSB, XLSX
from ingest.parsers.calamine_workbook import parse_workbook
from ingest.unread import Unread
from tests.ingest.office.files import CHART_TABLE, NAMESPACES, cell, chart, package, workbook

FIXTURES = Path(__file__).parents[1] / "fixtures"


def saved(book: openpyxl.Workbook) -> LoadedDocument:
    buffer = io.BytesIO()
    book.save(buffer)
    return load_bytes(buffer.getvalue(), XLSX)


def sheet_of(book: openpyxl.Workbook) -> openpyxl.worksheet.worksheet.Worksheet:
    assert isinstance(book.active, openpyxl.worksheet.worksheet.Worksheet)
    return book.active


def lines(document: LoadedDocument) -> list[str]:
    return [
        line for line in document.text.split("\n") if line.startswith("|") and "---" not in line
    ]


def test_cells_are_read_as_excel_shows_them() -> None:
    """Percentages, leading zeros, text in the format, hours beyond a day, dates, booleans."""
    values = [
        (0.075, "0.0%", "7.5%"), (4109, "00000", "04109"), (7, '"AX-"000', "AX-007"),
        (dt.timedelta(hours=25, minutes=30), "[h]:mm", "25:30"),
        (dt.date(2026, 3, 9), "dd.mm.yyyy", "09.03.2026"), (1234.5, '#,##0.00 "EUR"', "1,234.50 EUR"),
        (dt.date(2026, 3, 9), "mm-dd-yy", "2026-03-09"), (True, "General", "TRUE"), (2.5, "General", "2.5"),
    ]  # fmt: skip
    book = openpyxl.Workbook()
    sheet = sheet_of(book)
    sheet.append(["key", "value"])
    for number, (value, form, _) in enumerate(values, 2):
        sheet.cell(number, 1, f"k{number}")
        sheet.cell(number, 2, value).number_format = form
    assert [line.split(" | ")[1].rstrip(" |") for line in lines(saved(book))[1:]] == [
        text for _, _, text in values
    ]


def test_merged_cells_keep_columns_and_labels() -> None:
    """A label counts in each of its rows that has something else; a wide cell stands in its first column."""
    book = openpyxl.Workbook()
    sheet = sheet_of(book)
    for row in (["Machine", "Day", None, "Rest"], ["Crane", 1, 2, 3], [None, 4, 5, 6], [None] * 4):
        sheet.append(row)
    sheet.merge_cells("B1:C1")
    sheet.merge_cells("A2:A4")
    assert lines(saved(book)) == [
        "| Machine | Day |  | Rest |", "| Crane | 1 | 2 | 3 |", "| Crane | 4 | 5 | 6 |",
    ]  # fmt: skip


def test_hidden_sheets_rows_and_columns_are_counted_not_read() -> None:
    """Rows that only a filter hides are read: they are the sheet's, and a look at it hid them."""
    book = openpyxl.Workbook()
    sheet = sheet_of(book)
    for row in (["part", "price", "margin"], ["lock", 9, 3], ["bolt", 1, 1], ["gate", 7, 2]):
        sheet.append(row)
    sheet.column_dimensions["C"].hidden = True
    sheet.row_dimensions[3].hidden = True
    book.create_sheet("Secret").sheet_state = "veryHidden"
    document = saved(book)
    assert lines(document) == ["| part | price |", "| lock | 9 |", "| gate | 7 |"]
    assert document.unread == {Unread.HIDDEN_ROW: 2, Unread.HIDDEN_SHEET: 1}
    assert not document.shortfall
    sheet.auto_filter.ref = "A1:C4"
    sheet.auto_filter.add_filter_column(0, ["lock", "gate"])
    assert "| bolt | 1 |" in lines(saved(book))


def test_a_column_without_a_width_is_hidden() -> None:
    book = openpyxl.Workbook()
    sheet_of(book).append(["part", "margin"])
    sheet_of(book).column_dimensions["B"].width = 3
    buffer, narrowed = io.BytesIO(), io.BytesIO()
    book.save(buffer)
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(narrowed, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(b'width="3"', b'width="0"'))
    document = load_bytes(narrowed.getvalue(), XLSX)
    assert "margin" not in document.text
    assert document.unread == {Unread.HIDDEN_ROW: 1}


def test_a_formula_without_a_result_is_counted() -> None:
    """Nobody has opened the file in Excel since: what it would show is not known."""
    book = openpyxl.Workbook()
    sheet = sheet_of(book)
    sheet.append(["staff", "cost", "total"])
    sheet.append([12, 4000, "=A2*B2"])
    document = saved(book)
    assert lines(document)[1] == "| 12 | 4000 |"
    assert document.shortfall == "holds a formula without a stored result that was not read"


def test_a_cell_far_out_costs_nothing_and_is_read() -> None:
    """Empty columns between two cells far apart are left out; the place of the row says where it was."""
    book = openpyxl.Workbook()
    sheet = sheet_of(book)
    sheet["A1"], sheet["XFD1048576"] = "corner", "far"
    document = saved(book)
    assert "corner" in document.text
    assert "far" in document.text
    assert (document.rows[1].row, document.rows[1].first) == (1_048_576, 16_384)
    assert len(document.text) < 100
    for column in range(1, 301):
        sheet.cell(1, column, f"c{column}")
    document = saved(book)
    assert document.shortfall == "holds 45 cells too far out that were not read"
    assert "c256" in document.text
    assert "c257" not in document.text


def test_comments_boxes_and_charts_stand_below_their_sheet() -> None:
    book = openpyxl.Workbook()
    sheet = sheet_of(book)
    sheet.append(["Pump", 7])
    sheet["B1"].comment = Comment("Was 9 before", "Ada")
    assert saved(book).text.endswith("Comment by Ada on B1: Was 9 before")
    body = "<a:p><a:r><a:t>Valid until May.</a:t></a:r></a:p>"
    box = f"<xdr:twoCellAnchor><xdr:sp><xdr:txBody>{body}</xdr:txBody></xdr:sp></xdr:twoCellAnchor>"
    frame = '<xdr:twoCellAnchor><xdr:graphicFrame><c:chart r:id="c"/></xdr:graphicFrame></xdr:twoCellAnchor>'
    parts: dict[str, str | bytes] = {
        "xl/drawing.xml": f"<xdr:wsDr {NAMESPACES}>{box}{frame}</xdr:wsDr>",
        "xl/_rels/drawing.xml.rels": '<R xmlns="x"><r Id="c" Type="x/chart" Target="c.xml"/></R>',
        "xl/c.xml": chart("Load"),
    }
    row = f'<s:row r="1">{cell("A1", "Pump")}</s:row>'
    document = workbook(
        f"<s:sheetData>{row}</s:sheetData>", parts, {"d": ("drawing", "../drawing.xml")}
    )
    assert document.text == (
        f"## List\n\n| Pump |\n| --- |\n\nValid until May.\n\nChart: Load\n\n{CHART_TABLE}"
    )


def test_strings_in_pieces_keep_their_powers_apart() -> None:
    """A shared string in several types, with a reading above it that is left out."""
    power = '<s:r><s:rPr><s:vertAlign val="superscript"/></s:rPr><s:t>6</s:t></s:r>'
    rich = f"<s:is><s:r><s:t>10</s:t></s:r>{power}<s:rPh><s:t>reading</s:t></s:rPh></s:is>"
    row = f'<s:row><s:c t="inlineStr">{rich}</s:c><s:c t="str"><s:v>a_x000D_b</s:v></s:c></s:row>'
    assert lines(workbook(f"<s:sheetData>{row}</s:sheetData>")) == ["| 10^6 | ab |"]


@pytest.mark.parametrize(
    ("raw", "shown"), [("9e99", "9e+99"), ("nonsense", "nonsense"), ("-5", "-5")]
)
def test_a_date_that_is_none_is_read_as_it_is_stored(raw: str, shown: str) -> None:
    """It never rejects the workbook."""
    styles = '<s:cellXfs><s:xf numFmtId="0"/><s:xf numFmtId="14"/></s:cellXfs>'
    row = f'<s:row>{cell("A1", "since")}<s:c s="1"><s:v>{raw}</s:v></s:c></s:row>'
    document = workbook(f"<s:sheetData>{row}</s:sheetData>", styles=styles)
    assert lines(document) == [f"| since | {shown} |"]


def test_a_chart_sheet_is_read_as_a_chart() -> None:
    book = openpyxl.Workbook()
    sheet = sheet_of(book)
    for row in (["town", "tons"], ["Kiel", 5], ["Ulm", 7]):
        sheet.append(row)
    bars = openpyxl.chart.BarChart()
    bars.title = "Load"
    bars.add_data(
        openpyxl.chart.Reference(sheet, min_col=2, min_row=1, max_row=3), titles_from_data=True
    )
    book.create_chartsheet("Picture").add_chart(bars)
    assert "## Picture\n\nChart: Load" in saved(book).text


def record(kind: int, content: bytes) -> bytes:
    """A record of a binary workbook (MS-XLSB 2.1.4)."""
    number = bytes([kind]) if kind < 128 else bytes([kind & 127 | 128, kind >> 7])
    return number + bytes([len(content)]) + content


def wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def binary_workbook() -> bytes:
    """A hidden sheet, a chart sheet, and one with a percentage, a merged label, a cell without column."""
    kinds = ("worksheet", "chartsheet", "worksheet")
    sheets = b"".join(
        record(156, struct.pack("<II", hidden, n) + wide(f"s{n}") + wide(name))
        for n, (name, hidden) in enumerate((("Secret", 1), ("Picture", 0), ("List", 0)))
    )
    row = struct.pack("<IIHHB", 0, 0, 300, 0, 0)
    style = struct.pack("<I", 1)
    cells = record(0, row) + record(6, struct.pack("<I", 0) + bytes(4) + wide("Crane"))
    cells += record(5, struct.pack("<I", 1) + style + struct.pack("<d", 0.075))
    cells += record(
        13, bytes(4) + struct.pack("<i", 42 << 2 | 2)
    )  # a short cell: its column is left out
    cells += record(0, struct.pack("<I", 1) + row[4:]) + record(
        2, struct.pack("<I", 1) + bytes(4) + struct.pack("<i", 9 << 2 | 2)
    )
    cells += record(176, struct.pack("<IIII", 0, 1, 0, 0))
    styles = record(44, struct.pack("<H", 164) + wide("0.0%")) + record(617, b"")
    styles += record(47, struct.pack("<HHI", 0, 0, 0)) + record(47, struct.pack("<HHI", 0, 164, 0))
    parts: dict[str, str | bytes] = {
        "xl/workbook.bin": sheets,
        "xl/styles.bin": styles + record(618, b""),
        "xl/s2.bin": cells,
        "xl/s0.bin": cells,
        "xl/s1.bin": b"",
    }
    links = {f"s{n}": (kind, f"s{n}.bin") for n, kind in enumerate(kinds)}
    return package(
        parts,
        {
            "": {"r": ("officeDocument", "xl/workbook.bin")},
            "xl/workbook.bin": {**links, "y": ("styles", "styles.bin")},
        },
    )


def test_binary_workbooks_are_read_like_the_others() -> None:
    """Formats, merged cells, cells without their column, chart sheets, hidden sheets."""
    document = load_bytes(binary_workbook(), XLSB)
    assert document.text.startswith("## Picture\n\n## List\n\n")
    assert lines(document) == ["| Crane | 7.5% | 42 |", "| Crane | 9 |"]
    assert document.unread == {Unread.HIDDEN_SHEET: 1}


def old_record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def old_workbook(*records: bytes) -> bytes:
    """A workbook of Excel 4, which is a stream without a container (MS-XLS 2.1.4)."""
    return b"".join(
        (old_record(0x409, struct.pack("<HHH", 0x400, 0x10, 0)), *records, old_record(0x0A, b""))
    )


def test_old_workbooks_are_read_as_shown() -> None:
    """The fixture of LibreOffice: titles, dates, formulas' results."""
    document = load(FIXTURES / "prices.xls")
    assert "| OH-1 & 2 | 12.5 | 2026-03-01 |" in document.text


def test_an_encrypted_old_workbook_says_so() -> None:
    """By its FILEPASS record, which calls for a password."""
    data = bytearray((FIXTURES / "prices.xls").read_bytes())
    index = data.index(
        struct.pack("<HH", 0xE1, 2)
    )  # INTERFACEHDR, the first record behind the workbook's BOF
    data[index : index + 6] = struct.pack("<HHH", 0x2F, 2, 0)
    with pytest.raises(EncryptedFileError):
        load_bytes(bytes(data), XLS)


def test_the_second_reader_opens_what_the_first_does_not() -> None:
    """calamine reads the same words, without formats."""
    buffer = io.BytesIO()
    book = openpyxl.Workbook()
    sheet_of(book).append(["lock", 9.5])
    book.save(buffer)
    assert "| lock | 9.5 |" in parse_workbook(buffer.getvalue()).text
    bare = io.BytesIO()
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(bare, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "xl/workbook.xml":
                data = data.replace(b"</sheets>", b"</sheets><broken")
            target.writestr(name, data)
    document = load_bytes(bare.getvalue(), XLSX)
    assert "| lock | 9.5 |" in document.text
