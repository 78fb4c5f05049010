"""What a reader of an evaluation has to know besides the figures."""

from __future__ import annotations

from collections.abc import Iterator

from rag.evaluation.questions import QuestionSet
from rag.evaluation.relevance import is_document
from rag.index import Snapshot

_NAMED = 5


def find_notices(
    question_set: QuestionSet,
    snapshot: Snapshot,
    generation: int,
    *,
    answers: bool,
    unanswered: int,
) -> Iterator[str]:
    """`generation`: the newest now; `answers`: whether the model was asked."""
    if question_set.ignored:
        yield f"Keys of {question_set.name} that mean nothing here: {', '.join(question_set.ignored)}."
    named = {fact.filename for question in question_set.questions for fact in question.facts}
    uris = [document.uri for document in snapshot.list_documents()]
    missing = sorted(n for n in named if not any(is_document(n, uri) for uri in uris))
    if missing:
        listed = ", ".join(missing[:_NAMED]) + (" …" if len(missing) > _NAMED else "")
        yield (
            f"{len(missing):,} of the {len(named):,} documents that facts name are not in the index: "
            f"{listed}. Their questions count as not found."
        )
    if answers and not any(question.unanswerable for question in question_set.questions):
        yield "No question is marked as unanswerable, so that abstention was not measured."
    if unanswered:
        which = "1 question" if unanswered == 1 else f"{unanswered:,} questions"
        yield f"The model server gave no answer to {which}, left out of what is said of answers."
    if generation != snapshot.generation.id:
        yield (
            f"The index changed meanwhile, from generation {snapshot.generation.id} to "
            f"{generation}: measure again."
        )
