"""Who may read a file by its own permissions, as reader tokens."""

from __future__ import annotations

import errno
import functools
import grp
import os
import pwd
from pathlib import Path

from rag.readers import Readers, intersection

_ACL = "system.posix_acl_access"
_NO_ACL = {errno.ENODATA, errno.ENOTSUP, errno.ENOSYS}


class PosixReaders:
    """`user:NAME` and `group:NAME` of those whom the permissions let in.

    A folder lets in those who may go through it, a file those who may read it. Where the bits alone do not
    tell (an access control list, a group that is kept out of what others may read), only the owner is let
    in: too few rather than too many.
    """

    def __init__(self) -> None:
        self._folders: dict[Path, Readers] = {}

    def readers(self, path: Path, base: Path) -> Readers:
        """Who may read the file at `path` and go through the folders from `base` down to it."""
        return intersection([self._through(path.parent, base), _let_in(path, 0o4)])

    def _through(self, folder: Path, base: Path) -> Readers:
        if folder not in self._folders:
            inside = folder != base and folder.is_relative_to(base)
            above = self._through(folder.parent, base) if inside else None
            self._folders[folder] = intersection([above, _let_in(folder, 0o1)])
        return self._folders[folder]


def _let_in(path: Path, bit: int) -> Readers:
    try:
        status = path.stat(follow_symlinks=False)
        has_acl = _has_acl(path)
    except OSError:
        return frozenset()  # it is unknown, so nobody
    owner, group, others = (bool(status.st_mode & bit << shift) for shift in (6, 3, 0))
    if not owner:
        return frozenset()
    if has_acl or (others and not group):
        return frozenset({_user(status.st_uid)})
    if others:
        return None
    names = {_user(status.st_uid)}
    return frozenset(names | {_group(status.st_gid)} if group else names)


def _has_acl(path: Path) -> bool:
    if not hasattr(os, "getxattr"):
        return False
    try:
        return bool(os.getxattr(path, _ACL, follow_symlinks=False))
    except OSError as exc:
        if exc.errno in _NO_ACL:
            return False
        raise


@functools.cache
def _user(number: int) -> str:
    try:
        return f"user:{pwd.getpwuid(number).pw_name}"
    except KeyError:
        return f"user:{number}"


@functools.cache
def _group(number: int) -> str:
    try:
        return f"group:{grp.getgrgid(number).gr_name}"
    except KeyError:
        return f"group:{number}"
