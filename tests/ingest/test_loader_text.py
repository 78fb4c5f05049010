"""Text, Markdown, HTML, mail and tables: what is read, and where it stands."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ingest.errors import UnreadableFileError
from ingest.loaded import Block, BlockKind, LoadedDocument
from ingest.loader import load, load_bytes
from ingest.media_type import ASCIIDOC, CSV, EMAIL, HTML, MARKDOWN, ORG, PLAIN_TEXT, RST


def blocks_of(document: LoadedDocument, kind: BlockKind) -> list[str]:
    return [document.text[b.start : b.end] for b in document.blocks if b.kind is kind]


def headings_of(document: LoadedDocument) -> list[tuple[int, str]]:
    return [(b.level, b.title) for b in document.blocks if b.kind is BlockKind.HEADING]


def test_form_feeds_end_pages() -> None:
    """As in reports for a printer: a paragraph ends with its page, and the last feed with the file."""
    data = b"Page one ends\n\x0cwhere two begins.\n\x0c\x0cThe fourth.\n\x0c\n"
    document = load_bytes(data, PLAIN_TEXT)
    assert [(p.number, document.text[p.start : p.end].strip()) for p in document.pages] == [
        (1, "Page one ends"), (2, "where two begins."), (3, ""), (4, "The fourth."),
    ]  # fmt: skip
    assert not document.shortfall
    assert all(
        "\x0c" not in document.text for document in (document, load_bytes(b"a\x0c", PLAIN_TEXT))
    )
    assert load_bytes(b"One page.\n\x0c", PLAIN_TEXT).pages == ()


def test_markdown_text_is_the_files_own(tmp_path: Path) -> None:
    """A quote from a Markdown file can be found in the file."""
    source = "# Fees\n\nA *bold* claim.\n\n| a | b |\n| - | - |\n| 1 | 2 |\n"
    (tmp_path / "fees.md").write_text(source, encoding="utf-8")
    document = load(tmp_path / "fees.md")
    assert document.text == source
    assert document.title == "Fees"
    assert blocks_of(document, BlockKind.TABLE_HEADER) == ["| a | b |\n| - | - |"]
    assert blocks_of(document, BlockKind.TABLE_ROW) == ["| 1 | 2 |"]


TABLE_IN_MARKDOWN = """\
---
title: Power
---
# Power

Each board draws this much.

<figure>
  <figcaption>Table 1: Current</figcaption>
  <table class="wide">
    <tr><th>Source</th><th>Current (A)</th></tr>

    <tr><td>Lidar &amp; fan</td><td>0.6</td></tr>
  </table>
</figure>

<!-- nobody sees this -->

1. Look at the lamp.

   <div align="center"><p>It is <b>green</b>.</p></div>

2. Press `<table>` twice.

```html
<table><tr><td>code</td></tr></table>
```

A line with <kbd>Enter</kbd> in it.
"""


def test_html_in_markdown_is_read_as_it_is_seen() -> None:
    """Tables with their cells, no tags, no comments; code and HTML inside a line stay as they are."""
    document = load_bytes(TABLE_IN_MARKDOWN.encode(), MARKDOWN)
    assert "| Source | Current (A) |\n| --- | --- |\n| Lidar & fan | 0.6 |" in document.text
    assert "Table 1: Current" in document.text
    assert "It is green." in document.text
    for gone in ("<figure>", "<tr>\n", "nobody sees this", "<div", "</p>"):
        assert gone not in document.text
    for kept in (
        "title: Power", "`<table>` twice", "<table><tr><td>code</td></tr></table>", "<kbd>Enter</kbd>",
    ):  # fmt: skip
        assert kept in document.text
    assert document.title == "Power"
    assert blocks_of(document, BlockKind.TABLE_ROW) == ["| Lidar & fan | 0.6 |"]


def test_a_table_that_is_not_closed_swallows_nothing() -> None:
    """Also one that stands in a comment only; and lines are counted as Markdown counts them."""
    source = (
        "Above\u2028the line.\n\n<!-- <table> -->\n\n# Heading\n\n```\nRun it.\n```\n\n"
        "Replace <HOST> now.\n\n"
        "<div>Seen.</div>\n\nUse `a<b` in `<code>`.\n\n<table>\n<tr><td>1</td></tr>\n\n## Last\n\nThe end.\n"
    )
    text = load_bytes(source.encode(), MARKDOWN).text
    for kept in (
        "Above\u2028the line.", "\n# Heading\n", "```\nRun it.\n```", "Replace <HOST> now.", "\nSeen.\n",
        "Use `a<b` in `<code>`.", "\n## Last\n", "The end.",
    ):  # fmt: skip
        assert kept in text
    assert "<!--" not in text
    assert "<div>" not in text


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_text_is_decoded_whatever_its_encoding(encoding: str) -> None:
    text = (
        "Grüße aus Köln. Die Straße ist für Fußgänger geöffnet, und das Café schließt spät.\n" * 9
    )
    assert load_bytes(text.encode(encoding), PLAIN_TEXT).text == text


def test_line_ends_become_newlines() -> None:
    assert load_bytes(b"one\r\ntwo\rthree\n", PLAIN_TEXT).text == "one\ntwo\nthree\n"


def test_heading_titles_are_free_of_markup() -> None:
    document = load_bytes(b"# **Fees** and `costs` [here](http://x)\n\ntext", MARKDOWN)
    assert headings_of(document) == [(1, "Fees and costs here")]


def test_hash_in_a_code_fence_is_no_heading() -> None:
    document = load_bytes(b"# Real\n\n```sh\n# not one\n```\n\nend\n", MARKDOWN)
    assert headings_of(document) == [(1, "Real")]


def test_a_lone_line_in_plain_text_is_a_heading() -> None:
    document = load_bytes(b"Guest Wi-Fi\n\nThe network is called Driftwood.\n", PLAIN_TEXT)
    assert document.title == "Guest Wi-Fi"


@given(
    st.lists(
        st.sampled_from(
            [
                "# One",
                "## Two ##",
                "text",
                "",
                "Title\n===",
                "- item",
                "```",
                "1. x",
                "> q",
                "    code",
            ]
        )
    )
)
@example(["Title\n===", "# One"])
def test_markdown_headings_agree_with_markdown_it(lines: list[str]) -> None:
    """The headings outside lists and quotes are those of a CommonMark parser."""
    source = "\n\n".join(lines)
    tokens = MarkdownIt("commonmark").parse(source)
    expected = [
        (int(token.tag[1]), following.content)
        for token, following in pairwise(tokens)
        if token.type == "heading_open" and token.level == 0
    ]
    if not source.strip():
        return
    assert headings_of(load_bytes(source.encode(), MARKDOWN)) == expected


def test_restructured_text_orders_its_underlines_by_first_use() -> None:
    source = """\
====
Tour
====

Before
~~~~~~
Some words
---
not below a title as long as these.

On the way
^^^^^^^^^^
The *kiln*
~~~~~~~~~~
"""
    assert headings_of(load_bytes(source.encode(), RST)) == [
        (1, "Tour"), (2, "Before"), (3, "On the way"), (2, "The kiln"),
    ]  # fmt: skip


def test_code_in_asciidoc_and_org_holds_no_headings() -> None:
    asciidoc = b"= Real\n\n----\n== not one\n----\n\n== Also real\n"
    org = b"* TODO Real :tag:\n#+BEGIN_SRC sh\n* not one\n#+END_SRC\n** Also real\n"
    assert headings_of(load_bytes(asciidoc, ASCIIDOC)) == [(1, "Real"), (2, "Also real")]
    assert headings_of(load_bytes(org, ORG)) == [(1, "Real"), (2, "Also real")]


def test_a_table_of_asciidoc_may_have_empty_lines() -> None:
    source = "|===\n|Part |Price\n\n|Shelf |12.50\n\n|Cone 6 |0.90\n|===\n\n|no table\n"
    document = load_bytes(source.encode(), ASCIIDOC)
    rows = [
        document.text[block.start : block.end]
        for block in document.blocks
        if block.kind is BlockKind.TABLE_ROW
    ]
    assert rows == ["|Shelf |12.50", "|Cone 6 |0.90"]


ANY_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t"))


@given(ANY_TEXT)
def test_blocks_cover_every_word_of_any_markdown(source: str) -> None:
    document = load_bytes(source.encode(), MARKDOWN)
    position = 0
    for block in (*document.blocks, Block(BlockKind.CODE, len(document.text), len(document.text))):
        assert not document.text[position : block.start].strip()
        position = block.end


@given(ANY_TEXT)
def test_a_loaded_document_survives_the_wire(source: str) -> None:
    document = load_bytes(source.encode(), MARKDOWN)
    assert LoadedDocument.from_json(json.loads(json.dumps(document.to_json()))) == document


@pytest.mark.parametrize(
    "change",
    [
        {"text": 5},
        {"text": "\ud800"},
        {"blocks": [["paragraph", 0, 99, 0, ""]]},
        {"blocks": [["nonsense", 0, 1, 0, ""]]},
        {"pages": [[1, -1, 2]]},
        {"lines": [[0, 1]]},
    ],
)
def test_nonsense_on_the_wire_is_refused(change: dict[str, object]) -> None:
    """A parser in the hands of a hostile file cannot make us believe an unsound document."""
    value = {**load_bytes(b"text", PLAIN_TEXT).to_json(), **change}
    with pytest.raises(ValueError, match=r"."):
        LoadedDocument.from_json(value)


def test_html_keeps_structure_and_leaves_out_what_is_not_text() -> None:
    page = """<!doctype html><html lang="de"><head><title>Die Seite</title><style>p{}</style></head>
    <body><nav><a href="/">Start</a></nav><h1>Regeln &amp; Fristen</h1><script>alert(1)</script>
    <p>Ein <b>Satz</b>, um-<br>gebrochen.</p><ol><li>eins<ul><li>tief</li></ul></li><li>zwei</li></ol>
    <table><tr><th>a</th><th>b</th></tr><tr><td>1|2</td><td>3</td></tr></table></body></html>"""
    document = load_bytes(page.encode(), HTML)
    assert document.title == "Die Seite"
    assert document.language == "de"
    assert headings_of(document) == [(1, "Regeln & Fristen")]
    assert blocks_of(document, BlockKind.LIST_ITEM) == ["1. eins", "  - tief", "2. zwei"]
    assert blocks_of(document, BlockKind.TABLE_ROW) == ["| 1\\|2 | 3 |"]
    assert "Ein Satz, um-\ngebrochen." in document.text
    assert "alert" not in document.text
    assert "Start" not in document.text


def test_deeply_nested_html_is_read() -> None:
    page = "<html><body>" + "<div>" * 1500 + "deep" + "</div>" * 1500 + "</body></html>"
    assert "deep" in load_bytes(page.encode(), HTML).text


def test_html_too_deep_for_the_parser_is_refused_not_cut_off() -> None:
    page = "<html><body>" + "<div>" * 5000 + "deep" + "</div>" * 5000 + "</body></html>"
    with pytest.raises(UnreadableFileError, match="nested too deeply"):
        load_bytes(page.encode(), HTML)


def test_mail_shows_who_when_and_what() -> None:
    mail = (
        b"From: Ada <ada@example.org>\r\nTo: b@example.org\r\nSubject: =?utf-8?q?K=C3=BChlung?=\r\n"
        b"Date: Mon, 2 Mar 2026 10:00:00 +0000\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        b"The pump is back.\r\n\r\nRegards\r\n"
    )
    document = load_bytes(mail, EMAIL)
    assert document.title == "Kühlung"
    assert "From: Ada <ada@example.org>" in document.text
    assert "The pump is back." in blocks_of(document, BlockKind.PARAGRAPH)


def test_csv_is_a_table_with_a_header() -> None:
    document = load_bytes(b"code;text\nF38;Low brine\nF39;Door open\n", CSV)
    assert blocks_of(document, BlockKind.TABLE_HEADER) == ["| code | text |\n| --- | --- |"]
    assert blocks_of(document, BlockKind.TABLE_ROW) == [
        "| F38 | Low brine |",
        "| F39 | Door open |",
    ]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (
            "The pump is in the cellar and it is not to be switched off by the guests of the house.",
            "en",
        ),
        (
            "Die Pumpe steht im Keller und darf nicht von den Gästen des Hauses abgeschaltet werden.",
            "de",
        ),
        (
            "La pompe est dans la cave et ne doit pas être arrêtée par les clients de la maison.",
            "fr",
        ),
        (
            "La bomba está en el sótano y no debe ser apagada por los clientes de la casa que la usan.",
            "es",
        ),
        ("OH-75002", ""),
    ],
)
def test_language_is_guessed_from_common_words(text: str, language: str) -> None:
    assert load_bytes(text.encode(), PLAIN_TEXT).language == language
