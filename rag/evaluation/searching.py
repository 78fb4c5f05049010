"""Searching for every question, one after the other, so that the times mean something."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from rag.assistant import Assistant
from rag.evaluation.metrics import Names, Share
from rag.evaluation.questions import Question
from rag.evaluation.ranking import DEPTH, RankScores, rank_scores
from rag.evaluation.scores import score_retrieval
from rag.hit import Hit
from rag.progress import Progress
from rag.retrieval.retriever import Part


@dataclass(frozen=True, slots=True)
class Searched:
    """What was found for each question, by its id, and what that adds to each metric.

    `milliseconds` is the wall time of a search, the embedding of the question included; `confidence` how
    sure the assistant is that the documents hold an answer.
    """

    found: Mapping[str, Sequence[Hit]]
    milliseconds: Mapping[str, float]
    confidence: Mapping[str, float]
    ranks: Mapping[str, RankScores]
    scores: Mapping[str, Mapping[str, Share]]


def search_all(
    assistant: Assistant,
    questions: Sequence[Question],
    names: Names,
    progress: Progress,
    stage: str,
    *,
    without: Collection[Part] = (),
) -> Searched:
    """Search for every question, a follow-up behind its conversation, and for its stand-alone form as well.

    `without` leaves parts of the search out.
    """
    depth = max(names.k, DEPTH)
    assistant.search(
        questions[0].question, k=depth, without=without
    )  # what is loaded at first use is not timed
    hits_of: dict[str, list[Hit]] = {}
    whole: dict[str, list[Hit]] = {}
    milliseconds: dict[str, float] = {}
    progress.start(stage, len(questions))
    for question in questions:
        started = time.perf_counter()
        hits_of[question.id] = assistant.search(
            question.question, k=depth, without=without, history=question.history
        )
        milliseconds[question.id] = round((time.perf_counter() - started) * 1e3, 2)
        if question.standalone:
            whole[question.id] = assistant.search(question.standalone, k=depth, without=without)
        progress.advance()
    ranks = rank_scores(questions, hits_of, names.k)
    standalone = rank_scores(
        [question for question in questions if question.id in whole], whole, names.k
    )
    scores = {
        question.id: score_retrieval(
            question,
            ranks.get(question.id),
            hits_of[question.id],
            names,
            standalone.get(question.id),
        )
        for question in questions
    }
    confidence = {
        question.id: assistant.confidence(
            assistant.search_query(question.question, question.history).text
        )
        for question in questions
    }
    return Searched(hits_of, milliseconds, confidence, ranks, scores)
