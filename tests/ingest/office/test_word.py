"""Word documents: the final version as somebody sees it, or a count of what was not read."""

from __future__ import annotations

import io
import re
import zipfile

import docx
import pytest

from ingest.errors import EncryptedFileError
from ingest.loader import load_bytes
from ingest.media_type import DOCX
from ingest.unread import Unread
from tests.ingest.office.files import (
    CHART_TABLE,
    NAMESPACES,
    chart,
    diagram,
    drawing,
    paragraph,
    word,
    word_bytes,
)

NUMBERING = f"""<w:numbering {NAMESPACES}>
<w:abstractNum w:abstractNumId="0">
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="§ %1"/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1.%2"/></w:lvl>
<w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="(%3)"/></w:lvl>
</w:abstractNum>
<w:abstractNum w:abstractNumId="1">
<w:lvl w:ilvl="0"><w:start w:val="5"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="(%1)"/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="upperRoman"/><w:lvlText w:val="%2."/></w:lvl>
</w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>
<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>
<w:num w:numId="3"><w:abstractNumId w:val="1"/>
<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>
</w:numbering>"""
STYLES = f"""<w:styles {NAMESPACES}>
<w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/>
<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="H2"><w:name w:val="heading 2"/>
<w:pPr><w:numPr><w:ilvl w:val="1"/><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
<w:style w:type="character" w:styleId="Secret"><w:name w:val="Secret"/>
<w:rPr><w:vanish/></w:rPr></w:style>
<w:style w:type="character" w:styleId="Mark"><w:name w:val="Mark"/>
<w:rPr><w:vertAlign w:val="superscript"/></w:rPr></w:style>
</w:styles>"""
PARTS: dict[str, str | bytes] = {"numbering.xml": NUMBERING, "styles.xml": STYLES}
RELATIONS = {"n": ("numbering", "numbering.xml"), "y": ("styles", "styles.xml")}


def item(text: str, number: int, depth: int = 0) -> str:
    return paragraph(
        text, f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>'
    )


def styled(text: str, style: str) -> str:
    return paragraph(text, f'<w:pStyle w:val="{style}"/>')


def table(*rows: str) -> str:
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in rows) + "</w:tbl>"


def cell(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(text)}</w:tc>"


def test_headings_and_items_have_the_numbers_that_word_shows() -> None:
    """By style or paragraph, on several levels, starting anew below a heading, at "e", by an override."""
    body = styled("Scope", "H1") + styled("Cap", "H2") + item("one", 1, 2) + item("two", 1, 2)
    body += styled("Term", "H2") + item("three", 1, 2) + styled("End", "H1") + styled("Law", "H2")
    body += item("fifth", 2) + item("inner", 2, 1) + item("sixth", 2) + item("anew", 3)
    document = word(body, PARTS, RELATIONS)
    assert re.findall(r"^\s*(.+)", document.text, re.MULTILINE) == [
        "# § 1 Scope", "## 1.1 Cap", "(a) one", "(b) two", "## 1.2 Term", "(a) three", "# § 2 End",
        "## 2.1 Law", "(e) fifth", "I. inner", "(f) sixth", "(a) anew",
    ]  # fmt: skip


def test_only_the_final_version_is_read() -> None:
    """Deleted and moved-away words, rows and paragraph ends are gone; what came instead stays."""
    run = '<w:r><w:t xml:space="preserve">{}</w:t></w:r>'
    gone = "<w:r><w:delText>thirty</w:delText></w:r>"
    body = (
        f"<w:p>{run.format('Pay ')}<w:del>{gone}</w:del><w:ins>{run.format('forty')}</w:ins></w:p>"
        f"<w:p><w:moveFrom>{run.format('Taxis cost extra.')}</w:moveFrom></w:p>"
        f"<w:p><w:moveTo>{run.format('Taxis cost extra.')}</w:moveTo></w:p>"
        f"{paragraph('First half ', '<w:rPr><w:del/></w:rPr>')}{paragraph('second half.')}"
        "<w:tbl><w:tr>" + cell("City") + cell("Limit") + "</w:tr>"
        "<w:tr><w:trPr><w:del/></w:trPr>" + cell("Rome") + cell("120") + "</w:tr>"
        "<w:tr>" + cell("Oslo") + cell("140") + "</w:tr></w:tbl>"
    )
    document = word(body)
    assert document.text == (
        "Pay forty\n\nTaxis cost extra.\n\nFirst half second half.\n\n"
        "| City | Limit |\n| --- | --- |\n| Oslo | 140 |"
    )
    assert document.unread[Unread.DELETED_TEXT] == 3
    assert not document.shortfall


def test_hidden_text_and_prompts_are_not_read() -> None:
    """Hidden directly or by a style; a content control that still shows its prompt; hidden text counts."""
    prompt = "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{}</w:sdtContent></w:sdt>"
    filled = "<w:sdt><w:sdtPr/><w:sdtContent>{}</w:sdtContent></w:sdt>"
    body = paragraph("margin 62", run="<w:vanish/>")
    body += paragraph("bonus 17", run='<w:rStyle w:val="Secret"/>')
    body += paragraph("shown", run='<w:rStyle w:val="Secret"/><w:vanish w:val="0"/>')
    body += prompt.format(paragraph("Click here to enter text."))
    body += filled.format(paragraph("fixed price"))
    document = word(body, PARTS, RELATIONS)
    assert document.text == "shown\n\nfixed price"
    assert document.unread[Unread.HIDDEN_TEXT] == 2


def test_wrapped_blocks_and_ticked_boxes_are_read() -> None:
    """Block-level custom XML, a box ticked in a symbol font, a list of choices of an old form."""
    box = '<w:p><w:r><w:sym w:font="Wingdings" w:char="F0FE"/><w:t> approved</w:t></w:r></w:p>'
    choice = (
        '<w:p><w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:ddList><w:result w:val="1"/>'
        '<w:listEntry w:val="rent"/><w:listEntry w:val="lease"/></w:ddList></w:ffData></w:fldChar>'
        "</w:r><w:r><w:instrText>FORMDROPDOWN</w:instrText></w:r><w:r><w:fldChar"
        ' w:fldCharType="end"/></w:r></w:p>'
    )
    body = f"<w:customXml>{paragraph('Notice is 6 weeks.')}</w:customXml>{box}{choice}"
    assert word(body).text == "Notice is 6 weeks.\n\n☑ approved\n\nlease"


def test_a_symbol_without_a_meaning_is_counted() -> None:
    """Not read as the character at its private place."""
    document = word('<w:p><w:r><w:t>a</w:t><w:sym w:font="Mine" w:char="F041"/></w:r></w:p>')
    assert (document.text, document.unread[Unread.CHARACTER]) == ("a", 1)
    assert document.shortfall == "holds a character without a meaning that was not read"


def test_merged_cells_keep_columns_and_labels() -> None:
    """A cell over two columns counts as two; a cell over two rows stands in both."""
    wide = '<w:gridSpan w:val="2"/>'
    body = table(
        cell("Group", '<w:vMerge w:val="restart"/>') + cell("Day", wide) + cell("Night", wide),
        cell("", "<w:vMerge/>") + cell("Base") + cell("Bonus") + cell("Base") + cell("Bonus"),
        cell("Painters") + cell("not offered", wide) + cell("35") + cell("8"),
    )
    assert word(body).text.split("\n") == [
        "| Group | Day |  | Night |  |",
        "| --- | --- | --- | --- | --- |",
        "| Group | Base | Bonus | Base | Bonus |",
        "| Painters | not offered |  | 35 | 8 |",
    ]


def text_box(text: str) -> str:
    """A text box as Word writes it: for new programs, and again for old ones."""
    content = f"<w:txbxContent>{paragraph(text)}</w:txbxContent>"
    return (
        "<w:p><w:r><w:t>Before.</w:t></w:r><w:r><mc:AlternateContent><mc:Choice Requires='wps'>"
        f"<w:drawing><a:graphic>{content}</a:graphic></w:drawing></mc:Choice><mc:Fallback><w:pict>"
        f"<v:textbox>{content}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )


def test_a_text_box_is_read_once() -> None:
    """In the text and in a cell of a table."""
    in_cell = f"<w:tc>{text_box('Below 60 degrees.')}</w:tc>"
    document = word(text_box("Panel 7.") + table(cell("Step") + cell("x"), cell("Drain") + in_cell))
    assert document.text.startswith("Before.\n\nPanel 7.\n\n")
    assert document.text.endswith("| Drain | Before. Below 60 degrees. |")


def test_superscripts_stay_apart() -> None:
    """A power, a note's mark and an ordinal; a formula's subscript stays with its letter."""
    up, down = '<w:vertAlign w:val="superscript"/>', '<w:vertAlign w:val="subscript"/>'

    def runs(*pieces: tuple[str, str]) -> str:
        inner = "".join(
            f'<w:r><w:rPr>{p}</w:rPr><w:t xml:space="preserve">{t}</w:t></w:r>' for t, p in pieces
        )
        return f"<w:p>{inner}</w:p>"

    body = runs(
        ("10", ""), ("6", up), (" cycles, 500", ""), ("2", up), (" euros, 40 m", ""), ("2", up)
    )
    body += runs(("the 1", ""), ("st", up), (" of CO", ""), ("2", down))
    body += runs(("Fee", ""), ("3", '<w:rStyle w:val="Mark"/>'))
    body += runs(("10", ""), ("4", '<w:position w:val="6"/><w:sz w:val="14"/>'), (" bar", ""))
    text = word(body, PARTS, RELATIONS).text
    assert text == "10^6 cycles, 500 [2] euros, 40 m^2\n\nthe 1st of CO2\n\nFee [3]\n\n10^4 bar"


def test_equations_are_one_line_of_text() -> None:
    """A fraction, a root, powers, a sum; the words around them stay apart."""
    run = "<m:r><m:t>{}</m:t></m:r>"
    part = "<m:{0}>{1}</m:{0}>"
    square = (
        f"<m:sSup>{part.format('e', run.format('r'))}{part.format('sup', run.format('2'))}</m:sSup>"
    )
    fraction = f"<m:f>{part.format('num', run.format('5wL'))}{part.format('den', run.format('384EI'))}</m:f>"
    root = f"<m:rad>{part.format('e', run.format('a+b'))}</m:rad>"
    total = (
        f'<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr>{part.format("sub", run.format("n=1"))}'
        f"{part.format('sup', run.format('9'))}{part.format('e', run.format('n'))}</m:nary>"
    )

    def sentence(math: str) -> str:
        return f"<w:p><w:r><w:t>is</w:t></w:r><m:oMath>{math}</m:oMath><w:r><w:t>here</w:t></w:r></w:p>"

    body = "".join(map(sentence, (run.format("A=π") + square, fraction, root, total)))
    assert word(body).text.split("\n\n") == [
        "is A= pi r^2 here", "is (5wL)/(384EI) here", "is sqrt(a+b) here", "is sum_(n=1)^9 n here",
    ]  # fmt: skip


def test_charts_and_diagrams_are_read() -> None:
    """A chart as its title and table with the numbers as shown, a diagram as a list."""
    parts: dict[str, str | bytes] = {"c.xml": chart("Load"), "d.xml": diagram("Plan", "Ask", "Do")}
    relations = {"c": ("chart", "c.xml"), "d": ("diagramData", "d.xml")}
    body = drawing('<c:chart r:id="c"/>') + drawing('<dgm:relIds r:dm="d"/>')
    document = word(body, parts, relations)
    assert document.text == f"Chart: Load\n\n{CHART_TABLE}\n\n- Plan\n  - Ask\n- Do"
    assert not document.shortfall


def test_what_cannot_be_read_is_counted() -> None:
    """A chart without its part, an embedded sheet, an old equation, a part of another file."""
    old = '<w:p><w:r><w:object><o:OLEObject xmlns:o="urn:schemas-microsoft-com:office:office" {}/>'
    old += "</w:object></w:r></w:p>"
    body = paragraph("Words.") + drawing('<c:chart r:id="none"/>')
    body += old.format('ProgID="Excel.Sheet.12"') + old.format('ProgID="Equation.3"')
    document = word(f"{body}<w:subDoc r:id='s'/>")
    assert document.text == "Words."
    assert document.shortfall == (
        "holds a chart, an equation, an embedded file and a part of another file that were not read"
    )


def test_a_chunk_of_another_format_is_read_in_its_place() -> None:
    """A web page that stands in the document."""
    parts: dict[str, str | bytes] = {"c.html": "<html><body><p>From the page.</p></body></html>"}
    body = f"{paragraph('Before.')}<w:altChunk r:id='c'/>{paragraph('After.')}"
    document = word(body, parts, {"c": ("aFChunk", "c.html")})
    assert document.text == "Before.\n\nFrom the page.\n\nAfter."


def test_notes_comments_headers_and_footers() -> None:
    """A note behind its paragraph; comments, headers and footers at the end, once, no page numbers."""
    note = f'<w:footnote w:id="2">{paragraph("Since May.")}</w:footnote>'
    note = f"<w:footnotes {NAMESPACES}>{note}</w:footnotes>"
    comments = (
        f'<w:comments {NAMESPACES}><w:comment w:id="7" w:author="Ada">{paragraph("Too high?")}'
        "</w:comment></w:comments>"
    )
    page = '<w:fldSimple w:instr=" PAGE "><w:r><w:t>3</w:t></w:r></w:fldSimple>'
    page = f"<w:p><w:r><w:t>Page </w:t></w:r>{page}</w:p>"
    parts: dict[str, str | bytes] = {
        "f.xml": note,
        "c.xml": comments,
        "h1.xml": f"<w:hdr {NAMESPACES}>{paragraph('Rules QM-017')}</w:hdr>",
        "h2.xml": f"<w:hdr {NAMESPACES}>{paragraph('First page only')}</w:hdr>",
        "o.xml": f"<w:ftr {NAMESPACES}>{page}</w:ftr>",
    }
    relations = {"f": ("footnotes", "f.xml"), "c": ("comments", "c.xml"), "h1": ("header", "h1.xml"),
                 "h2": ("header", "h2.xml"), "o": ("footer", "o.xml")}  # fmt: skip
    body = (
        '<w:p><w:r><w:t>Fee 500</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r>'
        '<w:r><w:commentReference w:id="7"/></w:r></w:p>'
        f"{paragraph('Next.')}"
        '<w:sectPr><w:headerReference r:id="h1"/><w:headerReference w:type="first" r:id="h2"/>'
        '<w:footerReference r:id="o"/></w:sectPr>'
    )
    assert word(body, parts, relations).text.split("\n\n") == [
        "Fee 500", "Since May.", "Next.", 'Comment by Ada on "Fee 500": Too high?',
        "Header: Rules QM-017",
    ]  # fmt: skip


def test_characters_that_are_no_letters() -> None:
    """Hyphens that break words, tabs, ruby with its reading behind it."""
    ruby = "<w:ruby><w:rt><w:r><w:t>かんじ</w:t></w:r></w:rt>"
    ruby += "<w:rubyBase><w:r><w:t>漢字</w:t></w:r></w:rubyBase></w:ruby>"
    run = "<w:t>co</w:t><w:softHyphen/><w:t>op</w:t><w:tab/><w:t>x</w:t><w:noBreakHyphen/><w:t>y</w:t>"
    assert word(f"<w:p><w:r>{run}{ruby}</w:r></w:p>").text == "coop x-y漢字(かんじ)"


def repacked(data: bytes, **changes: bytes | None) -> bytes:
    """The archive with parts whose name ends so changed; None takes a part out."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            key = next((k for k in changes if name.endswith(k)), None)
            content = source.read(name) if key is None else changes[key]
            if content is not None:
                target.writestr(name, content)
    return buffer.getvalue()


def saved() -> bytes:
    document = docx.Document()
    document.add_heading("Leave", 1)
    document.add_paragraph("Five days.")
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "part", ["core.xml", "thumbnail.jpeg", "styles.xml", "app.xml", "theme1.xml", "settings.xml"]
)
@pytest.mark.parametrize("content", [None, b"<broken", b"\x00\xff"])
def test_one_odd_part_never_rejects_a_document(part: str, content: bytes | None) -> None:
    """Missing, broken off or nonsense: the words are read."""
    document = load_bytes(repacked(saved(), **{part: content}), DOCX)
    assert "Leave" in document.text
    assert "Five days." in document.text


@pytest.mark.parametrize("old", ["word/document.xml", "word\\\\document.xml"])
def test_the_main_part_may_have_another_name(old: str) -> None:
    """The package says which it is; backslashes in names of parts are slashes."""
    new = "word/document2.xml" if "\\" not in old else old.replace("\\\\", "\\")
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved())) as source, zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if "\\" not in new:
                data = data.replace(b"word/document.xml", new.encode())
            renamed = name.replace("document.xml", "document2.xml") if "\\" not in new else name
            target.writestr(
                zipfile.ZipInfo(renamed.replace("/", "\\") if "\\" in new else renamed), data
            )
    assert load_bytes(buffer.getvalue(), DOCX).text == "# Leave\n\nFive days."


def test_strict_open_xml_is_read() -> None:
    """The form of the standard without Microsoft's namespaces."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved())) as source, zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            strict = re.sub(
                rb"http://schemas\.openxmlformats\.org/(\w+)/2006/(main|relationships|math)",
                rb"http://purl.oclc.org/ooxml/\1/\2",
                source.read(name),
            )
            target.writestr(name, strict if not name.startswith("[") else source.read(name))
    assert load_bytes(buffer.getvalue(), DOCX).text == "# Leave\n\nFive days."


@pytest.mark.parametrize(
    "kind",
    [
        "application/vnd.ms-word.document.macroEnabled.main+xml",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
    ],
)
def test_templates_and_files_with_macros_are_read(kind: str) -> None:
    usual = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    with zipfile.ZipFile(io.BytesIO(saved())) as archive:
        types = archive.read("[Content_Types].xml").replace(usual, kind.encode())
    assert (
        "Five days." in load_bytes(repacked(saved(), **{"[Content_Types].xml": types}), DOCX).text
    )


def test_a_document_with_a_password_on_its_archive_says_so() -> None:
    """Also where the list of its parts cannot be read without the password."""
    locked = bytearray(saved())
    for head, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        index = locked.find(head)
        while index >= 0:
            locked[index + flags] |= 1
            index = locked.find(head, index + 4)
    with pytest.raises(EncryptedFileError):
        load_bytes(bytes(locked), DOCX)


def test_a_document_that_breaks_off_is_read_as_far_as_it_goes() -> None:
    """And its ledger entry says that a part is damaged."""
    with zipfile.ZipFile(
        io.BytesIO(word_bytes(paragraph("First.") + paragraph("Second.")))
    ) as archive:
        body = archive.read("word/document.xml")
    document = load_bytes(
        repacked(word_bytes(""), **{"document.xml": body[: body.index(b"Second")]}), DOCX
    )
    assert document.text == "First."
    assert document.shortfall == "holds a damaged part that was not read"


def test_a_large_initial_belongs_to_its_word() -> None:
    """Word keeps it in a paragraph of its own."""
    initial = paragraph("A", '<w:framePr w:dropCap="drop" w:lines="3"/>')
    assert word(initial + paragraph("ll pumps are checked.")).text == "All pumps are checked."


@pytest.mark.parametrize("box", ["☐", "☒", "&#xf0fe;"])
def test_boxes_say_whether_an_item_is_done(box: str) -> None:
    numbering = (
        f'<w:numbering {NAMESPACES}><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0">'
        f'<w:numFmt w:val="bullet"/><w:lvlText w:val="{box}"/></w:lvl></w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    )
    text = word(
        item("Valves", 1), {"numbering.xml": numbering}, {"n": ("numbering", "numbering.xml")}
    ).text
    assert text == f"{'☑' if box.startswith('&') else box} Valves"
