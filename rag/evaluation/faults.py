"""What went wrong with a question, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rag.answer import Status
from rag.evaluation import metrics
from rag.evaluation.metrics import Names, Share
from rag.evaluation.questions import Question


def find_faults(
    question: Question, scores: Mapping[str, Share], status: Status | None, names: Names
) -> tuple[str, ...]:
    """Nothing where all is as it should be; the search first, then the answer.

    `status` is that of the answer, or None where there is none.
    """
    search_faults = _search_faults(scores, names)
    answer_faults = () if status is None else _answer_faults(question, scores, status)
    return (*search_faults, *answer_faults)


def _search_faults(scores: Mapping[str, Share], names: Names) -> Iterator[str]:
    recall = scores.get(names.recall)
    if recall is not None and recall.part == 0:
        yield f"No right document is among the first {names.k} hits."
    elif recall is not None and recall.part < recall.whole:
        yield f"Not every right document is among the first {names.k} hits."
    if _falls_short(scores, names.coverage):
        yield f"A known fact does not stand in the first {names.budget:,} words of hits."
    if _falls_short(scores, names.page_hit):
        yield f"No right page is among the first {names.k} hits."


def _answer_faults(
    question: Question, scores: Mapping[str, Share], status: Status
) -> Iterator[str]:
    refused = status is Status.NOT_IN_DOCUMENTS
    if question.unanswerable:
        if not refused:
            yield "It was answered, but the documents do not say."
        return
    if refused:
        yield "It was refused, but the documents say it."
        return
    if _falls_short(scores, metrics.CONTAINMENT):
        yield "The answer does not hold the expected one."
    if status is Status.UNSUPPORTED:
        yield "Nothing in the documents supports the answer."
    if _falls_short(scores, metrics.CITATION_PRECISION):
        yield "A citation quotes something else than the known facts."
    if _falls_short(scores, metrics.QUOTES):
        yield "A quotation does not stand word for word in its source."


def _falls_short(scores: Mapping[str, Share], name: str) -> bool:
    return name in scores and scores[name].part < scores[name].whole
