"""Durable files and folders: written whole or not at all, and on the disk before anybody relies on them.

The order is always the same: write under another name, fsync, rename, fsync of the folder. Without the last
step a power cut may undo the rename, although the file itself is on the disk.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path


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
