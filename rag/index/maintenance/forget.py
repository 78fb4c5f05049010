"""Removing documents for good: from every state of the index, and from the disk.

A document that is merely deleted stays in the earlier generations for a while, so that one can go back.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import apsw

from rag.errors import UsageError
from rag.index.catalog import ledger, retention
from rag.index.catalog.retention import Retention
from rag.index.search import lexical, vectors
from rag.index.session import WriteSession

_ONLY_THE_NEWEST = Retention(1, 0.0)
_MOST_SAMPLES = 200
_SAMPLE_CHARACTERS = 32
"""Long enough to be nobody else's words, short enough to stand on one page of the catalogue somewhere."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """`documents` and `chunks` count those of every generation.

    `samples` are stretches of their text, and their names, as bytes: none of them may be found any more. What
    another document says as well is not among them.
    """

    documents: int
    chunks: int
    generation: int
    samples: tuple[bytes, ...]


def forget(data_dir: Path, uris: Sequence[str]) -> Forgotten:
    """Remove the documents with these uris from the index for good; earlier generations go with them.

    The search indexes are made anew and the catalogue is written anew, so it takes as long as making them.
    Raises UsageError for a document that is not known, or whose file is still there: the next ingest would
    bring it back.
    """
    for uri in uris:
        if Path(uri).exists():
            raise UsageError(
                f"{uri} is still there; the next ingest would read it again.",
                hint="Delete the file, or leave it out with ingest.exclude and move it, then forget it.",
            )
    named = json.dumps(list(uris))
    session = WriteSession(data_dir, retention=_ONLY_THE_NEWEST)
    with session, session.map_errors():
        connection = session.connection
        connection.execute("PRAGMA secure_delete = ON").fetchall()
        known = {row[0] for row in connection.execute(_KNOWN, (named,))}
        if unknown := [uri for uri in uris if uri not in known]:
            raise UsageError(
                f"The index does not know {unknown[0]}.",
                hint="See the names: inhouse status --json",
            )
        texts = [row[0] for row in connection.execute(_TEXTS, (named,))]
        documents = connection.execute(_COUNT, (named,)).fetchone()[0]
        connection = session.begin()
        connection.execute(_RETIRE, (session.generation + 1, named))
        for uri in uris:
            ledger.delete_file(connection, uri)
        # Of the kinds that a catalogue knows, this is the one that is no run over files.
        generation = session.publish({"forgotten": documents}, "rollback")
        needed = session.refresh(anew=(vectors.NAME, lexical.NAME))
        session.begin()
        retention.drop_unreachable(connection, _ONLY_THE_NEWEST, needed)
        retention.drop_orphans(connection)
        session.flush()
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return Forgotten(
            documents, len(texts), generation, tuple(_samples(connection, texts, uris))
        )


_OF_THEM = "uri IN (SELECT value FROM json_each(?))"
_KNOWN = (
    f"SELECT uri FROM documents WHERE {_OF_THEM} UNION SELECT uri FROM files "
    "WHERE uri IN (SELECT value FROM json_each(?1))"
)
_COUNT = f"SELECT count(DISTINCT uri) FROM documents WHERE {_OF_THEM}"
_TEXTS = (
    "SELECT c.text FROM chunks c JOIN documents d ON d.id = c.document_id "
    f"WHERE d.{_OF_THEM} ORDER BY c.id"
)
_RETIRE = f"UPDATE documents SET died = ? WHERE died IS NULL AND {_OF_THEM}"


def _samples(
    connection: apsw.Connection, texts: Sequence[str], uris: Sequence[str]
) -> Iterator[bytes]:
    """Stretches of one line each, spread over the texts, that no remaining document has."""
    lines = [line.strip() for text in texts for line in text.splitlines()]
    stretches = [
        line[at : at + _SAMPLE_CHARACTERS]
        for line in lines
        for at in range(0, max(1, len(line) - _SAMPLE_CHARACTERS), 4 * _SAMPLE_CHARACTERS)
        if len(line) >= _SAMPLE_CHARACTERS and not {'"', "\\"} & set(line)
    ]
    for stretch in stretches[:: max(1, len(stretches) // _MOST_SAMPLES)]:
        rows_with_stretch = connection.execute(
            "SELECT 1 FROM texts WHERE instr(text, ?) LIMIT 1", (stretch,)
        )
        if rows_with_stretch.fetchone() is None:
            yield stretch.encode()
    for uri in uris:
        longer = connection.execute("SELECT 1 FROM files WHERE instr(uri, ?) LIMIT 1", (uri,))
        if longer.fetchone() is None:
            yield uri.encode()


def find_bytes(paths: Iterable[Path], samples: Sequence[bytes]) -> list[Path]:
    """Those of the files, and of the files below the folders, that hold one of the samples."""
    files = [
        file
        for path in paths
        for file in (sorted(path.rglob("*")) if path.is_dir() else [path])
        if file.is_file()
    ]
    return [file for file in files if _holds(file, samples)]


def _holds(file: Path, samples: Sequence[bytes]) -> bool:
    if file.stat().st_size == 0:
        return False
    with (
        file.open("rb") as opened,
        mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content,
    ):
        return any(content.find(sample) >= 0 for sample in samples)
