"""OpenDocument: the same promises as for Microsoft's formats."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import pytest

from ingest.loaded import LoadedDocument
from ingest.loader import load_bytes
from ingest.media_type import ODP, ODS, ODT
from ingest.unread import Unread

_ODF = "urn:oasis:names:tc:opendocument:xmlns"
NAMESPACES = " ".join(
    f'xmlns:{prefix}="{_ODF}:{name}:1.0"'
    for prefix, name in {
        "office": "office", "text": "text", "table": "table", "style": "style", "draw": "drawing",
        "svg": "svg-compatible", "presentation": "presentation", "chart": "chart",
    }.items()
)  # fmt: skip
NAMESPACES += (
    ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"'
)


def document(
    media_type: str,
    body: str,
    styles: str = "",
    parts: Mapping[str, str] | None = None,
) -> LoadedDocument:
    """A file with this body and these automatic styles."""
    kind = {ODT: "text", ODP: "presentation", ODS: "spreadsheet"}[media_type]
    content = (
        f"<office:document-content {NAMESPACES}><office:automatic-styles>{styles}"
        f"</office:automatic-styles><office:body><office:{kind}>{body}</office:{kind}></office:body>"
        "</office:document-content>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, part in {"mimetype": media_type, "content.xml": content, **(parts or {})}.items():
            archive.writestr(name, part)
    return load_bytes(buffer.getvalue(), media_type)


def p(text: str) -> str:
    return f"<text:p>{text}</text:p>"


def cell(text: str, **spans: int) -> str:
    attributes = "".join(f' table:number-{key}-spanned="{n}"' for key, n in spans.items())
    return f"<table:table-cell{attributes}>{p(text)}</table:table-cell>"


COVERED = "<table:covered-table-cell/>"


def row(*cells: str, attributes: str = "") -> str:
    return f"<table:table-row {attributes}>{''.join(cells)}</table:table-row>"


def table(*rows: str, name: str = "List") -> str:
    return f'<table:table table:name="{name}">{"".join(rows)}</table:table>'


MERGED = table(
    row(cell("Group", rows=2), cell("Day", columns=2), COVERED),
    row(COVERED, cell("Base"), cell("Bonus")),
    row(cell("Paint"), cell("none", columns=2), COVERED),
)


@pytest.mark.parametrize("media_type", [ODT, ODS])
def test_merged_cells_keep_columns_and_labels(media_type: str) -> None:
    rows = [line for line in document(media_type, MERGED).text.split("\n") if "---" not in line]
    assert [line for line in rows if line.startswith("|")] == [
        "| Group | Day |  |",
        "| Group | Base | Bonus |",
        "| Paint | none |  |",
    ]


def test_powers_ruby_notes_and_comments() -> None:
    """A power stays apart, a reading stands behind its characters, a note behind its paragraph."""
    styles = '<style:style style:name="S" style:family="text">'
    styles += '<style:text-properties style:text-position="super 58%"/></style:style>'
    note = f"<text:note-body>{p('Since May.')}</text:note-body>"
    note = f"<text:note><text:note-citation>1</text:note-citation>{note}</text:note>"
    comment = f"<office:annotation><dc:creator>Ada</dc:creator>{p('Too high?')}</office:annotation>"
    ruby = "<text:ruby-base>漢字</text:ruby-base><text:ruby-text>かんじ</text:ruby-text>"
    ruby = f"<text:ruby>{ruby}</text:ruby>"
    body = p(f'10<text:span text:style-name="S">6</text:span> of 500{note}{comment} euros') + p(
        ruby
    )
    assert document(ODT, body, styles).text.split("\n\n") == [
        "10^6 of 500 euros", "Since May.", "漢字(かんじ)", "Comment by Ada: Too high?",
    ]  # fmt: skip


def test_numbers_of_headings_and_items() -> None:
    """With prefix, suffix and the numbers above; a list goes on where it says so."""
    level = (
        '<text:list-level-style-number text:level="{0}" style:num-format="{1}" style:num-prefix="("'
        ' style:num-suffix=")" text:display-levels="{2}" text:start-value="{3}"/>'
    )
    levels = level.format(1, "a", 1, 5) + level.format(2, "1", 2, 1)
    styles = f'<text:list-style style:name="L">{levels}</text:list-style>'
    outline = "".join(
        f'<text:outline-level-style text:level="{n}" style:num-format="1" text:display-levels="{n}"/>'
        for n in (1, 2)
    )
    parts = {
        "styles.xml": f"<office:document-styles {NAMESPACES}><office:styles><text:outline-style"
        f' style:name="Outline">{outline}</text:outline-style></office:styles></office:document-styles>'
    }
    item = "<text:list-item>{}</text:list-item>"
    nested = f"<text:list>{item.format(p('inner'))}</text:list>"
    body = (
        '<text:h text:outline-level="1">Scope</text:h><text:h text:outline-level="2">Cap</text:h>'
    )
    several = '<text:list text:style-name="L"{}>{}</text:list>'
    body += several.format("", item.format(p("fifth") + nested)) + p("between")
    body += several.format(' text:continue-numbering="true"', item.format(p("sixth")))
    assert document(ODT, body, styles, parts).text.split("\n\n") == [
        "# 1 Scope", "## 1.1 Cap", "(e) fifth\n  (e.1) inner", "between", "(f) sixth",
    ]  # fmt: skip


def test_what_is_hidden_is_counted_not_read() -> None:
    """Sections, fields, words in a hidden style; sheets, rows and columns; slides."""
    styles = (
        '<style:style style:name="V"><style:text-properties text:display="none"/></style:style>'
    )
    styles += (
        '<style:style style:name="T"><style:table-properties table:display="false"/></style:style>'
    )
    slide = '<style:drawing-page-properties presentation:visibility="hidden"/>'
    styles += f'<style:style style:name="D">{slide}</style:style>'
    body = f'<text:section text:display="none">{p("a")}</text:section>'
    body += p('<text:hidden-text text:string-value="b">b</text:hidden-text>shown')
    body += p(
        '<text:span text:style-name="V">c</text:span><text:placeholder>prompt</text:placeholder>'
    )
    text = document(ODT, body, styles)
    assert (text.text, text.unread) == ("shown", {Unread.HIDDEN_TEXT: 3})
    column = '<table:table-column/><table:table-column table:visibility="collapse"/>'
    hidden, filtered = 'table:visibility="collapse"', 'table:visibility="filter"'
    rows = row(cell("part"), cell("margin")) + row(cell("lock"), attributes=hidden)
    rows += row(cell("gate"), attributes=filtered)
    body = table(column + rows) + '<table:table table:style-name="T"/>'
    sheets = document(ODS, body, styles)
    assert sheets.text == "## List\n\n| part |\n| --- |\n| gate |"
    assert sheets.unread == {Unread.HIDDEN_ROW: 2, Unread.HIDDEN_SHEET: 1}
    page = "<draw:page {}><draw:frame><draw:text-box>{}</draw:text-box></draw:frame></draw:page>"
    slides = page.format('draw:style-name="D"', p("a")) + page.format("", p("b"))
    shown = document(ODP, slides, styles)
    assert (shown.text, shown.unread) == ("b", {Unread.HIDDEN_SLIDE: 1})
    assert [number.number for number in shown.pages] == [2]


CHART = (
    f"<office:document-content {NAMESPACES}><office:body><office:chart><chart:chart><chart:title>"
    f"{p('Load')}</chart:title>{table(row(cell(''), cell('Tons')), row(cell('Kiel'), cell('5')))}"
    "</chart:chart></office:chart></office:body></office:document-content>"
)
EQUATION = "<math><semantics><mi>d</mi><annotation>d = {5 w} over 3</annotation></semantics></math>"
OBJECT = '<draw:frame><draw:object xlink:href="./Object {}"/><draw:image/></draw:frame>'


def test_charts_and_equations_are_read_or_counted() -> None:
    """An embedded chart as a table, an equation as it was typed, anything else as a count."""
    parts = {
        "Object 1/content.xml": CHART,
        "Object 2/content.xml": EQUATION,
        "Object 3/content.xml": "<a/>",
    }
    body = "".join(p(OBJECT.format(number)) for number in (1, 2, 3))
    text = document(ODT, body, parts=parts)
    assert text.text == (
        "Chart: Load\n\n|  | Tons |\n| --- | --- |\n| Kiel | 5 |\n\nd = {5 w} over 3"
    )
    assert text.shortfall == "holds an embedded file that was not read"
    sheet = table(row(cell("a"), cell("b")) + f"<table:shapes>{OBJECT.format(1)}</table:shapes>")
    assert "Chart: Load" in document(ODS, sheet, parts=parts).text


def test_boxes_and_comments_of_sheets_stand_below_them() -> None:
    note = f"<office:annotation><dc:creator>Ada</dc:creator>{p('Was 9')}</office:annotation>"
    box = f"<draw:frame><draw:text-box>{p('Until May.')}</draw:text-box></draw:frame>"
    box = f"<table:shapes>{box}</table:shapes>"
    sheet = table(row(f"<table:table-cell>{p('Pump')}{note}</table:table-cell>", cell("7")) + box)
    assert document(ODS, sheet).text == (
        "## List\n\n| Pump | 7 |\n| --- | --- |\n\nUntil May.\n\nComment by Ada on A1: Was 9"
    )


def test_a_box_in_a_cell_is_read_once() -> None:
    box = p(f"Drain<draw:frame><draw:text-box>{p('Below 60.')}</draw:text-box></draw:frame>")
    body = table(row(f"<table:table-cell>{box}</table:table-cell>", cell("x")))
    assert document(ODT, body).text.startswith("| Drain Below 60. | x |")


def test_headers_and_footers_are_read_once() -> None:
    number = "<text:page-number>1</text:page-number>"
    page = f"<style:header>{p('Rules QM-017')}</style:header>"
    page += f"<style:footer>{p(number)}</style:footer>"
    pages = f"<style:master-page>{page}</style:master-page>" * 2
    masters = f"<office:master-styles>{pages}</office:master-styles>"
    styles = f"<office:document-styles {NAMESPACES}>{masters}</office:document-styles>"
    assert (
        document(ODT, p("Words"), parts={"styles.xml": styles}).text
        == "Words\n\nHeader: Rules QM-017"
    )


def test_shapes_of_a_slide_are_read_from_top_to_bottom() -> None:
    """The title first, then by place and not in the order in which they were drawn."""
    frame = '<draw:frame {} svg:x="1cm" svg:y="{}cm" svg:width="9cm" svg:height="2cm">'
    frame += "<draw:text-box>{}</draw:text-box></draw:frame>"
    body = frame.format("", 9, p("low")) + frame.format("", 4, p("high"))
    body += frame.format('presentation:class="title"', 12, p("Plan"))
    assert document(ODP, f"<draw:page>{body}</draw:page>").text == "## Plan\n\nhigh\n\nlow"


@pytest.mark.parametrize("part", ["styles.xml", "meta.xml"])
def test_a_damaged_part_never_rejects_the_file(part: str) -> None:
    damaged = document(ODT, p("Words"), parts={part: "<broken"})
    assert damaged.text == "Words"
    assert damaged.shortfall == "holds a damaged part that was not read"
