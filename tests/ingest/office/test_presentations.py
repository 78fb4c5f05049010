"""Presentations: what stands on the slides, in the order in which somebody reads it."""

from __future__ import annotations

import io
import zipfile

import pptx
import pytest

from ingest.loader import load_bytes
from ingest.media_type import PPTX
from ingest.unread import Unread
from tests.ingest.office.files import CHART_TABLE, NAMESPACES, chart, diagram, shape, slides

FRAME = "<p:graphicFrame><a:graphic><a:graphicData>{}</a:graphicData></a:graphic></p:graphicFrame>"


def test_shapes_are_read_from_top_to_bottom_and_column_after_column() -> None:
    """Whatever the order in which they were drawn; the title comes first."""
    drawn = [
        shape("right two", 200, 300), shape("foot", 0, 600, width=400), shape("left one", 0, 160),
        shape("right one", 200, 200), shape("Plan", 0, 0, "title"), shape("left two", 0, 280),
    ]  # fmt: skip
    assert slides("".join(drawn)).text.split("\n\n") == [
        "## Plan", "left one", "left two", "right one", "right two", "foot",
    ]  # fmt: skip


def test_hidden_slides_are_not_read_but_counted() -> None:
    """The others keep their numbers."""
    document = slides(shape("one"), "HIDDEN" + shape("margin 62"), shape("three"))
    assert document.text == "one\n\nthree"
    assert [page.number for page in document.pages] == [1, 3]
    assert document.unread == {Unread.HIDDEN_SLIDE: 1}
    assert not document.shortfall


def test_charts_diagrams_and_tables_are_read() -> None:
    """A chart with its title and numbers, a diagram as a list, a table with the labels of merged cells."""
    row = "<a:tr>{}</a:tr>"
    cell = "<a:tc {}><a:txBody><a:p><a:r><a:t>{}</a:t></a:r></a:p></a:txBody></a:tc>"
    table = "<a:tbl>{}</a:tbl>".format(
        row.format(
            cell.format('gridSpan="2"', "Both")
            + cell.format('hMerge="1"', "")
            + cell.format("", "C")
        )
        + row.format(
            cell.format('rowSpan="2"', "Crane") + cell.format("", "1") + cell.format("", "2")
        )
        + row.format(cell.format('vMerge="1"', "") + cell.format("", "3") + cell.format("", "4"))
    )
    tree = "".join(
        map(FRAME.format, ('<c:chart r:id="chart"/>', '<dgm:relIds r:dm="diagramData"/>', table))
    )
    document = slides(
        tree,
        parts={"ppt/c.xml": chart("Load"), "ppt/d.xml": diagram("Plan", "Ask", "Do")},
        chart="../c.xml",
        diagramData="../d.xml",
    )
    assert document.text == (
        f"Chart: Load\n\n{CHART_TABLE}\n\n- Plan\n  - Ask\n- Do\n\n"
        "| Both |  | C |\n| --- | --- | --- |\n| Crane | 1 | 2 |\n| Crane | 3 | 4 |"
    )


def test_comments_and_notes_stand_behind_their_slide() -> None:
    comments = (
        f'<p:cmLst {NAMESPACES}><p:cm authorId="0"><p:text>Is this right?</p:text></p:cm></p:cmLst>'
    )
    notes = f"<p:notes {NAMESPACES}><p:cSld><p:spTree>{shape('Speak slowly', kind='body')}"
    notes += f"{shape('7', kind='sldNum')}</p:spTree></p:cSld></p:notes>"
    document = slides(
        shape("Words"),
        parts={"ppt/k.xml": comments, "ppt/n.xml": notes},
        comments="../k.xml",
        notesSlide="../n.xml",
    )
    assert document.text == "Words\n\nNotes: Speak slowly\n\nComment: Is this right?"


def test_numbers_powers_and_lists_as_shown() -> None:
    """A power stays apart, list items have their numbers, slide numbers and dates are left out."""
    power = '<a:r><a:t>10</a:t></a:r><a:r><a:rPr baseline="30000"/><a:t>6</a:t></a:r>'
    power += "<a:r><a:t> rounds</a:t></a:r>"
    item = '<a:p><a:pPr><a:buAutoNum type="alphaLcParenR"/></a:pPr><a:r><a:t>{}</a:t></a:r></a:p>'
    date = '<a:p><a:fld type="datetime1"><a:t>1 May</a:t></a:fld></a:p>'
    body = f"<a:p>{power}</a:p>{item.format('ask')}{item.format('do')}{date}"
    tree = f"<p:sp><p:nvSpPr><p:nvPr/></p:nvSpPr><p:txBody>{body}</p:txBody></p:sp>"
    document = slides(tree + shape("12", kind="sldNum"))
    assert document.text == "10^6 rounds\n\na) ask\nb) do"


def test_a_footer_is_read_where_it_first_stands() -> None:
    document = slides(*(shape(f"page {n}") + shape("Draft 3", top=500, kind="ftr") for n in "ab"))
    assert document.text == "page a\n\nDraft 3\n\npage b"


def test_objects_and_recordings_are_counted() -> None:
    """And make the file partial."""
    film = '<p:pic><p:nvPicPr><p:nvPr><a:videoFile r:link="x"/></p:nvPr></p:nvPicPr></p:pic>'
    document = slides(shape("Words") + FRAME.format("<p:oleObj/>") + film)
    assert document.shortfall == "holds an embedded file and a recording that were not read"


@pytest.mark.parametrize(
    "odd", ["<p:sp/>", "<p:sp><p:spPr><a:xfrm/></p:spPr></p:sp>", "<p:grpSp/>"]
)
def test_an_odd_shape_never_rejects_a_presentation(odd: str) -> None:
    assert slides(odd + shape("Words")).text == "Words"


@pytest.mark.parametrize(
    "kind",
    [
        "application/vnd.openxmlformats-officedocument.presentationml.slideshow.main+xml",
        "application/vnd.openxmlformats-officedocument.presentationml.template.main+xml",
        "application/vnd.ms-powerpoint.slideshow.macroEnabled.main+xml",
    ],
)
def test_shows_and_templates_are_read(kind: str) -> None:
    presentation = pptx.Presentation()
    presentation.slides.add_slide(presentation.slide_layouts[0]).shapes.title.text = "Welcome"
    saved, changed = io.BytesIO(), io.BytesIO()
    presentation.save(saved)
    usual = b"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(usual, kind.encode()))
    assert load_bytes(changed.getvalue(), PPTX).text == "## Welcome"


def test_a_shape_that_is_switched_off_is_counted_not_read() -> None:
    drawn = shape("Seen", 0, 0)
    off = '<p:sp><p:nvSpPr><p:cNvPr id="9" name="x" hidden="1"/></p:nvSpPr>'
    document = slides(
        drawn + off + "<p:txBody><a:p><a:r><a:t>not</a:t></a:r></a:p></p:txBody></p:sp>"
    )
    assert document.text == "Seen"
    assert document.unread == {Unread.HIDDEN_TEXT: 1}
