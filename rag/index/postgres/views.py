"""What stands in an index in PostgreSQL, for those who may see it: lists, documents, and counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from rag.document import SECTION_SEPARATOR, Labels
from rag.index.catalog.ledger import (
    IN_INDEX,
    LAST_RUN,
    SOURCE_RULES,
    Coverage,
    FileRecord,
    FileState,
    UnreadCount,
)
from rag.index.filter import Filter
from rag.index.postgres import database
from rag.index.postgres.filters import to_sql
from rag.index.postgres.schema import UNPUBLISHED, VISIBLE
from rag.index.views.documents import StoredDocument
from rag.index.views.files import (
    Column,
    Facets,
    FileQuery,
    FileRow,
    ShownChunk,
    find_folder,
    name_of,
    name_root,
    with_parents,
)
from rag.index.views.next_run import IndexState, Rates

if TYPE_CHECKING:
    from rag.index.postgres.snapshot import PostgresSnapshot

FILE_COLUMNS = (
    "uri, root, state, reason, size, modified_ns, source_sha256, recipe, seen_at, pages, "
    "pages_with_text, unread, reader, changed_ns"
)
_ORDERS: Mapping[Column, str] = {
    "name": 'lower(uri) COLLATE "C"',
    "title": "lower(coalesce(nullif(title, ''), uri)) COLLATE \"C\"",
    "state": 'state COLLATE "C"',
    "size": "size",
    "changed": "modified_at",
    "read": "seen_at",
    "pages": "pages",
}
_RUNS = 20


def to_record(row: tuple[Any, ...]) -> FileRecord:
    """A row of FILE_COLUMNS as the ledger's record."""
    uri, root, state, *between = row
    return FileRecord(uri, root, FileState(state), *between)


class PostgresDocumentView:
    """One generation as somebody may read it: what they may not is not there."""

    def __init__(self, snapshot: PostgresSnapshot, filter: Filter) -> None:
        self.generation = snapshot.generation.id
        self._snapshot, self._filter = snapshot, filter

    def document(self, uri: str) -> StoredDocument | None:
        """The document with this URI; None if it is not there, or not for this reader."""
        condition, parameters = to_sql(self._filter)
        rows = self._snapshot.query(
            "SELECT d.id, d.uri, d.root, d.title, d.media_type, d.source_sha256, d.modified_at, "
            "length(t.text) FROM documents d JOIN texts t ON t.id = d.text_id "
            f"WHERE d.uri = %(uri)s AND {VISIBLE} AND {condition}",
            uri=uri,
            **parameters,
        )
        return StoredDocument(*rows[0]) if rows else None

    def name(self, uri: str) -> str:
        """The short name of a document, which is no permission; see `named`."""
        return name_of(_key(self._snapshot), uri)

    def named(self, name: str) -> StoredDocument | None:
        """The document of that short name; None if it is not there, or not for this reader."""
        for record in self._snapshot.list_records(self._filter):
            if self.name(record.uri) == name:
                return self.document(record.uri)
        return None

    def text(self, document: StoredDocument, start: int, end: int) -> str:
        """Characters `start` to `end` of its text."""
        start = max(0, start)
        return self._snapshot.slice(document.document_id, start, max(start, end))

    def place(self, document: StoredDocument, position: int) -> tuple[int | None, str | None]:
        """The page and the section (outermost heading first) that a character stands in, where known."""
        rows = self._snapshot.query(
            "SELECT page, section FROM chunks WHERE document_id = %(id)s AND first <= %(at)s "
            "ORDER BY first DESC LIMIT 1",
            id=document.document_id,
            at=position,
        )
        if not rows:
            return None, None
        return rows[0][0], SECTION_SEPARATOR.join(rows[0][1]) or None

    def page_start(self, document: StoredDocument, page: int) -> int | None:
        """Where the text of a page begins; None for a page without text."""
        rows = self._snapshot.query(
            "SELECT min(first) FROM chunks WHERE document_id = %(id)s AND page = %(page)s",
            id=document.document_id,
            page=page,
        )
        return rows[0][0] if rows else None


class PostgresFileList:
    """The documents and the ledger as somebody may see them: what they may not is not there.

    A file that was never indexed has no readers, so only those who may read everything see it.
    """

    def __init__(self, snapshot: PostgresSnapshot, filter: Filter) -> None:
        self.generation = snapshot.generation
        self._snapshot, self._filter = snapshot, filter

    @property
    def everything(self) -> bool:
        """Whether whoever looks may read everything, so that the whole ledger is theirs to see."""
        return self._filter.readers is None

    def narrowed(self, filter: Filter) -> PostgresFileList:
        """What of it passes the filter as well."""
        return PostgresFileList(self._snapshot, self._filter.narrowed(filter))

    def files(
        self, query: FileQuery, *, offset: int = 0, limit: int = 50
    ) -> tuple[list[FileRow], int]:
        """Files from `offset` on, and how many there are in all."""
        parameters: dict[str, Any] = {"limit": limit, "offset": offset}
        where = " AND ".join(self._conditions(query, parameters)) or "TRUE"
        way = "DESC" if query.descending else "ASC"
        order = f"{_ORDERS[query.order]} {way} NULLS LAST, uri {way}"
        rows = self._rows(
            f"WHERE {where} ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s", parameters
        )
        count = self._rows(f"WHERE {where}", parameters, "count(*)")[0][0]
        return [_listed(row) for row in rows], count

    def file(self, uri: str) -> FileRow | None:
        """The file with this URI; None if it is not there, or not for whoever looks."""
        rows = self._rows("WHERE uri = %(uri)s", {"uri": uri})
        return _listed(rows[0]) if rows else None

    def name(self, uri: str) -> str:
        """A short name of a file, the same for the life of the index; it does not say where it lies."""
        return name_of(_key(self._snapshot), uri)

    def named(self, name: str) -> FileRow | None:
        """The file of that short name, which is no permission; None if it is not for whoever looks."""
        for (uri,) in self._rows("", {}, "uri"):
            if self.name(uri) == name:
                return self.file(uri)
        return None

    def choices(self) -> Facets:
        """What there is to filter by."""
        folders: Counter[str] = Counter()
        types: Counter[str] = Counter()
        tags: Counter[str] = Counter()
        states: Counter[str] = Counter()
        for uri, root, media_type, labels, state in self._rows(
            "", {}, "uri, root, media_type, tags, state"
        ):
            for folder in with_parents(find_folder(uri, root)):
                folders[folder] += 1
            states[state] += 1
            if media_type:
                types[media_type] += 1
            tags.update(labels)
        by_folder, by_type, by_tag, by_state = (
            dict(sorted(counts.items())) for counts in (folders, types, tags, states)
        )
        return Facets(by_folder, by_type, by_tag, by_state, sum(states.values()))

    def folders(self, label: str) -> tuple[str, ...]:
        """The absolute paths of the folders that are shown as `label`; none: it is no folder here."""
        top, _, below = label.partition("/")
        roots = [root for (root,) in self._rows("", {}, "DISTINCT root") if name_root(root) == top]
        return tuple(f"{root.rstrip('/')}/{below}".rstrip("/") or "/" for root in sorted(roots))

    def has_text(self, query: FileQuery) -> bool:
        """Whether any of these files can be searched."""
        parameters: dict[str, Any] = {}
        where = " AND ".join(("document_id IS NOT NULL", *self._conditions(query, parameters)))
        return bool(self._rows(f"WHERE {where} LIMIT 1", parameters, "1"))

    def document_ids(self, filter: Filter) -> tuple[int, ...]:
        """The ids of the documents that pass the filter, as far as whoever looks may read them."""
        return tuple(self._snapshot.document_ids(self._filter.narrowed(filter)).tolist())

    def readers_of(self, uri: str) -> tuple[str, ...]:
        """Who may read the document with this URI; nobody where it is not there for whoever looks."""
        condition, parameters = to_sql(self._filter)
        rows = self._snapshot.query(
            "SELECT d.readers FROM documents d "
            f"WHERE d.uri = %(uri)s AND {VISIBLE} AND {condition}",
            uri=uri,
            **parameters,
        )
        return tuple(rows[0][0]) if rows else ()

    def count_by_readers(self) -> list[tuple[tuple[str, ...], int]]:
        """How many documents each set of readers may read, the most first."""
        condition, parameters = to_sql(self._filter)
        rows = self._snapshot.query(
            f"SELECT d.readers, count(*) FROM documents d WHERE {VISIBLE} AND {condition} "
            "GROUP BY d.readers ORDER BY 2 DESC, 1",
            **parameters,
        )
        return [(tuple(readers), total) for readers, total in rows]

    def chunk_counts(self, document_ids: Iterable[int]) -> dict[int, int]:
        """How many chunks these documents have, by id."""
        rows = self._snapshot.query(
            "SELECT d.id, d.chunk_count FROM documents d WHERE d.id = ANY (%(ids)s) "
            "AND d.chunk_count > 0",
            ids=list(document_ids),
        )
        return dict(rows)

    def chunks(self, document_id: int, *, offset: int = 0, limit: int = 100) -> list[ShownChunk]:
        """The chunks of a document that `file` or `files` gave, in order."""
        rows = self._snapshot.query(
            "SELECT ordinal, first, past, page, section, context, text FROM chunks "
            "WHERE document_id = %(id)s ORDER BY ordinal LIMIT %(limit)s OFFSET %(offset)s",
            id=document_id,
            limit=limit,
            offset=offset,
        )
        return [
            ShownChunk(ordinal, start, end, page, tuple(section), context, text)
            for ordinal, start, end, page, section, context, text in rows
        ]

    def coverage(self) -> Coverage | None:
        """How much of the folders can be found; None for whoever may not see all of them."""
        return read_coverage(self._snapshot.query) if self.everything else None

    def last_run(self) -> dict[str, Any] | None:
        """The account of the last ingest that changed anything; None for whoever may not see it."""
        if not self.everything:
            return None
        account: dict[str, Any] | None = _manifest(self._snapshot, LAST_RUN)
        return account

    def _rows(
        self, rest: str, parameters: Mapping[str, Any], columns: str = "*"
    ) -> list[tuple[Any, ...]]:
        """Rows of all files that whoever looks may see."""
        condition, own = to_sql(self._filter)
        documents = f"(SELECT d.* FROM documents d WHERE {VISIBLE} AND {condition}) d"
        tables = (
            f"files f LEFT JOIN {documents} ON d.uri = f.uri"
            if self.everything
            else f"{documents} LEFT JOIN files f ON f.uri = d.uri"
        )
        source = (
            "SELECT coalesce(f.uri, d.uri) AS uri, coalesce(f.root, d.root) AS root, "
            "coalesce(f.state, 'indexed') AS state, coalesce(f.reason, '') AS reason, "
            "coalesce(f.size, -1) AS size, "
            "coalesce(d.modified_at, nullif(f.modified_ns, -1)::float8 / 1e9) AS modified_at, "
            "coalesce(f.pages, 0) AS pages, coalesce(f.pages_with_text, 0) AS with_text, "
            "coalesce(f.seen_at, 0) AS seen_at, d.id AS document_id, coalesce(d.title, '') AS title, "
            "coalesce(d.media_type, '') AS media_type, coalesce(d.language, '') AS language, "
            "coalesce(d.tags, '{}') AS tags, d.born, coalesce(d.metadata->>'author', '') AS author "
            f"FROM {tables}"
        )
        return self._snapshot.query(
            f"SELECT {columns} FROM ({source}) listed {rest}", **own, **parameters
        )

    def _conditions(self, query: FileQuery, parameters: dict[str, Any]) -> Iterator[str]:
        if query.text:
            parameters["text"] = query.text
            # Where the root lies is not shown, so it cannot be searched either.
            below = "substr(uri, length(root) + 1)"
            yield (
                f"(strpos(lower({below}), lower(%(text)s)) > 0 "
                "OR strpos(lower(title), lower(%(text)s)) > 0)"
            )
        if query.folder:
            parameters["folders"] = [f"{folder}/" for folder in self.folders(query.folder)]
            yield "uri ^@ ANY (%(folders)s::text[])"
        if query.media_type:
            parameters["media_type"] = query.media_type
            yield "media_type = %(media_type)s"
        if query.tag:
            parameters["tag"] = query.tag
            yield "%(tag)s::text = ANY (tags)"
        if query.state:
            parameters["state"] = query.state
            yield "state = %(state)s"
        if query.is_indexed:
            yield "document_id IS NOT NULL"


def _manifest(snapshot: PostgresSnapshot, key: str) -> Any:
    rows = snapshot.query("SELECT value FROM manifest WHERE key = %(key)s", key=key)
    return rows[0][0] if rows else None


def _key(snapshot: PostgresSnapshot) -> bytes:
    """The key of the index's short names, which stay the same for the life of the index."""
    return snapshot.index_id.encode()[:64]


def _listed(row: tuple[Any, ...]) -> FileRow:
    uri, root, state, reason, size, modified_at, pages, with_text, seen_at, *document = row
    document_id, title, media_type, language, tags, born, author = document
    return FileRow(
        uri, root, find_folder(uri, root), FileState(state), reason, size, modified_at, pages, with_text,
        seen_at, document_id, title, media_type, language, tuple(tags), born, author,
    )  # fmt: skip


def read_coverage(query: Any) -> Coverage:
    """The pages of all files together."""
    rows = query(
        "SELECT coalesce(sum(greatest(pages, 1)), 0)::bigint, coalesce(sum(CASE WHEN pages > 0 "
        "THEN pages_with_text WHEN state IN ('indexed', 'partial') THEN 1 ELSE 0 END), 0)::bigint "
        "FROM files WHERE state <> 'skipped'"
    )
    return Coverage(*rows[0])


def read_unread(query: Any) -> dict[str, UnreadCount]:
    """The kinds of content that were not read in any file, the most frequent first."""
    rows = query(
        "SELECT kind.key, sum(kind.value::bigint)::bigint, count(*) "
        "FROM files, jsonb_each_text(unread) kind GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    return {kind: UnreadCount(count, files) for kind, count, files in rows}


def read_index_state(query: Any, generation: int, max_tokens: int) -> IndexState:
    """The ledger, the labels and the rates of earlier runs, as the next run will find them."""
    files = [to_record(row) for row in query(f"SELECT {FILE_COLUMNS} FROM files ORDER BY uri")]
    if query(UNPUBLISHED, {"g": generation}):
        documents = query(
            f"SELECT d.uri, d.root, d.source_sha256, d.recipe FROM documents d WHERE {VISIBLE}",
            {"g": generation},
        )
        files = list(_reconciled(files, documents))
    labels = {
        uri: Labels(tuple(readers), tuple(tags))
        for uri, readers, tags in query(
            f"SELECT d.uri, d.readers, d.tags FROM documents d WHERE {VISIBLE}", {"g": generation}
        )
    }
    return IndexState(
        files,
        labels,
        _rates(query, files, generation),
        max_tokens,
        database.read_manifest(query, SOURCE_RULES),
    )


def _reconciled(
    files: Iterable[FileRecord], documents: Iterable[tuple[Any, ...]]
) -> Iterator[FileRecord]:
    """The ledger as it will be when the next run has taken back what a killed one staged; see `RECONCILE`."""
    by_uri = {record.uri: record for record in files}
    for uri, root, source_sha256, recipe in documents:
        record = by_uri.pop(uri, None)
        if record and (
            (record.state is FileState.FAILED and record.modified_ns == -1)
            or (
                record.state in IN_INDEX
                and (record.source_sha256, record.recipe) == (source_sha256, recipe)
            )
        ):
            yield record
        else:
            yield FileRecord(uri, root, FileState.INDEXED, "", -1, -1, source_sha256, "", 0.0)
    yield from (record for record in by_uri.values() if record.state not in IN_INDEX)


def _rates(query: Any, files: Iterable[FileRecord], generation: int) -> Rates:
    sizes = {record.uri: record.size for record in files}
    size: dict[str, int] = defaultdict(int)
    chunks: dict[str, int] = defaultdict(int)
    counted = query(
        f"SELECT d.uri, d.chunk_count FROM documents d WHERE {VISIBLE}", {"g": generation}
    )
    for uri, count in counted:
        for suffix in {PurePosixPath(uri).suffix.lower(), ""}:
            size[suffix] += max(0, sizes.get(uri, 0))
            chunks[suffix] += count
    accounts = query("SELECT summary FROM generations WHERE kind = 'ingest' ORDER BY id DESC")
    runs = [account for (account,) in accounts if account.get("chunks_embedded")][:_RUNS]
    embedded = sum(run["chunks_embedded"] for run in runs)
    return Rates(
        {suffix: chunks[suffix] / size[suffix] for suffix in size if size[suffix]},
        sum(run["seconds"] for run in runs) / embedded if embedded else None,
        len(runs),
    )
