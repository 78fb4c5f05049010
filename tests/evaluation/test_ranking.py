"""Rank metrics against sums worked out by hand."""

from __future__ import annotations

from math import log2

import pytest

from rag.evaluation.questions import Fact, Question
from rag.evaluation.ranking import rank_scores
from rag.evaluation.relevance import count_covered_facts, is_document, on_a_known_page
from rag.hit import Hit


def hit(rank: int, uri: str, text: str = "text", page: int | None = None) -> Hit:
    return Hit(
        rank=rank, score=1 / rank, uri=uri, title=uri, text=text, start=0, end=len(text), page=page
    )


def hits(*uris: str) -> list[Hit]:
    return [hit(rank, uri) for rank, uri in enumerate(uris, start=1)]


def question(*filenames: str, name: str = "q") -> Question:
    facts = tuple(Fact(filename=filename) for filename in filenames)
    return Question(id=name, question="?", facts=facts, unanswerable=not facts)


def test_recall_ndcg_and_reciprocal_rank() -> None:
    """Two right documents of three, at ranks 2 and 5; the second passage of one of them counts nothing.

    By hand, k = 5. Recall: nothing at rank 1, 1/3 from rank 2, 2/3 from rank 5.
    DCG = 1/log2(3) + 1/log2(6) = 0.63093 + 0.38685 = 1.01778.
    Ideal: three documents at the first three ranks: 1/log2(2) + 1/log2(3) + 1/log2(4) = 2.13093.
    nDCG = 1.01778 / 2.13093 = 0.47762. Reciprocal rank = 1/2.
    """
    ranking = hits("/d/x.md", "/d/a.md", "/d/a.md", "/d/y.md", "/d/b.pdf", "/d/z.md")
    scores = rank_scores([question("a", "b.pdf", "c")], {"q": ranking}, k=5)["q"]
    third = pytest.approx(1 / 3)
    assert scores.recalls[:6] == (
        0,
        third,
        third,
        third,
        pytest.approx(2 / 3),
        pytest.approx(2 / 3),
    )
    assert len(scores.recalls) == 20
    assert scores.ndcg == pytest.approx(
        (1 / log2(3) + 1 / log2(6)) / (1 + 1 / log2(3) + 1 / log2(4))
    )
    assert scores.reciprocal_rank == 0.5


def test_the_cut_off_counts() -> None:
    """A right document at rank 3 is out of reach of k = 2: nDCG 0; its reciprocal rank stays 1/3."""
    scores = rank_scores([question("a")], {"q": hits("/x", "/y", "/a.md")}, k=2)["q"]
    assert (scores.recalls[1], scores.recalls[2]) == (0, 1)
    assert scores.ndcg == 0
    assert scores.reciprocal_rank == pytest.approx(1 / 3)


def test_each_question_has_its_own_scores() -> None:
    """One that found nothing at all has zeros, one without facts is left out."""
    questions = [question("a", name="first"), question("a", name="none"), question(name="no facts")]
    scores = rank_scores(
        questions, {"first": hits("/a.md"), "none": [], "no facts": hits("/a.md")}, k=5
    )
    assert set(scores) == {"first", "none"}
    assert (scores["first"].ndcg, scores["first"].recalls[0]) == (1, 1)
    assert (scores["none"].ndcg, scores["none"].reciprocal_rank, *scores["none"].recalls) == (
        0,
    ) * 22


def test_names_with_odd_characters_are_only_names() -> None:
    """White space, NUL, tabs and what trec_eval would read as an id of its own."""
    for name in ("relevant0", "other0", "a b\tc", "ü ", " 0"):
        scores = rank_scores([question(name)], {"q": hits("/other1", f"/x/{name}.md")}, k=5)["q"]
        assert scores.reciprocal_rank == 0.5, name


@pytest.mark.parametrize(
    ("filename", "uri", "same"),
    [
        ("handbook", "/docs/handbook.md", True),
        ("handbook.md", "/docs/handbook.md", True),
        ("docs/handbook", "/srv/docs/handbook.md", True),
        ("/docs/handbook.md", "/docs/handbook.md", True),
        ("book", "/docs/handbook.md", False),
        ("handbook", "/handbook/other.md", False),
        ("handbook.pdf", "/docs/handbook.md", False),
        ("cafe\u0301", "/docs/caf\u00e9.txt", True),  # the same letter, composed and not
        ("v2.1", "/docs/v2.1.md", True),
    ],
)
def test_a_document_by_its_name(filename: str, uri: str, same: bool) -> None:
    assert is_document(filename, uri) is same


def test_a_document_named_in_two_ways_is_one() -> None:
    """Found once, it is found wholly: recall is 1 of 1, not 1 of 2."""
    scores = rank_scores([question("a", "a.md")], {"q": hits("/a.md")}, k=5)["q"]
    assert scores.recalls[0] == 1


def test_fact_coverage() -> None:
    """85 % of the distinct words of a fact, from its own document, within the budget.

    The fact has 7 distinct words (leave is 16 weeks for each parent); 6 of 7 are 0.857, 5 of 7 are 0.714.
    """
    fact = Fact(filename="leave", text="Leave is 16 weeks for each parent; leave.")
    six = "leave is 16 weeks for each"
    assert count_covered_facts([fact], [hit(1, "/leave.md", six)], 100) == (1, 1)
    assert count_covered_facts([fact], [hit(1, "/leave.md", "leave is 16 weeks for")], 100) == (
        0,
        1,
    )
    assert count_covered_facts([fact], [hit(1, "/other.md", six)], 100) == (0, 1)
    # Two hits of the document together hold what neither does.
    parts = [hit(1, "/leave.md", "leave is 16"), hit(2, "/leave.md", "weeks for each")]
    assert count_covered_facts([fact], parts, 100) == (1, 1)
    # 3 + 3 words do not fit into 5; the first hit always counts.
    assert count_covered_facts([fact], parts, 5) == (0, 1)
    assert count_covered_facts([fact], [hit(1, "/leave.md", six)], 1) == (1, 1)
    assert count_covered_facts([Fact(filename="leave"), fact], parts, 100) == (1, 1), (
        "one has no text"
    )


def test_page_hits() -> None:
    fact = Fact(filename="report", page=3)
    assert on_a_known_page([fact], [hit(1, "/report.pdf", page=2), hit(2, "/report.pdf", page=3)])
    assert not on_a_known_page(
        [fact], [hit(1, "/other.pdf", page=3), hit(2, "/report.pdf", page=4)]
    )
    assert not on_a_known_page([Fact(filename="report")], [hit(1, "/report.md")])
