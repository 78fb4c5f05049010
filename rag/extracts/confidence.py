"""What tells whether the documents hold an answer at all, once the unit that answers best is known.

How close a unit comes to a question says which one is best, and little of whether it is good enough: some
sentence is always the closest. What says more is how close it comes together with the heading and the
lead-in that it stands under, and whether the question names something that its passage, or every passage
that was found, does not have.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from rag.extracts.units import Unit
from rag.extracts.words import find_content_words, match_weights, question_words
from rag.hit import Hit

if TYPE_CHECKING:
    from rag.embedder import Embedder

SIGNALS = (
    "context_cosine", "soft_covered", "type_missing", "numbers_not_in_passage", "names_not_in_passage",
    "numbers_nowhere", "names_nowhere", "words_nowhere", "words",
)  # fmt: skip
"""Of the best unit: its cosine with the question together with what introduces it, on a scale on which
sentences that have nothing to do with each other are at 0 with any embedder; the share of the
question's words that stand there or have something near them in meaning; whether it lacks the kind of
thing that is asked for. Numbers and names of the question that its passage lacks, and that all passages
lack; words that all passages lack; how many words the question has."""
WITHOUT_CODE = 0.4
"""Confidence, at most, where a code of the question stands nowhere: the row of another code is no answer."""
_CODE = re.compile(
    r"""(?<!\w)(?!v\d|[qh][1-4](?!\w))  # no version (v3) and no part of a year (Q3)
    (?:[a-z]{1,4}|(?-i:[A-Z]+))(?:[-_/.][a-z]+)*  # no word with a number (minus-20)
    [-_/.]?\d[a-z\d]*(?:[-_/.][a-z\d]+)*""",
    re.IGNORECASE | re.VERBOSE,
)
"""An error code, part number or the like: letters, then figures."""
_SEPARATOR = r"[\W_]?"
_NAME = re.compile(r"(?<!^)(?<![.!?:] )\b[A-ZÀ-Þ][\w-]*")


def measure_signals(
    question: str,
    hits: Sequence[Hit],
    unit: Unit,
    text: str,
    features: Mapping[str, float],
    embedder: Embedder,
) -> list[float]:
    """See `SIGNALS`. `unit` answers best, `text` is shown of it, and `features` are its own."""
    query_words = list(dict.fromkeys(question_words(question)))
    names = {word for name in _NAME.findall(question) for word in find_content_words(name)}
    numbers = {word for word in query_words if any(character.isdigit() for character in word)}
    vocabularies = [set(find_content_words(_searched_text(hit))) for hit in hits]
    nowhere = _missing(query_words, set().union(*vocabularies))
    elsewhere = _missing(query_words, vocabularies[unit.hit])
    return [
        _context_cosine(question, unit, text, embedder),
        features["soft_covered"],
        features["type_missing"],
        len(elsewhere & numbers),
        len(elsewhere & names),
        len(nowhere & numbers),
        len(nowhere & names),
        len(nowhere),
        len(query_words),
    ]


def lacks_code(question: str, hits: Sequence[Hit]) -> bool:
    """Whether the question names a code that stands in none of the passages, however it is separated."""
    texts = [_searched_text(hit) for hit in hits]
    patterns = map(_match_code, _CODE.findall(question))
    return any(not any(map(pattern.search, texts)) for pattern in patterns)


def _match_code(code: str) -> re.Pattern[str]:
    """The code as a whole word: "F07" is found in "F 07" and "F-07", and not in "F071"."""
    characters = (re.escape(character) for character in code if character.isalnum())
    return re.compile(rf"(?<![^\W_]){_SEPARATOR.join(characters)}(?![^\W_])", re.IGNORECASE)


def _searched_text(hit: Hit) -> str:
    return f"{hit.names} {hit.section or ''} {hit.text}"


def _missing(words: Sequence[str], vocabulary: set[str]) -> set[str]:
    """The words of which the vocabulary has no form."""
    forms = match_weights(words, vocabulary)
    return {word for word in words if not forms[word]}


def _context_cosine(question: str, unit: Unit, text: str, embedder: Embedder) -> float:
    """How close the unit comes: "Days: 5" says little, below "Parental leave" it says much."""
    context = " ".join(part for part in (*unit.headings[-1:], unit.lead_in, text) if part)
    query = embedder.embed_query(question).astype(np.float64)
    from rag.citations.features import (
        measure_unrelated_cosine,  # with the check, which a search does without
    )

    base = measure_unrelated_cosine(embedder)
    return (float(embedder.embed_documents([context])[0] @ query) - base) / (1 - base)
