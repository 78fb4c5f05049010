"""CSV as programs write it: whichever sign splits it, with quotes in quotes and notes above the table."""

from __future__ import annotations

import pytest

from ingest.loader import load_bytes
from ingest.media_type import CSV


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ('id,text\n1,"a, b"\n2,"a 5"" pipe, steel"\n', '| 2 | a 5" pipe, steel |'),
        ('Nr;Text\n1;"Rohr 5"" lang; Stahl"\n', '| 1 | Rohr 5" lang; Stahl |'),
        ("sep=;\nName;Preis\nÄpfel;1.234,50\n", "| Äpfel | 1.234,50 |"),
        ("sep=,\nName,Preis\nÄpfel;rot,2\n", "| Äpfel;rot | 2 |"),
        ("Äpfel;1,50\nBirnen;2,00\n", "| Birnen | 2,00 |"),
        ("a\tb\n1,5\t2\n3,5\t4\n", "| 3,5 | 4 |"),
        ("a|b\n1|2\n", "| 1 | 2 |"),
        ("id;tags;name\n1;['a', 'b'];x\n2;['c'];y\n", "| 2 | ['c'] | y |"),
        ("email\na@b.c\nd@e.f\n", "| d@e.f |"),
        ("Report of sales\n\nregion,amount\nnorth,5\n", "| north | 5 |"),
    ],
)
def test_the_last_row_stands_in_its_cells(text: str, last: str) -> None:
    assert load_bytes(text.encode(), CSV).text.splitlines()[-1] == last


def test_the_line_for_excel_is_no_row() -> None:
    """The rows keep the numbers that Excel gives them."""
    document = load_bytes(b"sep=;\na;b\n1;2\n", CSV)
    assert document.text.startswith("| a | b |")
    assert [row.row for row in document.rows] == [2, 3]
