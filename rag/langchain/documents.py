"""LangChain's documents as documents of an index, and back."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from langchain_core.documents import Document as LangChainDocument

from rag.document import LANGCHAIN_METADATA, PUT_METADATA, SECTION_SEPARATOR, Chunk, Document
from rag.errors import UsageError
from rag.index import FileRecord, FileState, Filter, Snapshot
from rag.index.catalog.rows import ChunkRow

SCHEME = "langchain:"
"""What the uri of a document that LangChain added begins with; its id follows."""

Wanted = Filter | Mapping[str, Any]
"""A filter, or metadata names with a value, a list of values or a range, all of which have to match."""

_RECIPE = "langchain/1"
_PASSAGE_ID = re.compile(r"file://(/.*)#(\d+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Shared:
    """What the texts of one call have in common; see `rag.document.Document`."""

    tags: tuple[str, ...]
    readers: tuple[str, ...]
    language: str


def uri_of(name: str) -> str:
    """The uri of what was added under this id. Raises UsageError for one that nothing can have."""
    if not isinstance(name, str) or not name:
        raise UsageError(f"{name!r} is no id; an id is a string that is not empty.")
    if _PASSAGE_ID.fullmatch(name):
        raise UsageError(
            f"{name} is a passage of a file, which only ingest changes.",
            hint="Change or remove the file and run: inhouse ingest FOLDER",
        )
    return SCHEME + check_text(name, "id")


def place_of(name: str) -> tuple[str, int]:
    """Where a chunk with this id stands: (uri of its document, place in the document)."""
    passage = _PASSAGE_ID.fullmatch(name)
    return (passage[1], int(passage[2])) if passage else (uri_of(name), 0)


def check_text(text: str, what: str) -> str:
    """The text. Raises UsageError for what is no text that can be stored."""
    if not isinstance(text, str):
        raise UsageError(f"A {what} is a {type(text).__name__}, not a string.")
    try:
        text.encode()
    except UnicodeEncodeError as exc:
        raise UsageError(f"The {what} {text[:40]!r} cannot be written as UTF-8: {exc}.") from exc
    return text


def to_document(name: str, text: str, metadata: Mapping[str, Any], shared: Shared) -> Document:
    """The document of one chunk that a LangChain document is in an index.

    Its `source_sha256` is that of everything about it, so that the same again is known for the same.
    """
    uri = uri_of(name)
    try:
        serialised = json.dumps(dict(metadata), sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as exc:
        raise UsageError(
            f"The metadata of {name} cannot be kept as JSON: {exc}.",
            hint="Make strings of dates and other objects first.",
        ) from exc
    check_text(text, "text")
    whole = json.dumps([text, serialised, shared.tags, shared.readers, shared.language])
    return Document(
        uri=uri,
        root=SCHEME,
        title=_title(name, metadata),
        text=text,
        media_type="text/plain",
        source_sha256=hashlib.sha256(whole.encode()).hexdigest(),
        language=shared.language,
        modified_at=time.time(),
        tags=shared.tags,
        readers=shared.readers,
        metadata={LANGCHAIN_METADATA: json.loads(serialised)},
        chunks=(Chunk(0, len(text), text),),
    )


def _title(name: str, metadata: Mapping[str, Any]) -> str:
    """What citations call it: its title, or else the last part of its source, or else its id."""
    title, source = metadata.get("title"), metadata.get("source")
    if isinstance(title, str) and title:
        return title
    return (PurePosixPath(source).name if isinstance(source, str) else "") or name


def to_record(document: Document) -> FileRecord:
    """The ledger's row of such a document."""
    size = len(document.text.encode())
    return FileRecord(
        document.uri, SCHEME, FileState.INDEXED, "", size, 0, document.source_sha256, _RECIPE,
        document.modified_at or 0.0,
    )  # fmt: skip


def to_langchain(snapshot: Snapshot, chunk_ids: list[int]) -> list[LangChainDocument | None]:
    """The chunks as LangChain's documents, in this order; None for one that is not there any more."""
    chunks = snapshot.chunks(chunk_ids)
    metadata = snapshot.metadata({chunk.document_id for chunk in chunks.values()})
    return [
        None if (row := chunks.get(i)) is None else _to_langchain(row, metadata[row.document_id])
        for i in chunk_ids
    ]


def _to_langchain(row: ChunkRow, metadata: Mapping[str, Any]) -> LangChainDocument:
    if row.uri.startswith(SCHEME):
        name = row.uri.removeprefix(SCHEME)
        return LangChainDocument(row.text, id=name, metadata=metadata[LANGCHAIN_METADATA])
    return LangChainDocument(
        row.text,
        id=f"file://{row.uri}#{row.ordinal}",
        metadata={
            **metadata.get(PUT_METADATA, {}),
            "source": row.uri,
            "title": row.title,
            "page": row.page,
            "section": SECTION_SEPARATOR.join(row.section) or None,
            "start": row.start,
            "end": row.end,
        },
    )


def to_filter(conditions: Wanted | None) -> Filter:
    """The filter that says the same. Raises UsageError for what says nothing."""
    if conditions is None:
        return Filter()
    if isinstance(conditions, Filter):
        return conditions
    if not isinstance(conditions, Mapping):
        raise UsageError(f"A filter is a Filter or a mapping, not a {type(conditions).__name__}.")
    return Filter(metadata=conditions)
