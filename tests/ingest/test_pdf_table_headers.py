"""What names the columns of a PDF table: several lines, small type, names that reach over several columns."""

from __future__ import annotations

import io

import pytest
from reportlab.lib import pagesizes
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Table, TableStyle

from ingest.loaded import BlockKind
from ingest.loader import load_bytes
from ingest.media_type import PDF
from tests.ingest.test_pdf_tables import built, columns, drawn, rows

X = [72.0, 330.0, 400.0, 470.0]
FIGURES = ["7,210", "6,180", "5,940"]


def drawn_in_sizes(*lines: tuple[float, float, str, float]) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=pagesizes.A4)
    for x, y, text, size in lines:
        canvas.setFont("Helvetica", size)
        canvas.drawString(x, pagesizes.A4[1] - y, text)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def test_small_names_above_labels_are_the_header() -> None:
    """The names of columns are set smaller, and a group's label stands between them and the figures."""
    names = [
        (x + 4, 90.0, year, 7.5) for x, year in zip(X[1:], ["2023", "2022", "2021"], strict=True)
    ]
    body = [
        (72.0, 101.0, "Money received", 9.5),
        *((x, y, text, 9.5) for x, y, text in columns(X, 113, ["Sales", *FIGURES])),
        *(
            (x, y, text, 9.5)
            for x, y, text in columns(X, 125, ["Rents", "1,210", "1,180", "1,940"])
        ),
    ]
    assert rows(load_bytes(drawn_in_sizes(*names, *body), PDF)) == [
        ["", "2023", "2022", "2021"],
        ["Money received", "", "", ""],
        ["Sales", *FIGURES],
        ["Rents", "1,210", "1,180", "1,940"],
    ]


def test_a_name_in_the_middle_is_of_all_years_below_it() -> None:
    """Whether it touches one of the columns, or stands between two."""
    three = [
        (358, 78, "Year ended 31 December"),
        *columns(X, 90, ["", "2023", "2022", "2021"]),
        *columns(X, 102, ["Sales", *FIGURES]),
        *columns(X, 114, ["Costs", "(5,1)", "(4,1)", "(3,1)"]),
    ]
    assert rows(load_bytes(drawn(*three), PDF))[0][1:] == [
        f"Year ended 31 December {year}" for year in (2023, 2022, 2021)
    ]
    two = [
        (361, 78, "As of May"),
        *columns([72, 330, 430], 90, ["", "2023", "2022"]),
        *columns([72, 328, 428], 102, ["Sales", "7,210", "6,180"]),
        *columns([72, 328, 428], 114, ["Costs", "5,120", "4,980"]),
    ]
    assert rows(load_bytes(drawn(*two), PDF))[0] == ["", "As of May 2023", "As of May 2022"]


def test_bold_figures_are_no_header() -> None:
    """A label and a sum in bold type below the names of columns are rows of the table."""
    data = [
        ["In millions", "2023", "2022"],
        ["Change in debt:", "", ""],
        ["Debt in May", "1,314", "2,022"],
    ]
    data += [["Interest", "13", "24"], ["Loans", "10", "27"]]
    style = TableStyle([("FONTNAME", (0, 0), (-1, 2), "Helvetica-Bold")])
    document = built(Table(data, style=style))
    assert rows(document) == data
    assert [block.kind for block in document.blocks].count(BlockKind.TABLE_ROW) == 4


def test_a_higher_line_of_a_name_comes_before_it() -> None:
    """A writer sets the names that have two lines after those that have one, half a line higher."""
    lines = [
        *columns(X, 90, ["Year", "Start", "Expense", "Rest"]),
        (400, 81, "Charged to"),
        *columns(X, 103, ["2022", *FIGURES]),
        *columns(X, 115, ["2023", "602", "233", "548"]),
    ]
    assert rows(load_bytes(drawn(*lines), PDF))[0] == [
        "Year",
        "Start",
        "Charged to Expense",
        "Rest",
    ]


def test_many_labels_do_not_end_a_table() -> None:
    """Labels without figures stand between rows whose figures are in the same columns."""
    labels = ["Obligations (Note 7)", "Capital:", "Preferred shares:", "Authorised: 500"]
    lines = [
        *columns(X[:3], 90, ["In millions", "2023", "2022"]),
        *columns(X[:3], 102, ["Loans", "7,694", "4,743"]),
        *columns(X[:3], 114, ["Other", "1,607", "0,975"]),
        *((72, 126 + 12 * at, label) for at, label in enumerate(labels)),
        *columns(X[:3], 174, ["Issued", "4,916", "8,636"]),
    ]
    table = rows(load_bytes(drawn(*lines), PDF))
    assert [row[0] for row in table] == ["In millions", "Loans", "Other", *labels, "Issued"]
    assert table[-1] == ["Issued", "4,916", "8,636"]


def test_two_coloured_rows_are_no_grid() -> None:
    """A table of three rows, the first and third coloured: its header is above, its cells are whole."""
    data = [["Years ended May", "2023", "2022"], ["Goods", "55,893", "51,386"]]
    data += [["Services", "10,715", "10,900"], ["Total", "66,608", "62,286"]]
    style = TableStyle(
        [("BACKGROUND", (at, row), (at, row), "lightblue") for row in (1, 3) for at in range(3)]
        + [("LINEABOVE", (0, row), (-1, row), 0.5, "black") for row in (1, 3)]
    )
    assert rows(built(Table(data, colWidths=[200, 70, 70], style=style))) == data


@pytest.mark.parametrize(
    "unit", ["(in millions, except per share data)", "Angaben in Tsd. EUR", "US$ 000"]
)
def test_the_unit_above_a_table_is_in_its_header(unit: str) -> None:
    """So it goes with each of the rows; a sentence above a table stays a sentence."""
    table = [
        *columns(X[:3], 90, ["", "2023", "2022"]),
        *columns(X[:3], 102, ["Sales", "7,210", "6,180"]),
        *columns(X[:3], 114, ["Costs", "5,120", "4,980"]),
    ]
    assert rows(load_bytes(drawn((72, 70, unit), *table), PDF))[0] == [unit, "2023", "2022"]
    sentence = (72, 70, "In millions of homes there is such a table.")
    document = load_bytes(drawn(sentence, *table), PDF)
    assert rows(document)[0] == ["", "2023", "2022"]
    assert document.text.startswith(sentence[2])
