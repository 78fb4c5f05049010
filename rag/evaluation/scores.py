"""What one question adds to each metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rag.answer import Answer, Grade, Sentence, Status
from rag.evaluation import metrics
from rag.evaluation.metrics import Names, Share
from rag.evaluation.questions import Question
from rag.evaluation.ranking import RankScores
from rag.evaluation.relevance import count_covered_facts, is_document, on_a_known_page, shows
from rag.evaluation.wording import holds, normalise_tokens, token_f1
from rag.hit import Hit

Texts = Mapping[str, str]
"""The text of each document of the index, by URI."""


def score_retrieval(
    question: Question,
    rank: RankScores | None,
    hits: Sequence[Hit],
    names: Names,
    standalone: RankScores | None = None,
) -> dict[str, Share]:
    """Nothing for a question without facts; `standalone` are the ranks of its stand-alone form."""
    scores: dict[str, Share] = {}
    if rank is None:
        return scores
    scores[names.recall] = Share(rank.recalls[names.k - 1], 1)
    scores[names.ndcg] = Share(rank.ndcg, 1)
    scores[metrics.MRR] = Share(rank.reciprocal_rank, 1)
    covered, stated = count_covered_facts(question.facts, hits, names.budget)
    if stated:
        scores[names.coverage] = Share(covered, stated)
    if any(fact.page is not None for fact in question.facts):
        scores[names.page_hit] = Share(on_a_known_page(question.facts, hits[: names.k]), 1)
    if standalone is not None:
        key = f"{names.recall}_{metrics.STANDALONE}"
        scores[key] = Share(standalone.recalls[names.k - 1], 1)
    return scores


def answer_scores(question: Question, answer: Answer, texts: Texts) -> dict[str, Share]:
    """Refusing counts as no answer: it holds none of what was expected, and cites none of the facts."""
    refused = answer.status is Status.NOT_IN_DOCUMENTS
    scores = {metrics.QUOTES: _exact_quotes(answer, texts)}
    if refused:
        scores[metrics.ABSTENTION_PRECISION] = Share(question.unanswerable, 1)
    else:
        supported = sum(sentence.supported for sentence in answer.sentences)
        scores[metrics.SUPPORTED] = Share(supported, len(answer.sentences))
        scores |= check_scores(question, answer)
    if question.unanswerable:
        scores[metrics.ABSTENTION_RECALL] = Share(refused, 1)
        return scores
    scores[metrics.KEPT_ANSWERS] = Share(not refused, 1)
    if question.answers:
        scores |= score_wording(question, "" if refused else strip_answer_markers(answer))
    if question.facts:
        scores |= _citation_scores(question, answer)
    return scores


def check_scores(question: Question, answer: Answer) -> dict[str, Share]:
    """Whether the check doubts a right answer, or lets a reader believe a wrong one.

    A right answer is doubted where a sentence that holds what was expected is graded `not_found`; where no
    single sentence holds it, any sentence counts. A wrong answer is believed where all that was checked of
    it is supported, and something of that is shown as an answer to the question.
    """
    is_right = _is_right(question, strip_answer_markers(answer))
    if is_right is None or not answer.sentences:
        return {}
    if is_right:
        holding = [
            sentence for sentence in answer.sentences if holds(sentence.text, question.answers)
        ]
        doubted = any(sentence.grade is Grade.NOT_FOUND for sentence in holding or answer.sentences)
        return {metrics.RIGHT_DOUBTED: Share(doubted, 1)}
    believed = bool(answer.backed_sentences) and all(map(_is_trusted, answer.sentences))
    return {metrics.WRONG_BELIEVED: Share(believed, 1)}


def _is_trusted(sentence: Sentence) -> bool:
    return sentence.supported or sentence.grade is Grade.UNCHECKED


def _is_right(question: Question, text: str) -> bool | None:
    """What a person has judged of this answer; else whether it holds an expected one; None if unknown."""
    tokens = normalise_tokens(text)
    for judged in question.judged:
        if normalise_tokens(judged.answer) == tokens:
            return judged.right
    if question.unanswerable:
        return False
    return holds(text, question.answers) if question.answers else None


def score_wording(question: Question, text: str) -> dict[str, Share]:
    """How far a text says what was expected."""
    return {
        metrics.CONTAINMENT: Share(holds(text, question.answers), 1),
        metrics.TOKEN_F1: Share(token_f1(text, question.answers), 1),
    }


def strip_answer_markers(answer: Answer) -> str:
    """The answer's text without the markers of what the model says it used."""
    return " ".join(sentence.text for sentence in answer.sentences) or answer.text


def mark_right_citations(question: Question, answer: Answer) -> tuple[bool, ...]:
    """For each citation of the answer, whether it quotes one of the question's facts."""
    return tuple(
        any(shows(citation, fact) for fact in question.facts) for citation in answer.citations
    )


def _citation_scores(question: Question, answer: Answer) -> dict[str, Share]:
    citations = answer.citations
    shown_facts = sum(
        any(shows(citation, fact) for citation in citations) for fact in question.facts
    )
    from_right_documents = sum(
        any(is_document(fact.filename, citation.uri) for fact in question.facts)
        for citation in citations
    )
    return {
        metrics.CITATION_PRECISION: Share(
            sum(mark_right_citations(question, answer)), len(citations)
        ),
        metrics.CITATION_DOCUMENTS: Share(from_right_documents, len(citations)),
        metrics.CITATION_RECALL: Share(shown_facts, len(question.facts)),
    }


def _exact_quotes(answer: Answer, texts: Texts) -> Share:
    exact = sum(
        texts.get(citation.uri, "")[citation.start : citation.end] == citation.quote
        for citation in answer.citations
    )
    return Share(exact, len(answer.citations))
