"""Excel's number formats: the same text that Excel shows, worked out by hand from the standard's rules."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.parsers.office.number_format import BUILT_IN, format_number, format_text

MARCH_15 = 45366  # days from 1899-12-30 to 2024-03-15


@pytest.mark.parametrize(
    ("value", "code", "formatted"),
    [
        (0.075, "0.0%", "7.5%"),
        (0.19, "0%", "19%"),
        (1234.5, '"€"#,##0.00', "€1,234.50"),
        (1234567.891, "#,##0.00 [$€-407]", "1,234,567.89 €"),
        (-1500, "#,##0;(#,##0)", "(1,500)"),
        (0, '#,##0;(#,##0);"nil"', "nil"),
        (-12.345, "$#,##0.00_);[Red]($#,##0.00)", "($12.35)"),
        (4109, "00000", "04109"),
        (7, '"AX-"000', "AX-007"),
        (5551234567, "(000) 000-0000", "(555) 123-4567"),
        (123456789, "000-00-0000", "123-45-6789"),
        (20240315, r"0000\-00\-00", "2024-03-15"),
        (2.5, '0.0 "kg"', "2.5 kg"),
        (12000, '#,##0,"k"', "12k"),
        (1500000, '0.0,,"M"', "1.5M"),
        (1234.5678, "0.00E+00", "1.23E+03"),
        (99.995, "0.000E+0", "1.000E+2"),
        (12345, "##0.0E+0", "12.3E+3"),
        (0.5, "# ?/?", "1/2"),
        (2.25, "# ??/??", "2 1/4"),
        (0.3333, "# ?/8", "3/8"),
        (0.5, "#.##", ".5"),
        (3.14159, "0.0#", "3.14"),
        (5, '[>=10]"big" 0;[<10]"small" 0', "small 5"),
        (1.0625, "[h]:mm", "25:30"),
        (0.75, "[mm]:ss", "1080:00"),
        (MARCH_15, "dd.mm.yyyy", "15.03.2024"),
        (MARCH_15 + 0.75, "d-mmm-yy h:mm AM/PM", "15-Mar-24 6:00 PM"),
        (MARCH_15, "[$-407]dddd, d. mmmm yyyy", "Freitag, 15. März 2024"),
        (MARCH_15, 'yyyy"年"m"月"d"日"', "2024年3月15日"),
        (MARCH_15, BUILT_IN[14], "2024-03-15"),
        (0.5, 'h "h" mm "min"', "12 h 00 min"),
        (0.0005, "mm:ss.00", "00:43.20"),
        (12, ";;;", ""),
        (1.5, 'General" m"', "1.5 m"),
        (1234567890123456, "0", "1234567890123456"),
    ],
)
def test_numbers_as_excel_shows_them(value: float, code: str, formatted: str) -> None:
    assert format_number(value, code) == formatted


def test_a_date_counts_from_the_workbooks_first_day() -> None:
    """Workbooks of old Macs count from 1904, 1,462 days later."""
    assert format_number(MARCH_15 - 1462, "yyyy-mm-dd", since_1904=True) == "2024-03-15"


def test_text_has_its_section_of_the_format() -> None:
    assert format_text("red", '0;-0;0;"Colour: "@') == "Colour: red"
    assert format_text("red", "0.00") == "red"


@given(
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(alphabet='0#?.,%;@[]hmsyd/Ee+- "\\_*$GAP', max_size=20),
)
def test_no_format_fails(value: float, code: str) -> None:
    """Whatever a file calls a format, there is a text."""
    assert isinstance(format_number(value, code), str)


@given(st.integers(-(10**12), 10**12))
def test_a_whole_number_keeps_its_digits(value: int) -> None:
    """Under "0" and with thousands, as Python writes them."""
    assert format_number(value, "0") == str(value)
    assert format_number(value, "#,##0") == f"{value:,}"
    assert not math.isnan(value)
