"""Bringing the derived structures up to a generation of the catalogue."""

from __future__ import annotations

import errno
import functools
import logging
from collections.abc import Iterable
from pathlib import Path

import apsw

from rag.errors import IndexDamagedError
from rag.index.catalog import database, rows, vector_rows
from rag.index.search import derived, lexical, vectors
from rag.index.search.derived import Derived

REWRITE_SHARE = 0.1
"""The vector structure is written anew when more than this share of its rows would change."""

_logger = logging.getLogger(__name__)


def find_valid(
    data_dir: Path, name: str, layout: int, index_id: str, kept: dict[int, rows.Generation]
) -> list[Derived]:
    """The published folders made from a generation that the catalogue still knows, newest first."""
    return [
        folder
        for folder in derived.find(data_dir, name)
        if folder.stamp.layout == layout
        and folder.stamp.origin.index_id == index_id
        and (known := kept.get(folder.stamp.origin.generation)) is not None
        and known.token == folder.stamp.origin.token
        and known.chunks == folder.stamp.rows
    ]


def fingerprint(data_dir: Path, connection: apsw.Connection) -> tuple[int, frozenset[str]]:
    """What changes whenever a writer publishes, or makes a structure anew."""
    names = frozenset(path.name for path in data_dir.glob("[!.]*-*") if path.is_dir())
    return database.read_manifest(connection, "generation"), names


def find_first_intact(
    candidates: Iterable[Derived], checked: set[derived.FileKey] | None = None
) -> Derived | None:
    """The first whose files are what was written; what is wrong with the others is logged.

    `checked`: files that were looked at before, see `Derived.damage`. Raises FileNotFoundError if a writer
    swept one away meanwhile.
    """
    for candidate in candidates:
        if (damage := candidate.damage(checked)) is None:
            return candidate
        if not candidate.path.exists():
            raise FileNotFoundError(errno.ENOENT, "was swept away meanwhile", str(candidate.path))
        _logger.warning("%s; it is rebuilt from the catalogue", damage)
    return None


def refresh(
    target: Path,
    connection: apsw.Connection,
    index_id: str,
    kept: dict[int, rows.Generation],
    generation: rows.Generation,
    *,
    vectors_base: Derived | None,
    lexical_base: Derived | None,
) -> tuple[Derived, Derived]:
    """Make the structures of `generation` in the folder `target`, reusing what can be reused.

    The lexical index is written last: readers open the newest generation that has one, together with the
    vectors of its embedder. Until then they keep to the generation before.
    """
    origin = rows.origin(index_id, generation)
    changed = _changed_share(connection, kept, generation, vectors_base)
    if vectors_base is None or changed > REWRITE_SHARE:
        dimension = vector_rows.read_embedder_dimension(connection, generation.embedder_id)
        batches = functools.partial(vector_rows.read_vector_batches, connection, generation)
        vectors_base = vectors.build(target, origin, dimension, generation.chunks, batches)
        if vectors_base.stamp.rows != generation.chunks:
            raise IndexDamagedError(
                f"The catalogue in {target} holds vectors for {vectors_base.stamp.rows} of the "
                f"{generation.chunks} chunks of generation {generation.id}.",
                hint="Bring back a backup: inhouse restore FOLDER --replace",
            )
    return vectors_base, _refresh_lexical(target, connection, origin, generation, lexical_base)


def _refresh_lexical(
    target: Path,
    connection: apsw.Connection,
    origin: derived.Origin,
    generation: rows.Generation,
    base: Derived | None,
) -> Derived:
    if base is not None and base.stamp.origin == origin:
        return base
    if base is None:
        every = rows.read_lexical_rows(connection, generation.id, None)
        structure = lexical.build(target, origin, None, (), every)
    else:
        changed = rows.difference(connection, base.stamp.origin.generation, generation.id)
        added = rows.read_lexical_rows(connection, generation.id, changed.added)
        structure = lexical.build(target, origin, base, changed.removed.tolist(), added)
    if structure.stamp.rows != generation.chunks:
        raise IndexDamagedError(
            f"{structure.path} holds {structure.stamp.rows} of the {generation.chunks} chunks of generation "
            f"{generation.id}.",
            hint="Bring back a backup: inhouse restore FOLDER --replace",
        )
    return structure


def _changed_share(
    connection: apsw.Connection,
    kept: dict[int, rows.Generation],
    generation: rows.Generation,
    base: Derived | None,
) -> float:
    if base is None:
        return 1.0
    old = base.stamp.origin.generation
    if kept[old].embedder_id != generation.embedder_id:
        return 1.0
    changed = rows.difference(connection, old, generation.id)
    count = rows.chunk_count(connection, changed.added) + rows.chunk_count(
        connection, changed.removed
    )
    return count / max(1, base.stamp.rows)
