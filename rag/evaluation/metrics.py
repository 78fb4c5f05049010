"""The metrics: what each is called, what it means, and how it comes from the questions' scores.

Every question adds a part and a whole to the metrics it counts for, and a metric is the sum of the parts
over the sum of the wholes. So a recall is a mean over questions (each whole is 1), and fact coverage a
share of all facts (each whole is the question's number of facts).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple


class Share(NamedTuple):
    """What one question adds to a metric."""

    part: float
    whole: float


Scores = Mapping[str, Share]
"""One question's shares, by key; metrics that it does not count for are missing."""


@dataclass(frozen=True, slots=True)
class Metric:
    """`label` is short enough for a table; `meaning` says what it is a share or a mean of.

    `keys`: the shares whose ratios it is the mean of; the metric's own name for all metrics but one.
    """

    name: str
    label: str
    meaning: str
    group: Literal["retrieval", "answers"]
    keys: tuple[str, ...] = ()

    @property
    def sources(self) -> tuple[str, ...]:
        """The keys, or the metric's own name where it has none."""
        return self.keys or (self.name,)


@dataclass(frozen=True, slots=True)
class Names:
    """The names that hold a number: how many hits count, how many words are read."""

    k: int
    budget: int

    @property
    def recall(self) -> str:
        return f"recall@{self.k}"

    @property
    def ndcg(self) -> str:
        return f"nDCG@{self.k}"

    @property
    def coverage(self) -> str:
        return f"fact_coverage@{self.budget}w"

    @property
    def page_hit(self) -> str:
        return f"page_hit@{self.k}"


MRR = "MRR"
STANDALONE = "standalone"
CONTAINMENT = "answer_containment"
TOKEN_F1 = "token_F1"  # noqa: S105
CITATION_PRECISION = "citation_precision"
CITATION_DOCUMENTS = "citation_document_precision"
CITATION_RECALL = "citation_recall"
QUOTES = "exact_quotes"
SUPPORTED = "supported_sentences"
RIGHT_DOUBTED = "right_answers_doubted"
WRONG_BELIEVED = "wrong_answers_believed"
ABSTENTION_PRECISION = "abstention_precision"
ABSTENTION_RECALL = "abstention_recall"
ABSTENTION_ACCURACY = "abstention_balanced_accuracy"
KEPT_ANSWERS = "answered_answerable"
"""A share that only the balanced accuracy uses: answerable questions that got an answer."""


def metrics(names: Names) -> dict[str, Metric]:
    """Every metric of a run by name, in the order in which they are shown."""
    k, budget = names.k, names.budget
    retrieval = functools.partial(Metric, group="retrieval")
    answers = functools.partial(Metric, group="answers")
    every = (
        retrieval(names.recall, names.recall, f"documents found among the first {k} hits"),
        retrieval(names.ndcg, names.ndcg, f"the same, weighted by rank, over the first {k} hits"),
        retrieval(MRR, MRR, "1 over the rank of the first hit from a right document"),
        retrieval(
            names.coverage,
            f"facts@{budget}w",
            f"known facts whose words stand in the first {budget:,} words of hits",
        ),
        retrieval(
            names.page_hit, f"page@{k}", f"questions with a right page in the first {k} hits"
        ),
        retrieval(
            f"{names.recall}_{STANDALONE}",
            "made whole",
            f"{names.recall} of follow-ups, searched for in their stand-alone form",
        ),
        answers(CONTAINMENT, "contains", "answers that hold an expected answer"),
        answers(TOKEN_F1, "F1", "overlap of the answer's words with the expected answer's"),
        answers(CITATION_PRECISION, "cit.prec", "citations that quote a known fact"),
        answers(CITATION_DOCUMENTS, "cit.doc", "citations from a right document"),
        answers(CITATION_RECALL, "cit.rec", "known facts that a citation quotes"),
        answers(QUOTES, "exact", "quotations that stand word for word in their source"),
        answers(SUPPORTED, "supported", "sentences that a quotation supports"),
        answers(RIGHT_DOUBTED, "doubted", "right answers that are graded as not found"),
        answers(WRONG_BELIEVED, "believed", "wrong answers that are shown as backed by documents"),
        answers(ABSTENTION_PRECISION, "abst.prec", "refusals whose question has no answer"),
        answers(ABSTENTION_RECALL, "abst.rec", "questions without an answer that were refused"),
        answers(
            ABSTENTION_ACCURACY,
            "abst.bal",
            "mean of: questions without an answer refused, the others answered",
            keys=(ABSTENTION_RECALL, KEPT_ANSWERS),
        ),
    )
    return {metric.name: metric for metric in every}
