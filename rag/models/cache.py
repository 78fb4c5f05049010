"""The folder of fetched models: complete ones only, each put there by one rename.

<cache>/<model>/                  ready for use, with a receipt that says what was put there
<cache>/.work/<model>/lock        held by whoever fetches the model
<cache>/.work/<model>/…           what was fetched so far: kept, so that a retry goes on from there
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import platformdirs

from rag.errors import ModelRefusedError, StorageError
from rag.files import move, sync, sync_tree
from rag.models.check import check_folder, hash_weights

RECEIPT = "inhouse-model.json"
_WORK = ".work"
_FULL = {errno.ENOSPC, errno.EDQUOT}

logger = logging.getLogger(__name__)


def default_cache() -> Path:
    """The user's cache folder for models, as the system defines it."""
    return platformdirs.user_cache_path("inhouse") / "models"


def read_receipt(folder: Path) -> dict[str, Any] | None:
    """The receipt of a folder of the cache, or None if the folder is not what was put there.

    Each file's size and time are compared: enough to see a cut-off or replaced file, and instant for
    any size of model. Where the times alone differ (the cache was copied from another machine), the
    files are checked and hashed once more.
    """
    try:
        receipt: dict[str, Any] = json.loads((folder / RECEIPT).read_text(encoding="utf-8"))
        noted, present = receipt["files"], _list_files(folder)
        if noted == present:
            return receipt
        if {name: size for name, (size, _) in noted.items()} != {
            name: size for name, (size, _) in present.items()
        }:
            return None
        check_folder(folder)
        if hash_weights(folder) != receipt["sha256"]:
            return None
    except (OSError, ValueError, LookupError, TypeError, AttributeError, ModelRefusedError):
        return None
    with contextlib.suppress(
        OSError
    ):  # a cache that only others may write to is usable all the same
        _write_receipt(folder, {**receipt, "files": present})
    return receipt


@contextlib.contextmanager
def work_folder(cache: Path, slug: str) -> Iterator[Path]:
    """A folder to fetch into, ours alone: another process that fetches the same model waits.

    Maps the operating system's errors about the disk to StorageError.
    """
    work = cache / _WORK / slug
    try:
        work.mkdir(parents=True, exist_ok=True)
        fd = os.open(work / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                logger.warning("Another process is fetching %s; waiting for it.", slug)
                fcntl.flock(fd, fcntl.LOCK_EX)
            for stale in work.glob("new-*"):  # of a process that was killed
                shutil.rmtree(stale, ignore_errors=True)
            yield work
        finally:
            os.close(fd)
    except OSError as exc:
        if exc.errno in _FULL:
            raise explain_full_disk(cache) from exc
        raise StorageError(
            f"{exc.filename or work} cannot be used: {exc.strerror or exc}.",
            hint="Check the cache folder's permissions, or set INHOUSE_CACHE to another one.",
        ) from exc


@contextlib.contextmanager
def make_fresh_folder(work: Path) -> Iterator[Path]:
    """An empty folder inside `work`, gone again afterwards unless it was renamed."""
    folder = Path(tempfile.mkdtemp(prefix="new-", dir=work))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(prepared: Path, final: Path, *, name: str, source: str) -> dict[str, Any]:
    """Write the receipt and move `prepared` to `final`; afterwards `final` is complete, or untouched."""
    receipt = {
        "name": name,
        "source": source,
        "sha256": hash_weights(prepared),
        "files": _list_files(prepared),
    }
    _write_receipt(prepared, receipt)
    publish_folder(prepared, final)
    return receipt


def publish_folder(prepared: Path, final: Path) -> None:
    """Move `prepared` to `final` once it is safely on the disk."""
    prepared.chmod(0o755)
    for path in prepared.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    sync_tree(prepared)
    if final.exists():  # damaged, or it would have been used
        replaced = prepared.with_name(f"{prepared.name}-replaced")
        final.rename(replaced)
        move(prepared, final)
        shutil.rmtree(replaced, ignore_errors=True)
    else:
        move(prepared, final)


def require_space(cache: Path, needed: int) -> None:
    """Raise StorageError if the disk has less than `needed` bytes free."""
    free = shutil.disk_usage(cache).free
    if free < needed:
        raise explain_full_disk(
            cache, f": {needed / 1e6:.0f} MB are needed, {free / 1e6:.0f} MB are free"
        )


def explain_full_disk(cache: Path, detail: str = "") -> StorageError:
    """The error for a disk without room for a model."""
    return StorageError(
        f"The disk of {cache} is too full for the model{detail}.",
        hint="Free some space, or set INHOUSE_CACHE to a folder on another disk.",
    )


def _write_receipt(folder: Path, receipt: dict[str, Any]) -> None:
    new = folder.with_name(f"{folder.name}.{os.getpid()}.receipt")
    new.write_text(json.dumps(receipt, indent=1), encoding="utf-8")
    sync(new)
    move(new, folder / RECEIPT)


def _list_files(folder: Path) -> dict[str, list[int]]:
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != RECEIPT:
            status = path.stat()
            files[path.relative_to(folder).as_posix()] = [status.st_size, status.st_mtime_ns]
    return files
