"""What is taken along of an answer: readable, and without a mark that a document brought."""

from __future__ import annotations

import pytest

from rag.answer import Status
from tests.ui.stand_in import SCRIPT, make_answer, make_extract, make_hit
from ui.messages.page import ENGLISH
from ui.view.exports.text import ExportedTurn, as_html, as_markdown, make_readable, plain_text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("| Ship | Fee |\n| --- | --- |\n| Ferry | **120** EUR |", "Ship · Fee Ferry · 120 EUR"),
        ("## Fees\n\nPaid in `advance`.", "Fees Paid in advance."),
        (r"| a \| b | c |", "a | b · c"),
        ("2 * 3 * 4 | 5", "2 * 3 * 4 | 5"),
        ("See *this*, not 5*3*2.", "See this, not 5*3*2."),
    ],
)
def test_a_table_row_and_marks_are_made_readable(text: str, plain: str) -> None:
    assert make_readable(text) == plain


def test_what_the_documents_back_is_taken_along_with_its_sources() -> None:
    turn = ExportedTurn(make_answer("How long?", Status.PARTIAL), scope=("Leave <2026>", "hr"))
    assert "<em>Only in: Leave &lt;2026&gt;, hr</em>" in as_html(turn, ENGLISH)
    for text in (plain_text(turn, ENGLISH), as_markdown("Leave", [turn], ENGLISH)):
        assert "Only in: Leave" in text
        assert "Parents take up to 16 weeks of paid leave after a birth or adoption." in text
        assert "hr/parental-leave.pdf, page 3" in text
        assert "crib" not in text, "nothing backs it"


def test_markup_of_a_document_is_text_in_markdown_and_in_html() -> None:
    hit = make_hit(1, SCRIPT, title='# [x](https://evil.example) 📎 "quoted"')
    answer = make_answer(SCRIPT, Status.UNSUPPORTED).model_copy(
        update={"extracts": (make_extract(hit),)}
    )
    turn = ExportedTurn(answer, "It was stopped.")
    markdown, markup = as_markdown(SCRIPT, [turn], ENGLISH), as_html(turn, ENGLISH)
    assert "<script" not in markup
    assert "<img" not in markup
    assert "\\<script\\>" in markdown
    assert "\\[x\\](https" in markdown
    assert "📎" in markdown
