"""The words that a chunk is found by, and BM25 over them.

A term is a word with the letters of its field in front: x for the word as it stands, q with its accents, z
backward, and the language's code before a stem. The server proposes chunks by these terms; their scores are
computed here, by the same clauses and the same formula as tantivy's in a folder:

    boost · idf · tf · (k1 + 1) / (tf + k1 · (1 - b + b · length / mean length)),  k1 = 1.2, b = 0.75

with the inverse document frequency over what the asker may read alone, and lengths as tantivy keeps them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rag.index.search.analysis import build_analyzer, find_accented_words, language_of
from rag.index.search.compounds import LINKS, SHORTEST_COMPOUND
from rag.index.search.lexical_query import Clause
from rag.index.search.statistics import ROUNDED_TO, Statistics, idf
from rag.index.search.vectors import NOTHING, Candidates
from rag.language.search_text import prepare_for_search

_K1, _B = 1.2, 0.75
_LETTERS = {"exact": "x", "accented": "q", "backward": "z"}


@dataclass(frozen=True, slots=True)
class ChunkTerms:
    """The terms of a chunk: as it stands, stemmed, with accents, and backward ones."""

    plain: Sequence[str]
    stemmed: Sequence[str]
    accented: Sequence[str]
    backward: Sequence[str]

    @property
    def all(self) -> list[str]:
        return [*self.plain, *self.stemmed, *self.accented, *self.backward]


def to_term(field: str, word: str) -> str:
    """The term of a word in a field of `QueryBuilder`."""
    return f"{_LETTERS.get(field) or field.removeprefix('text_')}{word}"


def to_terms(text: str, language_code: str) -> ChunkTerms:
    """The terms of a chunk's text in a document of this language."""
    language = language_of(language_code)
    stemmed = build_analyzer(language).analyze(prepare_for_search(text))
    plain = build_analyzer(None).analyze(prepare_for_search(text, single=True))
    long = {stem for stem in stemmed if len(stem) >= SHORTEST_COMPOUND}
    return ChunkTerms(
        [to_term("exact", word) for word in plain],
        [to_term(f"text_{language}", stem) for stem in stemmed],
        [to_term("accented", word) for word in find_accented_words(text)],
        [to_term("backward", stem[::-1]) for stem in sorted(long)] if language in LINKS else [],
    )


def to_tsvector(terms: Iterable[str]) -> str:
    """The tsvector of a set of terms, as text."""
    return " ".join(_quoted(term) for term in set(terms))


def any_of(terms: Iterable[str]) -> str:
    """The tsquery that any of these terms fulfils."""
    return " | ".join(_quoted(term) for term in terms)


def match_all_terms(terms: Iterable[str]) -> str:
    """The tsquery that all of these terms fulfil."""
    return " & ".join(_quoted(term) for term in terms)


def _quoted(term: str) -> str:
    return "'" + term.replace("\\", "\\\\").replace("'", "''") + "'"


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a chunk's score is made from: terms with their weights, and the groups of misspelt words.

    A term's weight is its boost times its inverse document frequency; `misspelt` are words one letter off a
    word of the query: each group that a chunk has one of brings its weight.
    """

    weights: Mapping[str, float]
    misspelt: Sequence[tuple[frozenset[str], float]]

    @property
    def terms(self) -> list[str]:
        """Every term that a chunk may be found by."""
        return list(
            dict.fromkeys([*self.weights, *(t for g, _ in self.misspelt for t in sorted(g))])
        )

    def weight_of(self, term: str) -> float:
        """What the term brings at most."""
        return self.weights.get(term, 0.0) + sum(w for group, w in self.misspelt if term in group)


def weigh(
    clauses: Iterable[Clause], statistics: Statistics, misspelt: Mapping[str, frozenset[str]]
) -> Weighed:
    """The clauses with the weights of one asker; `misspelt` has the terms one letter off, by word."""
    weights: dict[str, float] = {}
    groups = []
    for clause in clauses:
        if clause.is_misspelt:
            if group := misspelt.get(clause.word):
                groups.append((group, clause.boost))
            continue
        count = statistics.count(clause.field, clause.word)
        weight = clause.boost * idf(statistics.chunk_count, min(count, statistics.chunk_count))
        term = to_term(clause.field, clause.word)
        weights[term] = weights.get(term, 0.0) + weight
    return Weighed(weights, groups)


def rank(
    rows: Sequence[tuple[Any, ...]], weighed: Weighed, means: Mapping[str, float], k: int
) -> Candidates:
    """The k best of these chunks, ties by id.

    `rows`: (chunk id, terms, counts of plain, stemmed and accented ones). `means`: the mean count of a chunk,
    by the letters of the field.
    """
    if not rows or k == 0:
        return NOTHING
    query_terms = frozenset(weighed.terms)
    scores = np.fromiter((_score(row, query_terms, weighed, means) for row in rows), np.float64)
    chunk_ids = np.fromiter((row[0] for row in rows), np.int64)
    rounded = scores.astype(np.float32).round(ROUNDED_TO)
    order = np.lexsort((chunk_ids, -rounded))
    best = order[rounded[order] > 0][:k]
    return Candidates(chunk_ids[best], rounded[best])


def _score(
    row: tuple[Any, ...], query_terms: frozenset[str], weighed: Weighed, means: Mapping[str, float]
) -> float:
    _, stored, plain, stemmed, accented = row
    terms = stored.split(" ")
    lengths = {"x": plain, "q": accented}
    present = query_terms.intersection(terms)
    score = 0.0
    for term in present:
        if weight := weighed.weights.get(term):
            letters = term[0] if term[0] in "xqz" else term[:2]
            length = round_length(lengths.get(letters, stemmed)) / (means.get(letters) or 1.0)
            count = terms.count(term)
            score += weight * count * (_K1 + 1) / (count + _K1 * (1 - _B + _B * length))
    return score + sum(
        weight for group, weight in weighed.misspelt if not present.isdisjoint(group)
    )


def round_length(count: int) -> int:
    """The number of terms of a chunk as tantivy keeps it in one byte: exact up to 40, then rounded down.

    What is above 24 keeps its four highest bits, as in Lucene.
    """
    if count <= 40:
        return count
    above = count - 24
    shift = above.bit_length() - 4
    return 24 + (above >> shift << shift)


def is_one_off(word: str, other: str) -> bool:
    """Whether one letter was left out, added, exchanged, or swapped with its neighbour."""
    if word == other or abs(len(word) - len(other)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), None)
    if start is None:
        return True  # one is the other with a letter more at the end
    if len(word) == len(other):
        swapped = word[start : start + 2] == other[start : start + 2][::-1]
        return word[start + 1 :] == other[start + 1 :] or (
            swapped and word[start + 2 :] == other[start + 2 :]
        )
    longer, shorter = sorted((word, other), key=len, reverse=True)
    return longer[start + 1 :] == shorter[start:]


def halves(word: str) -> tuple[str, str]:
    """Beginning and end of a word, of which one change or swap leaves one as it is."""
    middle = len(word) // 2
    return word[: middle - 1], word[middle + 1 :]
