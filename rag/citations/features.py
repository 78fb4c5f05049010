"""What a sentence is judged by: measurements of how well the passages say it.

Each is a share between 0 and 1, or a small count, that means the same for any documents and any embedder.
`FEATURES` names them in their order; docs/evaluation.md explains them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from rag.citations.statements import Evidence, PassageSentences, Window
from rag.citations.verbatim import join_tokens, tokens_of
from rag.language.claims import Claim, Token, is_same_amount

if TYPE_CHECKING:
    import numpy.typing as npt

    from rag.embedder import Embedder, EmbedderIdentity

_LONG_WORD = 10
"""Characters from which a word counts no more for being longer: long words are rare ones."""
_NUMBER_WEIGHT = 6.0
"""What a number weighs among the words: as much as a word of so many characters."""
_MOST_MISSING = 4
_MOST_CLAUSES = 6

FEATURES = (
    "words",
    "words_anywhere",
    "words_clause",
    "longest_missing",
    "pairs",
    "numbers",
    "numbers_anywhere",
    "names_missing",
    "clauses",
    "rules",
    "denied",
    "meaning",
    "meaning_window",
)


@dataclass(frozen=True, slots=True)
class Measurement:
    """The features of one claim, and the stretch of the passages that comes closest to saying it."""

    values: npt.NDArray[np.float64]
    nearest: Evidence
    terms: int
    """Words and numbers that the claim has."""
    contradicts_figure: bool = False
    """No passage has a figure of the claim, and the nearest sentences have another one of its kind."""

    @property
    def is_uncontradicted(self) -> bool:
        """Whether all its numbers and names are there, and no sentence that has its words denies it."""
        return self["numbers"] == 1 and self["names_missing"] == 0 and self["denied"] == 0

    def __getitem__(self, name: str) -> float:
        return float(self.values[FEATURES.index(name)])


def measure(
    sentence: str,
    claim: Claim,
    source: PassageSentences,
    *,
    rules: float = 0.0,
    denied: float = 0.0,
    embedder: Embedder | None = None,
    vector: npt.NDArray[np.float32] | None = None,
) -> Measurement:
    """Measure a claim against the passages, which have at least one statement.

    `rules` is how much of it the rules of `rag.citations.support` find supported, `denied` how much of it
    stands in a sentence that says otherwise. Without an `embedder` the meaning is not a number (NaN).
    `vector` is that of the sentence, where it has been computed already.
    """
    weights = {word: float(min(len(word), _LONG_WORD)) for word in sorted(claim.words)}
    weights |= {number.stem: _NUMBER_WEIGHT for number in claim.numbers}
    kin = {stem: source.vocabulary.forms(stem) for stem in weights}

    def share(present: frozenset[str], stems: frozenset[str] | None = None) -> float:
        chosen = weights if stems is None else stems & weights.keys()
        total = sum(weights[stem] for stem in chosen)
        return (
            sum(weights[stem] for stem in chosen if kin[stem] & present) / total if total else 1.0
        )

    shares = [share(window.stems) for window in source.windows]
    best = source.windows[max(range(len(shares)), key=shares.__getitem__)]
    missing = [word for word in claim.words if not kin[word]]
    clauses = list(claim.clauses())
    meaning, meaning_window = _meaning(sentence, source, embedder, vector)
    values = (
        max(shares),
        max(share(stems) for stems in source.passage_stems),
        min((max(share(w.stems, clause) for w in source.windows) for clause in clauses), default=1),
        min(max(map(len, missing), default=0), _LONG_WORD) / _LONG_WORD,
        _pairs(sentence, source),
        _numbers(claim, best),
        _numbers(claim, source.everything),
        min(sum(name in missing for name in claim.names), _MOST_MISSING),
        min(len(clauses), _MOST_CLAUSES),
        min(rules, 1.0),
        denied,
        meaning,
        meaning_window,
    )
    return Measurement(
        np.array(values, dtype=np.float64),
        _nearest(best, share),
        len(weights),
        _contradicts_figure(claim, best, source.everything),
    )


def _contradicts_figure(claim: Claim, nearest: Window, everything: Window) -> bool:
    present = [number for statement in everything.statements for number in statement.claim.numbers]
    beside = [number for statement in nearest.statements for number in statement.claim.numbers]
    return any(
        number.unit
        and number.stem not in everything.titles
        and not _stands(number, present)
        and any(number.kind == other.kind for other in beside)
        for number in claim.numbers
    )


def _nearest(window: Window, share: Callable[[frozenset[str]], float]) -> Evidence:
    """The statement of the window that has most of the words."""
    return max(window.statements, key=lambda statement: share(statement.claim.stems)).evidence


def _numbers(claim: Claim, window: Window) -> float:
    """Share of the claim's numbers that stand there, with the same unit."""
    numbers = claim.numbers
    if not numbers:
        return 1.0
    present = [number for statement in window.statements for number in statement.claim.numbers]
    matching = sum(number.stem in window.titles or _stands(number, present) for number in numbers)
    return matching / len(numbers)


def _stands(number: Token, present: Sequence[Token]) -> bool:
    return any(is_same_amount(number, other) for other in present)


def _pairs(sentence: str, source: PassageSentences) -> float:
    """Share of the sentence's pairs of neighbouring words that stand so in one passage."""
    tokens = tokens_of(sentence)
    pairs = set(map(join_tokens, pairwise(tokens)))
    if not pairs:
        return 0.0
    return max(sum(pair in text for pair in pairs) for text in source.passage_tokens) / len(pairs)


def _meaning(
    sentence: str,
    source: PassageSentences,
    embedder: Embedder | None,
    vector: npt.NDArray[np.float32] | None,
) -> tuple[float, float]:
    """How close the claim comes to a statement, and to two or three neighbouring ones taken together.

    Cosines, on a scale on which sentences that have nothing to do with each other are at 0.
    """
    if embedder is None:
        return float("nan"), float("nan")
    if vector is None:
        vector = embedder.embed_documents([sentence])[0]
    alone, together = source.vectors(embedder), source.window_vectors(embedder)
    base = measure_unrelated_cosine(embedder)
    best, window = float((alone @ vector).max()), float((together @ vector).max())
    return (best - base) / (1 - base), (window - base) / (1 - base)


_UNRELATED = (
    "The ferry leaves the northern harbour at half past seven.",
    "Proteins fold into shapes that decide what they do.",
    "Her grandmother baked bread on Saturdays.",
    "The bond yield fell after the central bank's statement.",
    "Tighten the screws crosswise and check the seal.",
    "Applicants upload their certificate as a single file.",
)
_baselines: dict[EmbedderIdentity, float] = {}


def measure_unrelated_cosine(embedder: Embedder) -> float:
    """The mean cosine of sentences that have nothing to do with each other: what this embedder calls 0."""
    key = embedder.identity
    if key not in _baselines:
        vectors = embedder.embed_documents(list(_UNRELATED))
        cosines = vectors @ vectors.T
        count = len(_UNRELATED)
        _baselines[key] = min(
            0.95, float(cosines.sum() - np.trace(cosines)) / (count * (count - 1))
        )
    return _baselines[key]
