"""What stands in the index and in the ledger, for those who may see it: listed, filtered, sorted, counted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

import apsw

from rag.index.catalog import database, ledger
from rag.index.catalog.ledger import LAST_RUN, Coverage, FileState
from rag.index.catalog.schema import VISIBLE
from rag.index.filter import Filter

if TYPE_CHECKING:
    from rag.index.snapshot import FolderSnapshot

Column = Literal["name", "title", "state", "size", "changed", "read", "pages"]
_ORDERS: Mapping[Column, str] = {
    "name": "folded(uri)",
    "title": "folded(coalesce(nullif(title, ''), uri))",
    "state": "state",
    "size": "size",
    "changed": "modified_at",
    "read": "seen_at",
    "pages": "pages",
}


@dataclass(frozen=True, slots=True)
class FileQuery:
    """Which files of the ledger, in which order. `text` is part of a name or a title, in any case.

    `is_indexed`: only files of which the index holds text.
    """

    text: str = ""
    folder: str = ""
    media_type: str = ""
    tag: str = ""
    state: str = ""
    order: Column = "name"
    descending: bool = False
    is_indexed: bool = False


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file with what the index knows of it; `document_id` is None where it holds no text of it.

    `root` is the folder that was ingested, as a path.
    `folder` begins with the name of the folder that was ingested, and does not say where that lies.
    `modified_at` and `seen_at`: seconds since the epoch. `author`: as the file itself names them, or "".
    """

    uri: str
    root: str
    folder: str
    state: FileState
    reason: str
    size: int
    modified_at: float | None
    pages: int
    pages_with_text: int
    seen_at: float
    document_id: int | None
    title: str
    media_type: str
    language: str
    tags: tuple[str, ...]
    born: int | None
    author: str = ""


@dataclass(frozen=True, slots=True)
class Facets:
    """What there is to filter by: value and number of files."""

    folders: Mapping[str, int] = field(default_factory=dict)
    media_types: Mapping[str, int] = field(default_factory=dict)
    tags: Mapping[str, int] = field(default_factory=dict)
    states: Mapping[str, int] = field(default_factory=dict)
    total: int = 0


@dataclass(frozen=True, slots=True)
class ShownChunk:
    """A chunk of a document. `context` is the text that is embedded and indexed in front of the chunk."""

    ordinal: int
    start: int
    end: int
    page: int | None
    section: tuple[str, ...]
    context: str
    text: str


class FolderFileList:
    """One generation's documents and the ledger as somebody may see them: what they may not is not there.

    A file that was never indexed has no readers, so only those who may read everything see it.
    """

    def __init__(self, snapshot: FolderSnapshot, filter: Filter) -> None:
        self.generation = snapshot.generation
        self._snapshot, self._filter = snapshot, filter
        self._index_id: bytes | None = None

    @property
    def everything(self) -> bool:
        """Whether whoever looks may read everything, so that the whole ledger is theirs to see."""
        return self._filter.readers is None

    def narrowed(self, filter: Filter) -> FolderFileList:
        """What of it passes the filter as well."""
        return FolderFileList(self._snapshot, self._filter.narrowed(filter))

    def files(
        self, query: FileQuery, *, offset: int = 0, limit: int = 50
    ) -> tuple[list[FileRow], int]:
        """Files from `offset` on, and how many there are in all."""
        source, parameters = self._source()
        where = " AND ".join(self._conditions(query, parameters)) or "TRUE"
        way = "DESC" if query.descending else "ASC"
        order = f"ORDER BY {_ORDERS[query.order]} {way} NULLS LAST, uri {way}"
        page = f"{order} LIMIT :limit OFFSET :offset"
        with database.map_errors(self._snapshot.path):
            connection = self._connection()
            count = connection.execute(
                f"SELECT count(*) FROM ({source}) WHERE {where}", parameters
            ).fetchone()[0]
            parameters |= {"limit": limit, "offset": offset}
            rows = connection.execute(f"SELECT * FROM ({source}) WHERE {where} {page}", parameters)
            return [_listed(row) for row in rows], count

    def file(self, uri: str) -> FileRow | None:
        """The file with this URI; None if it is not there, or not for whoever looks."""
        source, parameters = self._source()
        with database.map_errors(self._snapshot.path):
            row = (
                self._connection()
                .execute(f"SELECT * FROM ({source}) WHERE uri = :uri", {**parameters, "uri": uri})
                .fetchone()
            )
        return None if row is None else _listed(row)

    def name(self, uri: str) -> str:
        """A short name of a file, the same for the life of the index; it does not say where it lies."""
        return name_of(self._key, uri)

    def named(self, name: str) -> FileRow | None:
        """The file of that short name, which is no permission; None if it is not for whoever looks."""
        source, parameters = self._source()
        with database.map_errors(self._snapshot.path):
            row = (
                self._connection()
                .execute(
                    f"SELECT * FROM ({source}) WHERE named(uri) = :name",
                    {**parameters, "name": name},
                )
                .fetchone()
            )
        return None if row is None else _listed(row)

    def choices(self) -> Facets:
        """What there is to filter by."""
        source, parameters = self._source()
        folders: Counter[str] = Counter()
        types: Counter[str] = Counter()
        tags: Counter[str] = Counter()
        states: Counter[str] = Counter()
        with database.map_errors(self._snapshot.path):
            rows = self._connection().execute(
                f"SELECT uri, root, media_type, tags, state FROM ({source})", parameters
            )
            for uri, root, media_type, tagged, state in rows:
                folders[find_folder(uri, root)] += 1
                states[state] += 1
                if media_type:
                    types[media_type] += 1
                if tagged != "[]":
                    tags.update(json.loads(tagged))
        total = sum(states.values())
        above: Counter[str] = Counter()
        for folder, number in folders.items():
            for ancestor in with_parents(folder):
                above[ancestor] += number
        by_name, kinds, tagged_as, facets = (
            dict(sorted(counts.items())) for counts in (above, types, tags, states)
        )
        return Facets(by_name, kinds, tagged_as, facets, total)

    def folders(self, label: str) -> tuple[str, ...]:
        """The absolute paths of the folders that are shown as `label`; none: it is no folder here."""
        source, parameters = self._source()
        top, _, below = label.partition("/")
        with database.map_errors(self._snapshot.path):
            rows = self._connection().execute(f"SELECT DISTINCT root FROM ({source})", parameters)
            roots = [root for (root,) in rows if name_root(root) == top]
        return tuple(f"{root.rstrip('/')}/{below}".rstrip("/") or "/" for root in sorted(roots))

    def has_text(self, query: FileQuery) -> bool:
        """Whether any of these files can be searched."""
        source, parameters = self._source()
        where = " AND ".join(("document_id IS NOT NULL", *self._conditions(query, parameters)))
        with database.map_errors(self._snapshot.path):
            row = (
                self._connection()
                .execute(f"SELECT 1 FROM ({source}) WHERE {where} LIMIT 1", parameters)
                .fetchone()
            )
        return row is not None

    def document_ids(self, filter: Filter) -> tuple[int, ...]:
        """The ids of the documents that pass the filter, as far as whoever looks may read them."""
        condition, parameters = self._filter.narrowed(filter).sql()
        with database.map_errors(self._snapshot.path):
            rows = self._connection().execute(
                f"SELECT id FROM documents WHERE {VISIBLE} AND {condition} ORDER BY id",
                {**parameters, "g": self.generation.id},
            )
            return tuple(id_ for (id_,) in rows)

    def readers_of(self, uri: str) -> tuple[str, ...]:
        """Who may read the document with this URI; nobody where it is not there for whoever looks."""
        condition, parameters = self._filter.sql()
        with database.map_errors(self._snapshot.path):
            row = (
                self._connection()
                .execute(
                    f"SELECT readers FROM documents WHERE uri = :uri AND {VISIBLE} AND {condition}",
                    {**parameters, "g": self.generation.id, "uri": uri},
                )
                .fetchone()
            )
        return tuple(json.loads(row[0])) if row else ()

    def count_by_readers(self) -> list[tuple[tuple[str, ...], int]]:
        """How many documents each set of readers may read, the most first."""
        condition, parameters = self._filter.sql()
        with database.map_errors(self._snapshot.path):
            rows = self._connection().execute(
                f"SELECT readers, count(*) FROM documents WHERE {VISIBLE} AND {condition} "
                "GROUP BY readers ORDER BY 2 DESC, 1",
                {**parameters, "g": self.generation.id},
            )
            return [(tuple(json.loads(readers)), total) for readers, total in rows]

    def chunk_counts(self, document_ids: Iterable[int]) -> dict[int, int]:
        """How many chunks these documents have, by id."""
        with database.map_errors(self._snapshot.path):
            return dict(
                self._connection().execute(
                    "SELECT document_id, count(*) FROM chunks "
                    "WHERE document_id IN (SELECT value FROM json_each(?)) GROUP BY document_id",
                    (json.dumps(list(document_ids)),),
                )
            )

    def chunks(self, document_id: int, *, offset: int = 0, limit: int = 100) -> list[ShownChunk]:
        """The chunks of a document that `file` or `files` gave, in order."""
        with database.map_errors(self._snapshot.path):
            rows = self._connection().execute(
                "SELECT ordinal, start, end, page, section, context, text FROM chunks "
                "WHERE document_id = ? ORDER BY ordinal LIMIT ? OFFSET ?",
                (document_id, limit, offset),
            )
            return [
                ShownChunk(ordinal, start, end, page, tuple(json.loads(section)), context, text)
                for ordinal, start, end, page, section, context, text in rows
            ]

    def coverage(self) -> Coverage | None:
        """How much of the folders can be found; None for whoever may not see all of them."""
        if not self.everything:
            return None
        with database.map_errors(self._snapshot.path):
            return ledger.read_coverage(self._connection())

    def last_run(self) -> dict[str, Any] | None:
        """The account of the last ingest that changed anything; None for whoever may not see it."""
        if not self.everything:
            return None
        with database.map_errors(self._snapshot.path):
            account: dict[str, Any] | None = database.read_manifest(self._connection(), LAST_RUN)
        return account

    def _connection(self) -> apsw.Connection:
        connection = self._snapshot.connection()
        connection.create_scalar_function("folded", _folded, 1, deterministic=True)
        connection.create_scalar_function("named", self.name, 1, deterministic=True)
        return connection

    @property
    def _key(self) -> bytes:
        if self._index_id is None:
            with database.map_errors(self._snapshot.path):
                index_id = database.read_manifest(self._snapshot.connection(), "index_id")
            self._index_id = str(index_id).encode()[:64]
        return self._index_id

    def _source(self) -> tuple[str, dict[str, Any]]:
        """All files that whoever looks may see, as a query, with its parameters."""
        condition, parameters = self._filter.sql()
        files = (
            "(SELECT uri, root, state, reason, size, modified_ns, seen_at, "
            f"{ledger.fill_later_columns(self._snapshot.connection())} FROM files) f"
        )
        documents = f"(SELECT * FROM documents WHERE {VISIBLE} AND {condition}) d"
        tables = (
            f"{files} LEFT JOIN {documents} ON d.uri = f.uri"
            if self.everything
            else f"{documents} LEFT JOIN {files} ON f.uri = d.uri"
        )
        columns = (
            "coalesce(f.uri, d.uri) AS uri, coalesce(f.root, d.root) AS root, "
            "coalesce(f.state, 'indexed') AS state, coalesce(f.reason, '') AS reason, "
            "coalesce(f.size, -1) AS size, coalesce(d.modified_at, nullif(f.modified_ns, -1) / 1e9) "
            "AS modified_at, coalesce(pages, 0) AS pages, coalesce(with_text, 0) AS with_text, "
            "coalesce(seen_at, 0) AS seen_at, d.id AS document_id, coalesce(title, '') AS title, "
            "coalesce(media_type, '') AS media_type, coalesce(language, '') AS language, "
            "coalesce(tags, '[]') AS tags, born, coalesce(d.metadata ->> 'author', '') AS author"
        )
        return f"SELECT {columns} FROM {tables}", {**parameters, "g": self.generation.id}

    def _conditions(self, query: FileQuery, parameters: dict[str, Any]) -> Iterator[str]:
        if query.text:
            parameters["text"] = _folded(query.text)
            # Where the root lies is not shown, so it cannot be searched either.
            below = "substr(uri, length(root) + 1)"
            yield f"(instr(folded({below}), :text) OR instr(folded(title), :text))"
        if query.folder:
            parameters["folders"] = json.dumps(
                [f"{folder}/" for folder in self.folders(query.folder)]
            )
            yield (
                "EXISTS (SELECT 1 FROM json_each(:folders) WHERE "
                "substr(uri, 1, length(value)) = value)"
            )
        if query.media_type:
            parameters["media_type"] = query.media_type
            yield "media_type = :media_type"
        if query.tag:
            parameters["tag"] = query.tag
            yield "EXISTS (SELECT 1 FROM json_each(tags) WHERE value = :tag)"
        if query.state:
            parameters["state"] = query.state
            yield "state = :state"
        if query.is_indexed:
            yield "document_id IS NOT NULL"


def find_folder(uri: str, root: str) -> str:
    """The folder of a file as it is shown: from the folder that was ingested on."""
    inner = uri[len(root) :].strip("/") if uri.startswith(root) else ""
    folder, _, _ = inner.rpartition("/")
    return f"{name_root(root)}/{folder}".rstrip("/")


def name_of(key: bytes, uri: str) -> str:
    """The short name of a file in the index whose key this is."""
    encoded = uri.encode("utf-8", "surrogatepass")
    return blake2b(encoded, key=key, digest_size=12).hexdigest()


def name_root(root: str) -> str:
    """What a folder that was ingested is shown as."""
    return PurePosixPath(root).name or "/"


def with_parents(folder: str) -> Iterator[str]:
    """The folder and those above it, as they are shown."""
    parts = folder.split("/")
    for end in range(1, len(parts) + 1):
        yield "/".join(parts[:end])


def _folded(text: str | None) -> str:
    return (text or "").casefold()


def _listed(row: Sequence[Any]) -> FileRow:
    uri, root, state, reason, size, modified_at, pages, with_text, seen_at, *document = row
    document_id, title, media_type, language, tags, born, author = document
    return FileRow(
        uri, root, find_folder(uri, root), FileState(state), reason, size, modified_at, pages, with_text,
        seen_at, document_id, title, media_type, language, tuple(json.loads(tags)), born, author,
    )  # fmt: skip
