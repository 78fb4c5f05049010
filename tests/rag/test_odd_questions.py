"""Whatever is asked, a search answers or refuses in a sentence; nothing in a question is an operator."""

from __future__ import annotations

import pytest

from rag import Assistant
from rag.errors import UsageError

ODD = [
    "?",
    "leave",
    "\U0001f3d6️\U0001f37c \U0001f914",
    "AND (",
    "title:",
    "text_en:leave^2 OR exact:*",
    '"parental leave',
    "leave~2 +weeks -parental [a TO z] {",
    "SELECT * FROM documents WHERE 1=1; DROP TABLE chunks; --",
    "def f(x):\n    return {'a': x[0] ** 2}  # leave?",
    "育児休暇は何週間ですか",
    "كم مدة الإجازة الوالدية",
    "Wie lange dauert die Elternzeit?",
    "lea\x00ve \x1b[31m\x07\u202e weeks",
    "\ud800 leave",
    "a" * 3_900,
    "leave " * 600,
    "\\" * 200,
]


@pytest.mark.parametrize("question", ODD, ids=range(len(ODD)))
def test_an_odd_question_gets_its_passages(assistant: Assistant, question: str) -> None:
    """Ranked, at their places; the hits do not depend on what was asked before."""
    hits = assistant.search(question, k=4, explain=True)
    assert [hit.rank for hit in hits] == [1, 2, 3, 4]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert hits == assistant.search(question, k=4, explain=True)


@pytest.mark.parametrize(
    "question", ["leave AND smoking", "leave OR smoking", "+leave -smoking", "NOT leave smoking"]
)
def test_operators_are_words(assistant: Assistant, question: str) -> None:
    """Both words are looked for, whatever stands between them."""
    hits = assistant.search(question, k=5, explain=True)
    by_words = {hit.title for hit in hits if hit.why is not None and hit.why.lexical_rank}
    assert {"Leave", "smoking"} <= by_words


def test_ten_thousand_words_are_refused_in_a_sentence(assistant: Assistant) -> None:
    with pytest.raises(UsageError, match=r"has 59,999 characters; at most 4,000 can be asked"):
        assistant.search("leave " * 10_000)
