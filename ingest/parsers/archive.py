"""Looks at a ZIP-based document before it is unpacked."""

from __future__ import annotations

import io
import zipfile
import zlib

from ingest.errors import DamagedFileError, EncryptedFileError, FileTooLargeError

FAULTS: tuple[type[Exception], ...] = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    SyntaxError,  # the XML parsers' errors are kinds of it
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
    ArithmeticError,
)
"""What the libraries for Office files raise, besides their own errors, for a file that is damaged."""

MAX_PARTS = 20_000
MAX_UNPACKED = 512 * 1024 * 1024
MAX_RATIO = 200
_SMALL = 8 * 1024 * 1024


def check_archive(data: bytes) -> None:
    """Refuse an archive of absurd size, number of parts or ratio, by what its directory declares.

    A directory that lies is caught where it matters: Python's `zipfile` never unpacks more of a part than
    the directory declares.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as exc:
        raise DamagedFileError from exc
    if len(parts) > MAX_PARTS:
        raise FileTooLargeError(f"holds {len(parts):,} parts, more than {MAX_PARTS:,}")
    if any(part.flag_bits & 1 for part in parts):
        raise EncryptedFileError
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MAX_UNPACKED or (unpacked > _SMALL and unpacked > MAX_RATIO * len(data)):
        raise FileTooLargeError(f"unpacks to {unpacked / 2**20:,.0f} MiB")
