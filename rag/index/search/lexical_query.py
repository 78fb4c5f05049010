"""How a question's words become a query of the lexical index: stems, words, accents, compounds, slips."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from rag.index.search.analysis import find_accented_words, plain_words, stems
from rag.index.search.compounds import LINKS, IndexVocabulary, find_compounds, parts
from rag.index.search.statistics import Statistics

EXACT_BOOST = 0.5
ACCENTED_BOOST = 0.2
"""Enough to put "año" before "ano" where all else is equal."""
MISSPELT_BOOST = 4.0
"""What a chunk gets for a word that is one letter off a word of the query: what a rare word brings."""
_SHORTEST_GUESSED, _MOST_GUESSED = 6, 8
_MAX_QUERY_TERMS = 256
_LONG_LIST = 20_000
_COMMON_SHARE = 0.2
MOST_COMPOUNDS = 16
"""Compounds that a word is looked for in, those in most chunks first: each is a list of chunks to read."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A word that is searched for in a field: each chunk that has it gets its BM25 score times `boost`.

    With `is_misspelt` any word that is one letter off counts, and brings the boost alone.
    """

    field: str
    word: str
    boost: float
    is_misspelt: bool = False


@dataclass(frozen=True, slots=True)
class QueryBuilder:
    """Builds queries for whoever may read what the `statistics` count.

    `terms_beginning` lists the words of a field that begin with some letters, those in most chunks first.
    """

    languages: Sequence[str]
    statistics: Statistics
    terms_beginning: Callable[[str, str], Iterable[str]]

    def build(self, query: str) -> list[Clause]:
        """Any of the query's words, in any field; none if it has none."""
        statistics = self.statistics
        clauses = [
            clause
            for language in self.languages
            for clause in _weighted(f"text_{language}", stems(query, language), 1.0, statistics)
        ]
        exact = plain_words(query)
        telling = [word for word in exact if not self._is_common(word)]
        if not clauses and not telling:
            telling = exact
        clauses += _weighted("exact", telling, EXACT_BOOST, statistics)
        clauses += _weighted("accented", find_accented_words(query), ACCENTED_BOOST, statistics)
        clauses += [
            Clause("exact", word, MISSPELT_BOOST, is_misspelt=True)
            for word in self._misspelt(exact)
        ]
        clauses += [
            clause
            for language in self.languages
            if language in LINKS
            for clause in self._compounds(query, self._vocabulary(language))
        ]
        return clauses

    def _compounds(self, query: str, vocabulary: IndexVocabulary) -> list[Clause]:
        """The parts of the query's compounds, and the compounds that its words are parts of."""
        field, statistics = f"text_{vocabulary.language}", self.statistics
        words = {word: stem for word in plain_words(query) if (stem := vocabulary.stem(word))}
        query_stems = frozenset(words.values())
        clauses = []
        for word, stem in words.items():
            if not word.isalpha():
                continue
            stems_of_parts, share = parts(word, vocabulary)
            clauses += [
                Clause(field, part, share * statistics.boost(field, part))
                for part in _first_terms(p for p in stems_of_parts if p not in query_stems)
            ]
            ending, beginning = find_compounds(word, query_stems, vocabulary)
            known = [("exact", t, w) for t, w in beginning.items() if t not in words]
            known += [(field, t, w) for t, w in ending.items() if t not in query_stems]
            counts = [statistics.count(name, term) for name, term, _ in known]
            # One rare compound says no more than the word that it is a kind of: all count as one word.
            together = statistics.count(field, stem) + sum(counts)
            clauses += [
                Clause(name, term, weight * statistics.boost_as(name, term, together))
                for (name, term, weight), count in zip(known, counts, strict=True)
                if count
            ]
        return clauses

    def _vocabulary(self, language: str) -> IndexVocabulary:
        """The words of the permitted chunks in this language."""
        field, statistics = f"text_{language}", self.statistics

        def stem(word: str) -> str:
            return "".join(stems(word, language))

        def terms(field: str, prefix: str) -> list[str]:
            return [term for term in self.terms_beginning(field, prefix) if term != prefix]

        return IndexVocabulary(
            language,
            stem=stem,
            is_known=lambda word: statistics.count(field, word) > 0,
            ending=lambda letters: [term[::-1] for term in terms("backward", letters[::-1])],
            beginning=lambda letters: [
                term for term in terms("exact", letters) if statistics.count(field, stem(term))
            ],
        )

    def _misspelt(self, words: Iterable[str]) -> list[str]:
        """Words that no permitted document has, and that may be a slip. Codes are not guessed at."""
        long = (word for word in dict.fromkeys(words) if len(word) >= _SHORTEST_GUESSED)
        unknown = [
            word
            for word in long
            if word.isalpha() and not is_known(word, self.languages, self.statistics)
        ]
        return unknown[:_MOST_GUESSED]

    def _is_common(self, word: str) -> bool:
        """Whether the word stands in so many chunks that it tells little, and takes long to count."""
        statistics = self.statistics
        most = max(_LONG_LIST, _COMMON_SHARE * statistics.chunk_count)
        return statistics.chunk_count > most and statistics.count("exact", word) > most


def is_known(word: str, languages: Sequence[str], statistics: Statistics) -> bool:
    """Whether a permitted document has the word, as it is or by its stem in one of the languages."""
    return statistics.count("exact", word) > 0 or any(
        statistics.count(f"text_{language}", stem) > 0
        for language in languages
        for stem in stems(word, language)
    )


def _weighted(
    field: str, words: list[str], boost: float, statistics: Statistics
) -> Iterator[Clause]:
    """A clause for each of the words that a permitted chunk has, weighed by the permitted chunks alone."""
    for word in _first_terms(words):
        if own := statistics.boost(field, word):
            yield Clause(field, word, boost * own)


def _first_terms(words: Iterable[str]) -> list[str]:
    """The words, each once, up to as many as a query may have."""
    return list(dict.fromkeys(words))[:_MAX_QUERY_TERMS]
