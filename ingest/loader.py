"""Reads one file: what it is, its text, and where things stand in it."""

from __future__ import annotations

import functools
import hashlib
import os
import re
import stat
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

from ingest.errors import FileAccessError, FileChangedError, UnreadableFileError
from ingest.language import detect_language
from ingest.loaded import Block, BlockKind, LoadedDocument
from ingest.media_type import (
    CSV,
    MBOX,
    ODS,
    SUPPORTED,
    TSV,
    XLS,
    XLSB,
    XLSX,
    guess_media_type,
)
from ingest.ocr import Ocr
from ingest.opening import Identity, IsALinkError, identify, open_unlinked
from ingest.parsers.context import ParserContext
from ingest.parsers.sniffing import check_content
from ingest.readers import READERS, read_with

__all__ = ["SUPPORTED", "load", "load_bytes", "open_file"]

_UNFIT = re.compile("[\x00\ud800-\udfff]")
_OFFICE_PREFIX = re.compile(
    r"^(?:Microsoft (?:Office )?(?:Word|PowerPoint|Excel)) - ", re.IGNORECASE
)
_FILE_SUFFIX = re.compile(
    r"\.(?:docx?|pptx?|xlsx?|pdf|indd|qxd|odt|rtf|tex|dvi|html?|pages)$", re.IGNORECASE
)
_NO_TITLE = re.compile(
    r"(?:untitled.*|unbenannt.*|sans titre.*|(?:document|dokument|presentation|book|slide|folie)\s*\d*"
    r"|powerpoint[ -]?(?:presentation|präsentation)|presentation title|title|word document"
    r"|\W?(?:anonymous|unspecified|unknown)\W?)",
    re.IGNORECASE,
)
_MAX_TITLE = 200
_MAX_DEPTH = 3
_TITLED_BY_NAME = frozenset({MBOX, XLS, XLSX, XLSB, ODS, CSV, TSV})
_FIRST_BLOCKS = 12
_MAX_TEXT_BEFORE_TITLE = 200


def load(path: Path, *, media_type: str | None = None) -> LoadedDocument:
    """Read the file at `path`.

    `media_type` overrides what the suffix says. A file with nothing to read in it is a document whose
    `is_empty` is true. Raises UnreadableFileError, whose `reason` says in plain words why not.
    """
    expected_type = media_type or guess_media_type(path.suffix)
    descriptor = open_file(path.parent.resolve() / path.name)
    with os.fdopen(descriptor, "rb") as file:
        try:
            data = file.read()
        except OSError as exc:
            raise FileAccessError(f"cannot be read: {exc.strerror or exc}") from exc
    return load_bytes(data, expected_type, suffix=path.suffix)


def open_file(path: Path, identity: Identity | None = None) -> int:
    """A descriptor of a regular file, never of a link, pipe, device or folder.

    No link is followed at any level of the absolute `path`: one that has come since the path was resolved
    would lead out of the folder that is read. `identity`: that of the file as it was listed. Raises
    FileAccessError, and FileChangedError for another file.
    """
    try:
        descriptor = open_unlinked(path)
    except FileNotFoundError as exc:
        raise FileAccessError("vanished before it could be read") from exc
    except IsALinkError as exc:
        raise FileAccessError("became a link, or stands behind one, since it was listed") from exc
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or exc
        raise FileAccessError(f"cannot be opened: {reason}") from exc
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise FileAccessError("is not a regular file")
    if identity is not None and identify(status) != identity:
        os.close(descriptor)
        raise FileChangedError("is another file than the one that was listed")
    return descriptor


def load_bytes(
    data: bytes,
    media_type: str,
    *,
    suffix: str = "",
    ocr: Ocr | None = None,
    depth: int = 0,
    skip_readers: int = 0,
    formats: set[str] | None = None,
) -> LoadedDocument:
    """Read a document from memory; `suffix` is only for the wording of reasons.

    Without `ocr` pictures of text are not read. `depth`: how many files this one is in. `skip_readers`:
    how many of the format's readers are left out, because they took their process down. `formats`: takes
    the media types of this file and of those in it.
    """
    digest = hashlib.sha256(data).hexdigest()
    if not data.strip(b"\x00\t\n\r "):
        return LoadedDocument("", media_type, source_sha256=digest, formats=(media_type,))
    media_type = check_content(data, media_type, suffix)
    ocr, formats = ocr or Ocr(), set() if formats is None else formats
    formats.add(media_type)
    read_part = functools.partial(_load_part, ocr=ocr, depth=depth + 1, formats=formats)
    context = ParserContext(read_part, ocr)
    try:
        parsed = read_with(READERS[media_type][skip_readers:], data, context)
    except RecursionError as exc:
        raise UnreadableFileError("is nested too deeply") from exc
    # A sheet or a message is not what its file is about.
    heading = None if media_type in _TITLED_BY_NAME else _first_heading(parsed.blocks)
    text = _UNFIT.sub("\ufffd", parsed.text)
    return replace(
        parsed,
        text=text,
        source_sha256=digest,
        title=_sensible(parsed.title) or _sensible(heading),
        language=parsed.language or detect_language(text),
        blocks=tuple(
            replace(block, title=_fit(block.title)) if block.title else block
            for block in parsed.blocks
        ),
        rows=tuple(replace(row, sheet=_fit(row.sheet)) for row in parsed.rows),
        gaps=tuple(map(_fit, parsed.gaps)),
        ocr=ocr.outcome,
        formats=tuple(sorted(formats)),
        metadata={key: _fit(value) for key, value in parsed.metadata.items()},
        front_matter={_fit(key): _fit_value(value) for key, value in parsed.front_matter.items()},
    )


def _load_part(
    data: bytes, name: str, *, ocr: Ocr, depth: int, formats: set[str]
) -> LoadedDocument:
    """A file within a file, such as what is attached to a mail."""
    if depth > _MAX_DEPTH:
        raise UnreadableFileError(f"stands more than {_MAX_DEPTH} files deep")
    suffix = PurePath(name).suffix
    media_type = guess_media_type(suffix)
    return load_bytes(data, media_type, suffix=suffix, ocr=ocr, depth=depth, formats=formats)


def _fit_value(value: Any) -> Any:
    if isinstance(value, list):
        return [_fit_value(item) for item in value]
    return _fit(value) if isinstance(value, str) else value


def _fit(text: str) -> str:
    return _UNFIT.sub("\ufffd", text)


def _first_heading(blocks: tuple[Block, ...]) -> str | None:
    """The highest heading with hardly any text before it, or None."""
    headings = []
    body = 0
    for block in blocks[:_FIRST_BLOCKS]:
        if block.kind is BlockKind.HEADING:
            headings.append(block)
        elif (body := body + block.end - block.start) > _MAX_TEXT_BEFORE_TITLE:
            break
    return min(headings, key=lambda block: block.level).title if headings else None


def _sensible(title: str | None) -> str | None:
    """A title that says something, or None for what programs fill in by themselves."""
    if not title:
        return None
    title = _UNFIT.sub("", " ".join(title.split()))
    title = _FILE_SUFFIX.sub("", _OFFICE_PREFIX.sub("", title)).strip()
    if not 3 <= len(title) <= _MAX_TITLE or not any(char.isalpha() for char in title):
        return None
    looks_like_a_path = "\\" in title or ("/" in title and " " not in title)
    if _NO_TITLE.fullmatch(title) or looks_like_a_path:
        return None
    return title
