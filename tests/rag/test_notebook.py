"""Hits and answers in a notebook: short as text, readable as HTML, a table where pandas is."""

from __future__ import annotations

import sys

import pytest

from rag import Answer, Extract, Hit, Status, to_frame
from rag.errors import MissingDependencyError

HIT = Hit(
    rank=1, score=0.5, uri='a"b.md', title="Leave", page=3, section="Pay > When",
    text="<b>16</b> weeks " * 20, start=0, end=320, metadata={"year": 2026},
)  # fmt: skip
EXTRACT = Extract(
    rank=1, text="16 weeks & more", uri="a.md", title="Leave", start=0, end=15, score=0.9
)


def test_a_hit_is_one_short_line() -> None:
    assert repr(HIT).startswith("<Hit 1 0.500 Leave, page 3, Pay > When: '<b>16</b> weeks")
    assert len(repr(HIT)) < 120


def test_an_answer_is_one_short_line() -> None:
    answer = Answer(question="How long?", text="", status=Status.NOT_ASKED, extracts=(EXTRACT,))
    assert repr(answer) == "<Answer not_asked 'How long?': '16 weeks & more'>"


def test_a_notebook_shows_text_as_text() -> None:
    """Markup of a document stays characters; the source stands below the passage."""
    html = HIT._repr_html_()
    assert "&lt;b&gt;16&lt;/b&gt;" in html
    assert "<b>" not in html
    assert 'title="a&quot;b.md"' in html
    answer = Answer(question="<i>?", text="", status=Status.NOT_ASKED, extracts=(EXTRACT,))
    assert "<b>&lt;i&gt;?</b><p>16 weeks &amp; more</p>" in answer._repr_html_()
    empty = Answer(question="?", text="", status=Status.NOTHING_READABLE)
    assert "<em>nothing_readable</em>" in empty._repr_html_()


def test_hits_are_a_table() -> None:
    frame = to_frame([HIT, HIT.model_copy(update={"rank": 2, "metadata": {}})])
    assert list(frame["rank"]) == [1, 2]
    assert frame["metadata.year"][0] == 2026
    assert {"uri", "title", "page", "section", "text", "score"} <= set(frame.columns)


def test_without_pandas_a_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingDependencyError, match="pip install pandas"):
        to_frame([HIT])
