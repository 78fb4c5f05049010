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
    build_analyzer,
    find_accented_words,
    language_of,
    plain_words,
    stems,
)
from rag.index.search.compounds import LINKS, SHORTEST_COMPOUND
from rag.index.search.lexical_query import MOST_COMPOUNDS, Clause, QueryBuilder, is_known
from rag.index.search.lexical_schema import filter_queries, schema
from rag.index.search.statistics import ROUNDED_TO, Statistics, read_stored_chunks
from rag.index.search.vectors import NOTHING, Candidates
from rag.language.search_text import prepare_for_search

NAME = "lexical"
LAYOUT = 4
_HEAP_BYTES = 128_000_000
_TIES = 64
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
    index.register_tokenizer("exact", build_analyzer(None))
    for language in STEMMERS:
        index.register_tokenizer(f"text_{language}", build_analyzer(language))
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
        with derived.translate_library_errors(work, ValueError):
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
    if accented := find_accented_words(row.text):
        fields["accented"] = " ".join(accented)
    if language in LINKS:
        long = {
            word
            for word in build_analyzer(language).analyze(text)
            if len(word) >= SHORTEST_COMPOUND
        }
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
        self._stored_chunks = read_stored_chunks(source.path)
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
        clauses = self._query_builder(access, statistics).build(query)
        if not clauses or k == 0 or len(self) == 0:
            return NOTHING
        should = tantivy.Occur.Should
        words = tantivy.Query.boolean_query([(should, _to_query(clause)) for clause in clauses])
        must, conditions = tantivy.Occur.Must, filter_queries(filter)
        if conditions:
            permitted_words = [(must, words), *((must, condition) for condition in conditions)]
            words = tantivy.Query.boolean_query(permitted_words)
        hits = self._searcher.search(words, limit=min(k + _TIES, len(self)), count=False).hits
        ids = self._searcher.fast_field_values("chunk_id", [address for _, address in hits])
        chunk_ids = np.asarray(ids, np.int64)
        # A boost cancels out but for the last bits; and rounded, ties are those of an index in PostgreSQL.
        scores = np.asarray([score for score, _ in hits], np.float32).round(ROUNDED_TO)
        order = np.lexsort((chunk_ids, -scores))[:k]
        return Candidates(chunk_ids[order], scores[order])

    def _query_builder(self, access: Filter, statistics: Statistics) -> QueryBuilder:
        import tantivy

        must = tantivy.Occur.Must
        conditions = [(must, condition) for condition in filter_queries(access)]
        permitted = tantivy.Query.boolean_query(conditions) if conditions else None

        def terms_beginning(field: str, prefix: str) -> list[str]:
            counts = self._searcher.terms_with_prefix(field, prefix, permitted, MOST_COMPOUNDS)
            return [term for term, count in counts if count]

        return QueryBuilder(self._languages, statistics, terms_beginning)

    def documents_with_words(self, words: Iterable[str], filter: Filter) -> frozenset[int]:
        """Ids of the permitted documents that hold each of these words in one of their chunks.

        `words` are terms of the field `exact`, as `plain_words` makes them; none: no document.
        """
        clauses = [_term("exact", word) for word in dict.fromkeys(words)]
        return self._documents_with_all(clauses, filter) if clauses else frozenset()

    def documents_with_stem(self, word: str, filter: Filter) -> frozenset[int]:
        """Ids of the permitted documents that hold a form of the word, by its stem in their language."""
        documents: frozenset[int] = frozenset()
        for language in self._languages:
            clauses = [_term(f"text_{language}", stem) for stem in stems(word, language)]
            if clauses:
                documents |= self._documents_with_all(clauses, filter)
        return documents

    def known_words(self, filter: Filter) -> PermittedWords:
        """The words of the chunks that pass what the filter says of access."""
        return PermittedWords(self._languages, self._statistics(filter.access()))

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
        conditions = [
            (must, condition) for condition in (document, *(_term("exact", word) for word in words))
        ]
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


def _to_query(clause: Clause) -> Any:
    import tantivy

    query = (
        tantivy.Query.fuzzy_term_query(schema(), clause.field, clause.word, distance=1)
        if clause.is_misspelt
        else _term(clause.field, clause.word)
    )
    return tantivy.Query.boost_query(query, clause.boost)


def _term(field: str, word: str) -> Any:
    import tantivy

    return tantivy.Query.term_query(schema(), field, word, "freq")


@dataclass(frozen=True, slots=True)
class PermittedWords:
    """The words that somebody may know of, since they may read a chunk that has them."""

    languages: Sequence[str]
    statistics: Statistics

    def has_form(self, word: str) -> bool:
        """Whether a chunk has the word, as it is or by its stem in one of the languages."""
        return is_known(word, self.languages, self.statistics)

    def count(self, word: str) -> int:
        """How many chunks have the word as it is."""
        return self.statistics.count("exact", word)
