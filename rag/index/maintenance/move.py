"""Copying an index to another place: from a folder into a database, or back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from rag.document import Box, Chunk, Document
from rag.errors import UsageError
from rag.index.catalog.ledger import IN_INDEX, FileRecord, FileState
from rag.index.filter import Filter
from rag.index.protocols import IndexStore, Snapshot
from rag.index.views.inventory import DocumentRecord

_FLUSH_EVERY = 50
"""Documents that are held in memory at a time."""
_ALL = 1_000_000
"""Chunks of a document, at most."""


@dataclass(frozen=True, slots=True)
class Move:
    """What a move did: the generation it made at the target, and how much it copied."""

    generation: int
    documents: int
    chunks: int
    files: int


def move(
    source: IndexStore,
    target: IndexStore,
    *,
    advance: Callable[[int, int], None] = lambda done, total: None,  # noqa: ARG005
) -> Move:
    """Copy the newest generation, the ledger and the access rules of `source` into the empty `target`.

    Nothing is parsed or embedded, and the source stays as it is. Earlier generations are not copied. When it
    is stopped nothing is published there, and it begins anew. `advance` is told how many documents are done,
    of how many. Raises UsageError if something was published at the target before, or there is nothing to
    copy.
    """
    snapshot, state = source.open_reader().snapshot(), source.read_state()
    # In the order of their ids: what ties in a search is found in that order.
    records = sorted(snapshot.list_records(Filter()), key=lambda record: record.document_id)
    ledger = {} if state is None else {record.uri: record for record in state.files}
    if not records:
        raise UsageError(
            "The index to be moved holds no documents.", hint="Ingest into the new place."
        )
    with target.open_writer(snapshot.embedder) as writer:
        if writer.generation:
            raise UsageError(
                "There is an index at the target already.", hint="Name an empty folder or database."
            )
        for first in range(0, len(records), _FLUSH_EVERY):
            batch = records[first : first + _FLUSH_EVERY]
            read = [read_document(snapshot, record) for record in batch]
            texts = [chunk.embedded_text for document, _ in read for chunk in document.chunks]
            if texts:
                ids = [chunk_id for _, chunk_ids in read for chunk_id in chunk_ids]
                writer.put_vectors(texts, snapshot.stored_vectors(ids))
            for document, _ in read:
                writer.put(document, _file_of(document, ledger.get(document.uri)))
            writer.flush()
            advance(first + len(batch), len(records))
        for file in ledger.values():
            writer.record(file, retire=False)
        if state is not None and state.source_rules is not None:
            writer.note_source_rules(state.source_rules)
        overview = source.read_overview()
        if overview.last_run is not None:
            writer.note_run(overview.last_run)
        done = Move(1, len(records), snapshot.generation.chunks, len(ledger))
        return replace(done, generation=writer.publish(asdict(done)))


def _file_of(document: Document, record: FileRecord | None) -> FileRecord:
    """The ledger's row that a document is put with; what the ledger says of a file follows."""
    if record is not None and record.state in IN_INDEX:
        return record
    return FileRecord(
        document.uri, document.root, FileState.INDEXED, "", -1, -1, document.source_sha256, "", 0.0
    )


def read_document(snapshot: Snapshot, record: DocumentRecord) -> tuple[Document, list[int]]:
    """A document of a generation as it was put, and the ids of its chunks in order."""
    files, opened = snapshot.file_list(Filter()), snapshot.document_view(Filter())
    stored = opened.document(record.uri)
    ids = list(snapshot.chunk_texts(record.document_id))
    rows = snapshot.chunks(ids)
    chunks = tuple(
        Chunk(
            shown_chunk.start, shown_chunk.end, shown_chunk.text, shown_chunk.page,
            shown_chunk.section, shown_chunk.context,
            tuple(Box(*box) for box in json.loads(rows[chunk_id].stored_boxes)),
        )
        for chunk_id, shown_chunk in zip(
            ids, files.chunks(record.document_id, limit=_ALL), strict=True
        )
    )  # fmt: skip
    document = Document(
        uri=record.uri,
        title=record.title,
        text=snapshot.text(record.document_id),
        media_type=record.media_type,
        source_sha256=stored.source_sha256 if stored else "",
        root=record.root,
        language=record.language,
        modified_at=record.modified_at,
        tags=record.tags,
        readers=files.readers_of(record.uri),
        metadata=snapshot.metadata([record.document_id])[record.document_id],
        chunks=chunks,
    )
    return document, ids
