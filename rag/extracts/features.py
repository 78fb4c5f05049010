"""What the units of the passages are judged by: numbers that say how each fits the question."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from rag.extracts.question_type import AnswerType, answer_type, find_counted_noun, holds_type
from rag.extracts.units import Unit, UnitKind
from rag.extracts.word_overlap import Float64, WordOverlap
from rag.extracts.words import find_content_words
from rag.hit import Hit

if TYPE_CHECKING:
    import numpy.typing as npt

    from rag.embedder import Embedder

PRONOUN = re.compile(
    r"(?:it|its|this|that|these|those|they|their|he|his|she|her|such|both|here|there|then|otherwise"
    r"|after that|below that|for this|in this|er|sie|es|dies\w*|diese\w*|dabei|dazu|sonst|il|elle|ils|elles"
    r"|cela|ce|cette|ces|ello|este|esta|estos|estas|ese|esa)\b",
    re.IGNORECASE,
)
_LONGEST = 60
"""Words from which on a unit's length counts as the same."""

MEANING_NAMES = (
    "cosine", "cosine_gap", "cosine_place", "near_cosine", "passage_cosine", "pair_cosine", "pair_gap",
)  # fmt: skip
"""The features that need the units' vectors: cosines with the question, scaled by what the other units
reach, of the unit alone, of its neighbours, of its passage's best, and together with the unit before it."""
WORDING_NAMES = (
    "own", "own_gap", "introduced", "introduced_gap", "headed", "titled", "near", "covered", "covered_gap",
    "heading_only", "pairs", "keys", "keys_covered", "keys_missing", "words_in_question", "new_words",
    "rank", "score", "score_gap", "position", "first_in_block", "length",
    "is_sentence", "is_item", "is_row", "is_pair", "is_line", "has_lead_in", "answers_question", "pronoun",
    "type_amount", "type_time", "type_person", "type_other_held", "type_missing", "counted", "new_number",
    "asks_list", "asks_steps", "asks_yes_no", "asks_definition", "defines",
    "soft_own", "soft_own_gap", "soft_introduced", "soft_introduced_gap",
    "soft_covered", "soft_covered_gap", "label_asked", "begins_with_key", "soft_near", "title_rank",
)  # fmt: skip
"""The features that need only words, and the vectors of single words, which are remembered.

Shares of the question's words, rare ones counting more, in the unit, with what introduces it, with its
headings, with its document's title, in its neighbours, and anywhere of these; the same for names and
numbers; where the unit stands, what it is, and whether it holds the kind of thing that is asked for.
"""
NAMES = (*MEANING_NAMES, *WORDING_NAMES)
"""All features, in order. A gap is the distance to the best unit."""


def compute_wording_features(
    question: str,
    hits: Sequence[Hit],
    units: Sequence[Unit],
    embedder: Embedder,
) -> Float64:
    """(n_units, n_features): see `WORDING_NAMES`."""
    if not units:
        return np.zeros((0, len(WORDING_NAMES)))
    words = WordOverlap(question, hits, units, embedder)
    columns = {
        **_shared_words(words, len(units)),
        **_place_and_form(hits, units),
        **_kind_of_answer(question, units, words),
    }
    return np.column_stack([columns[name] for name in WORDING_NAMES]).astype(np.float64)


def compute_meaning_features(
    units: Sequence[Unit], places: npt.NDArray[np.intp], query: Float64, vectors: Float64
) -> Float64:
    """(n_places, n_features): see `MEANING_NAMES`, of the units at these places, in their order.

    `query` is (dimension,), `vectors` are (n_places, dimension).
    """
    if not len(places):
        return np.zeros((0, len(MEANING_NAMES)))
    columns = _meaning(np.array([units[index].hit for index in places]), places, query, vectors)
    return np.column_stack([columns[name] for name in MEANING_NAMES]).astype(np.float64)


def _meaning(
    hit_of: npt.NDArray[np.int_], places: npt.NDArray[np.intp], query: Float64, vectors: Float64
) -> dict[str, Float64]:
    """How close the units come to the question in meaning."""
    cosines = vectors @ query
    scaled = _scaled(cosines, cosines)
    goes_on = (np.diff(hit_of) == 0) & (np.diff(places) == 1)
    run_of = np.concatenate([[0], np.cumsum(~goes_on)])  # units of one number follow on each other
    near_cosine = _beside(scaled, run_of)
    passage_cosine = _passage_max(scaled, hit_of)
    rank = np.empty(len(places))
    rank[np.argsort(-scaled, kind="stable")] = np.arange(len(places))
    pair = _scaled(_pair_cosines(vectors, query, run_of), cosines)
    return {
        "cosine": scaled,
        "cosine_gap": scaled - scaled.max(),
        "cosine_place": 1 / (1 + rank),
        "pair_cosine": pair,
        "pair_gap": pair - pair.max(),
        "near_cosine": near_cosine,
        "passage_cosine": passage_cosine,
    }


def _shared_words(words: WordOverlap, count: int) -> dict[str, Float64]:
    """How many of the question's words the units hold, and what stands around them."""
    own, introduced, headed, titled = words.own, words.introduced, words.headed, words.titled
    near, covered = words.near, words.covered
    return {
        "own": own,
        "own_gap": own - own.max(),
        "introduced": introduced,
        "introduced_gap": introduced - introduced.max(),
        "headed": headed,
        "titled": titled,
        "title_rank": titled - titled.max(),
        "near": near,
        "covered": covered,
        "covered_gap": covered - covered.max(),
        "heading_only": words.in_headings,
        "pairs": words.pairs,
        "keys": words.keys,
        "keys_covered": words.keys_covered,
        "keys_missing": words.keys_covered - words.keys_covered.max(),
        "words_in_question": np.full(count, min(len(words.wanted), 12) / 12),
        "new_words": words.new_words,
        "soft_own": words.soft_own,
        "soft_own_gap": words.soft_own - words.soft_own.max(),
        "soft_introduced": words.soft_introduced,
        "soft_introduced_gap": words.soft_introduced - words.soft_introduced.max(),
        "soft_covered": words.soft_covered,
        "soft_covered_gap": words.soft_covered - words.soft_covered.max(),
        "soft_near": words.soft_near,
        "label_asked": words.label_asked,
        "begins_with_key": words.begins_with_key,
    }


def _place_and_form(hits: Sequence[Hit], units: Sequence[Unit]) -> dict[str, Float64]:
    """Where the units stand, and what they are."""
    hit_of = np.array([unit.hit for unit in units])
    scores = np.array([hit.score for hit in hits], dtype=np.float64)
    best_score = max(scores.max(), 1e-9)
    texts = [unit.text for unit in units]
    kinds = [unit.kind for unit in units]
    position, first = _positions(units)
    return {
        "rank": 1 / (1.0 + hit_of),
        "score": scores[hit_of],
        "score_gap": scores[hit_of] / best_score - 1,
        "position": position,
        "first_in_block": first,
        "length": np.array([min(len(text.split()), _LONGEST) for text in texts]) / _LONGEST,
        "is_sentence": _are(kinds, UnitKind.SENTENCE),
        "is_item": _are(kinds, UnitKind.ITEM),
        "is_row": _are(kinds, UnitKind.ROW),
        "is_pair": _are(kinds, UnitKind.PAIR),
        "is_line": _are(kinds, UnitKind.LINE),
        "has_lead_in": np.array([bool(unit.lead_in) for unit in units], dtype=np.float64),
        "answers_question": np.array(
            [unit.lead_in.endswith("?") for unit in units], dtype=np.float64
        ),
        "pronoun": np.array([bool(PRONOUN.match(text)) for text in texts], dtype=np.float64),
    }


def _kind_of_answer(question: str, units: Sequence[Unit], words: WordOverlap) -> dict[str, Float64]:
    """Whether the units hold the kind of thing that is asked for."""
    kind, count = answer_type(question), len(units)
    has_type = np.array([holds_type(kind, unit.text, question) for unit in units], dtype=np.float64)
    noun = find_content_words(find_counted_noun(question))
    numbers = words.new_numbers
    kinds = [unit.kind for unit in units]
    _, first = _positions(units)
    is_amount = kind in {AnswerType.AMOUNT, AnswerType.MONEY, AnswerType.DURATION}
    typed = is_amount or kind in {
        AnswerType.TIME, AnswerType.PERSON, AnswerType.PLACE, AnswerType.REASON, AnswerType.DEFINITION,
    }  # fmt: skip
    return {
        "type_amount": has_type * is_amount * numbers,
        "type_time": has_type * (kind is AnswerType.TIME),
        "type_person": has_type * (kind is AnswerType.PERSON),
        "type_other_held": has_type * (typed and not is_amount),
        "type_missing": (1 - has_type) * typed,
        "counted": words.count_noun(noun),
        "new_number": numbers,
        "asks_list": _are(kinds, UnitKind.ITEM) * (kind is AnswerType.LIST),
        "asks_steps": _are(kinds, UnitKind.ITEM) * (kind is AnswerType.STEPS),
        "asks_yes_no": np.full(count, float(kind is AnswerType.YES_NO)),
        "asks_definition": np.full(count, float(kind is AnswerType.DEFINITION)),
        "defines": has_type * (kind is AnswerType.DEFINITION) * first,
    }


def _are(kinds: Sequence[UnitKind], kind: UnitKind) -> Float64:
    return np.array([unit_kind is kind for unit_kind in kinds], dtype=np.float64)


def _scaled(cosines: Float64, others: Float64) -> Float64:
    """Cosines above the mean of the others, as a share of what is left to 1.

    So they mean much the same with any embedder, though its cosines may all be high.
    """
    mean = float(others.mean())
    scaled: Float64 = (cosines - mean) / max(1 - mean, 1e-6)
    return scaled


def _pair_cosines(vectors: Float64, query: Float64, run_of: npt.NDArray[np.int_]) -> Float64:
    """The cosine of each unit together with the one before it, which it may go on from."""
    together = vectors.copy()
    follows = np.flatnonzero(run_of[1:] == run_of[:-1]) + 1
    together[follows] += vectors[follows - 1]
    result: Float64 = together @ query / np.maximum(np.linalg.norm(together, axis=1), 1e-9)
    return result


def _passage_max(values: Float64, hit_of: npt.NDArray[np.int_]) -> Float64:
    best = np.full(int(hit_of.max()) + 1, -np.inf)
    np.maximum.at(best, hit_of, values)
    result: Float64 = best[hit_of]
    return result


def _beside(values: Float64, run_of: npt.NDArray[np.int_]) -> Float64:
    """The higher of the values of the units before and behind each; 0 where none follows or precedes."""
    padded = np.concatenate([[0.0], values, [0.0]])
    runs = np.concatenate([[-1], run_of, [-1]])
    before = np.where(runs[:-2] == run_of, padded[:-2], 0.0)
    after = np.where(runs[2:] == run_of, padded[2:], 0.0)
    result: Float64 = np.maximum(before, after)
    return result


def _positions(units: Sequence[Unit]) -> tuple[Float64, Float64]:
    """How far down its passage each unit is, 0 to 1, and whether it is the first of its block."""
    position, first = np.zeros(len(units)), np.zeros(len(units))
    ends = {unit.hit: unit.end for unit in units}
    last: tuple[int, int] | None = None
    for number, unit in enumerate(units):
        position[number] = unit.start / max(1, ends[unit.hit])
        first[number] = (unit.hit, unit.block) != last
        last = (unit.hit, unit.block)
    return position, first
