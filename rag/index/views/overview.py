"""What an index holds, read from its catalogue alone."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import apsw

from rag.index.catalog import database, ledger, rows
from rag.index.catalog.database import CATALOG
from rag.index.catalog.ledger import (
    LAST_RUN,
    SOURCE_RULES,
    Coverage,
    FileRecord,
    FileState,
    UnreadCount,
)
from rag.index.catalog.schema import VISIBLE
from rag.index.lock import describe_holder, read_end_of_last_run


@dataclass(frozen=True, slots=True)
class Overview:
    """The newest generation and the ledger behind it. `created_at`: seconds since the epoch.

    `unread`: what was met in the files and not read, by kind. `last_run` is the account of the last ingest
    that changed anything, None if there is none; `last_look` when the last one ended, also
    one that changed nothing (seconds since the epoch). `at_work` says who is writing now, "" if nobody.
    `roots`: the documents of each root that was read, by its uri. `languages`: those of each language, by ISO
    639-1 code, "" where it could not be told. `source_rules`: what the documents were labelled by, as the
    index keeps it. `recipes`: how many files were read in which way.
    """

    data: str
    generation: int
    created_at: float
    documents: int
    chunks: int
    embedder: dict[str, Any]
    files: dict[FileState, int]
    coverage: Coverage
    unread: dict[str, UnreadCount]
    last_run: dict[str, Any] | None
    at_work: str
    problems: tuple[FileRecord, ...]
    bytes_on_disk: int
    roots: Mapping[str, int]
    languages: Mapping[str, int]
    source_rules: dict[str, Any] | None
    recipes: Mapping[str, int]
    last_look: float | None = None

    def to_json(self) -> dict[str, Any]:
        result = asdict(self) | {
            "files": {state.value: n for state, n in self.files.items()},
            "coverage": self.coverage.to_json(),
        }
        del result["recipes"]
        result["problems"] = [
            {"uri": problem.uri, "state": problem.state.value, "reason": problem.reason}
            for problem in self.problems
        ]
        return result


def read_overview(data_dir: Path) -> Overview:
    """Raises IndexMissingError, IndexDamagedError."""
    path = data_dir / CATALOG
    connection = database.connect(path)
    with database.map_errors(path), database.transaction(connection):
        kept = rows.generations(connection)
        if not kept:
            raise database.make_empty_error(path)
        newest = kept[max(kept)]
        problems = tuple(
            file for file in ledger.read_files(connection) if file.state is not FileState.INDEXED
        )
        return Overview(
            data=str(data_dir.absolute()),
            generation=newest.id,
            created_at=newest.created_at,
            documents=newest.documents,
            chunks=newest.chunks,
            embedder=rows.read_embedder_identity(connection, newest.embedder_id),
            files=ledger.count_states(connection),
            coverage=ledger.read_coverage(connection),
            unread=ledger.count_unread(connection),
            last_run=database.read_manifest(connection, LAST_RUN),
            at_work=describe_holder(data_dir),
            problems=problems,
            bytes_on_disk=_bytes_below(data_dir),
            roots=_count_by(connection, "root", newest.id),
            languages=_count_by(connection, "language", newest.id),
            source_rules=database.read_manifest(connection, SOURCE_RULES),
            recipes=ledger.count_recipes(connection),
            last_look=read_end_of_last_run(data_dir),
        )


def _count_by(connection: apsw.Connection, column: str, generation: int) -> dict[str, int]:
    """How many documents of the generation have each value, most first."""
    counts = connection.execute(
        f"SELECT {column}, count(*) FROM documents WHERE {VISIBLE} GROUP BY 1 ORDER BY 2 DESC, 1",
        {"g": generation},
    )
    return dict(counts.fetchall())


def _bytes_below(folder: Path) -> int:
    """Size of all files; what a run takes away meanwhile counts nothing."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                total += Path(parent, name).lstat().st_size
    return total
