"""What an index offers to the rest of the program, whichever engine holds it.

`FolderStore` (SQLite, FAISS and tantivy in a folder) is one such engine. Everything outside `rag.index` is
written against these protocols; `tests/index/contract` holds each engine to the same promises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from types import TracebackType

    from rag.document import Document, Labels
    from rag.index.catalog.ledger import Coverage, FileRecord
    from rag.index.catalog.retention import Retention
    from rag.index.catalog.rows import ChunkRow, ChunkSummary, Generation
    from rag.index.filter import Filter
    from rag.index.maintenance.rollback import Rollback
    from rag.index.maintenance.vacuum import Vacuumed
    from rag.index.maintenance.verify import Verification
    from rag.index.search.lexical import PermittedWords
    from rag.index.search.vectors import Candidates, Float32, Int64
    from rag.index.session import Kind
    from rag.index.snapshot import Count
    from rag.index.views.documents import ListedDocument, StoredDocument
    from rag.index.views.files import Facets, FileQuery, FileRow, ShownChunk
    from rag.index.views.inventory import ChunkPositions, DocumentRecord
    from rag.index.views.next_run import IndexState
    from rag.index.views.overview import Overview


class IndexStore(Protocol):
    """The place where an index is kept: opened for search, for writing, or to be looked after.

    Each method raises IndexMissingError where nothing was ever published, unless it says something else, and
    IndexLockedError if it has to write while another run does.
    """

    @property
    def folder(self) -> Path:
        """The folder of what stands beside the index: calibration, evaluations, notes of runs."""

    def exists(self) -> bool:
        """Whether an index was ever made there, even an empty one."""

    def open_reader(self) -> StoreReader:
        """The index, open for search."""

    def open_writer(
        self,
        embedder: Mapping[str, Any] | None = None,
        *,
        retention: Retention | None = None,
        wait_s: float = 0.0,
        stopped: Callable[[], bool] = lambda: False,
    ) -> StoreWriter:
        """A run with the embedder of this identity; the index is made where there is none.

        None: with the embedder that the index has. Another run is waited for as long as `wait_s` seconds,
        until `stopped` turns true.
        """

    def describe(self) -> str:
        """What keeps the index, in a few words."""

    def read_overview(self) -> Overview:
        """What the index holds."""

    def read_embedder(self) -> dict[str, Any] | None:
        """The identity of the embedder that made the index's vectors; None if there is no index yet."""

    def read_state(self) -> IndexState | None:
        """What the next run will find; None if there is no index yet."""

    def verify(self, *, full: bool = False) -> Verification:
        """Check the index, and build anew what is damaged and can be."""

    def rollback(self, generation: int, *, retention: Retention | None = None) -> Rollback:
        """Publish the state of `generation` again; UsageError if it is not kept any more."""

    def vacuum(self, retention: Retention | None = None) -> Vacuumed:
        """Let go of the generations that are not kept any more, and of what nothing uses."""


class StoreReader(Protocol):
    """Follows an index from generation to generation. Safe to share between threads."""

    @property
    def data_dir(self) -> Path:
        """The folder of what stands beside the index."""

    def snapshot(self) -> Snapshot:
        """The newest published state; the same object until there is a newer one."""


class Snapshot(Protocol):
    """One generation of an index: it answers for exactly that state, while the index keeps it.

    A search sees only what passes its filter. Where the generation was let go of meanwhile, a method raises
    GenerationGoneError. Safe to share between threads.
    """

    @property
    def generation(self) -> Generation: ...

    @property
    def embedder(self) -> dict[str, Any]:
        """The identity of the embedder whose vectors it holds."""

    def check_embedder(self, identity: Mapping[str, Any]) -> None:
        """Raise EmbedderMismatchError unless this embedder made the generation's vectors."""

    # Search

    def dense(self, query: Float32, k: int, filter: Filter) -> Candidates:
        """The k permitted chunks nearest to the query: (dimension,) float32, L2-normalised."""

    def lexical(self, query: str, k: int, filter: Filter) -> Candidates:
        """The k permitted chunks that share most with the words of the query."""

    def documents_with_words(self, words: Iterable[str], filter: Filter) -> frozenset[int]:
        """Ids of the permitted documents that hold each of these words, as `plain_words` makes them."""

    def documents_with_stem(self, word: str, filter: Filter) -> frozenset[int]:
        """Ids of the permitted documents that hold a form of the word, in their language."""

    def known_words(self, filter: Filter) -> PermittedWords:
        """The words of the documents that an asker with this filter may read."""

    def shared_words(self, query: str, text: str) -> tuple[str, ...]:
        """The words of the query for which the lexical half finds this text."""

    def count(self, filter: Filter) -> Count:
        """How many documents and chunks pass the filter."""

    # Chunks and documents, by id

    def chunks(self, chunk_ids: Iterable[int]) -> dict[int, ChunkRow]:
        """The rows of these chunks; those that the generation does not show are missing."""

    def neighbours(
        self, chunk_ids: Iterable[int], reach: int
    ) -> dict[tuple[int, int], ChunkSummary]:
        """These chunks and those up to `reach` places around them, by (document id, place)."""

    def names(self, document_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
        """Uri and title of these documents."""

    def find(self, uris: Iterable[str]) -> dict[tuple[str, int], int]:
        """Chunk ids of the documents with these uris, by (uri, place in the document)."""

    def metadata(self, document_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
        """What is said of these documents."""

    def given_metadata(self, document_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
        """What whoever put these documents said of them; others are missing from the result."""

    def beginnings(self, document_ids: Iterable[int]) -> dict[int, str]:
        """How the texts of these documents begin."""

    def stored_vectors(self, chunk_ids: Sequence[int]) -> Float32:
        """The vectors of these chunks, in their order: (n, dimension) float32."""

    def slice(self, document_id: int, start: int, end: int) -> str:
        """Characters `start` to `end` of a document."""

    def document_ids(self, filter: Filter | None = None) -> Int64:
        """Ids of the documents that pass the filter, ascending."""

    def chunk_texts(self, document_id: int) -> dict[int, str]:
        """The text of each chunk of a document, by chunk id, in order."""

    def text(self, document_id: int) -> str:
        """The whole text of a document."""

    # Views

    def file_list(self, filter: Filter) -> FileList:
        """The documents and the ledger, to be listed for whoever has this filter."""

    def document_view(self, filter: Filter) -> DocumentView:
        """The documents, to be opened by whoever has this filter."""

    def list_documents(self) -> list[ListedDocument]:
        """Every document, whoever may read it, in order of URI."""

    def list_records(self, filter: Filter) -> list[DocumentRecord]:
        """The documents that pass the filter, with their labels, in order of URI."""

    def find_present(self, uris: Iterable[str], filter: Filter) -> frozenset[str]:
        """Those of these documents that are there and pass the filter."""

    def read_texts(self, document_ids: Iterable[int]) -> Iterator[tuple[int, str]]:
        """Id and whole text of these documents, in the order of their ids."""

    def read_positions(self, document_id: int) -> ChunkPositions:
        """Where the chunks of a document stand, in order."""

    def page_at(self, document_id: int, position: int) -> int | None:
        """The 1-based page on which a character of a document stands; None where it has no pages."""


class DocumentView(Protocol):
    """One generation as somebody may read it: what they may not is not there."""

    generation: int

    def document(self, uri: str) -> StoredDocument | None:
        """The document with this URI; None if it is not there, or not for this reader."""

    def name(self, uri: str) -> str:
        """The short name of a document, which is no permission; see `named`."""

    def named(self, name: str) -> StoredDocument | None:
        """The document of that short name; None if it is not there, or not for this reader."""

    def text(self, document: StoredDocument, start: int, end: int) -> str:
        """Characters `start` to `end` of its text."""

    def place(self, document: StoredDocument, position: int) -> tuple[int | None, str | None]:
        """The page and the section (outermost heading first) that a character stands in, where known."""

    def page_start(self, document: StoredDocument, page: int) -> int | None:
        """Where the text of a page begins; None for a page without text."""


class FileList(Protocol):
    """The documents and the ledger as somebody may see them: what they may not is not there.

    A file that was never indexed has no readers, so only those who may read everything see it.
    """

    generation: Generation

    @property
    def everything(self) -> bool:
        """Whether whoever looks may read everything, so that the whole ledger is theirs to see."""

    def narrowed(self, filter: Filter) -> FileList:
        """What of it passes the filter as well."""

    def files(
        self, query: FileQuery, *, offset: int = 0, limit: int = 50
    ) -> tuple[list[FileRow], int]:
        """Files from `offset` on, and how many there are in all."""

    def file(self, uri: str) -> FileRow | None:
        """The file with this URI; None if it is not there, or not for whoever looks."""

    def name(self, uri: str) -> str:
        """A short name of a file, the same for the life of the index; it does not say where it lies."""

    def named(self, name: str) -> FileRow | None:
        """The file of that short name, which is no permission; None if it is not for whoever looks."""

    def choices(self) -> Facets:
        """What there is to filter by."""

    def folders(self, label: str) -> tuple[str, ...]:
        """The absolute paths of the folders that are shown as `label`; none: it is no folder here."""

    def has_text(self, query: FileQuery) -> bool:
        """Whether any of these files can be searched."""

    def document_ids(self, filter: Filter) -> tuple[int, ...]:
        """The ids of the documents that pass the filter, as far as whoever looks may read them."""

    def readers_of(self, uri: str) -> tuple[str, ...]:
        """Who may read the document with this URI; nobody where it is not there for whoever looks."""

    def count_by_readers(self) -> list[tuple[tuple[str, ...], int]]:
        """How many documents each set of readers may read, the most first."""

    def chunk_counts(self, document_ids: Iterable[int]) -> dict[int, int]:
        """How many chunks these documents have, by id."""

    def chunks(self, document_id: int, *, offset: int = 0, limit: int = 100) -> list[ShownChunk]:
        """The chunks of a document that `file` or `files` gave, in order."""

    def coverage(self) -> Coverage | None:
        """How much of the folders can be found; None for whoever may not see all of them."""

    def last_run(self) -> dict[str, Any] | None:
        """The account of the last ingest that changed anything; None for whoever may not see it."""


class StoreWriter(Protocol):
    """A run: one at a time, and one generation. Used as a context manager.

    What is staged is durable at every `flush` and seen by nobody before `publish`. A run that ends without
    publishing leaves the published state as it was, and the vectors that were paid for stay.
    """

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None: ...

    @property
    def data_dir(self) -> Path:
        """The folder of what stands beside the index."""

    @property
    def generation(self) -> int:
        """The published generation; 0 before the first."""

    # What is there

    def files(self, root: str | None = None) -> list[FileRecord]:
        """The ledger's rows of one root, or all, in order of uri."""

    def recorded(self, uris: Iterable[str]) -> list[FileRecord]:
        """The ledger's rows of these uris, as far as there are any."""

    def labels(self) -> dict[str, Labels]:
        """Readers and tags of every document that stands in the index, by its uri."""

    def metadata(self, uris: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The metadata of the documents at these uris, as far as they stand in the index."""

    def missing(self, texts: Sequence[str]) -> list[str]:
        """Those of the texts that this embedder has never embedded, each once, in order."""

    def source_rules(self) -> dict[str, Any] | None:
        """The access rules and roots that the index was made with; None if it does not know them."""

    # What changes

    def put_vectors(self, texts: Sequence[str], embedded: Float32) -> None:
        """Keep the vectors of texts: (n, dimension) float32, L2-normalised; EmbeddingError for others."""

    def put(self, document: Document, record: FileRecord) -> None:
        """Stage a document in place of the one with its uri; its chunks' vectors are there already."""

    def put_copy(self, record: FileRecord, labels: Labels) -> bool:
        """Stage a file whose content the index has read before, wherever it stood; False if not."""

    def relabel(self, uri: str, labels: Labels) -> None:
        """Stage other readers and tags for the document at `uri`; nothing is read or embedded."""

    def remove(self, uri: str) -> None:
        """Stage that the file at `uri` is gone."""

    def record(self, record: FileRecord, *, retire: bool = True) -> None:
        """Note what became of a file that is not indexed; `retire` takes its earlier version out."""

    def note_run(self, account: Mapping[str, Any]) -> None:
        """Keep the account of the run; a run that changed nothing writes nothing, this neither."""

    def note_source_rules(self, rules: Mapping[str, Any]) -> None:
        """Keep the access rules and roots, with the next publication."""

    def note_end(self) -> None:
        """Say that a run over files ends now, also where it changed nothing."""

    def flush(self) -> None:
        """Make what is staged durable; nobody sees it yet."""

    def publish(self, summary: Mapping[str, Any], kind: Kind = "ingest") -> int:
        """Publish what is staged, if anything changed; returns the published generation."""
