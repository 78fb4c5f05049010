"""The passages of a generation in PostgreSQL that share words with a query."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from rag.index.filter import Filter
from rag.index.postgres import words
from rag.index.postgres.database import BY_INDEX, Rows
from rag.index.postgres.filters import to_sql
from rag.index.postgres.generation_rows import GenerationRows, KeptValues
from rag.index.postgres.schema import BM25, SERVER_RUN, VISIBLE
from rag.index.search.analysis import language_of, plain_words, stems
from rag.index.search.lexical_query import MOST_COMPOUNDS, QueryBuilder
from rag.index.search.statistics import Statistics
from rag.index.search.vectors import NOTHING, Candidates
from rag.index.snapshot import check_k

FEW_ROWS = 2_000
"""Permitted chunks, at most, of which every one with a word of the query is scored here."""
_CANDIDATES_PER_RESULT, _MORE_CANDIDATES = 3, 200
_BY_WORDS = ("jit = off", "enable_seqscan = off")
"""By the index over words: to read every chunk's set of words takes longer than the planner thinks."""


class WordSearch:
    """An index over words, or BM25, proposes passages; `rag.index.postgres.words` computes their scores."""

    def __init__(self, rows: GenerationRows) -> None:
        self._rows = rows
        self.languages, self._means = self._read_lengths()
        self._statistics: KeptValues[Statistics] = KeptValues()

    def _read_lengths(self) -> tuple[tuple[str, ...], dict[str, float]]:
        """The languages whose stemmers are needed, and how many terms a chunk has, by the field's letters."""
        rows = self._rows.query(
            "SELECT d.language, sum(d.plain_count)::bigint, sum(d.stem_count)::bigint, "
            f"sum(d.accented_count)::bigint FROM documents d WHERE {VISIBLE} GROUP BY 1"
        )
        chunks = max(1, self._rows.generation.chunks)
        means = {"x": 0.0, "q": 0.0}
        for code, plain, stemmed, accented in rows:
            language = language_of(code)
            means["x"] += plain / chunks
            means["q"] += accented / chunks
            means[language] = means.get(language, 0.0) + stemmed / chunks
        return tuple(sorted(means.keys() - {"x", "q"})), means

    def lexical(self, query: str, k: int, filter: Filter) -> Candidates:
        """The k permitted chunks that share most with the words of the query.

        The query is plain text: nothing in it is an operator.
        """
        check_k(k)
        permitted = self._rows.count(filter).chunks
        if k == 0 or permitted == 0:
            return NOTHING
        access = filter.access()
        statistics = self.statistics_of(access)
        self._look_up(statistics, query, access)
        builder = QueryBuilder(
            self.languages,
            statistics,
            lambda field, prefix: self._terms_beginning(statistics, field, prefix),
        )
        clauses = builder.build(query)
        slips = {c.word: self._one_letter_off(c.word) for c in clauses if c.is_misspelt}
        weighed = words.weigh(clauses, statistics, slips)
        if not weighed.terms:
            return NOTHING
        limit = _CANDIDATES_PER_RESULT * k + _MORE_CANDIDATES
        if permitted <= max(FEW_ROWS, limit):
            rows = self._with_any(weighed, permitted, filter)
        elif proposes_by_bm25(self._rows.query):
            rows = self._proposed(weighed, limit, filter)
        else:
            rows = self._with_any(weighed, limit, filter)
        return words.rank(rows, weighed, self._means, k)

    def _with_any(
        self, weighed: words.Weighed, limit: int, filter: Filter
    ) -> list[tuple[Any, ...]]:
        """The permitted chunks with any of the terms; if they are many, those whose terms weigh most."""
        condition, parameters = to_sql(filter)
        terms, order = weighed.terms, "c.id"
        if limit < self._rows.count(filter).chunks:
            parameters |= {f"t{n}": words.any_of([term]) for n, term in enumerate(terms)}
            weight = " + ".join(
                f"CASE WHEN c.words @@ %(t{n})s::tsquery THEN {weighed.weight_of(term):.6f} ELSE 0 END"
                for n, term in enumerate(terms)
            )
            order = f"{weight} DESC, c.id"
        return self._rows.query(
            "SELECT c.id, c.terms, c.plain_count, c.stem_count, c.accented_count "
            "FROM documents d JOIN chunks c ON c.document_id = d.id "
            f"WHERE {VISIBLE} AND {condition} AND c.words @@ %(any)s::tsquery "
            f"ORDER BY {order} LIMIT %(limit)s",
            _BY_WORDS,
            any=words.any_of(terms), limit=limit, **parameters,
        )  # fmt: skip

    def _proposed(
        self, weighed: words.Weighed, limit: int, filter: Filter
    ) -> list[tuple[Any, ...]]:
        """The permitted chunks that the server's BM25 puts first."""
        condition, parameters = to_sql(filter)
        return self._rows.query(
            "SELECT c.id, c.terms, c.plain_count, c.stem_count, c.accented_count "
            "FROM proposals p JOIN chunks c ON c.id = p.chunk_id "
            "JOIN documents d ON d.id = c.document_id "
            f"WHERE {VISIBLE} AND {condition} "
            "ORDER BY p.terms OPERATOR(public.<@>) public.to_bm25query(%(terms)s, 'proposals_terms') "
            "LIMIT %(limit)s",
            BY_INDEX,
            terms=" ".join(weighed.terms), limit=limit, **parameters,
        )  # fmt: skip

    def documents_with_words(self, words_: Iterable[str], filter: Filter) -> frozenset[int]:
        """Ids of the permitted documents that hold each of these words in one of their chunks."""
        terms = [words.to_term("exact", word) for word in dict.fromkeys(words_)]
        return self._documents_with_all([words.any_of([term]) for term in terms], filter)

    def documents_with_stem(self, word: str, filter: Filter) -> frozenset[int]:
        """Ids of the permitted documents that hold a form of the word, by its stem in their language."""
        documents: frozenset[int] = frozenset()
        for language in self.languages:
            terms = [words.to_term(f"text_{language}", stem) for stem in stems(word, language)]
            documents |= self._documents_with_all([words.any_of([term]) for term in terms], filter)
        return documents

    def _documents_with_all(self, queries: Sequence[str], filter: Filter) -> frozenset[int]:
        if not queries:
            return frozenset()
        condition, parameters = to_sql(filter)
        having = " AND ".join(
            f"d.id IN (SELECT document_id FROM chunks WHERE words @@ %(w{n})s::tsquery)"
            for n in range(len(queries))
        )
        rows = self._rows.query(
            f"SELECT d.id FROM documents d WHERE {VISIBLE} AND {condition} AND {having}",
            **{f"w{n}": query for n, query in enumerate(queries)},
            **parameters,
        )
        return frozenset(document_id for (document_id,) in rows)

    def statistics_of(self, access: Filter) -> Statistics:
        """The word counts of what passes `access`, kept for the groups of askers that came last."""

        def make() -> Statistics:
            total = self._rows.count(access).chunks

            def count(field: str, word: str) -> int:
                term = words.to_term(field, word)
                return self._count_terms([term], access).get(term, 0)

            # With the same counts on both sides no word is boosted: `words.weigh` has the permitted ones.
            return Statistics(
                total, count, total, lambda field, word: statistics.count(field, word)
            )

        statistics = self._statistics.get(access, make)
        return statistics

    def _look_up(self, statistics: Statistics, query: str, access: Filter) -> None:
        """Count the words of a query at once rather than one by one."""
        pairs = [("exact", word) for word in plain_words(query)]
        for language in self.languages:
            pairs += [(f"text_{language}", stem) for stem in stems(query, language)]
        missing = {words.to_term(*pair): pair for pair in pairs if not statistics.knows(*pair)}
        counts = self._count_terms(list(missing), access) if missing else {}
        for term, (field, word) in missing.items():
            statistics.remember(field, word, counts.get(term, 0))

    def _count_terms(self, terms: Sequence[str], access: Filter) -> dict[str, int]:
        """How many permitted chunks have each term; those that none has are missing from the result."""
        rows = self._rows.query(
            "SELECT term, chunks FROM vocabulary WHERE term = ANY (%(terms)s::text[]) AND chunks > 0",
            terms=list(terms),
        )
        counts: dict[str, int] = dict(rows)
        if access.is_empty or not counts:
            return counts
        condition, parameters = to_sql(access)
        rows = self._rows.query(
            "SELECT term, (SELECT count(*) FROM chunks c JOIN documents d ON d.id = c.document_id "
            f"WHERE c.words @@ query::tsquery AND {VISIBLE} AND {condition}) "
            "FROM unnest(%(terms)s::text[], %(queries)s::text[]) AS counted(term, query)",
            _BY_WORDS,
            terms=list(counts), queries=[words.any_of([term]) for term in counts], **parameters,
        )  # fmt: skip
        return {term: count for term, count in rows if count}

    def _terms_beginning(self, statistics: Statistics, field: str, prefix: str) -> Iterator[str]:
        letters = words.to_term(field, "")
        rows = self._rows.query(
            "SELECT term FROM vocabulary WHERE term ^@ %(prefix)s AND chunks > 0 "
            "ORDER BY chunks DESC, term LIMIT %(limit)s",
            prefix=letters + prefix,
            limit=4 * MOST_COMPOUNDS,
        )
        permitted = (term.removeprefix(letters) for (term,) in rows)
        permitted = (word for word in permitted if statistics.count(field, word))
        return (word for word, _ in zip(permitted, range(MOST_COMPOUNDS), strict=False))

    def _one_letter_off(self, word: str) -> frozenset[str]:
        """The terms of words as they stand that are one letter off this one."""
        first, last = words.halves(word)
        letters = words.to_term("exact", "")
        rows = self._rows.query(
            "SELECT term FROM vocabulary WHERE chunks > 0 AND length(term) BETWEEN %(low)s AND %(high)s "
            'AND (term ^@ %(first)s OR (reverse(term) COLLATE "C" ^@ %(last)s AND term ^@ %(letters)s))',
            low=len(letters) + len(word) - 1, high=len(letters) + len(word) + 1,
            first=letters + first, last=last[::-1], letters=letters,
        )  # fmt: skip
        return frozenset(
            term for (term,) in rows if words.is_one_off(term.removeprefix(letters), word)
        )


def proposes_by_bm25(query: Callable[[str], Rows]) -> bool:
    """Whether the server's BM25 can be trusted, which a crash is not good for; see `SERVER_RUN`."""
    statement = f"SELECT 1 FROM manifest WHERE key = '{BM25}' AND value = to_jsonb({SERVER_RUN})"
    return bool(query(statement))
