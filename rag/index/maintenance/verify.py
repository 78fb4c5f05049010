"""Looking whether everything is as it should be, and mending what can be mended."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import apsw

from rag.errors import IndexLockedError, StorageError
from rag.index import refresh
from rag.index.catalog import database, rows
from rag.index.catalog.database import CATALOG
from rag.index.maintenance.check_catalog import check_catalog
from rag.index.maintenance.check_derived import check_vectors, check_words
from rag.index.search import lexical, vectors
from rag.index.session import WriteSession

_SHOWN = 20
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: how many of what, and up to 20 problems as sentences."""

    name: str
    checked: int
    problems: tuple[str, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Verification:
    """What `verify` found. `repaired` names the structures that were built anew."""

    generation: int
    full: bool
    checks: tuple[Check, ...]
    repaired: tuple[str, ...]
    hint: str

    @property
    def ok(self) -> bool:
        """Whether the index can be trusted now: nothing was wrong, or all of it was mended."""
        return all(not check.problems or check.name in self.repaired for check in self.checks)


def verify(data_dir: Path, *, full: bool = False, repair: bool = True) -> Verification:
    """Check the catalogue and the structures derived from it, and build damaged ones anew.

    Quick: SQLite's quick check, the catalogue's counts, the SHA-256 of every derived file. `full` adds
    SQLite's integrity check, every chunk's span against its document's text, every vector against FAISS
    and every chunk against tantivy. Raises IndexMissingError, IndexFormatError, and IndexDamagedError for a
    catalogue that cannot even be opened.
    """
    generation, checks = _look(data_dir, full=full)
    truth = checks[0]
    broken = [check.name for check in checks[1:] if check.problems]
    repaired = broken if broken and repair and _rebuild(data_dir, broken) else []
    hint = ""
    if truth.problems:
        hint = database.WAY_BACK
    elif broken and not repaired:
        hint = (
            "The damaged structures can be built anew: run inhouse verify while no run is writing."
        )
    return Verification(generation, full, tuple(checks), tuple(repaired), hint)


def _look(data_dir: Path, *, full: bool) -> tuple[int, list[Check]]:
    """The generation that was looked at and what was found, the catalogue's check first.

    Again, if a writer put other structures in the place of those that were being looked at.
    """
    path = data_dir / CATALOG
    with (
        database.map_errors(path),
        contextlib.closing(database.connect(path)) as connection,
    ):
        for _ in range(_ATTEMPTS):
            before = refresh.fingerprint(data_dir, connection)
            with database.transaction(connection):
                generation: int = database.read_manifest(connection, "generation")
                if not generation:
                    raise database.missing_error(path)
                checks = [_check("catalogue", check_catalog(connection, full=full))]
                if checks[0].problems:
                    break
                checks += [
                    _check(name, _check_structure(data_dir, connection, name, full=full))
                    for name in (vectors.NAME, lexical.NAME)
                ]
            if not any(check.problems for check in checks):
                break
            if refresh.fingerprint(data_dir, connection) == before:
                break
    return generation, checks


def _check(name: str, findings: Iterator[int | str]) -> Check:
    """Collect what a check yields: numbers of things that were looked at, and problems."""
    checked, problems = 0, []
    try:
        for finding in findings:
            if isinstance(finding, int):
                checked += finding
            else:
                problems.append(finding)
    except (apsw.CorruptError, apsw.NotADBError) as exc:
        problems.append(f"SQLite cannot read on: {exc}.")
    return Check(name, checked, tuple(problems[:_SHOWN]), max(0, len(problems) - _SHOWN))


def _check_structure(
    data_dir: Path, connection: apsw.Connection, name: str, *, full: bool
) -> Iterator[int | str]:
    """Check the newest published folder of a structure."""
    layout, content = {
        vectors.NAME: (vectors.LAYOUT, check_vectors),
        lexical.NAME: (lexical.LAYOUT, check_words),
    }[name]
    index_id = database.read_manifest(connection, "index_id")
    kept = rows.generations(connection)
    candidates = refresh.find_valid(data_dir, name, layout, index_id, kept)
    if not candidates:
        yield f"No folder {name}-… of a generation that is kept is there; a backup has none."
        return
    source = candidates[0]
    if (damage := source.damage()) is not None:
        yield f"{damage}."
        return
    yield source.stamp.rows
    if full:
        yield from content(source, connection, kept[source.stamp.origin.generation])


def _rebuild(data_dir: Path, names: list[str]) -> bool:
    """Build structures anew; False if that cannot be done now."""
    try:
        with WriteSession(data_dir) as session:
            session.refresh(anew=names)
    except (IndexLockedError, StorageError):
        return False
    return True
