"""Tables, text columns and running headers of PDF files, read off the places of their words."""

from __future__ import annotations

import io

import pytest
from reportlab.lib import pagesizes
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table, TableStyle

from ingest.loaded import BlockKind, LoadedDocument
from ingest.loader import load_bytes
from ingest.media_type import PDF

STYLES = getSampleStyleSheet()
GRID = TableStyle([("GRID", (0, 0), (-1, -1), 0.5, "black")])


def drawn(*lines: tuple[float, float, str], size: float = 10) -> bytes:
    """A page with each text at its place: points from the left and from the top."""
    return pages([list(lines)], size=size)


def pages(texts: list[list[tuple[float, float, str]]], size: float = 10) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=pagesizes.A4)
    for page in texts:
        canvas.setFont("Helvetica", size)
        for x, y, text in page:
            canvas.drawString(x, pagesizes.A4[1] - y, text)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def built(*story: object, pagesize: tuple[float, float] = pagesizes.A4) -> LoadedDocument:
    buffer = io.BytesIO()
    SimpleDocTemplate(buffer, pagesize=pagesize).build(list(story))
    return load_bytes(buffer.getvalue(), PDF)


def rows(document: LoadedDocument) -> list[list[str]]:
    """The cells of the document's tables, header rows without their rules."""
    kinds = (BlockKind.TABLE_HEADER, BlockKind.TABLE_ROW)
    lines = [
        document.text[b.start : b.end].split("\n")[0] for b in document.blocks if b.kind in kinds
    ]
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in lines if line[:1] == "|"]


def columns(x: list[float], y: float, cells: list[str]) -> list[tuple[float, float, str]]:
    return [(left, y, cell) for left, cell in zip(x, cells, strict=True) if cell]


PRICES = [
    ["Part", "Place", "Stock", "Price"],
    ["P-100", "Hall 2", "14", "3.50"],
    ["P-200", "", "7", ""],
    ["", "Hall 5", "", "12.00"],
]


def test_cells_without_rules_stand_in_their_columns_and_empty_ones_are_kept() -> None:
    lines = [
        at for i, row in enumerate(PRICES) for at in columns([72, 170, 270, 370], 90 + 20 * i, row)
    ]
    assert rows(load_bytes(drawn(*lines), PDF)) == PRICES


def test_a_drawn_grid_gives_its_cells() -> None:
    assert rows(built(Table(PRICES, style=GRID))) == PRICES


def test_a_cell_over_several_lines_is_one_cell() -> None:
    long = Paragraph("A description that is longer than its column is wide", STYLES["BodyText"])
    table = Table(
        [["Part", "About"], ["P-1", long], ["P-2", "short"]], colWidths=[80, 90], style=GRID
    )
    assert rows(built(table))[1:] == [
        ["P-1", "A description that is longer than its column is wide"],
        ["P-2", "short"],
    ]


def test_cells_set_one_by_one_without_rules_are_put_together() -> None:
    """Each cell's lines follow each other in the file, and the row's other cells come after them."""
    lines = [
        *columns([72, 200], 90, ["Office", "Opening hours"]),
        (72, 110, "Bremen"),
        (200, 110, "Monday to Friday"),
        (200, 122, "from nine to five"),
        (72, 134, "Kiel"),
        (200, 134, "Tuesday only"),
    ]
    assert rows(load_bytes(drawn(*lines), PDF)) == [
        ["Office", "Opening hours"],
        ["Bremen", "Monday to Friday from nine to five"],
        ["Kiel", "Tuesday only"],
    ]


@pytest.mark.parametrize("sides", ["LINEBEFORE", "LINEAFTER"])
def test_a_grid_may_be_open_at_its_sides(sides: str) -> None:
    long = Paragraph("A description that is longer than its column is wide", STYLES["BodyText"])
    data = [["Part", "Place", "About"], ["P-1", "Hall 2", long], ["P-2", "", "short"]]
    style = TableStyle(
        [
            ("LINEABOVE", (0, 0), (-1, -1), 0.5, "black"),
            ("LINEBELOW", (0, -1), (-1, -1), 0.5, "black"),
            (sides, (0, 0), (-1 if sides == "LINEBEFORE" else -2, -1), 0.5, "black"),
        ]
    )
    assert rows(built(Table(data, colWidths=[80, 80, 90], style=style))) == [
        ["Part", "Place", "About"],
        ["P-1", "Hall 2", "A description that is longer than its column is wide"],
        ["P-2", "", "short"],
    ]


def test_rows_that_are_coloured_in_turn_are_no_grid() -> None:
    """The sides of coloured cells are no lines: the rows between them have their cells as well."""
    data = [["In millions", "2023", "2022"]]
    data += [[f"Item {row}", f"{row},120", f"({row},480)"] for row in range(1, 9)]
    style = TableStyle(
        [
            ("BACKGROUND", (at, row), (at, row), "lightblue")
            for row in range(1, 9, 2)
            for at in range(3)
        ]
        + [("LINEAFTER", (0, 1), (0, -1), 0.5, "lightblue")]
    )
    assert rows(built(Table(data, style=style))) == data


def test_a_label_over_two_lines_does_not_end_a_table() -> None:
    """However long its first line is; a sign at the end of a figure belongs to the next column."""
    lines = [
        *columns([72, 330, 430], 90, ["In millions", "2023", "2022"]),
        *columns([72, 330, 430], 104, ["Receipts", "5,120", "4,980"]),
        (72, 118, "Investing"),
        (80, 132, "Additions to plant, net of 35, 46 and 32, of equipment that was not paid in"),
        *columns([80, 330, 430], 144, ["cash", "(930)", "(737)"]),
        *columns([80, 320, 344, 360, 438], 158, ["Sales", "$", "66", "$", "546"]),
    ]
    assert rows(load_bytes(drawn(*lines), PDF)) == [
        ["In millions", "2023", "2022"],
        ["Receipts", "5,120", "4,980"],
        ["Investing", "", ""],
        [
            "Additions to plant, net of 35, 46 and 32, of equipment that was not paid in cash",
            "(930)",
            "(737)",
        ],
        ["Sales", "$ 66", "$ 546"],
    ]


def test_lines_of_names_that_end_on_one_height_are_a_header() -> None:
    """A writer sets the higher name last, above the others; a sum may stand apart below its column."""
    lines = [
        (72, 102, "In millions"),
        (300, 102, "2023"),
        (420, 90, "Change from"),
        (420, 102, "last year"),
        (72, 114, "Assets:"),
        *columns([80, 304, 440], 126, ["Cash", "168", "12%"]),
        *columns([80, 304, 440], 138, ["Stock", "134", "(3)%"]),
        (304, 158, "302"),
    ]
    assert rows(load_bytes(drawn(*lines), PDF)) == [
        ["In millions", "2023", "Change from last year"],
        ["Assets:", "", ""],
        ["Cash", "168", "12%"],
        ["Stock", "134", "(3)%"],
        ["", "302", ""],
    ]


def test_a_figure_stands_in_one_column() -> None:
    """Also where the name of the column beside it reaches over it."""
    lines = [
        *columns([250, 400], 90, ["Discount rate", "Return"]),
        *columns([72, 230, 292, 400], 102, ["Plans", "-1%", "+1%", "all"]),
        *columns([72, 216, 272, 400], 114, ["Home", "$ 31", "$ 34", "5"]),
        *columns([72, 230, 292, 400], 126, ["Abroad", "21", "17", "6"]),
    ]
    assert rows(load_bytes(drawn(*lines), PDF))[-2:] == [
        ["Home", "$ 31", "$ 34", "5"],
        ["Abroad", "21", "17", "6"],
    ]


def test_a_sign_beside_a_line_belongs_to_its_figure() -> None:
    data = [["", "", "2023", "2022"], ["Rebates", "$", "726", "647"], ["Sum", "$", "906", "713"]]
    style = TableStyle(
        [
            ("GRID", (0, 0), (-1, -1), 0.5, "black"),
            ("SPAN", (0, 0), (1, 0)),
            ("LINEAFTER", (0, 0), (0, -1), 1, "white"),
        ]
    )
    assert rows(built(Table(data, style=style)))[1:] == [
        ["Rebates", "$ 726", "647"],
        ["Sum", "$ 906", "713"],
    ]


def test_a_label_of_merged_rows_stands_in_each_of_them() -> None:
    style = TableStyle([("GRID", (0, 0), (-1, -1), 0.5, "black"), ("SPAN", (0, 1), (0, 2))])
    data = [["Machine", "Size", "Rent"], ["Excavator", "small", "210"], ["", "large", "380"]]
    assert rows(built(Table(data, style=style)))[1:] == [
        ["Excavator", "small", "210"],
        ["Excavator", "large", "380"],
    ]


def test_currency_signs_belong_to_their_figures() -> None:
    lines = [
        *columns([72, 260, 360], 90, ["In millions", "2023", "2022"]),
        *columns([72, 240, 280, 340, 380], 104, ["Revenue", "$", "5,120", "$", "4,980"]),
        *columns([72, 280, 380], 118, ["Costs", "(3,400)", "(3,150)"]),
    ]
    assert rows(load_bytes(drawn(*lines), PDF)) == [
        ["In millions", "2023", "2022"],
        ["Revenue", "$ 5,120", "$ 4,980"],
        ["Costs", "(3,400)", "(3,150)"],
    ]


def test_a_table_over_two_pages_has_its_header_once() -> None:
    data = [["Number", "Name"], *([str(n), f"Item {n}"] for n in range(1, 61))]
    document = built(Table(data, style=GRID, repeatRows=1))
    assert document.page_count == 2
    assert rows(document) == data
    header = next(b for b in document.blocks if b.kind is BlockKind.TABLE_HEADER)
    assert "\n\n" not in document.text[header.start :], "its rows are still below the header"


def test_a_sideways_table_is_read_in_its_rows() -> None:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=pagesizes.A4)
    canvas.rotate(90)
    for index, row in enumerate(PRICES):
        for x, _, text in columns([72, 170, 270, 370], 0, row):
            canvas.drawString(x, -(100 + 20 * index), text)
    canvas.save()
    document = load_bytes(buffer.getvalue(), PDF)
    assert rows(document) == PRICES
    width, height = pagesizes.A4
    assert all(0 <= n.box.left < n.box.right <= width for n in document.lines)
    assert all(0 <= n.box.top < n.box.bottom <= height for n in document.lines)


@pytest.mark.parametrize("interleaved", [True, False])
def test_two_columns_of_text_are_read_one_after_the_other(interleaved: bool) -> None:
    left = [(60.0, 80 + 14 * n, f"The left column goes on with line {n} here") for n in range(12)]
    right = [
        (320.0, 80 + 14 * n, f"The right column goes on with line {n} here") for n in range(12)
    ]
    lines = [at for pair in zip(left, right, strict=True) for at in pair]
    text = load_bytes(drawn(*(lines if interleaved else left + right)), PDF).text
    assert [line for line in text.split("\n") if line] == [each[2] for each in left + right]


def test_contents_are_rows_of_title_and_page() -> None:
    lines = [(72.0, 90.0 + 16 * n, f"{n}. Chapter {'.' * 40} {n * 7}") for n in range(1, 5)]
    assert rows(load_bytes(drawn(*lines), PDF)) == [
        [f"{n}. Chapter", f"{n * 7}"] for n in range(1, 5)
    ]


def test_numbers_that_count_up_are_no_page_numbers() -> None:
    """A batch of invoices has a number at the top of each page that keeps pace with the pages."""
    batch = [
        [(72, 50, f"Invoice {2000 + n} Harbour Ltd"), (72, 66, "Due in May")] for n in range(6)
    ]
    text = load_bytes(pages([[*page] for page in batch]), PDF).text
    assert [f"Invoice {2000 + n}" in text for n in range(6)] == [True] * 6


@pytest.mark.parametrize("words", ["Page {} of 5", "Seite {} von 5", "{} / 5", "{}"])
def test_page_numbers_are_left_out(words: str) -> None:
    body = "The crane in hall {} is out of order."
    texts = [[(72, 300, body.format(n)), (280, 815, words.format(n))] for n in range(1, 6)]
    text = load_bytes(pages(texts), PDF).text
    assert text.count(words.format(3)) == (1 if words == "{}" else 0)
    assert all(body.format(n) in text for n in range(1, 6))


def test_two_pages_are_enough_for_what_is_called_a_page() -> None:
    """Its words are kept once; a number that is not called a page's stays on both."""
    texts = [
        [
            (72, 40, f"Harbour Ltd, terms, page {n} of 2"),
            (72, 300, f"Clause {n}"),
            (72, 815, f"No. {n}"),
        ]
        for n in (1, 2)
    ]
    text = load_bytes(pages([[*page] for page in texts]), PDF).text
    assert "Harbour Ltd, terms, page 1 of 2" in text
    assert "page 2" not in text
    assert ["No. 1" in text, "No. 2" in text] == [True, True]


def test_the_only_line_of_a_page_stays() -> None:
    text = load_bytes(pages([[(72, 50, "This page is left free")]] * 4), PDF).text
    assert text.count("This page is left free") == 4
