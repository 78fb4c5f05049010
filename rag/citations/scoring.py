"""The probability that the passages say a sentence, from what was measured of it.

A logistic regression: a weight for each feature, kept as numbers in `scoring.json` beside this file, with the
thresholds for the grades. `python benchmarks/check.py fit FILE` fits the weights anew; docs/evaluation.md
says to what, and how well they do on sentences that they were not fitted to.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from rag.answer import Grade
from rag.citations.features import Measurement

_FEW_WORDS = 0.25
"""Share of a sentence's words below which its meaning has to be `_CLOSE` to that of a passage's sentence."""
_CLOSE = 0.6
_FEW_TERMS = 3
_HALF = 0.6
"""The same for a sentence of no more than so many terms: each of them is half of what it says."""
FILE = Path(__file__).with_name("scoring.json")


@dataclass(frozen=True, slots=True)
class Weights:
    """A logistic regression over the features; those of `FEATURES` that are missing weigh nothing."""

    bias: float
    weights: dict[str, float]

    def probability(self, measured: Measurement) -> float:
        """0…1."""
        logit = self.bias + sum(weight * measured[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))


@dataclass(frozen=True, slots=True)
class Scoring:
    """The fitted model, with an embedder and without, and the scores from which a grade is given.

    `not_found`: below it, nine of ten sentences are really unsupported. `by_rules`: from it a sentence is
    supported for which the rules of `rag.citations.support` find evidence; `alone`: from it also another one,
    if all its figures and names are there and nothing denies it. `verbatim` is the score of a
    verbatim one, `contradicted` the highest of one whose figure the passages contradict.
    """

    meaning: Weights
    words: Weights
    not_found: float
    by_rules: float
    alone: float
    verbatim: float
    contradicted: float

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Scoring:
        """Read what `to_json` wrote."""
        return cls(Weights(**raw["meaning"]), Weights(**raw["words"]), **raw["thresholds"])

    def probability(self, measured: Measurement) -> float:
        """The calibrated probability that the passages say the sentence."""
        has_meaning = not math.isnan(measured["meaning"])
        return (self.meaning if has_meaning else self.words).probability(measured)

    def grade(self, score: float, measured: Measurement) -> Grade:
        """`paraphrase`, or `not_found` below the threshold, or where hardly a word is in the passages."""
        shortest = measured.terms <= _FEW_TERMS and measured["longest_missing"] > 0
        least = _HALF if shortest else _FEW_WORDS
        is_strange = measured["words_anywhere"] <= least and not measured["meaning"] >= _CLOSE
        return Grade.NOT_FOUND if score < self.not_found or is_strange else Grade.PARAPHRASE

    def supports(self, score: float, measured: Measurement, *, by_rules: bool) -> bool:
        """Whether the sentence counts as supported: a high score, and nothing that contradicts it."""
        if by_rules:
            return score >= self.by_rules
        return score >= self.alone and measured.is_uncontradicted


@cache
def load_default_scoring() -> Scoring:
    """The model that comes with the package."""
    return Scoring.from_json(json.loads(FILE.read_text("utf-8")))
