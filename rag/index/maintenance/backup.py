"""A consistent copy of the index, made while readers and a writer work."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

import apsw

from rag.errors import IndexDamagedError, StorageError, UsageError
from rag.files import create_private, make_private_folder, move, sync
from rag.index.catalog import database
from rag.index.catalog.checksums import load_checksum_vfs
from rag.index.catalog.database import CATALOG


@dataclass(frozen=True, slots=True)
class Backup:
    """Where the copy stands, the generation it holds, and its size in bytes."""

    path: str
    generation: int
    bytes: int


def backup(data_dir: Path, target: Path) -> Backup:
    """Copy the catalogue of `data_dir` into the folder `target`, which is a data folder then.

    The rest is made again from it at the first search. The copy is checked before it gets its name. Raises
    UsageError if `target` holds an index already, IndexDamagedError if the catalogue is damaged.
    """
    destination = target / CATALOG
    if destination.exists():
        raise UsageError(
            f"{target} holds an index already.", hint="Name a folder that is new or empty."
        )
    temporary = target / f".{CATALOG}-{secrets.token_hex(4)}"
    source = database.connect(data_dir / CATALOG)
    try:
        make_private_folder(target)
        create_private(temporary)
        generation = _copy(source, data_dir / CATALOG, temporary)
        size = temporary.stat().st_size
        sync(temporary)
        move(temporary, destination)
    except OSError as exc:
        raise StorageError(
            f"{exc.filename or target} cannot be read or written: {exc.strerror or exc}."
        ) from exc
    finally:
        source.close()
        for leftover in target.glob(f"{temporary.name}*"):
            leftover.unlink()
    return Backup(str(target), generation, size)


def _copy(source: apsw.Connection, path: Path, temporary: Path) -> int:
    """Copy one state, whole; returns its generation."""
    copy = None
    with database.map_errors(path), database.transaction(source):
        generation: int = database.read_manifest(source, "generation")
        if not generation:
            raise database.missing_error(path)
        with database.map_errors(temporary):
            copy = apsw.Connection(str(temporary), vfs=load_checksum_vfs())
            with copy.backup("main", source, "main") as work:
                while not work.done:
                    work.step()
    with database.map_errors(temporary):
        copy.execute("PRAGMA journal_mode = DELETE").fetchall()
        (verdict,) = copy.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise IndexDamagedError(
                f"The catalogue {path} is damaged: {verdict}.", hint=database.WAY_BACK
            )
        # An index of its own: put in the place of the first one, it is not that one gone back.
        database.write_manifest(copy, "index_id", database.make_index_id())
        database.use_journal(copy)
        copy.close()
    return generation
