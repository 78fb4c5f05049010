"""A count, a list or a comparison on the page and on the terminal."""

from __future__ import annotations

from rag.answer import Answer, Sentence, Status, Verdict
from rag.computed import Cell, Change, Computed, Row, Table
from ui.messages.page import ENGLISH
from ui.terminal.answers import answer_text
from ui.view.answer import render_answer
from ui.view.computed import render_computed_block
from ui.view.evidence import Shelf

EVIL = "<img src=x onerror=alert(1)>\x1b[31m"
OLD = Cell(text="It opens at 8.", uri="/d/old.md", title="Old", start=3, end=17, marks=((12, 13),))
NEW = Cell(text="It opens at 9.", uri="/d/new.md", title="New", start=4, end=18, marks=((12, 13),))
COMPUTED = Computed(
    kind="changes",
    language="en",
    text=f"1 difference {EVIL}",
    notes=("A note.",),
    table=Table(
        columns=("Section", "Old", "New"),
        rows=(Row(cells=(Cell(text=f"Hours {EVIL}"), OLD, NEW), change=Change.CHANGED),),
        total=1,
    ),
)


def test_page() -> None:
    """Text of documents is text, what differs is marked, and each side leads to where it stands."""
    html = render_computed_block(COMPUTED, ENGLISH, Shelf(name=lambda uri: uri.rpartition("/")[2]))
    assert "<img" not in html
    assert "It opens at <mark>8</mark>." in html
    assert 'href="#source/new.md/4-18-' in html
    assert 'class="is-changed"' in html
    assert "A note." in html


def test_withdrawn() -> None:
    """A document that is gone is not linked."""
    shelf = Shelf(name=lambda uri: uri, gone={"/d/old.md"})
    assert "old.md" not in render_computed_block(COMPUTED, ENGLISH, shelf)


def test_answer() -> None:
    """It stands where the documents' own words would, under its own headline."""
    answer = Answer(
        question="What changed?", text="", status=Status.NOT_ASKED, verdict=Verdict.COMPUTED,
        computed=COMPUTED,
    )  # fmt: skip
    assert "Answered without the model" in render_answer(1, answer, ENGLISH)
    text = answer_text(answer)
    assert "\x1b" not in text
    assert "~ Hours" in text
    assert "Old: It opens at 8." in text


def test_a_model_s_addition_stands_below() -> None:
    """What was computed comes first; the model is heard below it where the documents back all it says."""
    sentence = Sentence(text="The hours were widened.", supported=True, citations=(1,))
    backed = Answer(
        question="What changed?", text=sentence.text, sentences=(sentence,), status=Status.GROUNDED,
        verdict=Verdict.BACKED, computed=COMPUTED,
    )  # fmt: skip
    for rendered in (render_answer(1, backed, ENGLISH), answer_text(backed)):
        assert 0 < rendered.index("Hours") < rendered.index("widened")
    alone = backed.model_copy(update={"verdict": Verdict.COMPUTED})
    assert "widened" not in render_answer(1, alone, ENGLISH) + answer_text(alone)
    assert backed.shown_text == COMPUTED.text
