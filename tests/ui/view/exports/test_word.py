"""A conversation as a Word document, read back by another program's eyes."""

from __future__ import annotations

import io

import docx
import pytest

from rag.answer import Answer, Extract, Status, Verdict
from tests.ui.stand_in import SCRIPT, make_answer
from ui.messages.languages import LANGUAGES
from ui.messages.page import ENGLISH
from ui.view.exports.text import ExportedTurn
from ui.view.exports.word import as_word


def read(data: bytes) -> list[tuple[str, str]]:
    paragraphs = docx.Document(io.BytesIO(data)).paragraphs
    return [(p.style.name if p.style else "", p.text) for p in paragraphs]


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_it_holds_question_answer_and_sources(language: str) -> None:
    words = LANGUAGES[language]
    answer = make_answer("How long is leave?", Status.PARTIAL)
    turn = ExportedTurn(answer, words.stopped_why, ("Leave 🏖️", "hr"))
    paragraphs = read(as_word("Leave", [turn], words))
    assert paragraphs[:2] == [("Title", "Leave"), ("Heading 1", "How long is leave?")]
    assert paragraphs[2][1] == f"{words.only_in}{words.formats.colon}Leave 🏖️, hr"
    assert ("Heading 2", words.sources) in paragraphs
    text = "\n".join(text for _, text in paragraphs)
    assert "16 weeks of paid leave after a birth or adoption. [1]" in text
    opening, _ = words.formats.quotation.split("{text}")
    assert f"{words.formats.colon}{opening}Parents take up to 16 weeks of paid leave" in text
    assert words.stopped_why in text
    assert "crib" not in text, "what the documents do not back stays behind"
    assert "**" not in text


def test_names_with_quotes_emoji_and_controls_and_thirty_pages_are_whole() -> None:
    """Each of 600 quotations is there, in order; what XML cannot hold is replaced."""
    name = 'He said "no" & <b>left</b> 🏖️ „ja“ \x00\x0b\ud800 العربية'
    long = " ".join(["A sentence of the handbook that goes on for a while."] * 4)
    extracts = tuple(
        Extract(
            rank=n, text=f"{n}: {long}", uri=f"/x/{SCRIPT}.md", title=name, start=0, end=1, score=1
        )
        for n in range(1, 601)
    )
    answer = Answer(
        question=name,
        text="",
        status=Status.NOT_ASKED,
        verdict=Verdict.QUOTED,
        extracts=extracts,
        model="",
        generation=1,
    )
    paragraphs = read(as_word(name, [ExportedTurn(answer)], ENGLISH))
    quotes = [text for style, text in paragraphs if style == "Quote"]
    assert [text.partition(":")[0] for text in quotes] == [str(n) for n in range(1, 601)]
    assert sum(len(text) for _, text in paragraphs) > 30 * 3_000
    heading = paragraphs[1][1]
    assert 'He said "no" & <b>left</b> 🏖️ „ja“' in heading
    assert "العربية" in heading
