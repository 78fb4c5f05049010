"""Backup and restore of everything in a data folder: the index, and what stands beside it."""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

from rag.answering.abstention import CALIBRATION
from rag.answering.judging import JUDGE_FILE
from rag.errors import IndexDamagedError, StorageError, UsageError
from rag.evaluation.store import FOLDER as EVALUATIONS
from rag.files import create_private, make_private_folder, move, sync, sync_tree
from rag.index.catalog.database import CATALOG
from rag.index.lock import WriteLock
from rag.index.maintenance.backup import backup
from rag.index.search.derived import sha256
from rag.index.session import WriteSession
from rag.settings import Settings
from ui.web.userdata.database import PEOPLE, check_people, locate_people_file

CONTENTS = "backup.json"
"""The list of a backup's files, written last: a folder without it is no whole backup."""
_FORMAT = 1
_DATED = re.compile(r"inhouse-\d{8}T\d{6}Z(-[0-9a-f]{4})?")
_UNFINISHED = ".unfinished-"
_STALE_S = 86_400.0
_COMPANIONS = ("", "-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Saved:
    """Where a backup stands, and what it holds: the `generation` of the index, and the other `parts`.

    `removed` names the older backups that were deleted for it.
    """

    path: str
    generation: int
    bytes: int
    parts: tuple[str, ...]
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored from `path`; `aside` is where that stands which was there before, or empty."""

    path: str
    generation: int
    parts: tuple[str, ...]
    aside: str = ""


def back_up_everything(settings: Settings, target: Path) -> Saved:
    """Copy the index, the people's file, the calibration and the evaluations into the folder `target`.

    Each copy is consistent by itself, whatever runs meanwhile, and is checked. Raises UsageError if `target`
    holds something already, IndexDamagedError, StorageError.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(
            f"{target} holds something already.",
            hint="Name a folder that is new or empty, or keep several in it: --keep N",
        )
    is_new = not target.exists()
    try:
        done = backup(settings.data, target)
        parts = tuple(_copy_parts(settings.data, locate_people_file(settings), target))
        _write_contents(target, done.generation)
    except OSError as exc:
        _discard(target, is_new=is_new)
        raise StorageError(
            f"{exc.filename or target} cannot be read or written: {exc.strerror or exc}."
        ) from exc
    except BaseException:
        _discard(target, is_new=is_new)
        raise
    size = sum(file.stat().st_size for file in target.rglob("*") if file.is_file())
    return Saved(str(target), done.generation, size, parts)


def back_up_dated(settings: Settings, folder: Path, *, keep: int) -> Saved:
    """Make a backup in a folder below `folder` that is named after the time, and keep the newest `keep`.

    Older ones are deleted only when the new one is whole. Nothing but backups of this name is touched.
    """
    name = time.strftime("inhouse-%Y%m%dT%H%M%SZ", time.gmtime())
    if (folder / name).exists():  # a second one within a second
        name = f"{name}-{secrets.token_hex(2)}"
    unfinished = folder / f"{_UNFINISHED}{name}"
    saved = back_up_everything(settings, unfinished)
    removed = []
    try:
        move(unfinished, folder / name)
        for old in _dated(folder)[keep:]:
            shutil.rmtree(old)
            removed.append(old.name)
        for leftover in folder.glob(f"{_UNFINISHED}inhouse-*"):  # of a backup that was killed
            if time.time() - leftover.stat().st_mtime > _STALE_S:
                shutil.rmtree(leftover)
    except OSError as exc:
        raise StorageError(f"{folder} cannot be written: {exc.strerror or exc}.") from exc
    return Saved(str(folder / name), saved.generation, saved.bytes, saved.parts, tuple(removed))


def restore_everything(settings: Settings, source: Path, *, replace: bool) -> Restored:
    """Make the data folder from the backup `source`, or from the newest of several that stand in it.

    Every file is compared with the backup's list, and search indexes are made, before the folders are
    exchanged. Raises UsageError if `source` is no whole backup, or the data folder holds something and
    `replace` is not set; IndexDamagedError if the backup is not what was written; IndexLockedError while a
    run is writing to the data folder.
    """
    source = next(iter(_dated(source)), source)
    data, people = settings.data.absolute(), locate_people_file(settings).absolute()
    is_beside = not people.is_relative_to(data)
    _check_contents(source)
    taken = [path for path in (data, *([people] if is_beside else [])) if _holds_something(path)]
    if taken and not replace:
        raise UsageError(
            f"{taken[0]} holds something already.",
            hint="To put it aside: inhouse restore FOLDER --replace",
        )
    mark = f"{time.strftime('%Y%m%dT%H%M%S')}-{secrets.token_hex(2)}"
    fresh = data.with_name(f".{data.name}-restored-{mark}")
    aside = data.with_name(f"{data.name}-before-{mark}")
    try:
        make_private_folder(fresh)
        done = backup(source, fresh)
        parts = tuple(_copy_parts(source, source / PEOPLE, fresh))
        with WriteSession(fresh) as session:
            session.refresh()
        sync_tree(fresh)
        with WriteLock(data) if data.exists() else contextlib.nullcontext():
            if data.exists():
                move(data, aside)
            move(fresh, data)
        if is_beside:
            _exchange_people(data / PEOPLE, people, mark)
    except OSError as exc:
        raise StorageError(
            f"{data} cannot be restored: {exc.strerror or exc}.",
            hint="Restore into another folder, with --data, and exchange the two.",
        ) from exc
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return Restored(str(source), done.generation, parts, str(aside) if aside.exists() else "")


def _exchange_people(restored: Path, people: Path, mark: str) -> None:
    """Put the people's file in its place beside the data folder; a journal belongs to its file."""
    if not restored.exists():
        return
    for suffix in _COMPANIONS:
        old = people.with_name(people.name + suffix)
        if old.exists():
            move(old, people.with_name(f"{people.name}-before-{mark}{suffix}"))
    make_private_folder(people.parent)
    with contextlib.suppress(FileNotFoundError):
        shutil.move(restored, people)  # perhaps to another disk
        sync(people)
        sync(people.parent)


def _dated(folder: Path) -> list[Path]:
    """The whole backups with a date in a folder, newest first."""
    if not folder.is_dir():
        return []
    dated = [path for path in folder.iterdir() if _DATED.fullmatch(path.name)]
    whole = [path for path in dated if (path / CONTENTS).is_file()]
    return sorted(whole, key=lambda path: path.name, reverse=True)


def _holds_something(path: Path) -> bool:
    return path.is_file() or (path.is_dir() and any(path.iterdir()))


def _write_contents(target: Path, generation: int) -> None:
    files = {
        str(path.relative_to(target)): {"sha256": sha256(path), "bytes": path.stat().st_size}
        for path in sorted(target.rglob("*"))
        if path.is_file()
    }
    listed = {"format": _FORMAT, "made_at": time.time(), "generation": generation, "files": files}
    path = target / CONTENTS
    create_private(path)
    path.write_text(json.dumps(listed, indent=2), "utf-8")
    sync(path)
    sync(target)


def _check_contents(source: Path) -> None:
    """Raise unless every file of a backup is there as it was written."""
    try:
        listed: dict[str, Any] = json.loads((source / CONTENTS).read_text("utf-8"))
        files = {str(name): str(file["sha256"]) for name, file in listed["files"].items()}
    except FileNotFoundError as exc:
        raise UsageError(
            f"There is no whole backup in {source}.",
            hint="Name a folder that inhouse backup has made. A catalogue alone, as earlier releases "
            "copied it, is searched with --data FOLDER.",
        ) from exc
    except OSError as exc:
        raise StorageError(f"{source} cannot be read: {exc.strerror or exc}.") from exc
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise IndexDamagedError(
            f"{source / CONTENTS} is not what was written.", hint="Take another backup."
        ) from exc
    if CATALOG not in files:
        raise UsageError(f"There is no index in the backup {source}.")
    for name, expected in files.items():
        path = source / name
        if not path.resolve().is_relative_to(source.resolve()) or path.is_symlink():
            raise IndexDamagedError(f"{path} does not belong to the backup {source}.")
        try:
            is_right = sha256(path) == expected
        except OSError as exc:
            raise StorageError(f"{path} cannot be read: {exc.strerror or exc}.") from exc
        if not is_right:
            raise IndexDamagedError(
                f"{path} is not what was written.", hint="Take another backup; nothing was changed."
            )


def _discard(target: Path, *, is_new: bool) -> None:
    """Take back what was begun; the folder was new or empty."""
    if is_new:
        shutil.rmtree(target, ignore_errors=True)
        return
    for path in target.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _copy_parts(data: Path, people: Path, target: Path) -> Iterator[str]:
    """Copy what stands beside the catalogue; what there is, by name."""
    if people.exists():
        _copy_database(people, target / PEOPLE)
        yield PEOPLE
    for name in (CALIBRATION, JUDGE_FILE):
        if (data / name).exists():
            shutil.copyfile(data / name, target / name)
            yield name
    if (data / EVALUATIONS).exists():
        make_private_folder(target / EVALUATIONS)
        shutil.copytree(data / EVALUATIONS, target / EVALUATIONS, dirs_exist_ok=True)
        yield EVALUATIONS
    sync_tree(target)


def _copy_database(source: Path, target: Path) -> None:
    temporary = target.with_name(f".{target.name}-{secrets.token_hex(4)}")
    try:
        create_private(temporary)
        with (
            contextlib.closing(
                apsw.Connection(str(source), flags=apsw.SQLITE_OPEN_READONLY)
            ) as opened,
            contextlib.closing(apsw.Connection(str(temporary))) as copy,
        ):
            with copy.backup("main", opened, "main") as work:
                work.step()
            copy.execute("PRAGMA journal_mode = DELETE").fetchall()
        if problem := check_people(temporary):
            raise StorageError(
                f"{source} is damaged: {problem}",
                hint="Bring it back from an older backup: inhouse restore FOLDER --replace",
            )
        sync(temporary)
        move(temporary, target)
    except apsw.Error as exc:
        raise StorageError(f"{source} cannot be copied: {type(exc).__name__}: {exc}.") from exc
    finally:
        temporary.unlink(missing_ok=True)
