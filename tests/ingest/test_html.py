"""A web page's text is what somebody sees of it."""

from __future__ import annotations

import pytest

from ingest.loader import load_bytes
from ingest.media_type import HTML


def text(page: str) -> str:
    return load_bytes(f"<html><body>{page}</body></html>".encode(), HTML).text


def test_every_cell_stands_in_its_own_column() -> None:
    """A label over several rows is repeated, a heading over several columns too."""
    table = (
        "<table><tr><th rowspan=2>Site<th colspan=2>2026</tr><tr><th>Plan<th>Real</tr>"
        "<tr><td rowspan=2>Kiel<td>1<td>2</tr><tr><td>3<td>4</tr>"
        "<tr><td>Bonn<td colspan=2>closed</tr></table>"
    )
    assert [line for line in text(table).splitlines() if "---" not in line] == [
        "| Site | 2026 | 2026 |",
        "| Site | Plan | Real |",
        "| Kiel | 1 | 2 |",
        "| Kiel | 3 | 4 |",
        "| Bonn | closed |  |",
    ]


def test_a_label_over_the_last_column_is_repeated() -> None:
    table = "<table><tr><th>A<th>B</tr><tr><td>1<td rowspan=2>both</tr><tr><td>2</tr></table>"
    assert text(table).endswith("| 1 | both |\n| 2 | both |")


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("<p>10<sup>6</sup> cycles", "10^6 cycles"),
        ("<p>500<sup>2</sup> euros", "500 [2] euros"),
        ("<p>H<sub>2</sub>O on the 1<sup>st</sup>", "H2O on the 1st"),
        (
            "<p>Area <math><mi>A</mi><mo>=</mo><msup><mi>r</mi><mn>2</mn></msup></math>",
            "Area A=r^2",
        ),
        (
            "<p>Area <math><mi>A</mi><mo>=</mo><mn>4</mn></math>. Side<math><mi>a</mi></math>is 2",
            "Area A=4. Side a is 2",
        ),
        ("<p><ruby>漢字<rp>(</rp><rt>かんじ</rt><rp>)</rp></ruby>です", "漢字(かんじ)です"),
        ("<form><h2>Rules</h2><p>Six hours.</p></form>", "## Rules\n\nSix hours."),
        ("<form>Name <input value='Otto'><input type=hidden value=x></form>", "Name Otto"),
        ("<textarea>A filled field</textarea>", "A filled field"),
        ("<select><option>A<option selected>B</select>", "B"),
        ("<p>Seen<p hidden>not<p style='color:red;display: none'>nor", "Seen"),
        ("<div style='display:none'><p>All there is</div>", "All there is"),
        (
            "<p>Seen<p style='opacity:0'>not<p style='font-size:0px'>nor<p style='mso-hide:all'>nor",
            "Seen",
        ),
        ("<div style='font-size:0'><span style='font-size:12px'>Seen</span></div>", "Seen"),
        ("<p>10<span style='vertical-align:super'>9</span> cycles", "10^9 cycles"),
        ("<dialog>not</dialog><dialog open>Seen</dialog>", "Seen"),
        ("<p>Plan<svg><title>not</title><text>Hall <tspan>7</tspan></text></svg>", "Plan Hall 7"),
    ],
)
def test_what_is_seen_is_read(page: str, words: str) -> None:
    assert text(page) == words


@pytest.mark.parametrize(
    ("sheet", "words"),
    [
        (".a, #b {display: none}", "Seen"),
        ("p.a{visibility:hidden} #b{opacity:0}", "Seen"),
        (".a{display:none} #b{display:none} .a.on{display:block}", "Seen\n\none"),
        ("@media print {.a{display:none}} #b{display:none}", "Seen\n\none"),
        ("/* .a{display:none} */ i .a {display:none} #b{display:none}", "Seen\n\none"),
    ],
)
def test_what_the_pages_own_style_sheet_hides_is_not_read(sheet: str, words: str) -> None:
    """Unless another rule, or a script, shows it."""
    page = f"<style>{sheet}</style><p>Seen<p class='x a'>one<p id=b>two"
    assert text(page) == words
    shown = text(f"{page}<script>document.body.className = 'on'</script>")
    assert shown == "Seen\n\none\n\ntwo"


def test_a_style_sheet_may_raise_a_class() -> None:
    page = (
        "<style>.up{font-size:7pt;vertical-align:super}</style><p>500<span class=up>2</span> euros"
    )
    assert text(page) == "500 [2] euros"


def test_a_cell_may_go_down_to_the_end_of_its_table() -> None:
    table = "<table><tr><th>A<th>B</tr><tr><td rowspan=0>Kiel<td>1</tr><tr><td>2</tr><tr><td>3</tr></table>"
    assert text(table).endswith("| Kiel | 1 |\n| Kiel | 2 |\n| Kiel | 3 |")


@pytest.mark.parametrize("tag", ["math", "sup", "sub", "ruby", "input", "select"])
def test_a_page_of_one_element_is_read(tag: str) -> None:
    """Nothing stands before it, not even a page."""
    for source in (f"<{tag}>", f"<{tag} onload=x>", f"<{tag}><{tag}>2", f"<pre><{tag}><!-- "):
        assert load_bytes(source.encode(), HTML).text.strip() in {"", "2", "²", "₂"}


def test_a_small_table_in_a_cell_is_words_of_the_cell() -> None:
    """The table around it has names of columns and keeps its rows; without names it arranges the page."""
    inner = "<table><tr><td>left<td>right</tr></table>"
    outer = f"<table><tr><{{0}}>Part<{{0}}>Doors</tr><tr><td>P-1<td>{inner}</tr></table>"
    assert text(outer.format("th")).endswith("| P-1 | left right |")
    assert "| left | right |" in text(outer.format("td"))


def test_items_have_the_numbers_that_are_shown() -> None:
    """Their style, where they begin, an item's own number, and counting down."""
    page = (
        "<ol start=3 type=a><li>x<li value=9>y</ol><p>-</p><ol reversed><li>z<li>v</ol>"
        "<p>-</p><ol style='list-style-type: upper-roman'><li>w</ol>"
    )
    assert text(page).split("\n\n") == ["c. x\ni. y", "-", "2. z\n1. v", "-", "I. w"]


def test_what_stands_in_an_item_is_read_with_it() -> None:
    """A list at any depth, a table, and the words behind them."""
    page = (
        "<ol><li>one <div>with<ul><li>inner</ul>tail</div> end"
        "<li>two<table><tr><td>1<td>2</tr></table>after</ol>"
    )
    assert text(page) == "1. one with tail end\n  - inner\n2. two after\n\n| 1 | 2 |\n| --- | --- |"
