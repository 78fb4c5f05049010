"""Rank metrics over documents, computed by ir-measures (trec_eval underneath)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.evaluation.questions import Question
from rag.evaluation.relevance import is_document, list_documents_of_facts
from rag.hit import Hit

if TYPE_CHECKING:
    from ir_measures import ScoredDoc

DEPTH = 20
"""Hits that are looked at, at least; reciprocal ranks count down to here."""


@dataclass(frozen=True, slots=True)
class RankScores:
    """How well one question's hits are ranked.

    `recalls[i]`: share of the question's documents among the first i + 1 hits. `ndcg`: binary gains over
    the first k hits, each divided by log2(rank + 1), over those of the best order. `reciprocal_rank`: 1
    over the rank of the first right hit, 0 if there is none.
    """

    recalls: tuple[float, ...]
    ndcg: float
    reciprocal_rank: float


def rank_scores(
    questions: Sequence[Question], hits_by_question: Mapping[str, Sequence[Hit]], k: int
) -> dict[str, RankScores]:
    """The rank scores of every question with facts, by its id.

    What is ranked are passages; what is relevant are the documents that the facts name. A document counts
    where its first passage stands; its further passages take up ranks. `hits_by_question` has each question's
    hits by its id, best first. nDCG is taken over the first k, recall down to max(k, DEPTH).
    """
    import ir_measures

    judged = {str(number): question for number, question in enumerate(questions) if question.facts}
    if not judged:
        return {}
    qrels, run = [], []
    for key, question in judged.items():
        names = list_documents_of_facts(question.facts)
        qrels += [ir_measures.Qrel(key, _relevant(number), 1) for number in range(len(names))]
        run += _ranked(key, names, hits_by_question[question.id])
    recalls = [ir_measures.R @ depth for depth in range(1, max(k, DEPTH) + 1)]
    ndcg, reciprocal_rank = ir_measures.nDCG @ k, ir_measures.RR
    values = {
        (result.query_id, result.measure): float(result.value)
        for result in ir_measures.iter_calc([*recalls, ndcg, reciprocal_rank], qrels, run)
    }
    return {
        question.id: RankScores(
            tuple(values[key, measure] for measure in recalls),
            values[key, ndcg],
            values[key, reciprocal_rank],
        )
        for key, question in judged.items()
    }


def _ranked(key: str, names: Sequence[str], hits: Sequence[Hit]) -> list[ScoredDoc]:
    """The hits as a run of trec_eval: a right document once, everything else under names of its own.

    The names are made up here, so that no character in a file's name means anything. Scores fall strictly,
    because equal ones are put in order of name.
    """
    import ir_measures

    ranked = []
    missing = dict(enumerate(names))
    for rank, hit in enumerate(hits):
        right = next((n for n, name in missing.items() if is_document(name, hit.uri)), None)
        if right is not None:
            del missing[right]
        name = f"other{rank}" if right is None else _relevant(right)
        ranked.append(ir_measures.ScoredDoc(key, name, float(len(hits) - rank)))
    return ranked


def _relevant(number: int) -> str:
    return f"relevant{number}"
