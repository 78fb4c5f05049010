"""Text of documents as HTML: structure from the document's own marks, the quote marked, nothing lost."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from tests.ui.library import NOTES
from ui.view.passage import render_passage


def marked(html: str) -> str:
    return " ".join(re.findall("<mark>(.*?)</mark>", html))


def test_headings_tables_and_lists_become_what_they_are() -> None:
    html = render_passage(NOTES, markdown=True)
    assert '<p class="h h1">Harbour notes</p>' in html
    assert "<thead><tr>" in html
    assert "<td>120 EUR</td>" in html
    assert "---" not in html
    assert '<p class="item in0">Fees are paid in advance.</p>' in html
    assert "buoy <strong>A4</strong> and leaves the ship" in html, "a line's end is only layout"


def test_a_quote_is_marked_through_line_ends_emphasis_and_cells() -> None:
    start, end = NOTES.index("at buoy"), NOTES.index(" at the inner")
    html = render_passage(NOTES, (start, end), markdown=True)
    assert "<mark>at buoy </mark><strong><mark>A4</mark></strong>" in html
    assert "<mark> and leaves the ship</mark> at the inner mole" in html
    row = (NOTES.index("Ferry"), NOTES.index(" |\n| Yacht"))
    assert marked(render_passage(NOTES, row)) == "Ferry 120 EUR"


def test_several_marks_each_have_their_class_and_share_what_they_have_in_common() -> None:
    html = render_passage("one two three four", marks=[(0, 7, "a"), (4, 13, "b")])
    assert html == (
        '<p><mark class="a">one </mark><mark class="a b">two</mark><mark class="b"> three</mark> four</p>'
    )
    lines = "The pump has to be cleaned every four weeks by\nsomebody who has been shown how it is done."
    assert render_passage(lines, marks=[(0, 60, "a")]).startswith(
        '<p><mark class="a">The pump has to be cleaned every four weeks by somebody who </mark>has'
    )


def test_lines_of_prose_are_joined_and_rows_are_not() -> None:
    prose = "The pump has to be cleaned every four weeks by\nsomebody who has been shown how it is done."
    rows = "Check blades and the gap 500 1 month Operator\nGrease the rake bearing 1,000 2 months Operator"
    assert "<br>" not in render_passage(prose)
    assert render_passage(rows).count("<br>") == 1


def test_code_keeps_its_lines_and_its_marks() -> None:
    html = render_passage("```\na | b\n# c\n```\nafter")
    assert "<pre>a | b&#10;# c</pre><p>after</p>" in html


def test_an_escaped_bar_and_an_empty_cell_keep_the_columns() -> None:
    html = render_passage("| a \\| b |  | c |\n| --- | --- | --- |\n| 1 || 3 |")
    assert html.count("<th ") == html.count("<td>") == 3
    assert ">a | b<" in html


@given(
    st.text(alphabet="ab |#-*`\\\n1.[]()<&", max_size=80), st.integers(0, 80), st.integers(0, 80)
)
def test_whatever_the_text_its_letters_stay_in_order_and_the_mark_is_where_it_was(
    text: str, first: int, last: int
) -> None:
    first, last = sorted((min(first, len(text)), min(last, len(text))))
    html = render_passage(text, (first, last))
    plain = re.sub("&[^;]+;|<[^>]*>", "", html)
    assert [c for c in plain if c in "ab"] == [c for c in text if c in "ab"]
    inside = "".join(re.findall("<mark>(.*?)</mark>", html))
    inside = re.sub("&[^;]+;|<[^>]*>", "", inside)
    assert [c for c in inside if c in "ab"] == [c for c in text[first:last] if c in "ab"]
