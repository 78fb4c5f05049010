"""Making the indexes that are measured: ours through `IndexWriter`, and the bare ones beside it."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from index_parts import bare, synthetic
from index_parts.oracle import Oracle
from index_parts.synthetic import DIMENSION, PER_DOCUMENT, Chunks
from rag.document import Chunk, Document
from rag.index import FileRecord, FileState, IndexWriter
from rag.index.search.row_sets import Mask

IDENTITY = {"name": "synthetic", "sha256": "0" * 64, "dimension": DIMENSION, "max_tokens": 512}
_RECIPE = "benchmark/1"


def ours(data_dir: Path, count: int, oracle: Oracle, advance: Callable[[int], None]) -> None:
    """The index of the first `count` chunks, made as an ingest run makes it; `oracle` sees them all."""
    with IndexWriter(data_dir, IDENTITY) as writer:
        for chunks in synthetic.batches(count):
            stage(writer, chunks)
            oracle.add(chunks.first, chunks.vectors)
            advance(len(chunks.texts))
        writer.publish({})


def stage(writer: IndexWriter, chunks: Chunks) -> None:
    """Stage chunks as documents of PER_DOCUMENT, durable but not published."""
    writer.put_vectors(chunks.texts, chunks.vectors)
    for document in _documents(chunks):
        writer.put(document, _record(document))
    writer.flush()


def _documents(chunks: Chunks) -> Iterator[Document]:
    for first in range(0, len(chunks.texts), PER_DOCUMENT):
        number = (chunks.first + first) // PER_DOCUMENT
        start, cut = 0, []
        texts = chunks.texts[first : first + PER_DOCUMENT]
        for text in texts:
            cut.append(Chunk(start, start + len(text), text, page=1, section=("Benchmark",)))
            start += len(text) + 1
        whole = "\n".join(texts)
        yield Document(
            uri=f"/benchmark/{number % 100:02}/{number}.txt",
            root="/benchmark",
            title=f"Document {number}",
            text=whole,
            media_type="text/plain",
            language="en",
            source_sha256=hashlib.sha256(whole.encode()).hexdigest(),
            tags=(synthetic.RARE_TAG,) if synthetic.is_rare(number) else (),
            metadata={"titled_by": "document"},
            chunks=tuple(cut),
        )


def _record(document: Document) -> FileRecord:
    return FileRecord(
        document.uri, document.root, FileState.INDEXED, "", len(document.text), 1,
        document.source_sha256, _RECIPE, 0.0,
    )  # fmt: skip


def beside(folder: Path, data_dir: Path, count: int, advance: Callable[[int], None]) -> None:
    """Bare FAISS and tantivy of the same chunks; FAISS is a copy of what ours trained and holds."""
    words = bare.WordIndex.create(folder)
    for chunks in synthetic.batches(count):
        rare = rare_rows(chunks.first, len(chunks.texts)).tolist()
        words.add(chunks.first, chunks.texts, rare)
        advance(len(chunks.texts))
    words.commit()
    (faiss_file,) = data_dir.glob(f"vectors-*/{bare.FAISS_FILE}")
    shutil.copyfile(faiss_file, folder / bare.FAISS_FILE)


def rare_rows(first: int, count: int) -> Mask:
    """Which of `count` chunks from number `first` on the 1 % filter passes."""
    documents = range(first // PER_DOCUMENT, -(-(first + count) // PER_DOCUMENT))
    return np.repeat([synthetic.is_rare(number) for number in documents], PER_DOCUMENT)[:count]
