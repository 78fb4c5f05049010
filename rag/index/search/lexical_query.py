"""How a question's words become a query of the lexical index: stems, words, accents, compounds, slips."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rag.index.filter import Filter
from rag.index.search.analysis import accented_words, plain_words, stems
from rag.index.search.compounds import LINKS, IndexVocabulary, compounds, parts
from rag.index.search.lexical_schema import filter_queries, schema
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
_MOST_COMPOUNDS = 16
"""Compounds that a word is looked for in, those in most chunks first: each is a list of chunks to read."""


@dataclass(frozen=True, slots=True)
class QueryBuilder:
    """Builds queries for whoever may read what passes `access`, weighed by the `statistics` of that alone."""

    searcher: Any
    languages: Sequence[str]
    access: Filter
    statistics: Statistics

    def build(self, query: str) -> Any:
        """Any of the query's words, in any field; None if it has none."""
        import tantivy

        should, statistics = tantivy.Occur.Should, self.statistics
        clauses = [
            (should, clause)
            for language in self.languages
            for clause in _weighted(f"text_{language}", stems(query, language), statistics)
        ]
        exact = plain_words(query)
        telling = [word for word in exact if not self._is_common(word)]
        if not clauses and not telling:
            telling = exact
        clauses += [
            (should, tantivy.Query.boost_query(clause, EXACT_BOOST))
            for clause in _weighted("exact", telling, statistics)
        ]
        clauses += [
            (should, tantivy.Query.boost_query(clause, ACCENTED_BOOST))
            for clause in _weighted("accented", accented_words(query), statistics)
        ]
        clauses += [
            (should, tantivy.Query.boost_query(clause, MISSPELT_BOOST))
            for clause in self._misspelt(exact)
        ]
        clauses += [
            (should, clause)
            for language in self.languages
            if language in LINKS
            for clause in self._compounds(query, self._vocabulary(language))
        ]
        return tantivy.Query.boolean_query(clauses) if clauses else None

    def _compounds(self, query: str, vocabulary: IndexVocabulary) -> list[Any]:
        """The parts of the query's compounds, and the compounds that its words are parts of."""
        field, statistics = f"text_{vocabulary.language}", self.statistics
        words = {word: stem for word in plain_words(query) if (stem := vocabulary.stem(word))}
        query_stems = frozenset(words.values())
        clauses = []
        for word, stem in words.items():
            if not word.isalpha():
                continue
            stems_of_parts, share = parts(word, vocabulary)
            weights = {part: share for part in stems_of_parts if part not in query_stems}
            for part, clause in zip(weights, term_queries(field, list(weights)), strict=True):
                boost = share * statistics.boost(field, part)
                clauses.append(_boosted(clause, boost))
            ending, beginning = compounds(word, query_stems, vocabulary)
            known = [("exact", t, w) for t, w in beginning.items() if t not in words]
            known += [(field, t, w) for t, w in ending.items() if t not in query_stems]
            counts = [statistics.count(name, term) for name, term, _ in known]
            # One rare compound says no more than the word that it is a kind of: all count as one word.
            together = statistics.count(field, stem) + sum(counts)
            clauses += [
                _boosted(_term(name, term), weight * statistics.boost_as(name, term, together))
                for (name, term, weight), count in zip(known, counts, strict=True)
                if count
            ]
        return clauses

    def _vocabulary(self, language: str) -> IndexVocabulary:
        """The words of the permitted chunks in this language."""
        field, statistics = f"text_{language}", self.statistics
        permitted = _all_of(filter_queries(self.access)) if not self.access.is_empty else None

        def stem(word: str) -> str:
            return "".join(stems(word, language))

        def terms(field: str, prefix: str) -> list[str]:
            counts = self.searcher.terms_with_prefix(field, prefix, permitted, _MOST_COMPOUNDS)
            return [term for term, count in counts if count and term != prefix]

        return IndexVocabulary(
            language,
            stem=stem,
            is_known=lambda word: statistics.count(field, word) > 0,
            ending=lambda letters: [term[::-1] for term in terms("backward", letters[::-1])],
            beginning=lambda letters: [
                term for term in terms("exact", letters) if statistics.count(field, stem(term))
            ],
        )

    def _misspelt(self, words: Iterable[str]) -> list[Any]:
        """For words that no permitted document has: those one letter off. Codes are not guessed at."""
        import tantivy

        long = (word for word in dict.fromkeys(words) if len(word) >= _SHORTEST_GUESSED)
        unknown = [
            word
            for word in long
            if word.isalpha() and not is_known(word, self.languages, self.statistics)
        ]
        return [
            tantivy.Query.fuzzy_term_query(schema(), "exact", word, distance=1)
            for word in unknown[:_MOST_GUESSED]
        ]

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


def _weighted(field: str, words: list[str], statistics: Statistics) -> list[Any]:
    """A clause for each of the words that a permitted chunk has, weighed by the permitted chunks alone."""
    import tantivy

    unique = list(dict.fromkeys(words))[:_MAX_QUERY_TERMS]
    boosts = {word: statistics.boost(field, word) for word in unique}
    return [
        tantivy.Query.boost_query(clause, boosts[word])
        for word, clause in zip(unique, term_queries(field, unique), strict=True)
        if boosts[word]
    ]


def term_queries(field: str, words: list[str]) -> list[Any]:
    """A query for each of the words, each once, up to as many as a query may have."""
    return [_term(field, word) for word in list(dict.fromkeys(words))[:_MAX_QUERY_TERMS]]


def _term(field: str, word: str) -> Any:
    import tantivy

    return tantivy.Query.term_query(schema(), field, word, "freq")


def _all_of(clauses: list[Any]) -> Any:
    import tantivy

    return tantivy.Query.boolean_query([(tantivy.Occur.Must, clause) for clause in clauses])


def _boosted(clause: Any, boost: float) -> Any:
    import tantivy

    return tantivy.Query.boost_query(clause, boost)
