"""The ledger: what became of every source file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

import apsw

from rag.index.catalog import database
from rag.index.catalog.schema import VISIBLE


class FileState(StrEnum):
    """Where a file ended in the last run that looked at it. A file that is gone has no row."""

    INDEXED = "indexed"
    PARTIAL = "partial"
    EMPTY = "empty"
    FAILED = "failed"
    SKIPPED = "skipped"


LAST_RUN = "last_run"
"""The manifest's key for the account of the last ingest that changed anything."""
SOURCE_RULES = "source_rules"
"""The manifest's key for the access rules and the roots that the documents were labelled by."""
IN_INDEX = frozenset({FileState.INDEXED, FileState.PARTIAL})


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A source file as it was when it was last read.

    `modified_ns` is its time of change in nanoseconds since the epoch, which programs may set as they like;
    `changed_ns` (ctime) is the file system's own, 0 where it was never seen. `recipe` names the parsers and
    the chunker that read it: with another recipe it is read again. `pages` is 0 where a format has none, or
    where they were never seen. `unread` counts the kinds of content that were met and not read; `reader`
    names the second reader that the text comes from, "" for the format's first one.
    """

    uri: str
    root: str
    state: FileState
    reason: str
    size: int
    modified_ns: int
    source_sha256: str
    recipe: str
    seen_at: float
    pages: int = 0
    pages_with_text: int = 0
    unread: Mapping[str, int] = field(default_factory=dict)
    reader: str = ""
    changed_ns: int = 0


_COLUMNS = "uri, root, state, reason, size, modified_ns, source_sha256, recipe, seen_at"
_LATER = "pages, pages_with_text, unread, reader, changed_ns"
_NONE_UNREAD = "'{}' AS unread, '' AS reader"


def read_files(connection: apsw.Connection, root: str | None = None) -> Iterator[FileRecord]:
    """The rows below `root`, or all, in order of uri."""
    rows = connection.execute(
        f"SELECT {_COLUMNS}, {fill_later_columns(connection)} FROM files "
        "WHERE :root IS NULL OR root = :root ORDER BY uri",
        {"root": root},
    )
    yield from map(_record, rows)


def read_files_at(connection: apsw.Connection, uris: Iterable[str]) -> Iterator[FileRecord]:
    """The rows of these uris, as far as there are any, in order of uri."""
    rows = connection.execute(
        f"SELECT {_COLUMNS}, {fill_later_columns(connection)} FROM files "
        "WHERE uri IN (SELECT value FROM json_each(?)) ORDER BY uri",
        (json.dumps(list(uris)),),
    )
    yield from map(_record, rows)


def _record(row: Sequence[Any]) -> FileRecord:
    uri, root, state, *between, unread, reader, changed_ns = row
    record = FileRecord(uri, root, FileState(state), *between)
    return replace(record, unread=json.loads(unread), reader=reader, changed_ns=changed_ns)


def fill_later_columns(connection: apsw.Connection) -> str:
    """The columns that a catalogue of an older format lacks, where a reader may not add them."""
    version = database.read_manifest(connection, "format")
    pages = "pages, pages_with_text AS with_text" if version > 1 else "0 AS pages, 0 AS with_text"
    unread = "unread, reader" if version > 2 else _NONE_UNREAD
    return f"{pages}, {unread}, {'changed_ns' if version > 3 else '0 AS changed_ns'}"


def write_file(connection: apsw.Connection, record: FileRecord) -> None:
    """Insert or replace the file's row."""
    connection.execute(
        f"INSERT OR REPLACE INTO files ({_COLUMNS}, {_LATER}) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            record.uri, record.root, record.state.value, record.reason, record.size,
            record.modified_ns, record.source_sha256, record.recipe, record.seen_at,
            record.pages, record.pages_with_text, json.dumps(dict(record.unread)), record.reader,
            record.changed_ns,
        ),
    )  # fmt: skip


def delete_file(connection: apsw.Connection, uri: str) -> None:
    """Forget a file that is gone."""
    connection.execute("DELETE FROM files WHERE uri = ?", (uri,))


def reconcile(connection: apsw.Connection, generation: int) -> None:
    """Make the ledger agree with the documents of `generation`, which was not made by the last run.

    A file that has no document there any more is forgotten: the next run finds it new. One whose document
    differs from what the ledger says is read again (its recipe is none), or found gone. The state of a
    file that failed for a passing reason, and kept its document, stays.
    """
    connection.execute(
        "DELETE FROM files WHERE state IN (:indexed, :partial) AND NOT EXISTS "
        f"(SELECT 1 FROM documents d WHERE d.uri = files.uri AND {VISIBLE});"
        f"INSERT OR REPLACE INTO files ({_COLUMNS}) "
        "SELECT d.uri, d.root, :indexed, '', -1, -1, d.source_sha256, '', 0 FROM documents d "
        f"LEFT JOIN files f ON f.uri = d.uri WHERE {VISIBLE} AND NOT coalesce("
        "(f.state IN (:indexed, :partial) AND f.source_sha256 = d.source_sha256 "
        "AND f.recipe = d.recipe) OR (f.state = :failed AND f.modified_ns = -1), FALSE);",
        {
            "g": generation,
            "indexed": FileState.INDEXED.value,
            "partial": FileState.PARTIAL.value,
            "failed": FileState.FAILED.value,
        },
    )


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of what stands in the folders can be found.

    A file without pages counts as one; one that failed, whose pages nobody has seen, as one without text.
    What was skipped is not counted.
    """

    pages: int
    pages_with_text: int

    @property
    def share(self) -> float:
        """Share of the pages that have text: 0…1, and 1 where there are none."""
        return self.pages_with_text / self.pages if self.pages else 1.0

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"share": round(self.share, 4)}


def read_coverage(connection: apsw.Connection) -> Coverage:
    """The pages of all files together."""
    pages, with_text = connection.execute(
        "SELECT coalesce(sum(max(pages, 1)), 0), coalesce(sum(CASE WHEN pages > 0 THEN with_text "
        "WHEN state IN (:indexed, :partial) THEN 1 ELSE 0 END), 0) "
        f"FROM (SELECT state, {fill_later_columns(connection)} FROM files WHERE state != :skipped)",
        {
            "indexed": FileState.INDEXED.value,
            "partial": FileState.PARTIAL.value,
            "skipped": FileState.SKIPPED.value,
        },
    ).fetchone()
    return Coverage(pages, with_text)


@dataclass(frozen=True, slots=True)
class UnreadCount:
    """How often a kind of content was met and not read, and in how many files."""

    count: int
    files: int


def count_unread(connection: apsw.Connection) -> dict[str, UnreadCount]:
    """The kinds of content that were not read in any file, the most frequent first."""
    if database.read_manifest(connection, "format") < 3:
        return {}
    rows = connection.execute(
        "SELECT kind.key, sum(kind.value) AS times, count(*) FROM files, json_each(files.unread) kind "
        "GROUP BY kind.key ORDER BY times DESC, kind.key"
    )
    return {kind: UnreadCount(count, files) for kind, count, files in rows}


def count_recipes(connection: apsw.Connection) -> dict[str, int]:
    """How many files were read by each recipe; those that were left out unread have none."""
    rows = connection.execute(
        "SELECT recipe, count(*) FROM files WHERE NOT (state = ? AND source_sha256 = '') "
        "GROUP BY recipe",
        (FileState.SKIPPED.value,),
    )
    return dict(rows.fetchall())


def count_states(connection: apsw.Connection) -> dict[FileState, int]:
    """How many files are in each state."""
    rows = connection.execute("SELECT state, count(*) FROM files GROUP BY state")
    counts = {FileState(state): count for state, count in rows}
    return {state: counts.get(state, 0) for state in FileState}
