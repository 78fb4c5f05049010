"""SQLite's own checksum layer: eight bytes at the end of every page, compared whenever one is read.

SQLite notices a page that makes no sense, not a flipped bit in a text or a vector. With this layer
(https://sqlite.org/cksumvfs.html) it does not hand out a page that is not what was written.
"""

from __future__ import annotations

import contextlib
import functools

import apsw

from rag.errors import MissingDependencyError

RESERVED_BYTES = 8
"""What the layer wants free at the end of every page."""


@functools.cache
def load_checksum_vfs() -> str:
    """The layer's name for `apsw.Connection(…, vfs=…)`; it is loaded at the first call."""
    from apsw import sqlite_extra

    default = apsw.vfs_names()[0]
    try:
        with contextlib.closing(apsw.Connection(":memory:")) as connection:
            sqlite_extra.load(connection, "cksumvfs")
    except (sqlite_extra.NotAvailable, apsw.ExtensionLoadingError) as exc:
        raise MissingDependencyError(
            f"This build of apsw comes without SQLite's checksums: {exc}.",
            hint="Install the one of the package index: pip install --only-binary :all: apsw",
        ) from exc
    apsw.set_default_vfs(default)
    return "cksmvfs"


def are_checked(connection: apsw.Connection) -> bool:
    """Whether every page that the connection reads is compared with its checksum."""
    row = connection.execute("PRAGMA checksum_verification").fetchone()
    return row is not None and row[0] == "1"
