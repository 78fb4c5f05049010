"""What the next run will find: read without the lock, and without touching anything."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import apsw

from rag.document import Labels
from rag.index.catalog import database, ledger, rows
from rag.index.catalog.database import CATALOG
from rag.index.catalog.ledger import FileRecord
from rag.index.catalog.schema import TABLES, VISIBLE

_RUNS = 20


@dataclass(frozen=True, slots=True)
class Rates:
    """What earlier runs tell about the next one.

    `chunks_per_byte` by suffix (".pdf"), and under "" of all files together. `seconds_per_chunk` is over
    whole runs; None if none has embedded anything yet.
    """

    chunks_per_byte: Mapping[str, float] = field(default_factory=dict)
    seconds_per_chunk: float | None = None
    runs: int = 0


@dataclass(frozen=True, slots=True)
class IndexState:
    """The ledger and the documents' labels, as the next run will find them, and the rates of earlier ones.

    `max_tokens` is how much the index's embedder reads of a text.
    """

    files: list[FileRecord]
    labels: dict[str, Labels]
    rates: Rates
    max_tokens: int
    source_rules: dict[str, Any] | None = None


def read_embedder(data_dir: Path) -> dict[str, Any] | None:
    """The identity of the index's embedder; None if there is no index yet.

    Raises IndexDamagedError, IndexFormatError.
    """
    path = data_dir / CATALOG
    if not path.exists():
        return None
    connection = database.connect(path)
    with database.map_errors(path), database.transaction(connection):
        kept = rows.generations(connection)
        if not kept:
            return None
        generation: int = database.read_manifest(connection, "generation")
        return rows.read_embedder_identity(connection, kept[generation].embedder_id)


def read_index_state(data_dir: Path) -> IndexState | None:
    """The index's state; None if there is no index yet. Raises IndexDamagedError, IndexFormatError."""
    path = data_dir / CATALOG
    if not path.exists():
        return None
    connection = database.connect(path)
    with database.map_errors(path), database.transaction(connection):
        generation: int = database.read_manifest(connection, "generation")
        kept = rows.generations(connection)
        if not kept:
            return None
        files = list(ledger.read_files(connection))
        if _has_unpublished(connection, generation):
            files = _reconciled(connection, files, generation)
        identity = rows.read_embedder_identity(connection, kept[generation].embedder_id)
        return IndexState(
            files,
            _labels(connection, generation),
            _rates(connection, files, generation),
            int(identity["max_tokens"]),
            database.read_manifest(connection, ledger.SOURCE_RULES),
        )


def _has_unpublished(connection: apsw.Connection, generation: int) -> bool:
    rows = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM documents WHERE born > :g OR died > :g)", {"g": generation}
    ).fetchone()
    return bool(rows[0])


def _reconciled(
    connection: apsw.Connection, files: list[FileRecord], generation: int
) -> list[FileRecord]:
    """The ledger as it will be when the next run has taken back what a killed one staged."""
    memory = apsw.Connection(":memory:")
    memory.execute(TABLES)
    database.write_manifest(memory, "format", database.read_manifest(connection, "format"))
    for record in files:
        ledger.write_file(memory, record)
    memory.executemany(
        "INSERT INTO documents (uri, root, source_sha256, recipe, born, title, media_type, language, "
        "text_id, tags, readers, metadata) VALUES (?, ?, ?, ?, ?, '', '', '', 0, '', '', '')",
        connection.execute(
            f"SELECT uri, root, source_sha256, recipe, born FROM documents WHERE {VISIBLE}",
            {"g": generation},
        ),
    )
    ledger.reconcile(memory, generation)
    return list(ledger.read_files(memory))


def _labels(connection: apsw.Connection, generation: int) -> dict[str, Labels]:
    rows = connection.execute(
        f"SELECT uri, readers, tags FROM documents WHERE {VISIBLE}", {"g": generation}
    )
    return {
        uri: Labels(tuple(json.loads(readers)), tuple(json.loads(tags)))
        for uri, readers, tags in rows
    }


def _rates(connection: apsw.Connection, files: list[FileRecord], generation: int) -> Rates:
    sizes = {record.uri: record.size for record in files}
    size: dict[str, int] = defaultdict(int)
    chunks: dict[str, int] = defaultdict(int)
    counted = connection.execute(
        "SELECT d.uri, count(c.id) FROM documents d JOIN chunks c ON c.document_id = d.id "
        f"WHERE {VISIBLE} GROUP BY d.id",
        {"g": generation},
    )
    for uri, count in counted:
        for suffix in {PurePosixPath(uri).suffix.lower(), ""}:
            size[suffix] += max(0, sizes.get(uri, 0))
            chunks[suffix] += count
    accounts = [
        json.loads(row[0])
        for row in connection.execute(
            "SELECT summary FROM generations WHERE kind = 'ingest' ORDER BY id DESC"
        )
    ]
    runs = [account for account in accounts if account.get("chunks_embedded")][:_RUNS]
    embedded = sum(run["chunks_embedded"] for run in runs)
    return Rates(
        {suffix: chunks[suffix] / size[suffix] for suffix in size if size[suffix]},
        sum(run["seconds"] for run in runs) / embedded if embedded else None,
        len(runs),
    )
