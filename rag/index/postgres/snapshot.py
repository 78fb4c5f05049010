"""One generation of an index in PostgreSQL, open for search.

An index of the server proposes, the catalogue decides: each candidate is joined with its document, under the
filter and in the generation, in the statement that finds it. A fault of an index can cost recall; it can show
nobody what they may not read.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from rag.database_address import DatabaseAddress
from rag.document import LANGCHAIN_METADATA, PUT_METADATA
from rag.errors import EmbeddingError, GenerationGoneError, IndexDamagedError, UsageError
from rag.index.catalog.rows import ChunkRow, ChunkSummary, Generation
from rag.index.filter import Filter
from rag.index.identity import check_embedder
from rag.index.postgres import database, views, words
from rag.index.postgres.database import ReadConnections, Rows
from rag.index.postgres.filters import to_sql
from rag.index.postgres.schema import BM25, SERVER_RUN, VISIBLE, nearest_name
from rag.index.search import vectors
from rag.index.search.analysis import language_of, plain_words, shared_words, stems
from rag.index.search.lexical import PermittedWords
from rag.index.search.lexical_query import MOST_COMPOUNDS, QueryBuilder
from rag.index.search.statistics import Statistics
from rag.index.search.vectors import NOTHING, Candidates, Float32, Int64
from rag.index.snapshot import Count
from rag.index.views.documents import ListedDocument
from rag.index.views.inventory import ChunkPosition, ChunkPositions, DocumentRecord

EXACT_ROWS = 50_000
"""Permitted chunks, at most, that a query is compared with one by one."""
FEW_ROWS = 2_000
"""Permitted chunks, at most, of which every one with a word of the query is scored here."""
_TIES = 8
_MORE_NEAREST = 32
_SAME_SCORE = 1e-6
"""pgvector adds up in its own order: equal vectors may differ by this much."""
_CANDIDATES_PER_RESULT, _MORE_CANDIDATES = 3, 200
_NEAREST = (
    "hnsw.ef_search = 400",
    "hnsw.iterative_scan = strict_order",
    "hnsw.max_scan_tuples = 200000",
)
_BY_INDEX = ("enable_sort = off", "enable_hashjoin = off", "enable_mergejoin = off", "jit = off")
"""The order is to come from the index; the planner would often rather sort everything."""
_EXACT = ("jit = off",)
_BY_WORDS = ("jit = off", "enable_seqscan = off")
"""By the index over words: to read every chunk's set of words takes longer than the planner thinks."""
_KEPT_FILTERS = 64
_KEPT_BEGINNINGS = 4096

Value = TypeVar("Value")


class PostgresSnapshot:
    """Generation g of an index in PostgreSQL: it answers for exactly that state, while the index keeps it.

    Safe to share between threads.
    """

    def __init__(
        self,
        connections: ReadConnections,
        generation: Generation,
        identity: dict[str, Any],
        index_id: str,
    ) -> None:
        """`index_id` tells this index from every other one."""
        self.generation = generation
        self.embedder = identity
        self.index_id = index_id
        self._connections = connections
        self._lock = threading.Lock()
        self._counts: dict[Filter, Count] = {}
        self._statistics: dict[Filter, Statistics] = {}
        self._beginnings: dict[int, str] = {}
        self._has_nearest = bool(
            connections.query(
                "SELECT 1 FROM pg_index i WHERE i.indexrelid = to_regclass(%(name)s) AND i.indisvalid",
                {"name": nearest_name(generation.embedder_id)},
            )
        )
        self.languages, self._means = self._read_lengths()

    @property
    def address(self) -> DatabaseAddress:
        """Where it is kept."""
        return self._connections.address

    def check_embedder(self, identity: Mapping[str, Any]) -> None:
        """Raise EmbedderMismatchError unless this embedder made the generation's vectors."""
        check_embedder(self.address, self.embedder, identity)

    # Reading

    def query(
        self, statement: str, settings: Sequence[str] = (), **parameters: Any
    ) -> list[tuple[Any, ...]]:
        """All rows of a statement about this generation, which is %(g)s in it.

        Raises GenerationGoneError if the generation was let go of meanwhile.
        """
        rows = self._connections.query(statement, {"g": self.generation.id, **parameters}, settings)
        # Afterwards: if it is kept now, it was when the rows were read.
        kept = self._connections.query(
            "SELECT 1 FROM generations WHERE id = %(g)s AND token = %(token)s",
            {"g": self.generation.id, "token": self.generation.token},
        )
        if not kept:
            raise GenerationGoneError(
                f"Generation {self.generation.id} of the index was let go of while it was being searched.",
                hint="Ask again; keep more generations with index.keep_generations and index.keep_days.",
            )
        return rows

    def _read_lengths(self) -> tuple[tuple[str, ...], dict[str, float]]:
        """The languages whose stemmers are needed, and how many terms a chunk has, by the field's letters."""
        rows = self.query(
            "SELECT d.language, sum(d.plain_count)::bigint, sum(d.stem_count)::bigint, "
            f"sum(d.accented_count)::bigint FROM documents d WHERE {VISIBLE} GROUP BY 1"
        )
        chunks = max(1, self.generation.chunks)
        means = {"x": 0.0, "q": 0.0}
        for code, plain, stemmed, accented in rows:
            language = language_of(code)
            means["x"] += plain / chunks
            means["q"] += accented / chunks
            means[language] = means.get(language, 0.0) + stemmed / chunks
        return tuple(sorted(means.keys() - {"x", "q"})), means

    # The nearest vectors

    def dense(self, query: Float32, k: int, filter: Filter) -> Candidates:
        """The k permitted chunks nearest to the query: (dimension,) float32, L2-normalised.

        Raises EmbeddingError for what is no such vector.
        """
        _check_k(k)
        query = np.ascontiguousarray(query, np.float32)
        dimension = int(self.embedder["dimension"])
        if query.shape != (dimension,):
            raise EmbeddingError(
                f"The query's vector has the shape {query.shape}, not {(dimension,)}.",
                hint="Look at the embedder that made it: inhouse doctor",
            )
        if not np.isfinite(query).all():
            raise EmbeddingError(
                "The query's vector has a value that is not finite.",
                hint="Look at the embedder that made it: inhouse doctor",
            )
        permitted = self.count(filter).chunks
        k = min(k, permitted)
        if k == 0:
            return NOTHING
        rows: list[tuple[Any, ...]] = []
        if permitted > EXACT_ROWS and self._has_nearest:
            # Half precision exchanges neighbours in rank, seldom what stands further apart.
            rows = self._nearest(query, k + k // 4 + _MORE_NEAREST, filter)
        if len(rows) < k:  # the graph did not lead to enough permitted ones
            rows = self._compare(query, k, permitted, filter)
        ids = np.fromiter((row[0] for row in rows), np.int64)
        stored = np.stack([database.from_halfvec(row[2]) for row in rows])
        return vectors.rank(ids, stored, query, k)

    def _compare(
        self, query: Float32, k: int, permitted: int, filter: Filter
    ) -> list[tuple[Any, ...]]:
        """At least the k nearest, with everything that ties with the last of them; every one is compared."""
        condition, parameters = to_sql(filter)
        limit = k + _TIES
        while True:
            rows = self.query(
                "SELECT c.id, v.vector::public.vector OPERATOR(public.<#>) %(q)s::public.vector AS distance, "
                "v.vector "
                "FROM documents d JOIN chunks c ON c.document_id = d.id "
                "JOIN vectors v ON v.embedder_id = %(e)s AND v.key = c.key "
                f"WHERE {VISIBLE} AND {condition} ORDER BY distance, c.id LIMIT %(limit)s",
                _EXACT,
                q=database.to_vector(query), e=self.generation.embedder_id, limit=limit, **parameters,
            )  # fmt: skip
            if len(rows) < k:
                raise self._vectors_missing()
            if limit >= permitted or rows[-1][1] - rows[k - 1][1] > _SAME_SCORE:
                return rows
            limit *= 4

    def _vectors_missing(self) -> IndexDamagedError:
        return IndexDamagedError(
            f"The index in {self.address} has passages without a vector.",
            hint="Count them with: inhouse verify; then restore the database, or ingest into an empty one.",
        )

    def _nearest(self, query: Float32, limit: int, filter: Filter) -> list[tuple[Any, ...]]:
        """The nearest by HNSW, which goes on until enough permitted ones are found."""
        condition, parameters = to_sql(filter)
        embedder = self.generation.embedder_id
        cast = f"public.halfvec({int(self.embedder['dimension'])})"
        return self.query(
            f"SELECT c.id, v.vector::{cast} OPERATOR(public.<#>) %(q)s::{cast} AS distance, v.vector "
            "FROM vectors v JOIN chunks c ON c.key = v.key JOIN documents d ON d.id = c.document_id "
            f"WHERE v.embedder_id = {embedder} AND {VISIBLE} AND {condition} "
            "ORDER BY distance LIMIT %(limit)s",
            (*_NEAREST, *_BY_INDEX),
            q=database.to_halfvec(query), limit=limit, **parameters,
        )  # fmt: skip

    # Words

    def lexical(self, query: str, k: int, filter: Filter) -> Candidates:
        """The k permitted chunks that share most with the words of the query.

        The query is plain text: nothing in it is an operator.
        """
        _check_k(k)
        permitted = self.count(filter).chunks
        if k == 0 or permitted == 0:
            return NOTHING
        access = filter.access()
        statistics = self._statistics_of(access)
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
        elif proposes_by_bm25(self.query):
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
        if limit < self.count(filter).chunks:
            parameters |= {f"t{n}": words.any_of([term]) for n, term in enumerate(terms)}
            weight = " + ".join(
                f"CASE WHEN c.words @@ %(t{n})s::tsquery THEN {weighed.weight_of(term):.6f} ELSE 0 END"
                for n, term in enumerate(terms)
            )
            order = f"{weight} DESC, c.id"
        return self.query(
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
        return self.query(
            "SELECT c.id, c.terms, c.plain_count, c.stem_count, c.accented_count "
            "FROM proposals p JOIN chunks c ON c.id = p.chunk_id "
            "JOIN documents d ON d.id = c.document_id "
            f"WHERE {VISIBLE} AND {condition} "
            "ORDER BY p.terms OPERATOR(public.<@>) public.to_bm25query(%(terms)s, 'proposals_terms') "
            "LIMIT %(limit)s",
            _BY_INDEX,
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
        rows = self.query(
            f"SELECT d.id FROM documents d WHERE {VISIBLE} AND {condition} AND {having}",
            **{f"w{n}": query for n, query in enumerate(queries)},
            **parameters,
        )
        return frozenset(document_id for (document_id,) in rows)

    def known_words(self, filter: Filter) -> PermittedWords:
        """The words of the documents that an asker with this filter may read."""
        return PermittedWords(self.languages, self._statistics_of(filter.access()))

    def shared_words(self, query: str, text: str) -> tuple[str, ...]:
        """The words of the query for which the lexical half finds this text."""
        return shared_words(query, text, self.languages)

    def _statistics_of(self, access: Filter) -> Statistics:
        """The word counts of what passes `access`, kept for the groups of askers that came last."""

        def make() -> Statistics:
            total = self.count(access).chunks

            def count(field: str, word: str) -> int:
                term = words.to_term(field, word)
                return self._count_terms([term], access).get(term, 0)

            # With the same counts on both sides no word is boosted: `words.weigh` has the permitted ones.
            return Statistics(
                total, count, total, lambda field, word: statistics.count(field, word)
            )

        statistics = self._keep(self._statistics, access, make)
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
        rows = self.query(
            "SELECT term, chunks FROM vocabulary WHERE term = ANY (%(terms)s::text[]) AND chunks > 0",
            terms=list(terms),
        )
        counts: dict[str, int] = dict(rows)
        if access.is_empty or not counts:
            return counts
        condition, parameters = to_sql(access)
        rows = self.query(
            "SELECT term, (SELECT count(*) FROM chunks c JOIN documents d ON d.id = c.document_id "
            f"WHERE c.words @@ query::tsquery AND {VISIBLE} AND {condition}) "
            "FROM unnest(%(terms)s::text[], %(queries)s::text[]) AS counted(term, query)",
            _BY_WORDS,
            terms=list(counts), queries=[words.any_of([term]) for term in counts], **parameters,
        )  # fmt: skip
        return {term: count for term, count in rows if count}

    def _terms_beginning(self, statistics: Statistics, field: str, prefix: str) -> Iterator[str]:
        letters = words.to_term(field, "")
        rows = self.query(
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
        rows = self.query(
            "SELECT term FROM vocabulary WHERE chunks > 0 AND length(term) BETWEEN %(low)s AND %(high)s "
            'AND (term ^@ %(first)s OR (reverse(term) COLLATE "C" ^@ %(last)s AND term ^@ %(letters)s))',
            low=len(letters) + len(word) - 1, high=len(letters) + len(word) + 1,
            first=letters + first, last=last[::-1], letters=letters,
        )  # fmt: skip
        return frozenset(
            term for (term,) in rows if words.is_one_off(term.removeprefix(letters), word)
        )

    # Counts

    def count(self, filter: Filter) -> Count:
        """How many documents and chunks pass the filter."""
        if filter.is_empty:
            return Count(self.generation.documents, self.generation.chunks)

        def read() -> Count:
            condition, parameters = to_sql(filter)
            rows = self.query(
                "SELECT count(*), coalesce(sum(d.chunk_count), 0)::bigint FROM documents d "
                f"WHERE {VISIBLE} AND {condition}",
                **parameters,
            )
            return Count(*rows[0])

        return self._keep(self._counts, filter, read)

    def _keep(self, kept: dict[Filter, Value], filter: Filter, make: Callable[[], Value]) -> Value:
        """The value for a filter, made once while it is among those that were used last."""
        with self._lock:
            if filter in kept:
                kept[filter] = kept.pop(filter)
                return kept[filter]
        value = make()
        with self._lock:
            kept[filter] = value
            while len(kept) > _KEPT_FILTERS:
                del kept[next(iter(kept))]
        return value

    # Chunks and documents, by id

    def chunks(self, chunk_ids: Iterable[int]) -> dict[int, ChunkRow]:
        """The rows of these chunks; those that the generation does not show are missing."""
        rows = self.query(
            "SELECT c.id, d.id, c.ordinal, d.uri, d.title, c.first, c.past, c.page, c.section, c.text, "
            "c.boxes FROM chunks c JOIN documents d ON d.id = c.document_id "
            f"WHERE {VISIBLE} AND c.id = ANY (%(ids)s)",
            ids=_ids(chunk_ids),
        )
        return {
            row[0]: ChunkRow(
                row[0],
                row[1],
                row[2],
                row[3],
                row[4],
                row[5],
                row[6],
                row[7],
                tuple(row[8]),
                row[9],
                row[10],
            )
            for row in rows
        }

    def neighbours(
        self, chunk_ids: Iterable[int], reach: int
    ) -> dict[tuple[int, int], ChunkSummary]:
        """These chunks and those up to `reach` places around them, by (document id, place)."""
        rows = self.query(
            "SELECT DISTINCT n.id, n.document_id, n.ordinal, n.page, n.first, n.past, d.language "
            "FROM chunks c JOIN documents d ON d.id = c.document_id "
            "JOIN chunks n ON n.document_id = c.document_id "
            "AND n.ordinal BETWEEN c.ordinal - %(reach)s AND c.ordinal + %(reach)s "
            f"WHERE {VISIBLE} AND c.id = ANY (%(ids)s)",
            ids=_ids(chunk_ids),
            reach=reach,
        )
        return {(row[1], row[2]): ChunkSummary._make(row) for row in rows}

    def names(self, document_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
        """Uri and title of these documents."""
        rows = self.query(
            "SELECT d.id, d.uri, d.title FROM documents d WHERE d.id = ANY (%(ids)s)",
            ids=_ids(document_ids),
        )
        return {document_id: (uri, title) for document_id, uri, title in rows}

    def find(self, uris: Iterable[str]) -> dict[tuple[str, int], int]:
        """Chunk ids of the documents with these uris, by (uri, place in the document)."""
        rows = self.query(
            "SELECT d.uri, c.ordinal, c.id FROM documents d JOIN chunks c ON c.document_id = d.id "
            f"WHERE d.uri = ANY (%(uris)s::text[]) AND {VISIBLE}",
            uris=list(uris),
        )
        return {(uri, ordinal): chunk_id for uri, ordinal, chunk_id in rows}

    def metadata(self, document_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
        """What is said of these documents."""
        rows = self.query(
            "SELECT d.id, d.metadata FROM documents d WHERE d.id = ANY (%(ids)s)",
            ids=_ids(document_ids),
        )
        return dict(rows)

    def given_metadata(self, document_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
        """What whoever put these documents said of them; others are missing from the result."""
        rows = self.query(
            f"SELECT d.id, coalesce(d.metadata->'{PUT_METADATA}', d.metadata->'{LANGCHAIN_METADATA}') "
            "FROM documents d WHERE d.id = ANY (%(ids)s)",
            ids=_ids(document_ids),
        )
        return {document_id: given for document_id, given in rows if given is not None}

    def beginnings(self, document_ids: Iterable[int]) -> dict[int, str]:
        """How the texts of these documents begin. Read once: a generation's documents stay."""
        requested, known = set(document_ids), self._beginnings
        texts = {document: known[document] for document in requested & known.keys()}
        if missing := requested - texts.keys():
            rows = self.query(
                "SELECT document_id, string_agg(text, chr(10) ORDER BY ordinal) FROM chunks "
                "WHERE document_id = ANY (%(ids)s) AND ordinal < 2 GROUP BY document_id",
                ids=_ids(missing),
            )
            texts |= dict.fromkeys(missing, "") | dict(rows)
            self._beginnings = texts if len(known) > _KEPT_BEGINNINGS else known | texts
        return texts

    def stored_vectors(self, chunk_ids: Sequence[int]) -> Float32:
        """The vectors of these chunks, in their order: (n, dimension) float32."""
        if not chunk_ids:
            return np.empty((0, 0), np.float32)
        stored = dict(
            self.query(
                "SELECT c.id, v.vector FROM chunks c JOIN vectors v ON v.embedder_id = %(e)s "
                "AND v.key = c.key WHERE c.id = ANY (%(ids)s)",
                e=self.generation.embedder_id,
                ids=_ids(chunk_ids),
            )
        )
        if not stored.keys() >= set(chunk_ids):
            raise self._vectors_missing()
        return np.stack([database.from_halfvec(stored[chunk_id]) for chunk_id in chunk_ids])

    def slice(self, document_id: int, start: int, end: int) -> str:
        """Characters `start` to `end` of a document."""
        rows = self.query(
            "SELECT substr(t.text, %(start)s, %(size)s) FROM documents d JOIN texts t ON t.id = d.text_id "
            "WHERE d.id = %(id)s",
            id=document_id,
            start=start + 1,
            size=max(0, end - start),
        )
        return str(rows[0][0])

    def document_ids(self, filter: Filter | None = None) -> Int64:
        """Ids of the documents that pass the filter, ascending."""
        condition, parameters = to_sql(filter or Filter())
        rows = self.query(
            f"SELECT d.id FROM documents d WHERE {VISIBLE} AND {condition} ORDER BY d.id",
            **parameters,
        )
        return np.fromiter((row[0] for row in rows), np.int64)

    def chunk_texts(self, document_id: int) -> dict[int, str]:
        """The text of each chunk of a document, by chunk id, in order."""
        rows = self.query(
            "SELECT id, text FROM chunks WHERE document_id = %(id)s ORDER BY ordinal",
            id=document_id,
        )
        return dict(rows)

    def text(self, document_id: int) -> str:
        """The whole text of a document."""
        return dict(self.read_texts([document_id]))[document_id]

    # Views

    def file_list(self, filter: Filter) -> views.PostgresFileList:
        """The documents and the ledger, to be listed for whoever has this filter."""
        return views.PostgresFileList(self, filter)

    def document_view(self, filter: Filter) -> views.PostgresDocumentView:
        """The documents, to be opened by whoever has this filter."""
        return views.PostgresDocumentView(self, filter)

    def list_documents(self) -> list[ListedDocument]:
        """Every document, whoever may read it, in order of URI."""
        rows = self.query(
            "SELECT d.id, d.uri, d.title, d.language FROM documents d "
            f"WHERE {VISIBLE} ORDER BY d.uri"
        )
        return [ListedDocument(*row) for row in rows]

    def list_records(self, filter: Filter) -> list[DocumentRecord]:
        """The documents that pass the filter, with their labels, in order of URI."""
        condition, parameters = to_sql(filter)
        rows = self.query(
            "SELECT d.id, d.uri, d.root, d.title, d.media_type, d.language, d.modified_at, d.tags, "
            f"NOT '*' = ANY (d.readers) FROM documents d WHERE {VISIBLE} AND {condition} ORDER BY d.uri",
            **parameters,
        )
        return [
            DocumentRecord(
                row[0], row[1], row[2], row[3], row[4], row[5], row[6], tuple(row[7]), row[8]
            )
            for row in rows
        ]

    def find_present(self, uris: Iterable[str], filter: Filter) -> frozenset[str]:
        """Those of these documents that are there and pass the filter."""
        condition, parameters = to_sql(filter)
        rows = self.query(
            f"SELECT d.uri FROM documents d WHERE d.uri = ANY (%(uris)s::text[]) AND {VISIBLE} "
            f"AND {condition}",
            uris=list(uris),
            **parameters,
        )
        return frozenset(uri for (uri,) in rows)

    def read_texts(self, document_ids: Iterable[int]) -> Iterator[tuple[int, str]]:
        """Id and whole text of these documents, one after the other, in the order of their ids."""
        for document_id in sorted(document_ids):
            rows = self.query(
                "SELECT d.id, t.text FROM documents d JOIN texts t ON t.id = d.text_id "
                "WHERE d.id = %(id)s",
                id=document_id,
            )
            yield from ((row[0], row[1]) for row in rows)

    def read_positions(self, document_id: int) -> ChunkPositions:
        """Where the chunks of a document stand, in order."""
        rows = self.query(
            "SELECT first, past, page, section FROM chunks WHERE document_id = %(id)s ORDER BY ordinal",
            id=document_id,
        )
        return ChunkPositions(
            ChunkPosition(start, end, page, tuple(section)) for start, end, page, section in rows
        )

    def page_at(self, document_id: int, position: int) -> int | None:
        """The 1-based page on which a character of a document stands; None where it has no pages."""
        rows = self.query(
            "SELECT page FROM chunks WHERE document_id = %(id)s AND first <= %(at)s "
            "ORDER BY first DESC LIMIT 1",
            id=document_id,
            at=position,
        )
        return rows[0][0] if rows else None


def proposes_by_bm25(query: Callable[[str], Rows]) -> bool:
    """Whether the server's BM25 can be trusted, which a crash is not good for; see `SERVER_RUN`."""
    statement = f"SELECT 1 FROM manifest WHERE key = '{BM25}' AND value = to_jsonb({SERVER_RUN})"
    return bool(query(statement))


def _ids(ids: Iterable[int]) -> list[int]:
    return [int(number) for number in ids]


def _check_k(k: int) -> None:
    if k < 0:
        raise UsageError(f"k is {k}; it cannot be less than 0.", hint="Ask for one result or more.")
