"""From hits and answers to what became of each question."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rag.answer import Answer
from rag.evaluation.faults import find_faults
from rag.evaluation.metrics import Names
from rag.evaluation.questions import Question
from rag.evaluation.relevance import is_document
from rag.evaluation.result import MeasuredAnswer, Outcome, Quoted, RankedPassage
from rag.evaluation.scores import Texts, answer_scores, mark_right_citations, score_wording
from rag.evaluation.searching import Searched
from rag.hit import Hit
from rag.index import Snapshot

_KEPT_PLACES = 10


def make_outcomes(
    questions: Iterable[Question],
    searched: Searched,
    answers: Mapping[str, Answer],
    alone: Mapping[str, str],
    texts: Texts,
    names: Names,
) -> Iterator[Outcome]:
    """The outcome of each question, in order; `answers` and `alone` are by question id."""
    for question in questions:
        scores = dict(searched.scores[question.id])
        places = _places(question, searched.found[question.id])
        answer, bare = answers.get(question.id), alone.get(question.id)
        if answer is not None:
            scores |= answer_scores(question, answer, texts)
        yield Outcome(
            question=question,
            search_ms=searched.milliseconds[question.id],
            confidence=round(searched.confidence[question.id], 6),
            found=places[: max(names.k, _KEPT_PLACES)],
            first_right=next(
                (n for n, hit_place in enumerate(places, start=1) if hit_place.right), None
            ),
            scores=scores,
            faults=find_faults(question, scores, answer.status if answer else None, names),
            said=None if answer is None else _said(question, answer),
            alone=bare,
            alone_scores={} if bare is None else score_wording(question, bare),
        )


def _places(question: Question, hits: Sequence[Hit]) -> tuple[RankedPassage, ...]:
    return tuple(
        RankedPassage(
            uri=hit.uri,
            title=hit.title,
            page=hit.page,
            section=hit.section,
            right=any(is_document(fact.filename, hit.uri) for fact in question.facts),
        )
        for hit in hits
    )


def _said(question: Question, answer: Answer) -> MeasuredAnswer:
    known = bool(question.facts)
    return MeasuredAnswer(
        text=answer.text,
        status=answer.status,
        timings_ms=answer.timings_ms,
        quoted=tuple(
            Quoted(
                uri=citation.uri,
                title=citation.title,
                page=citation.page,
                quote=citation.quote,
                right=right if known else None,
            )
            for citation, right in zip(
                answer.citations, mark_right_citations(question, answer), strict=True
            )
        ),
    )


def read_cited_texts(snapshot: Snapshot, answers: Iterable[Answer]) -> dict[str, str]:
    """The text of every document that an answer cites, by URI."""
    cited = {citation.uri for answer in answers for citation in answer.citations}
    return {
        document.uri: snapshot.text(document.document_id)
        for document in snapshot.list_documents()
        if document.uri in cited
    }
