"""What the metrics mean, what goes wrong and what a search is made of, in the reader's language.

An evaluation holds them in English; this says the same in another one, where it knows how.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from rag.evaluation import metrics as m
from rag.evaluation.metrics import Metric, Names
from ui.messages.page import Words

_NUMBER = re.compile(r"\d[\d,]*")


def describe_metric(metric: Metric, names: Names, words: Words) -> str:
    """What a metric is a share or a mean of."""
    known = _german_meanings(names) if words.language == "de" else {}
    return known.get(metric.name, metric.meaning)


def describe_fault(text: str, words: Words) -> str:
    """What went wrong with a question."""
    if words.language != "de":
        return text
    number = _NUMBER.search(text)
    shape = _NUMBER.sub("{n}", text)
    amount = number[0].replace(",", words.rooms.thousands) if number else ""
    return _GERMAN_FAULTS.get(shape, text).replace("{n}", amount)


def describe_part(name: str, words: Words) -> str:
    """A part of the search or of the answering that was left out."""
    return _GERMAN_PARTS.get(name, name) if words.language == "de" else name


def _german_meanings(names: Names) -> Mapping[str, str]:
    k, budget = names.k, f"{names.budget:,}".replace(",", ".")
    return {
        names.recall: f"Dokumente, die unter den ersten {k} Treffern gefunden wurden",
        names.ndcg: f"dasselbe, nach dem Rang gewichtet, unter den ersten {k} Treffern",
        m.MRR: "1 durch den Rang des ersten Treffers aus einem richtigen Dokument",
        names.coverage: f"bekannte Fakten, die in den ersten {budget} Wörtern der Treffer stehen",
        names.page_hit: f"Fragen mit einer richtigen Seite unter den ersten {k} Treffern",
        f"{names.recall}_{m.STANDALONE}": (
            f"{names.recall} von Anschlussfragen, vervollständigt gesucht"
        ),
        m.CONTAINMENT: "Antworten, die eine erwartete enthalten",
        m.TOKEN_F1: "Überschneidung der Wörter von Antwort und erwarteter Antwort",
        m.CITATION_PRECISION: "Zitate, die einen bekannten Fakt nennen",
        m.CITATION_DOCUMENTS: "Zitate aus einem richtigen Dokument",
        m.CITATION_RECALL: "bekannte Fakten, die ein Zitat nennt",
        m.QUOTES: "Zitate, die Wort für Wort in ihrer Quelle stehen",
        m.SUPPORTED: "Sätze, die ein Zitat stützt",
        m.RIGHT_DOUBTED: "richtige Antworten, die als nicht gefunden gelten",
        m.WRONG_BELIEVED: "falsche Antworten, die als belegt gezeigt werden",
        m.ABSTENTION_PRECISION: "Ablehnungen, deren Frage keine Antwort hat",
        m.ABSTENTION_RECALL: "Fragen ohne Antwort, die abgelehnt wurden",
        m.ABSTENTION_ACCURACY: (
            "Mittel aus: Fragen ohne Antwort abgelehnt, die anderen beantwortet"
        ),
    }


_GERMAN_FAULTS: Mapping[str, str] = MappingProxyType(
    {
        "No right document is among the first {n} hits.": (
            "Kein richtiges Dokument ist unter den ersten {n} Treffern."
        ),
        "Not every right document is among the first {n} hits.": (
            "Nicht jedes richtige Dokument ist unter den ersten {n} Treffern."
        ),
        "A known fact does not stand in the first {n} words of hits.": (
            "Ein bekannter Fakt steht nicht in den ersten {n} Wörtern der Treffer."
        ),
        "No right page is among the first {n} hits.": (
            "Keine richtige Seite ist unter den ersten {n} Treffern."
        ),
        "It was answered, but the documents do not say.": (
            "Es wurde geantwortet, obwohl die Dokumente es nicht sagen."
        ),
        "It was refused, but the documents say it.": (
            "Es wurde abgelehnt, obwohl die Dokumente es sagen."
        ),
        "The answer does not hold the expected one.": "Die Antwort enthält die erwartete nicht.",
        "Nothing in the documents supports the answer.": (
            "Nichts in den Dokumenten stützt die Antwort."
        ),
        "A citation quotes something else than the known facts.": (
            "Ein Zitat nennt etwas anderes als die bekannten Fakten."
        ),
        "A quotation does not stand word for word in its source.": (
            "Ein Zitat steht nicht Wort für Wort in seiner Quelle."
        ),
    }
)
_GERMAN_PARTS: Mapping[str, str] = MappingProxyType(
    {
        "retrieval": "das Nachschlagen",
        "dense": "die Vektorsuche",
        "lexical": "die Wortsuche",
        "rerank": "das Neuordnen",
    }
)
