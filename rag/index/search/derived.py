"""Derived structures: folders that are built, stamped, published whole and never changed again.

`<name>-<generation>-<nonce>/` holds the structure's files and `stamp.json`: which catalogue and which
generation of it they were made from, how many rows they hold, each file's SHA-256, and the stamp's own. A
reader takes the newest folder whose stamp and files agree with the catalogue; anything else is ignored by
readers and swept away by the next writer.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rag.errors import StorageError
from rag.files import move, sync_tree

STAMP = "stamp.json"
MEND = "Mend it with: inhouse verify"
_WORK, _SWEPT = ".new-", ".old-"
_HASHING_THREADS = 4
_CHECK = "Check its free space and permissions, and run again."

FileKey = tuple[int, int, int, int, str]
"""A file that was read and found right: device, inode, size, time of change (ns), SHA-256.

Structures of neighbouring generations share files, which need no second look.
"""


@dataclass(frozen=True, slots=True)
class Origin:
    """Which state of which catalogue a structure was made from.

    `token` is the generation's random one: a catalogue that was restored from a backup may reach the same
    number with other content.
    """

    index_id: str
    generation: int
    token: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """The content of `stamp.json`: what a search index was built from."""

    layout: int
    origin: Origin
    rows: int
    files: Mapping[str, str]
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Derived:
    """A published folder with its stamp."""

    path: Path
    stamp: Stamp

    def damage(self, checked: set[FileKey] | None = None) -> str | None:
        """What is wrong with the files, or None. Reads every byte, but of the files in `checked`.

        A file that is as it should be is added there.
        """
        with ThreadPoolExecutor(_HASHING_THREADS) as pool:
            damages = pool.map(lambda name: self._file_damage(name, checked), self.stamp.files)
            return next((damage for damage in damages if damage is not None), None)

    def _file_damage(self, name: str, checked: set[FileKey] | None) -> str | None:
        file, expected = self.path / name, self.stamp.files[name]
        try:
            stat = file.stat()
            key = (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, expected)
            if checked is not None and key in checked:
                return None
            digest = sha256(file)
        except OSError as exc:
            return f"{file} cannot be read ({exc.strerror})"
        if digest != expected:
            return f"{file} is not what was written (SHA-256 {digest[:12]}…)"
        if checked is not None:
            checked.add(key)
        return None


def sha256(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def find(data_dir: Path, name: str) -> list[Derived]:
    """The published folders of structure `name`, newest first; unreadable stamps are left out.

    Raises StorageError if the data folder cannot be listed.
    """
    try:
        folders = list(data_dir.glob(f"{name}-*"))
    except OSError as exc:
        raise StorageError(
            f"{data_dir} cannot be listed: {exc.strerror or exc}.", hint=_CHECK
        ) from exc
    published = []
    for path in folders:
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            published.append(Derived(path, _read_stamp(path)))
    return sorted(published, key=lambda structure: structure.stamp.origin.generation, reverse=True)


def origins(data_dir: Path) -> list[Origin]:
    """What the published folders of every structure were made from."""
    names = {path.parent.name.partition("-")[0] for path in data_dir.glob(f"[!.]*-*/{STAMP}")}
    return [structure.stamp.origin for name in names for structure in find(data_dir, name)]


def write_stamp(folder: Path, stamp: Stamp) -> None:
    """Write the stamp of a folder, with a digest of what it says."""
    raw = asdict(stamp)
    (folder / STAMP).write_text(json.dumps(raw | {"sha256": _digest(raw)}, sort_keys=True))


def _read_stamp(folder: Path) -> Stamp:
    """Raises one of many errors for a file that is no stamp, or not what was written."""
    raw = json.loads((folder / STAMP).read_text())
    if raw.pop("sha256") != _digest(raw):
        raise ValueError(f"{folder / STAMP} is not what was written")
    return Stamp(
        layout=raw["layout"],
        origin=Origin(**raw["origin"]),
        rows=raw["rows"],
        files=raw["files"],
        details=raw["details"],
    )


def _digest(raw: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest()


@contextlib.contextmanager
def translate_library_errors(folder: Path, kind: type[Exception]) -> Iterator[None]:
    """Turn a library's error (it has but one kind) while it writes to `folder` into StorageError."""
    try:
        yield
    except kind as exc:
        raise StorageError(
            f"{folder.parent} cannot be written: {' '.join(str(exc).split())}.", hint=_CHECK
        ) from exc


@contextlib.contextmanager
def work_folder(data_dir: Path, name: str) -> Iterator[Path]:
    """A scratch folder on the same disk, gone afterwards unless it was published."""
    path = data_dir / f"{_WORK}{name}-{secrets.token_hex(4)}"
    try:
        path.mkdir(0o700 | data_dir.stat().st_mode & 0o070)
        yield path
    except OSError as exc:
        raise StorageError(
            f"{path.parent} cannot be written: {exc.strerror or exc}.",
            hint=_CHECK,
        ) from exc
    finally:
        shutil.rmtree(path, ignore_errors=True)


def publish(work: Path, data_dir: Path, name: str, stamp: Stamp) -> Derived:
    """Make the scratch folder durable, then visible under its name, in this order."""
    write_stamp(work, stamp)
    sync_tree(work)
    path = data_dir / f"{name}-{stamp.origin.generation:09d}-{secrets.token_hex(4)}"
    move(work, path)
    return Derived(path, stamp)


def sweep(data_dir: Path, name: str, keep: Path | None) -> None:
    """Delete every folder of structure `name` but `keep`, and what a killed run left half-made.

    A reader that has one of them open keeps its mapped files; the caller holds the write lock.
    """
    for path in data_dir.glob(f"{name}-*"):
        if path != keep:
            # Renamed first, so that a reader finds no folder rather than half of one.
            with contextlib.suppress(OSError):
                path.rename(path.with_name(f"{_SWEPT}{path.name}"))
    for prefix in (_WORK, _SWEPT):
        for path in data_dir.glob(f"{prefix}{name}-*"):
            shutil.rmtree(path, ignore_errors=True)
