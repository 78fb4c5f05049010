"""One evaluation from end to end."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rag.answer import Answer
from rag.assistant import Assistant
from rag.errors import ModelServerUnreachableError, UsageError
from rag.evaluation.ablation import PARTS, RERANK, RETRIEVAL, ablate_answers, ablate_search
from rag.evaluation.answering import answer_all, write_all
from rag.evaluation.metrics import Names
from rag.evaluation.notices import find_notices
from rag.evaluation.outcomes import make_outcomes, read_cited_texts
from rag.evaluation.questions import QuestionSet
from rag.evaluation.result import Ablation, Evaluation, Outcome, Subject
from rag.evaluation.risk import risk_coverage
from rag.evaluation.searching import search_all
from rag.evaluation.summary import (
    compute_mean_recalls,
    group_by_type,
    list_applicable_metrics,
    summarise,
)
from rag.extras import require_extra
from rag.index import Snapshot
from rag.progress import NoProgress, Progress


@dataclass(frozen=True, slots=True)
class Options:
    """How to measure.

    `k`: hits that count; `budget`: words of hits in which facts are looked for; `answers`: whether the
    model is asked; `concurrency`: questions at a time; `ablate`: parts to measure without.
    """

    k: int = 5
    budget: int = 1500
    answers: bool = True
    concurrency: int = 4
    ablate: tuple[str, ...] = ()


def evaluate(
    assistant: Assistant,
    question_set: QuestionSet,
    options: Options | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Measure how well the assistant finds and answers the questions.

    Raises ModelServerUnreachableError if answers are wanted and there is no model server, ModelServerError
    if it goes away, UsageError for options that make no sense, MissingDependencyError without the
    extra `eval`.
    """
    require_extra("eval", "An evaluation")
    options, progress = options or Options(), progress or NoProgress()
    _check(assistant, options)
    made_at, started = time.time(), time.perf_counter()
    snapshot = assistant.snapshot()
    questions, names = question_set.questions, Names(options.k, options.budget)
    searched = search_all(assistant, questions, names, progress, "Searching")
    answers: Mapping[str, Answer] = {}
    alone: Mapping[str, str] = {}
    if options.answers:
        answers = answer_all(assistant, questions, options.concurrency, progress)
    if RETRIEVAL in options.ablate:
        worded = [question for question in questions if question.answers]
        alone = write_all(
            lambda question: assistant.ask_without_documents(
                question.question, history=question.history
            ),
            worded,
            options.concurrency,
            progress,
        )
    texts = read_cited_texts(snapshot, answers.values())
    outcomes = tuple(make_outcomes(questions, searched, answers, alone, texts, names))
    metrics = list_applicable_metrics(outcomes, names)
    ablations = _ablations(assistant, outcomes, names, options, progress)
    unanswered = len(questions) - len(answers) if options.answers else 0
    return Evaluation(
        made_at=made_at,
        seconds=round(time.perf_counter() - started, 1),
        subject=_subject(assistant, question_set, snapshot, options),
        meanings={metric.name: metric.meaning for metric in metrics},
        overall=summarise(outcomes, metrics),
        types={
            name: summarise(outcomes_of_type, metrics)
            for name, outcomes_of_type in group_by_type(outcomes).items()
        },
        risk_coverage=risk_coverage(outcomes),
        recall_curve=compute_mean_recalls(rank.recalls for rank in searched.ranks.values()),
        outcomes=outcomes,
        ablations=tuple(ablations),
        notices=tuple(
            find_notices(
                question_set,
                snapshot,
                assistant.generation,
                answers=options.answers,
                unanswered=unanswered,
            )
        ),
        unanswered=unanswered,
    )


def _check(assistant: Assistant, options: Options) -> None:
    if unknown := set(options.ablate) - set(PARTS):
        raise UsageError(
            f"There is no part {', '.join(sorted(unknown))} to leave out.",
            hint=f"There are: {', '.join(PARTS)}.",
        )
    if min(options.k, options.budget, options.concurrency) < 1:
        raise UsageError("Hits, words and questions at a time are numbers from 1 on.")
    if RERANK in options.ablate and assistant.reranker_name is None:
        raise UsageError(
            "No cross-encoder re-ranks here, so there is none to leave out.",
            hint="Name one in the setting retrieval.reranker.",
        )
    if RETRIEVAL in options.ablate and not options.answers:
        raise UsageError("To see what retrieval brings, the model has to answer.")
    if options.answers and (reason := assistant.model_server_error()):
        raise ModelServerUnreachableError(
            reason, hint="To measure the search alone, add --no-answers."
        )


def _ablations(
    assistant: Assistant,
    outcomes: Sequence[Outcome],
    names: Names,
    options: Options,
    progress: Progress,
) -> Iterator[Ablation]:
    for part in dict.fromkeys(options.ablate):
        if part == RETRIEVAL:
            yield ablate_answers(outcomes)
        else:
            yield ablate_search(assistant, outcomes, names, part, progress)


def _subject(
    assistant: Assistant, question_set: QuestionSet, snapshot: Snapshot, options: Options
) -> Subject:
    generation, llm = snapshot.generation, assistant.settings.llm
    answering = {"temperature": llm.temperature, "max_tokens": llm.max_tokens}
    return Subject(
        questions=question_set.name,
        questions_sha256=question_set.sha256,
        generation=generation.id,
        documents=generation.documents,
        chunks=generation.chunks,
        embedder=assistant.embedder_name,
        k=options.k,
        budget=options.budget,
        model=assistant.model_name if options.answers else None,
        settings={
            "retrieval": assistant.settings.retrieval.model_dump(mode="json"),
            "concurrency": options.concurrency,
        }
        | ({"llm": answering} if options.answers else {}),
    )
