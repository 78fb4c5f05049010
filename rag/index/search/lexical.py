"""The lexical half of the index: tantivy, BM25 over the words of each chunk.

Every chunk is indexed twice: its words as they stand but for accents (`exact`: codes, names), and stemmed in
the document's language (`text_en`, `text_de`, …). Words with accents stand in `accented` too, and what may be
a compound in `backward`. A filter is a set of terms in the same query.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from rag.errors import IndexDamagedError
from rag.index.filter import Filter
from rag.index.search import derived
from rag.index.search.analysis import (
    STEMMERS,
    accented_words,
    analyzer,
    language_of,
    plain_words,
    stems,
)
from rag.index.search.compounds import LINKS, SHORTEST_COMPOUND, IndexVocabulary, compounds, parts
from rag.index.search.lexical_schema import filter_queries, schema
from rag.index.search.statistics import ROUNDED_TO, Statistics, stored_chunks
from rag.index.search.vectors import NOTHING, Candidates
from rag.language.search_text import prepare_for_search

NAME = "lexical"
LAYOUT = 4
EXACT_BOOST = 0.5
ACCENTED_BOOST = 0.2
"""Enough to put "año" before "ano" where all else is equal."""
MISSPELT_BOOST = 4.0
"""What a chunk gets for a word that is one letter off a word of the query: what a rare word brings."""
_SHORTEST_GUESSED, _MOST_GUESSED = 6, 8
_HEAP_BYTES = 128_000_000
_MAX_QUERY_TERMS = 256
_TIES = 64
_LONG_LIST = 20_000
_COMMON_SHARE = 0.2
_MOST_COMPOUNDS = 16
"""Compounds that a word is looked for in, those in most chunks first: each is a list of chunks to read."""
_KEPT_GROUPS = 64
"""As many groups of askers as the snapshot keeps masks for."""


@dataclass(frozen=True, slots=True)
class LexicalRow:
    """A chunk as the lexical half sees it."""

    chunk_id: int
    document_id: int
    text: str
    uri: str
    media_type: str
    language: str
    tags: Sequence[str]
    readers: Sequence[str]
    modified_at: float | None


def _register(index: Any) -> Any:
    index.register_tokenizer("exact", analyzer(None))
    for language in STEMMERS:
        index.register_tokenizer(f"text_{language}", analyzer(language))
    return index


def build(
    data_dir: Path,
    origin: derived.Origin,
    base: derived.Derived | None,
    deleted: Iterable[int],
    added: Iterable[LexicalRow],
) -> derived.Derived:
    """Write the structure of `origin`: that of `base` (None: empty) less documents, plus rows.

    The files of `base` are shared, not copied: tantivy never changes a file that it has written.
    """
    import tantivy

    with derived.work_folder(data_dir, NAME) as work:
        if base is not None:
            _share_files(base, work)
        languages = set(base.stamp.details["languages"]) if base else set()
        with derived.library_errors(work, ValueError):
            index = _register(tantivy.Index(schema(), str(work)))
            writer = index.writer(_HEAP_BYTES, 1)
            if ids := list(deleted):
                # Not delete_documents_by_term: of an unsigned field it deletes nothing, without a word.
                writer.delete_documents_by_query(
                    tantivy.Query.term_set_query(schema(), "document_id", ids)
                )
            for row in added:
                languages.add(language_of(row.language))
                writer.add_document(_document(row))
            writer.commit()
            writer.wait_merging_threads()
            index.reload()
            rows = index.searcher().num_docs
        for lock in work.glob(".tantivy-*.lock"):
            lock.unlink()
        known = base.stamp.files if base else {}
        files = {f.name: known.get(f.name) or derived.sha256(f) for f in _segment_files(work)}
        files |= {f.name: derived.sha256(f) for f in work.glob("*.json")}
        details = {"languages": sorted(languages)}
        return derived.publish(
            work, data_dir, NAME, derived.Stamp(LAYOUT, origin, rows, files, details)
        )


def _segment_files(folder: Path) -> list[Path]:
    return sorted(f for f in folder.iterdir() if f.suffix != ".json")


def _share_files(base: derived.Derived, work: Path) -> None:
    for name in base.stamp.files:
        try:
            if name.endswith(".json"):  # the two files that tantivy replaces
                raise OSError
            os.link(base.path / name, work / name)
        except OSError:  # also: a file system without hard links
            shutil.copyfile(base.path / name, work / name)


def _document(row: LexicalRow) -> Any:
    import tantivy

    parents = PurePosixPath(row.uri).parents
    language, text = language_of(row.language), prepare_for_search(row.text)
    fields: dict[str, Any] = {
        "chunk_id": row.chunk_id,
        "document_id": row.document_id,
        "folder": [str(parent) for parent in parents],
        "tag": list(row.tags),
        "reader": list(row.readers),
        "media_type": row.media_type,
        "exact": prepare_for_search(row.text, single=True),
        f"text_{language}": text,
    }
    if accented := accented_words(row.text):
        fields["accented"] = " ".join(accented)
    if language in LINKS:
        long = {word for word in analyzer(language).analyze(text) if len(word) >= SHORTEST_COMPOUND}
        fields["backward"] = " ".join(word[::-1] for word in long)
    if row.modified_at is not None:
        fields["modified_at"] = float(row.modified_at)
    return tantivy.Document.from_dict(fields, schema())


class LexicalIndex:
    """A published lexical structure, open for search; immutable and safe to share between threads."""

    def __init__(self, source: derived.Derived) -> None:
        """Open `source`. Raises IndexDamagedError if it does not hold what its stamp says."""
        import tantivy

        self.source = source
        try:
            folder = source.path if os.access(source.path, os.W_OK) else self._mirror()
            self._index = _register(tantivy.Index.open(str(folder)))
            self._searcher = self._index.searcher()
        except (ValueError, OSError) as exc:
            raise IndexDamagedError(
                f"{source.path} cannot be opened: {exc}.", hint=derived.MEND
            ) from exc
        if self._searcher.num_docs != source.stamp.rows:
            raise IndexDamagedError(
                f"{source.path} holds {self._searcher.num_docs} rows, not {source.stamp.rows}.",
                hint=derived.MEND,
            )
        self._languages: list[str] = source.stamp.details["languages"]
        self._stored_chunks = stored_chunks(source.path)
        self._known_statistics: dict[Filter, Statistics] = {}
        self._lock = threading.Lock()

    def _mirror(self) -> Path:
        """A folder of links to the files, which goes with this object.

        For a folder that is read-only: tantivy wants to make a lock file even where it only reads.
        """
        folder = Path(tempfile.mkdtemp(prefix="inhouse-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        for name in self.source.stamp.files:
            (folder / name).symlink_to((self.source.path / name).absolute())
        return folder

    @property
    def languages(self) -> tuple[str, ...]:
        """Whose stemmers its documents need."""
        return tuple(self._languages)

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def search(self, query: str, k: int, filter: Filter) -> Candidates:
        """The k best permitted chunks for the words of `query`, by BM25; ties by id.

        The query is plain text: nothing in it is an operator. Where more than _TIES chunks tie at the
        end, which of them are among the k is tantivy's choice.
        """
        import tantivy

        access = filter.access()
        statistics = self._statistics(access)
        words = self._words(query, access, statistics)
        if words is None or k == 0 or len(self) == 0:
            return NOTHING
        must, conditions = tantivy.Occur.Must, filter_queries(filter)
        if conditions:
            permitted_words = [(must, words), *((must, condition) for condition in conditions)]
            words = tantivy.Query.boolean_query(permitted_words)
        hits = self._searcher.search(words, limit=min(k + _TIES, len(self)), count=False).hits
        ids = self._searcher.fast_field_values("chunk_id", [address for _, address in hits])
        chunk_ids = np.asarray(ids, np.int64)
        scores = np.asarray([score for score, _ in hits], np.float32)
        if not access.is_empty:  # a boost cancels out but for the last bits
            scores = scores.round(ROUNDED_TO)
        order = np.lexsort((chunk_ids, -scores))[:k]
        return Candidates(chunk_ids[order], scores[order])

    def documents_with_words(self, words: Iterable[str], filter: Filter) -> frozenset[int]:
        """Ids of the permitted documents that hold each of these words in one of their chunks.

        `words` are terms of the field `exact`, as `plain_words` makes them; none: no document.
        """
        clauses = _terms("exact", list(words))
        return self._documents_with_all(clauses, filter) if clauses else frozenset()

    def documents_with_stem(self, word: str, filter: Filter) -> frozenset[int]:
        """Ids of the permitted documents that hold a form of the word, by its stem in their language."""
        documents: frozenset[int] = frozenset()
        for language in self._languages:
            clauses = _terms(f"text_{language}", stems(word, language))
            if clauses:
                documents |= self._documents_with_all(clauses, filter)
        return documents

    def known_words(self, filter: Filter) -> PermittedWords:
        """The words of the chunks that pass what the filter says of access."""
        return PermittedWords(self, self._statistics(filter.access()))

    def _documents_with_all(self, clauses: Iterable[Any], filter: Filter) -> frozenset[int]:
        """Ids of the permitted documents of which, for each clause, a chunk matches."""
        import tantivy

        must, conditions = tantivy.Occur.Must, filter_queries(filter)
        matching_all: frozenset[int] | None = None
        for clause in clauses:
            matching = [(must, condition) for condition in (clause, *conditions)]
            hits = self._searcher.search(
                tantivy.Query.boolean_query(matching), limit=max(1, len(self)), count=False
            ).hits
            addresses = [address for _, address in hits]
            documents = frozenset(self._searcher.fast_field_values("document_id", addresses))
            matching_all = documents if matching_all is None else matching_all & documents
        return matching_all or frozenset()

    def documents_of_chunks(self) -> dict[int, int]:
        """The document id of every chunk."""
        import tantivy

        hits = self._searcher.search(
            tantivy.Query.all_query(), limit=max(1, len(self)), count=False
        ).hits
        places = [address for _, address in hits]
        return dict(
            zip(
                self._searcher.fast_field_values("chunk_id", places),
                self._searcher.fast_field_values("document_id", places),
                strict=True,
            )
        )

    def holds(self, row: LexicalRow) -> bool:
        """Whether the chunk is found, in its document, by its three longest words."""
        import tantivy

        words = sorted(set(plain_words(row.text)), key=lambda w: (-len(w), w))[:3]
        must = tantivy.Occur.Must
        document = tantivy.Query.term_query(schema(), "document_id", row.document_id)
        conditions = [(must, condition) for condition in (document, *_terms("exact", words))]
        hits = self._searcher.search(
            tantivy.Query.boolean_query(conditions), limit=len(self), count=False
        ).hits
        ids = self._searcher.fast_field_values("chunk_id", [address for _, address in hits])
        return row.chunk_id in ids

    def _statistics(self, access: Filter) -> Statistics:
        """The word counts of what passes `access`, kept for the groups of askers that came last."""
        with self._lock:
            if (known := self._known_statistics.pop(access, None)) is None:
                while len(self._known_statistics) >= _KEPT_GROUPS:
                    del self._known_statistics[next(iter(self._known_statistics))]
                known = self._make_statistics(access)
            self._known_statistics[access] = known
        return known

    def _make_statistics(self, access: Filter) -> Statistics:
        import tantivy

        searcher, conditions = self._searcher, filter_queries(access)

        def count(*clauses: Any) -> int:
            every = [(tantivy.Occur.Must, clause) for clause in (*clauses, *conditions)]
            query = tantivy.Query.boolean_query(every) if every else tantivy.Query.all_query()
            return int(searcher.search(query, limit=1, count=True).count)

        def count_having(field: str, word: str) -> int:
            if searcher.doc_freq(field, word) == 0:
                return 0
            return count(tantivy.Query.term_query(schema(), field, word, "basic"))

        if not conditions:  # the library's own counts, and no boost
            stored = self._stored_chunks
            return Statistics(stored, searcher.doc_freq, stored, searcher.doc_freq)
        return Statistics(count(), count_having, self._stored_chunks, searcher.doc_freq)

    def _words(self, query: str, access: Filter, statistics: Statistics) -> Any:
        """Any of the query's words, in any field; None if it has none."""
        import tantivy

        should = tantivy.Occur.Should
        clauses = [
            (should, clause)
            for language in self._languages
            for clause in _weighted(f"text_{language}", stems(query, language), statistics)
        ]
        exact = plain_words(query)
        telling = [word for word in exact if not self._is_common(word, statistics)]
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
            for clause in self._misspelt(exact, statistics)
        ]
        clauses += [
            (should, clause)
            for language in self._languages
            if language in LINKS
            for clause in self._compounds(
                query, self._vocabulary(language, access, statistics), statistics
            )
        ]
        return tantivy.Query.boolean_query(clauses) if clauses else None

    def _compounds(
        self, query: str, vocabulary: IndexVocabulary, statistics: Statistics
    ) -> list[Any]:
        """The parts of the query's compounds, and the compounds that its words are parts of."""
        field = f"text_{vocabulary.language}"
        words = {word: stem for word in plain_words(query) if (stem := vocabulary.stem(word))}
        query_stems = frozenset(words.values())
        clauses = []
        for word, stem in words.items():
            if not word.isalpha():
                continue
            stems_of_parts, share = parts(word, vocabulary)
            weights = {part: share for part in stems_of_parts if part not in query_stems}
            for part, clause in zip(weights, _terms(field, list(weights)), strict=True):
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

    def _vocabulary(self, language: str, access: Filter, statistics: Statistics) -> IndexVocabulary:
        """The words of the permitted chunks in this language."""
        field = f"text_{language}"
        permitted = _all_of(filter_queries(access)) if not access.is_empty else None

        def stem(word: str) -> str:
            return "".join(stems(word, language))

        def terms(field: str, prefix: str) -> list[str]:
            counts = self._searcher.terms_with_prefix(field, prefix, permitted, _MOST_COMPOUNDS)
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

    def _misspelt(self, words: Iterable[str], statistics: Statistics) -> list[Any]:
        """For words that no permitted document has: those one letter off. Codes are not guessed at."""
        import tantivy

        long = (word for word in dict.fromkeys(words) if len(word) >= _SHORTEST_GUESSED)
        unknown = [word for word in long if word.isalpha() and not self.is_known(word, statistics)]
        return [
            tantivy.Query.fuzzy_term_query(schema(), "exact", word, distance=1)
            for word in unknown[:_MOST_GUESSED]
        ]

    def is_known(self, word: str, statistics: Statistics) -> bool:
        """Whether a permitted document has the word, as it is or by its stem in one of the languages."""
        return statistics.count("exact", word) > 0 or any(
            statistics.count(f"text_{language}", stem) > 0
            for language in self._languages
            for stem in stems(word, language)
        )

    def _is_common(self, word: str, statistics: Statistics) -> bool:
        """Whether the word stands in so many chunks that it tells little, and takes long to count."""
        most = max(_LONG_LIST, _COMMON_SHARE * statistics.chunk_count)
        return statistics.chunk_count > most and statistics.count("exact", word) > most


@dataclass(frozen=True, slots=True)
class PermittedWords:
    """The words that somebody may know of, since they may read a chunk that has them."""

    index: LexicalIndex
    statistics: Statistics

    def has_form(self, word: str) -> bool:
        """Whether a chunk has the word, as it is or by its stem in one of the languages."""
        return self.index.is_known(word, self.statistics)

    def count(self, word: str) -> int:
        """How many chunks have the word as it is."""
        return self.statistics.count("exact", word)


def _weighted(field: str, words: list[str], statistics: Statistics) -> list[Any]:
    """A clause for each of the words that a permitted chunk has, weighed by the permitted chunks alone."""
    import tantivy

    unique = list(dict.fromkeys(words))[:_MAX_QUERY_TERMS]
    boosts = {word: statistics.boost(field, word) for word in unique}
    return [
        tantivy.Query.boost_query(clause, boosts[word])
        for word, clause in zip(unique, _terms(field, unique), strict=True)
        if boosts[word]
    ]


def _terms(field: str, words: list[str]) -> list[Any]:
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
