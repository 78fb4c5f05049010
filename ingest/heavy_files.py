"""Files with so much text that a run may run out of memory: how much they need, and which one was read then.

Text and its chunks are held several times over until they are staged, outside the limits of the parsers.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from rag.files import replace_file

BYTES_PER_BYTE = 20
"""Memory of a run for each byte of text. Measured: 21 MB for each MB of words, 2 vCPUs, Python 3.11."""
_HEAVY_BYTES = 4 * 2**20
_NOTE = "reading.json"
_CGROUP = Path("/sys/fs/cgroup")
_SHARE = 0.8


def measure_free_memory() -> int | None:
    """Bytes that this process can still have; None where the system does not say."""
    limits = []
    with contextlib.suppress(OSError, ValueError, IndexError):
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
        limits += [
            int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")
        ]
    with contextlib.suppress(OSError, ValueError, IndexError):
        group = Path("/proc/self/cgroup").read_text("ascii").strip().rpartition("::")[2].lstrip("/")
        own = _CGROUP / group
        for folder in (own, *own.parents):
            if not folder.is_relative_to(_CGROUP):
                break
            with contextlib.suppress(OSError):  # the uppermost one has no limit
                limit = (folder / "memory.max").read_text("ascii").strip()
                if limit != "max":
                    used = int((folder / "memory.current").read_text("ascii"))
                    limits.append(int(limit) - used)
    return max(0, min(limits)) if limits else None


def lacks_memory(text_bytes: int) -> str:
    """Why a text of this size is not taken on now, to go on from the file's name; "" if it can be."""
    needed, free = text_bytes * BYTES_PER_BYTE, measure_free_memory()
    if text_bytes < _HEAVY_BYTES or free is None or needed < free * _SHARE:
        return ""
    return (
        f"holds {text_bytes / 2**20:,.1f} MiB of text, which takes about {needed / 2**20:,.0f} MiB of "
        f"memory; {free / 2**20:,.0f} MiB are free"
    )


class HeavyFiles:
    """The heavy files that a run holds, noted in the data folder; `left` are those of a run that was killed.

    The note is written before the memory is taken. One run at a time uses it: it holds the write lock.
    """

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / _NOTE
        self._held: set[str] = set()
        self.left: frozenset[str] = frozenset()
        with contextlib.suppress(OSError, ValueError):
            noted = json.loads(self._path.read_text("utf-8"))
            self.left = frozenset(uri for uri in noted if isinstance(uri, str))

    def begin(self, uri: str, characters: int) -> None:
        """Note that a text of so many characters is about to be cut into chunks."""
        if characters >= _HEAVY_BYTES:
            self._held.add(uri)
            self._write()

    def end(self, uri: str) -> None:
        """Note that it was staged."""
        if uri in self._held:
            self._held.remove(uri)
            self._write()

    def clear(self) -> None:
        """Remove the note: the run has ended by itself."""
        self._held.clear()
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _write(self) -> None:
        with contextlib.suppress(OSError):  # a disk too full for it stops nothing by itself
            if not self._held:
                self._path.unlink(missing_ok=True)
                return
            with replace_file(self._path) as temporary:
                temporary.write_text(json.dumps(sorted(self._held)), "utf-8")
