"""Durable files and folders: written whole or not at all, and on the disk before anybody relies on them.

The order is always the same: write under another name, fsync, rename, fsync of the folder. Without the last
step a power cut may undo the rename, although the file itself is on the disk.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rag.errors import StorageError


@contextlib.contextmanager
def replace_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; what was written there takes the place of `path` at the end.

    If the block raises, `path` stays as it was and the temporary file is removed.
    """
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        yield temporary
        sync(temporary)
        move(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Keep `value` as JSON, in place of what `path` held. Raises StorageError."""
    try:
        with replace_file(path) as temporary, temporary.open("w", encoding="utf-8") as file:
            json.dump(value, file, indent=1)
    except OSError as exc:
        raise StorageError(f"{path} cannot be written: {exc.strerror or exc}.") from exc


def make_private_folder(path: Path) -> None:
    """Make a folder that only this user can enter; one that is there keeps the mode that it has."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def choose_private_mode(folder: Path) -> int:
    """The mode of a new file in `folder`: for this user, and for the folder's group as far as the folder is.

    Never for everybody: what is in an index is no more public than the documents.
    """
    return 0o600 | (folder.stat().st_mode & 0o060)


def create_private(path: Path) -> None:
    """Create an empty file of that mode, so that what writes to it does not choose another."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    os.close(os.open(path, flags, choose_private_mode(path.parent)))


def move(source: Path, target: Path) -> None:
    """Rename a file or folder on the same disk, and wait until its new name is on the disk."""
    source.rename(target)
    sync(target.parent)


def sync_tree(folder: Path) -> None:
    """Wait until a folder and everything in it is on the disk."""
    for path in folder.rglob("*"):
        sync(path)
    sync(folder)


def sync(path: Path) -> None:
    """Wait until a file's content, or a folder's list of names, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
