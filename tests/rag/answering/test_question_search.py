"""From a question to its passages and extracts."""

from __future__ import annotations

from rag.answer import Extract
from rag.answering.question_search import keep_quoted
from rag.hit import Hit


def test_a_passage_that_is_quoted_is_kept() -> None:
    """It takes the place of the last that is not, in the order of their ranks."""
    hits = [
        Hit(rank=n, score=1 / n, uri=f"/{n}.md", title="", text="x", start=0, end=10)
        for n in range(1, 7)
    ]

    def kept(*quoted: int) -> list[str]:
        extracts = [
            Extract(rank=1, text="x", uri=f"/{n}.md", title="", start=3, end=5, score=0.5)
            for n in quoted
        ]
        return [hit.uri[1] for hit in keep_quoted(hits, extracts, 3)]

    assert kept() == ["1", "2", "3"]
    assert kept(2) == ["1", "2", "3"]
    assert kept(6) == ["1", "2", "6"]
    assert kept(6, 4) == ["1", "4", "6"]
    assert kept(3, 4, 5, 6) == ["3", "4", "5"]
    assert [hit.rank for hit in keep_quoted(hits, (), 3)] == [1, 2, 3]
