"""What the answers to requests are made from: one generation, as one asker may see it."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from rag.answer import Extract
from rag.computed import Cell
from rag.embedder import Embedder
from rag.index import Filter, Snapshot
from rag.index.views.inventory import ChunkPositions, DocumentRecord


@dataclass(frozen=True)
class Workspace:
    """The documents that somebody may read, with what it takes to search them.

    `filter` holds the asker's rights already. `profile` and `model` are the names that the assistant gives
    itself and its language model ("" for none).
    """

    snapshot: Snapshot
    filter: Filter
    embedder: Embedder
    profile: str = ""
    model: str = ""

    @functools.cached_property
    def records(self) -> dict[int, DocumentRecord]:
        """The documents, by id, in order of URI."""
        return {record.document_id: record for record in self.snapshot.list_records(self.filter)}

    def text(self, record: DocumentRecord) -> str:
        """The whole text of a document."""
        return dict(self.snapshot.read_texts([record.document_id])).get(record.document_id, "")

    def positions(self, record: DocumentRecord) -> ChunkPositions:
        """The positions of the document's chunks."""
        return self.snapshot.read_positions(record.document_id)


_ROW = re.compile(r"^[ \t]*\|(.*?)\|?[ \t]*$", re.MULTILINE)
_MARKS = re.compile(r"\*\*|__(?=\S)|(?<=\S)__|`|^[ \t]*(?:#{1,6}|>)[ \t]+", re.MULTILINE)


def make_readable(text: str) -> str:
    """A stretch of a document on one line, without the signs of its markup; a dot stands between cells."""
    rows = _ROW.sub(lambda row: " · ".join(filter(None, map(str.strip, row[1].split("|")))), text)
    return " ".join(_MARKS.sub("", rows).split())


def find_cell(record: DocumentRecord) -> Cell:
    """A cell that names a document."""
    return Cell(
        text=record.title or record.uri.rpartition("/")[2], uri=record.uri, title=record.title
    )


def place_cell(
    record: DocumentRecord, positions: ChunkPositions, text: str, start: int, end: int
) -> Cell:
    """A cell that shows `text`, made readable, which stands at these characters of the document."""
    return Cell(
        text=make_readable(text),
        uri=record.uri,
        title=record.title,
        page=positions.at(start).page,
        section=positions.section_at(start),
        start=start,
        end=end,
    )


def extract_of(cell: Cell, rank: int, score: float = 1.0) -> Extract:
    """The cell as an extract of its document."""
    return Extract(
        rank=rank,
        text=cell.text,
        uri=cell.uri,
        title=cell.title,
        page=cell.page,
        section=cell.section,
        start=cell.start,
        end=cell.end,
        score=score,
    )
