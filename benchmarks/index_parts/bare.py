"""FAISS and tantivy by themselves, used as well as they can be: what ours is held against.

The FAISS index is a copy of ours, read into memory, searched with as many probes. The words stand in one
field with tantivy's own English stemmer, without positions. Nothing is checked, and a filter is ready made.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import tantivy

from index_parts.synthetic import RARE_TAG, Float32
from rag.index.search.row_sets import Mask

FAISS_FILE = "index.faiss"
_HEAP_BYTES = 128_000_000


class Vectors:
    """An index of vectors; row n is chunk n."""

    def __init__(self, folder: Path, *, probe_share: float) -> None:
        self._path = folder / FAISS_FILE
        self.index = faiss.read_index(str(self._path))
        self._probes = max(1, int(getattr(self.index, "nlist", 0) * probe_share))

    def search(self, query: Float32, k: int, selector: Any = None) -> list[int]:
        """Numbers of the k nearest chunks that the selector passes."""
        if hasattr(self.index, "nlist"):
            parameters = faiss.SearchParametersIVF(nprobe=self._probes, sel=selector)
        else:
            parameters = faiss.SearchParameters(sel=selector)
        _, rows = self.index.search(query[None], k, params=parameters)
        nearest: list[int] = rows[0].tolist()
        return nearest

    def commit(self, vectors: Float32) -> None:
        """Add vectors, and make the file anew beside the old one: FAISS has no other way."""
        self.index.add(vectors)
        temporary = self._path.with_suffix(".new")
        faiss.write_index(self.index, str(temporary))
        fd = os.open(temporary, os.O_RDONLY)
        os.fsync(fd)
        os.close(fd)
        temporary.rename(self._path)


def selector(rows: Mask) -> Any:
    """FAISS's filter for these rows."""
    return faiss.IDSelectorBitmap(np.packbits(rows, bitorder="little"))


class WordIndex:
    """An index of words."""

    def __init__(self, folder: Path) -> None:
        self._index = tantivy.Index.open(str(folder / "tantivy"))
        self._searcher = self._index.searcher()
        self._writer: Any = None

    @classmethod
    def create(cls, folder: Path) -> WordIndex:
        """An empty one."""
        (folder / "tantivy").mkdir(parents=True)
        tantivy.Index(_schema(), str(folder / "tantivy"))
        return cls(folder)

    def add(self, first: int, texts: list[str], rare: list[bool]) -> None:
        """Stage chunks from number `first` on."""
        if self._writer is None:
            self._writer = self._index.writer(_HEAP_BYTES, 1)
        for number, (text, tagged) in enumerate(zip(texts, rare, strict=True), start=first):
            fields = {"number": number, "text": text, "tag": [RARE_TAG] if tagged else []}
            self._writer.add_document(tantivy.Document.from_dict(fields, _schema()))

    def commit(self) -> None:
        """Make what is staged durable and visible."""
        self._writer.commit()
        self._writer.wait_merging_threads()
        self._writer = None
        self._index.reload()
        self._searcher = self._index.searcher()

    def search(self, query: str, k: int, *, rare: bool = False) -> list[int]:
        """Numbers of the k best chunks for any of the words."""
        parsed = self._index.parse_query(query, ["text"])
        if rare:
            must, tag = tantivy.Occur.Must, tantivy.Query.term_query(_schema(), "tag", RARE_TAG)
            condition = tantivy.Query.const_score_query(tag, 0.0)
            parsed = tantivy.Query.boolean_query([(must, parsed), (must, condition)])
        hits = self._searcher.search(parsed, limit=k, count=False).hits
        numbers: list[int] = self._searcher.fast_field_values(
            "number", [address for _, address in hits]
        )
        return numbers


@functools.cache
def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("number", fast=True)
    builder.add_text_field("tag", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("text", tokenizer_name="en_stem", index_option="freq")
    return builder.build()
