"""Contents that a listing brought along, kept on the disk until they are read."""

from __future__ import annotations

import tempfile
from typing import IO


class Spool:
    """Contents that listing brought along, kept on the disk until they are read."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._places: dict[str, tuple[int, int]] = {}
        self._end = 0

    def put(self, path: str, content: bytes) -> None:
        """Keep the content of the object with this path."""
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - `close` closes it
        self._file.seek(self._end)
        self._file.write(content)
        self._places[path] = self._end, len(content)
        self._end += len(content)

    def get(self, path: str) -> bytes | None:
        """The content, or None if listing did not bring it."""
        if self._file is None or path not in self._places:
            return None
        start, length = self._places[path]
        self._file.seek(start)
        return self._file.read(length)

    def close(self) -> None:
        """Free the disk."""
        if self._file is not None:
            self._file.close()
