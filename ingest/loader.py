"""Reads one file: what it is, its text, and where things stand in it."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ingest.errors import FileAccessError, UnreadableFileError, UnsupportedFileError
from ingest.language import detect_language
from ingest.loaded import Block, BlockKind, LoadedDocument
from ingest.media_type import (
    CSV,
    DOCX,
    EMAIL,
    HTML,
    MARKDOWN,
    PDF,
    PLAIN_TEXT,
    PPTX,
    SUPPORTED,
    TSV,
    XLSX,
    check_content,
    media_type_of_name,
)

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
    r"|powerpoint[ -]?(?:presentation|präsentation)|presentation title|title|word document)",
    re.IGNORECASE,
)
_MAX_TITLE = 200
_FIRST_BLOCKS = 12
_MAX_TEXT_BEFORE_TITLE = 200


def load(path: Path, *, media_type: str | None = None) -> LoadedDocument:
    """Read the file at `path`.

    `media_type` overrides what the suffix says. A file with nothing to read in it is a document whose
    `is_empty` is true. Raises UnreadableFileError, whose `reason` says in plain words why not.
    """
    wanted = media_type or media_type_of_name(path.suffix)
    descriptor = open_file(path)
    with os.fdopen(descriptor, "rb") as file:
        try:
            data = file.read()
        except OSError as exc:
            raise FileAccessError(f"cannot be read: {exc.strerror or exc}") from exc
    return load_bytes(data, wanted, suffix=path.suffix)


def open_file(path: Path) -> int:
    """A descriptor of a regular file, never of a pipe, device or folder; raises FileAccessError."""
    try:
        # Without O_NONBLOCK, opening a pipe would wait for a writer that may never come.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except FileNotFoundError as exc:
        raise FileAccessError("vanished before it could be read") from exc
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or exc
        raise FileAccessError(f"cannot be opened: {reason}") from exc
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileAccessError("is not a regular file")
    return descriptor


def load_bytes(data: bytes, media_type: str, *, suffix: str = "") -> LoadedDocument:
    """Read a document from memory; `suffix` is only for the wording of reasons."""
    digest = hashlib.sha256(data).hexdigest()
    if not data.strip(b"\x00\t\n\r "):
        return LoadedDocument("", media_type, source_sha256=digest)
    check_content(data, media_type, suffix)
    try:
        parsed = _parser(media_type)(data)
    except RecursionError as exc:
        raise UnreadableFileError("is nested too deeply") from exc
    text = _UNFIT.sub("\ufffd", parsed.text)
    return replace(
        parsed,
        text=text,
        source_sha256=digest,
        title=_sensible(parsed.title) or _sensible(_first_heading(parsed.blocks)),
        language=parsed.language or detect_language(text),
        blocks=tuple(
            replace(block, title=_UNFIT.sub("\ufffd", block.title)) if block.title else block
            for block in parsed.blocks
        ),
        metadata={key: _UNFIT.sub("\ufffd", value) for key, value in parsed.metadata.items()},
    )


def _parser(media_type: str) -> Callable[[bytes], LoadedDocument]:
    """The parser of a media type, imported only now: a child that reads text loads no PDF library."""
    if media_type == PLAIN_TEXT:
        from ingest.parsers.plain_text import parse_plain_text as parse
    elif media_type == MARKDOWN:
        from ingest.parsers.plain_text import parse_markdown as parse
    elif media_type == HTML:
        from ingest.parsers.html import parse_html as parse
    elif media_type == PDF:
        from ingest.parsers.pdf import parse_pdf as parse
    elif media_type == DOCX:
        from ingest.parsers.docx import parse_docx as parse
    elif media_type == PPTX:
        from ingest.parsers.pptx import parse_pptx as parse
    elif media_type == XLSX:
        from ingest.parsers.spreadsheet import parse_xlsx as parse
    elif media_type == CSV:
        from ingest.parsers.spreadsheet import parse_csv as parse
    elif media_type == TSV:
        from ingest.parsers.spreadsheet import parse_tsv as parse
    elif media_type == EMAIL:
        from ingest.parsers.email_message import parse_email as parse
    else:
        raise UnsupportedFileError("is of a format that is not supported yet")
    return parse


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
