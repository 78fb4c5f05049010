"""Opens files and folders without following a link at any level of their path."""

from __future__ import annotations

import errno
import os
from pathlib import Path

Identity = tuple[int, int]
"""Device and inode: which file it is, whatever its name."""
_FOLDER = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC | getattr(os, "O_PATH", os.O_RDONLY)
# Without O_NONBLOCK, opening a pipe would wait for a writer that may never come.
_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NOCTTY
_LISTED = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class IsALinkError(OSError):
    """A part of the path is a symbolic link."""


def identify(status: os.stat_result) -> Identity:
    """Device and inode of a file."""
    return status.st_dev, status.st_ino


def open_unlinked(path: Path, *, is_folder: bool = False) -> int:
    """A descriptor for reading the file, or with `is_folder` for listing the folder, at an absolute path.

    Each level is opened relative to the one above it, and none may be a link: so nobody who can write to a
    folder below the first level leads us elsewhere, at whatever moment. Raises IsALinkError, OSError, and
    ValueError for a path with a null character.
    """
    if not path.is_absolute():
        raise OSError(errno.EINVAL, "the path is not absolute", str(path))
    parts = path.parts[1:] or (".",)
    folder = os.open(path.parts[0], _FOLDER)
    try:
        for part in parts[:-1]:
            inner = _open(part, _FOLDER, folder)
            os.close(folder)
            folder = inner
        return _open(parts[-1], _LISTED if is_folder else _FILE, folder)
    finally:
        os.close(folder)


def _open(name: str, flags: int, folder: int) -> int:
    try:
        return os.open(name, flags, dir_fd=folder)
    except OSError as exc:
        # Linux says ENOTDIR for a link where a folder is wanted.
        if exc.errno in (errno.ELOOP, errno.EMLINK, errno.ENOTDIR) and _is_link(name, folder):
            raise IsALinkError(errno.ELOOP, "it is a link", name) from exc
        raise


def _is_link(name: str, folder: int) -> bool:
    try:
        os.readlink(name, dir_fd=folder)
    except OSError:
        return False
    return True
