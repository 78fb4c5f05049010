"""Which sentence of the passages answers the question.

A sentence is judged by how close it comes to the question in meaning and in words, rare ones above all, by
itself and with what stands around it; by whether it says anything that the question does not, and of the kind
that is asked for. How sure the choice is depends on how far the best stands out from the next. What each of
these counts for was learnt from questions whose answers are known; docs/evaluation.md says how well it does
on others.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from rag.citations.statements import Evidence, PassageSentences, Statement
from rag.language.claims import Claim, same_word_form

if TYPE_CHECKING:
    import numpy.typing as npt

    from rag.embedder import Embedder

SURE = 0.75
"""Probability from which a sentence counts as an answer to the question."""
SURE_ENOUGH = 0.6
"""The same for a sentence that the model chose as well."""

_AMOUNT = re.compile(
    r"\b(?:how (?:many|much|long|far|old|often|fast|big|large|high|soon|quickly|late|early)|when"
    r"|(?:which|what) (?:time|day|year|month|date|century|decade|age|percentage|share|amount|price|number"
    r"|temperature|distance|size)|limit|price|costs?|deadline|allowance"
    r"|wie (?:viele?|lange|hoch|oft|weit|groß|schnell)|(?:bis |ab |seit )?wann|preis|kostet|frist"
    r"|combien|quand|quelle (?:année|durée|dose|température)|prix|cuánt[oa]s?|cuándo|precio)\b",
    re.IGNORECASE,
)
"""A question for a number, a time or a price."""
_OPEN = re.compile(
    r"(?:^|[.,;:!?¿–-]\s*)(?:what|who|where|when|why|how|wer|wo|wann|warum|wie|que|qui|où|quand|pourquoi"
    r"|comment|combien|qué|quién|dónde|cuándo|cómo|cuánt[oa]s?)\b",
    re.IGNORECASE,
)
"""A question for something that it does not name itself."""
_ASSENT = Claim.of("yes no ja nein oui non sí").stems
_OFFERS = re.compile(r"\b(?:or|oder|ou|o)\b", re.IGNORECASE)
_BATCH = 4
_MOST_NEW = 6
_MOST_MARGIN = 4.0
_NOTHING = -2.0
"""The logit of there being no answer: the only sentence of a passage has that much to beat."""

_WEIGHTS = {
    "meaning": 3.66,
    "words": -0.6,
    "words_around": 1.12,
    "words_about": 3.67,
    "new": 0.71,
    "amount": -0.74,
    "no_amount": -1.84,
    "fragment": 1.37,
    "row": 0.36,
    "first": 2.35,
    "meaning_gap": -2.81,
    "words_gap": 2.43,
    "words_around_gap": -0.21,
}
"""What counts for a sentence, in logits: its cosine with the question above that of the average sentence,
the shares of the question's words in it, in it and its neighbours, in it and its headings; new words;
an amount where one is asked for, or none; a fragment; a table's row; the rank of its passage; and how far
three of these are behind the best."""
_BIAS = -6.03
_SURENESS = {"margin": 0.71, "meaning": 1.99, "words_around": 1.67, "choice": -0.77}
"""What counts for the choice: how far it is ahead, its meaning and words, how many there were (logarithm)."""
_SURENESS_BIAS = 0.66


class Bearing:
    """How sure it is of each sentence of the passages that it answers the question."""

    def __init__(self, question: str, source: PassageSentences, embedder: Embedder) -> None:
        self.source = source
        self._sureness = _sureness(features(question, source.statements, embedder))

    @property
    def best(self) -> Evidence | None:
        """The sentence that answers the question; None if no sentence is likely enough."""
        if not self._sureness or max(self._sureness) < SURE:
            return None
        return self.source.statements[self._sureness.index(max(self._sureness))].evidence

    def of(self, evidence: Evidence) -> float:
        """How sure it is of the surest sentence in a stretch: 0…1."""
        return max(
            (
                sureness
                for sureness, statement in zip(self._sureness, self.source.statements, strict=True)
                if statement.evidence.overlaps(evidence)
            ),
            default=0.0,
        )


def only_repeats(sentence: str, question: str, quotes: Iterable[str] = ()) -> bool:
    """Whether a sentence says nothing that the question does not say: "GG-230", asked what GG-230 means.

    Where the question offers the answers, or can be answered with a yes, the repetition may be one: if each
    word of it stands in the `quotes`. "You can keep your laptop" is none on "You may buy your laptop".
    """
    own, known = Claim.of(sentence).stems - _ASSENT, Claim.of(question).stems
    if not own or not all(_has_form(word, known) for word in own):
        return False
    if _OPEN.search(question) and not _OFFERS.search(question):
        return True
    quoted = frozenset().union(*(Claim.of(quote).stems for quote in quotes))
    return bool(quoted) and not all(_has_form(word, quoted) for word in own)


def _has_form(word: str, words: Collection[str]) -> bool:
    return word in words or any(same_word_form(word, other) for other in words)


def features(
    question: str, statements: Sequence[Statement], embedder: Embedder
) -> npt.NDArray[np.float64]:
    """(n_statements, n_features): what each statement is judged by, in the order of `_WEIGHTS`."""
    if not statements:
        return np.zeros((0, len(_WEIGHTS)))
    question_stems = Claim.of(question).stems
    statement_stems = [statement.claim.stems for statement in statements]
    kin = _kin(
        question_stems,
        frozenset().union(*statement_stems, *(statement.around for statement in statements)),
    )
    known = frozenset().union(*kin.values())
    rarity = _rarity(kin, statement_stems)
    meaning = _meaning(question, statements, embedder)
    asks_amount = bool(_AMOUNT.search(question))

    def share(among: frozenset[str]) -> float:
        weight_found = sum(weight for word, weight in rarity.items() if kin[word] & among)
        return weight_found / sum(rarity.values()) if rarity else 0.0

    rows = []
    for index, (each, stems) in enumerate(zip(statements, statement_stems, strict=True)):
        numbers = {token.stem for token in each.claim.numbers}
        rows.append(
            (
                meaning[index],
                share(stems),
                share(stems | each.around),
                share(stems | each.about),
                min(len(stems - known), _MOST_NEW) / _MOST_NEW,
                asks_amount and bool(numbers - question_stems),
                asks_amount and not numbers,
                each.is_fragment,
                each.is_row,
                1 / (1 + each.evidence.hit),
            )
        )
    own = np.array(rows, dtype=np.float64)
    gaps = own[:, :3] - own[:, :3].max(axis=0)
    return np.hstack([own, gaps])


def _sureness(judged: npt.NDArray[np.float64]) -> list[float]:
    """The probability of each statement to be the answer: to be so, it has to be ahead of the others."""
    names = list(_WEIGHTS)
    logits = judged @ np.array(list(_WEIGHTS.values())) + _BIAS
    probabilities = []
    for index, logit in enumerate(logits):
        others = np.delete(logits, index)
        total = (
            _SURENESS_BIAS
            + _SURENESS["margin"] * min(logit - others.max(initial=_NOTHING), _MOST_MARGIN)
            + _SURENESS["meaning"] * judged[index, names.index("meaning")]
            + _SURENESS["words_around"] * judged[index, names.index("words_around")]
            + _SURENESS["choice"] * math.log(len(logits))
        )
        probabilities.append(1 / (1 + math.exp(-float(total))))
    return probabilities


def _meaning(
    question: str, statements: Sequence[Statement], embedder: Embedder
) -> npt.NDArray[np.float32]:
    """Cosines with the question above their mean, as a share of what is left to 1.

    So they mean much the same with any embedder, though its cosines may all be high.
    """
    query = embedder.embed_query(question)
    cosines = np.empty(len(statements), np.float32)
    # Like with like: a batch is padded to its longest text.
    order = sorted(range(len(statements)), key=lambda index: len(statements[index].text))
    for start in range(0, len(order), _BATCH):
        batch = order[start : start + _BATCH]
        texts = [statements[index].text for index in batch]
        cosines[batch] = embedder.embed_documents(texts) @ query
    mean = float(cosines.mean())
    scaled: npt.NDArray[np.float32] = (cosines - mean) / max(1 - mean, 1e-6)
    return scaled


def _kin(words: Iterable[str], vocabulary: frozenset[str]) -> dict[str, frozenset[str]]:
    """For each word those of the vocabulary that are forms of it."""
    return {
        word: frozenset(
            other for other in vocabulary if word == other or same_word_form(word, other)
        )
        for word in sorted(words)
    }


def _rarity(
    kin: dict[str, frozenset[str]], statement_stems: Sequence[frozenset[str]]
) -> dict[str, float]:
    """A word counts for more the fewer of the statements hold it."""
    count = {
        word: sum(bool(forms & stems) for stems in statement_stems) for word, forms in kin.items()
    }
    return {word: math.log(1 + len(statement_stems) / (count[word] + 0.5)) for word in kin}
