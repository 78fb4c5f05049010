"""Citations against known facts, worked out by hand."""

from __future__ import annotations

import pytest

from rag.answer import Answer, Citation, Sentence, Status
from rag.evaluation.questions import Fact, Question
from rag.evaluation.relevance import shows
from rag.evaluation.scores import answer_scores, mark_right_citations

TEXT = "Parental leave is 16 weeks. Ask your lead eight weeks before."


def citation(
    quote: str, uri: str = "/d/leave.pdf", page: int | None = None, n: int = 1
) -> Citation:
    start = max(TEXT.find(quote), 0)
    return Citation(
        n=n, uri=uri, title="Leave", quote=quote, start=start, end=start + len(quote), page=page
    )


@pytest.mark.parametrize(
    ("quote", "fact", "is_shown"),
    [
        # The same words, more around them, fewer of them.
        ("Parental leave is 16 weeks.", "Parental leave is 16 weeks.", True),
        (TEXT, "Parental leave is 16 weeks.", True),
        ("Parental leave is 16 weeks.", TEXT, True),
        # 4 of the shorter one's 5 distinct words are 0.8, less than 0.85.
        ("Parental leave is 18 weeks.", "Parental leave is 16 weeks.", False),
        ("Ask your lead eight weeks before.", "Parental leave is 16 weeks.", False),
    ],
)
def test_a_quotation_shows_a_fact_by_its_words(quote: str, fact: str, is_shown: bool) -> None:
    assert shows(citation(quote), Fact(filename="leave", text=fact)) is is_shown
    assert not shows(citation(quote), Fact(filename="other", text=fact)), "another document"


def test_without_words_the_page_counts_and_without_a_page_the_document() -> None:
    quoted = citation(TEXT, page=3)
    assert shows(quoted, Fact(filename="leave", page=3))
    assert not shows(quoted, Fact(filename="leave", page=4))
    assert not shows(citation(TEXT), Fact(filename="leave", page=4))
    assert shows(quoted, Fact(filename="leave"))


def test_citation_scores() -> None:
    """Two facts, three citations: one quotes a fact, one another sentence of its document, one another
    document. Precision 1/3, documents 2/3, recall 1/2; two of the three quotations are exact."""
    question = Question(
        id="q",
        question="How long?",
        facts=(
            Fact(filename="leave", text="Parental leave is 16 weeks."),
            Fact(filename="leave", text="It is paid in full by the company."),
        ),
    )
    citations = (
        citation("Parental leave is 16 weeks."),
        citation("Ask your lead eight weeks before.", n=2),
        citation("Parental leave is 16 weeks.", uri="/d/old.pdf", n=3),
    )
    answer = Answer(
        question="How long?",
        text="16 weeks. Ask.",
        status=Status.PARTIAL,
        sentences=(
            Sentence(text="16 weeks.", supported=True, citations=(1, 2, 3)),
            Sentence(text="Ask.", supported=False),
        ),
        citations=citations,
    )
    scores = answer_scores(question, answer, {"/d/leave.pdf": TEXT, "/d/old.pdf": "Changed."})
    assert mark_right_citations(question, answer) == (True, False, False)
    assert scores == {
        "citation_precision": (1, 3),
        "citation_document_precision": (2, 3),
        "citation_recall": (1, 2),
        "exact_quotes": (2, 3),
        "supported_sentences": (1, 2),
        "answered_answerable": (1, 1),
    }


def test_a_refusal_that_should_not_be_holds_nothing() -> None:
    """Even if its words would hold the answer; and there is nothing to be precise about."""
    question = Question(
        id="q", question="?", answers=("documents",), facts=(Fact(filename="leave"),)
    )
    refusal = "The documents do not say."
    answer = Answer(question="?", text=refusal, status=Status.NOT_IN_DOCUMENTS)
    assert answer_scores(question, answer, {}) == {
        "answer_containment": (0, 1),
        "token_F1": (0, 1),
        "citation_precision": (0, 0),
        "citation_document_precision": (0, 0),
        "citation_recall": (0, 1),
        "exact_quotes": (0, 0),
        "abstention_precision": (0, 1),
        "answered_answerable": (0, 1),
    }
