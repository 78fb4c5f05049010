"""What the metrics mean, what goes wrong and what a search is made of, in the reader's language.

An evaluation holds them in English; this says the same in another one, where it knows how.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from rag.evaluation import metrics as m
from rag.evaluation.metrics import Metric, Names
from ui.messages.numbers import number
from ui.messages.page import Words
from ui.messages.report import ReportTerms
from ui.messages.report_french import FRENCH_TERMS
from ui.messages.report_german import GERMAN_TERMS
from ui.messages.report_spanish import SPANISH_TERMS

TERMS: Mapping[str, ReportTerms] = MappingProxyType(
    {"de": GERMAN_TERMS, "es": SPANISH_TERMS, "fr": FRENCH_TERMS}
)
"""By language; English is what the evaluation itself says."""
_NUMBER = re.compile(r"\d[\d,]*")


def describe_metric(metric: Metric, names: Names, words: Words) -> str:
    """What a metric is a share or a mean of."""
    terms = TERMS.get(words.language)
    meaning = terms and terms.meanings.get(_keys(names).get(metric.name, ""))
    if not meaning:
        return metric.meaning
    return meaning.format(k=names.k, budget=number(names.budget, words), recall=names.recall)


def describe_fault(text: str, words: Words) -> str:
    """What went wrong with a question."""
    terms = TERMS.get(words.language)
    fault = terms and terms.faults.get(_NUMBER.sub("{n}", text))
    if not fault:
        return text
    figure = _NUMBER.search(text)
    return fault.format(n=number(int(figure[0].replace(",", "")), words)) if figure else fault


def describe_part(name: str, words: Words) -> str:
    """A part of the search or of the answering that was left out."""
    terms = TERMS.get(words.language)
    return terms.parts.get(name, name) if terms else name


def _keys(names: Names) -> Mapping[str, str]:
    """What `ReportTerms.meanings` calls a metric, by its name, which may hold a number."""
    return {
        names.recall: "recall",
        names.ndcg: "ndcg",
        m.MRR: "mrr",
        names.coverage: "coverage",
        names.page_hit: "page_hit",
        f"{names.recall}_{m.STANDALONE}": "standalone",
        m.CONTAINMENT: "containment",
        m.TOKEN_F1: "token_f1",
        m.CITATION_PRECISION: "citation_precision",
        m.CITATION_DOCUMENTS: "citation_documents",
        m.CITATION_RECALL: "citation_recall",
        m.QUOTES: "quotes",
        m.SUPPORTED: "supported",
        m.RIGHT_DOUBTED: "right_doubted",
        m.WRONG_BELIEVED: "wrong_believed",
        m.ABSTENTION_PRECISION: "abstention_precision",
        m.ABSTENTION_RECALL: "abstention_recall",
        m.ABSTENTION_ACCURACY: "abstention_accuracy",
    }
